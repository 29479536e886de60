/**
 * Puts a new set of files in the place of the old one, whole or not at all, whenever the plug is pulled: they are made
 * ready in `incoming/`, and once `incoming/ready` is on disk the next start finishes what was begun. The old ones are
 * moved into a folder of their own and never deleted.
 */
import {
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
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
  toOwnerOf(dataDir, folder);
  return folder;
}

/** What is in `incoming/` is whole and synced. `aside`: the folder's name for the old files. */
export function commitSwap(dataDir: string, aside: string): void {
  const folder = join(dataDir, INCOMING);
  const unready = join(folder, `${READY}.part`);
  writeFileSync(unready, aside, { mode: 0o600 });
  for (const name of readdirSync(folder)) toOwnerOf(dataDir, join(folder, name));
  sync(unready);
  renameSync(unready, join(folder, READY));
  sync(folder);
  sync(dataDir);
  finishSwap(dataDir);
}

/** Nothing is left of one that is not ready: a disk that was too full for it needs the room. */
export function abandonSwap(dataDir: string): void {
  const folder = join(dataDir, INCOMING);
  if (!existsSync(join(folder, READY))) rmSync(folder, { recursive: true, force: true });
}

/** Nothing, unless a swap was ready when the process ended. */
export function finishSwap(dataDir: string): void {
  const incoming = join(dataDir, INCOMING);
  if (!existsSync(join(incoming, READY))) return;
  const aside = join(dataDir, readFileSync(join(incoming, READY), "utf8"));
  for (const [name, companions] of Object.entries(FILES)) {
    if (!existsSync(join(incoming, name))) continue;
    const there = [name, ...companions].filter((old) => existsSync(join(dataDir, old)));
    if (there.length > 0 && !existsSync(aside)) {
      mkdirSync(aside, { mode: 0o700 });
      toOwnerOf(dataDir, aside);
    }
    for (const old of there) renameSync(join(dataDir, old), join(aside, old));
    renameSync(join(incoming, name), join(dataDir, name));
  }
  if (existsSync(aside)) sync(aside);
  sync(dataDir);
  rmSync(incoming, { recursive: true });
}

/** `damaged-2026-11-28T23-10-00Z`: of old files, by the instant they were moved. */
export function asideName(why: "damaged" | "replaced", at: number): string {
  return `${why}-${new Date(at).toISOString().slice(0, 19).replaceAll(":", "-")}Z`;
}

/** Root may restore what is the daemon's: the plug may be pulled at any moment, and then the daemon goes on with it. */
export function toOwnerOf(dataDir: string, path: string): void {
  const owner = statSync(dataDir);
  const { uid, gid } = statSync(path);
  if (process.getuid?.() === 0 && (uid !== owner.uid || gid !== owner.gid))
    chownSync(path, owner.uid, owner.gid);
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
