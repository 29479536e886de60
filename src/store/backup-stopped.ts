/**
 * A backup while no daemon runs: this process holds the data folder meanwhile, and the copy is made in another one all
 * the same, since opening and closing the file in the process that has it locked would drop the lock.
 *
 * A disk on which nothing can be written lets nobody take the lock. Then, and where a daemon cannot make one on its own
 * full disk, the files are copied as they are: what was written meanwhile is seen by its time, and it is tried again.
 */
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { Fault, reasonOf } from "../runtime/fault.ts";
import { type BackupFacts, type BackupJob, writeBackup } from "./backup-file.ts";
import { type Database, openDatabase } from "./database.ts";
import { HeldFile } from "./held-file.ts";
import { makeBackup } from "./make-backup.ts";

type Job = Omit<BackupJob, "log">;

/** Throws `store.locked` where a daemon holds the folder. `job.from` is there. */
export async function backUpStopped(job: Job): Promise<BackupFacts> {
  const db = lock(job.from);
  if (db === null) return backUpAsItIs(job);
  const file = new HeldFile(db, dirname(job.from));
  try {
    return await makeBackup({
      store: { holdFile: async () => file.hold(), releaseFile: async () => file.release() },
      job: async () => job,
      signal: new AbortController().signal,
    });
  } finally {
    db.close();
  }
}

const TRIES = 5;
const LOG_HEADER = 32;

/** Nobody holds still for it. Throws `backup.failed` where every time something was written meanwhile. */
export function backUpAsItIs(job: Job): BackupFacts {
  const log = isThere(`${job.from}-wal`) ? `${job.from}-wal` : null;
  for (let tried = 0; tried < TRIES; tried++) {
    const before = stampOf(job.from);
    let stayed = false;
    try {
      return writeBackup(
        { ...job, log },
        () => {
          stayed = stampOf(job.from) === before;
          if (!stayed) throw new Error("it was written meanwhile");
        },
        () => stayed,
      );
    } catch (error) {
      if (stayed) throw failed(reasonOf(error));
    }
  }
  throw failed("each time the database was written while it was copied; stop pylone first");
}

/** The log is begun anew with another header, and only after the file was written; until then it only grows. */
function stampOf(from: string): string {
  const { mtimeNs, size } = statSync(from, { bigint: true });
  const log = `${from}-wal`;
  const header = isThere(log) ? headerOf(log) : "";
  return `${mtimeNs} ${size} ${header}`;
}

/** Null where the disk lets nothing be written: then nobody else writes either. */
function lock(file: string): Database | null {
  try {
    return openDatabase(file);
  } catch (error) {
    if (error instanceof Fault && error.code === "store.locked") throw error;
    return null;
  }
}

function isThere(file: string): boolean {
  return (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

function headerOf(log: string): string {
  const fd = openSync(log, "r");
  try {
    const header = Buffer.alloc(LOG_HEADER);
    readSync(fd, header, 0, LOG_HEADER, 0);
    return header.toString("hex");
  } finally {
    closeSync(fd);
  }
}

function failed(reason: string): Fault {
  return new Fault({ code: "backup.failed", disposition: "retry", message: `no backup was made: ${reason}` });
}
