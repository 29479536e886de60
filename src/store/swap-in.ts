/**
 * Puts a new set of files in the place of the old one, whole or not at all, whenever the plug is pulled: they are made
 * ready in `incoming/`, and once `incoming/ready` is on disk the next start finishes what was begun. The old ones are
 * moved into a folder of their own and never deleted.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

const INCOMING = "incoming";
const READY = "ready";

/** What is put in place, in this order, and what belongs to the old ones: a log is of the database it was written for. */
const FILES: Readonly<Record<string, readonly string[]>> = {
  "settings.json": ["settings.json.previous"],
  "pylone.db": ["pylone.db-wal", "pylone.db-shm", "pylone.db-journal"],
};

/** The empty folder in which to make the new files. */
export function beginSwap(dataDir: string): string {
  const folder = join(dataDir, INCOMING);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { mode: 0o700 });
  return folder;
}

/** What is in `incoming/` is whole and synced. `aside`: the folder's name for the old files. */
export function commitSwap(dataDir: string, aside: string): void {
  const folder = join(dataDir, INCOMING);
  const ready = join(folder, READY);
  writeFileSync(ready, aside, { mode: 0o600 });
  sync(ready);
  sync(folder);
  sync(dataDir);
  finishSwap(dataDir);
}

/** Nothing, unless a swap was ready when the process ended. */
export function finishSwap(dataDir: string): void {
  const incoming = join(dataDir, INCOMING);
  if (!existsSync(join(incoming, READY))) return;
  const aside = join(dataDir, readFileSync(join(incoming, READY), "utf8"));
  mkdirSync(aside, { recursive: true, mode: 0o700 });
  for (const [name, companions] of Object.entries(FILES)) {
    if (!existsSync(join(incoming, name))) continue;
    for (const old of [name, ...companions])
      if (existsSync(join(dataDir, old))) renameSync(join(dataDir, old), join(aside, old));
    renameSync(join(incoming, name), join(dataDir, name));
  }
  sync(aside);
  sync(dataDir);
  rmSync(incoming, { recursive: true });
}

/** `damaged-2026-11-28T23-10-00Z`: of old files, by the instant they were moved. */
export function asideName(why: "damaged" | "replaced", at: number): string {
  return `${why}-${new Date(at).toISOString().slice(0, 19).replaceAll(":", "-")}Z`;
}

/** A file, or the names in a folder. */
function sync(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
