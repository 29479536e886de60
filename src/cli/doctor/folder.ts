/** The data folder: whose it is, whether it can be written, how much room there is, how long the disk takes to sync. */
import { constants } from "node:fs";
import { access, open, readdir, rm, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "../../runtime/clock.ts";
import { reasonOf } from "../../runtime/fault.ts";
import { type Finding, fail, pass, warn } from "./finding.ts";

const MB = 1024 * 1024;
/** SQLite's log alone may grow to 64 MB. */
const TOO_LITTLE = 64 * MB;
const LITTLE = 512 * MB;
/** Each message waits for two syncs or three: at half a second each it shows. */
const SLOW_MS = 500;
const SYNCS = 5;

export async function folderFindings(dataDir: string): Promise<Finding[]> {
  const folder = await stat(dataDir).catch((error: NodeJS.ErrnoException) => error);
  if (folder instanceof Error) {
    if (folder.code === "ENOENT")
      return [warn("data folder", `${dataDir} does not exist yet`, "the first `pylone serve` makes it")];
    return [fail("data folder", `${dataDir} cannot be looked at (${folder.message})`, AS_ROOT)];
  }
  if (!folder.isDirectory())
    return [fail("data folder", `${dataDir} is a file`, "mend `dataDir` in the configuration")];
  const found = [...(await ownership(dataDir, folder.uid)), ...(await room(dataDir))];
  const synced = await syncTime(dataDir);
  return [...found, synced];
}

const AS_ROOT = "run this with sudo, or as the user the daemon runs as (sudo -u pylone …)";

/** What root has left there, the daemon's own user cannot write. */
async function ownership(dataDir: string, owner: number): Promise<Finding[]> {
  const about = "data folder";
  try {
    await access(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch {
    return [fail(about, `${dataDir} may not be written by this user`, AS_ROOT)];
  }
  const strangers: string[] = [];
  const open: string[] = [];
  for (const name of await readdir(dataDir)) {
    const file = await stat(join(dataDir, name)).catch(() => null);
    if (file === null) continue;
    if (file.uid !== owner) strangers.push(name);
    if ((file.mode & 0o077) !== 0 && /^(settings\.json|pylone\.db)/.test(name)) open.push(name);
  }
  if (strangers.length > 0)
    return [
      fail(
        about,
        `${strangers.join(", ")} in ${dataDir} belong to another user than the folder`,
        `give them to the folder's owner: chown --reference=${dataDir} ${strangers.map((name) => join(dataDir, name)).join(" ")}`,
      ),
    ];
  if (open.length > 0)
    return [
      warn(
        about,
        `${open.join(", ")} in ${dataDir} can be read by other users, and tokens and texts stand in them`,
        `chmod 600 ${open.map((name) => join(dataDir, name)).join(" ")}`,
      ),
    ];
  return [pass(about, dataDir)];
}

async function room(dataDir: string): Promise<Finding[]> {
  const { bavail, bsize } = await statfs(dataDir);
  return [roomFinding(bavail * bsize)];
}

export function roomFinding(free: number): Finding {
  const text = `${free < 10 * 1024 * MB ? `${Math.floor(free / MB)} MB` : `${Math.floor(free / 1024 / MB)} GB`} free`;
  const next = "make room: old backups and journals first (journalctl --vacuum-size=100M), then `retention`";
  if (free < TOO_LITTLE) return fail("disk space", `${text}: texts are refused when it is full`, next);
  return free < LITTLE ? warn("disk space", text, next) : pass("disk space", text);
}

/** As the store does it: written and synced, before anybody is told that it is kept. */
async function syncTime(dataDir: string): Promise<Finding> {
  const path = join(dataDir, `.pylone-doctor-${process.pid}`);
  const times: number[] = [];
  try {
    const file = await open(path, "wx", 0o600);
    try {
      for (let round = 0; round < SYNCS; round++) {
        await file.write(Buffer.alloc(4096, round), 0, 4096, 0);
        const started = systemClock.monotonicMs();
        await file.datasync();
        times.push(systemClock.monotonicMs() - started);
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    return writeFinding(dataDir, error);
  } finally {
    await rm(path, { force: true }).catch(() => undefined);
  }
  return syncFinding(times);
}

export function syncFinding(times: readonly number[]): Finding {
  const sorted = [...times].sort((a, b) => a - b);
  const median = Math.ceil(sorted[Math.floor(sorted.length / 2)] ?? 0);
  const worst = Math.ceil(sorted.at(-1) ?? 0);
  const text = `a sync takes ${median} ms, the slowest of ${times.length} took ${worst} ms`;
  return worst > SLOW_MS
    ? warn("disk", text, "a worn or slow SD card: change it, or put `dataDir` on a USB disk")
    : pass("disk", text);
}

export function writeFinding(dataDir: string, error: unknown): Finding {
  switch (error instanceof Error && "code" in error ? error.code : null) {
    case "ENOSPC":
    case "EDQUOT":
      return fail("disk", `${dataDir} cannot be written: the disk is full`, "make room on it");
    case "EROFS":
      return fail(
        "disk",
        `${dataDir} cannot be written: its file system is read-only`,
        "a worn SD card makes itself read-only: look at `dmesg`, and change it",
      );
    case "EIO":
      return fail("disk", `${dataDir} cannot be written: the disk fails`, "restore a backup on another disk");
    case "EACCES":
    case "EPERM":
      return fail("disk", `${dataDir} may not be written by this user`, AS_ROOT);
    default:
      return fail("disk", `${dataDir} cannot be written: ${reasonOf(error)}`, "mend `dataDir`, or the disk");
  }
}
