/**
 * Puts a backup in the place of a data folder's files; those are moved aside, never deleted. The folder's lock is held
 * all the while, so no daemon runs on it.
 *
 * What may have been sent since the backup was made is not sent again: `settle-restored.ts`.
 */
import { closeSync, copyFileSync, existsSync, fsyncSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Fault, reasonOf } from "../runtime/fault.ts";
import { firstKeyAt } from "../runtime/ids.ts";
import { removeDigest } from "./backup-digest.ts";
import { readBackup } from "./backup-file.ts";
import { type Database, openDatabase } from "./database.ts";
import { diskTrouble, isReadOnlyFolder } from "./disk-trouble.ts";
import { describeHolder } from "./holder.ts";
import { migrate } from "./schema.ts";
import { type Fates, settleRestored } from "./settle-restored.ts";
import { abandonSwap, asideName, beginSwap, commitSwap, finishSwap } from "./swap-in.ts";

export type Restored = Fates & {
  readonly madeAt: number;
  readonly messages: number;
  /** The configuration in the backup; null: it had none. */
  readonly config: string | null;
  /** The folder in the data folder with what was there; null: there was nothing. */
  readonly aside: string | null;
};

export function restore(options: {
  readonly file: string;
  readonly dataDir: string;
  readonly at: number;
  readonly queued: "resend" | "fail";
  readonly force: boolean;
  /** What is there is a database of which nothing can be read. */
  readonly isDamaged?: boolean;
}): Restored {
  const backup = readBackup(options.file);
  const { dataDir } = options;
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    finishSwap(dataDir);
    return put(backup, options);
  } catch (error) {
    throw refusedByDisk(error, dataDir) ?? error;
  } finally {
    if (existsSync(dataDir)) abandonSwap(dataDir);
  }
}

function put(
  backup: ReturnType<typeof readBackup>,
  { file, dataDir, at, queued, force, isDamaged = false }: Parameters<typeof restore>[0],
): Restored {
  const there = join(dataDir, "pylone.db");
  const hadFiles = existsSync(there) || existsSync(join(dataDir, "settings.json"));
  const old = existsSync(there) && !isDamaged ? lock(there, dataDir) : null;
  try {
    if (!force && old !== null && newestKey(old) > firstKeyAt(backup.madeAt))
      throw newer(dataDir, backup.madeAt);
    const incoming = beginSwap(dataDir);
    const db = copyInto(file, join(incoming, "pylone.db"));
    let fates: Fates;
    try {
      fates = settleRestored(db, { at, queued, madeAt: backup.madeAt, replaced: old });
    } finally {
      db.close();
    }
    // Those beside a damaged database are newer than the backup's, and whole.
    const keepsSettings = isDamaged && existsSync(join(dataDir, "settings.json"));
    if (backup.settings !== null && !keepsSettings)
      writeSynced(join(incoming, "settings.json"), backup.settings);
    const aside = asideName(isDamaged ? "damaged" : "replaced", at);
    commitSwap(dataDir, aside);
    return {
      madeAt: backup.madeAt,
      messages: backup.messages,
      ...fates,
      config: backup.config,
      aside: hadFiles ? aside : null,
    };
  } finally {
    old?.close();
  }
}

/** Null: it was not the disk, or it is one that no longer keeps its word. */
function refusedByDisk(error: unknown, dataDir: string): Fault | null {
  const cause = error instanceof Fault ? error.cause : error;
  const code = cause instanceof Error && "code" in cause ? cause.code : null;
  const trouble = diskTrouble(cause, () => isReadOnlyFolder(dataDir));
  const isFull = code === "ENOSPC" || code === "EDQUOT" || trouble === "full";
  const isReadOnly = code === "EROFS" || (trouble !== null && isReadOnlyFolder(dataDir));
  if (!isFull && !isReadOnly && code !== "EIO" && trouble !== "failed") return null;
  const why = isFull ? "the disk is full" : isReadOnly ? "the disk is read-only" : reasonOf(cause);
  return new Fault({
    code: "store.failed",
    disposition: "reject",
    message: `nothing was restored, since ${dataDir} cannot be written (${why}): make room there, or restore on another disk`,
    cause: error,
  });
}

/** Null when it is too damaged to be opened: then nobody runs on it either. */
function lock(there: string, dataDir: string): Database | null {
  try {
    return openDatabase(there);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    if (error.code === "store.locked")
      throw new Fault({
        code: error.code,
        disposition: error.disposition,
        message: `the data folder ${dataDir} is held by ${describeHolder(dataDir)}: stop it first (systemctl stop pylone)`,
      });
    if (diskTrouble(error.cause, () => false) !== "damaged") throw error;
    return null;
  }
}

/** 0 where that cannot be read: then the backup is better. */
function newestKey(db: Database): number {
  try {
    const newest = (table: string) =>
      db.prepare<[], number>(`SELECT max(key) FROM ${table}`).pluck().get() ?? 0;
    return Math.max(newest("message"), newest("message_retired"));
  } catch {
    return 0;
  }
}

function copyInto(file: string, to: string): Database {
  closeSync(openSync(to, "wx", 0o600));
  copyFileSync(file, to);
  removeDigest(to);
  const db = openDatabase(to);
  db.exec("DROP TABLE backup");
  migrate(db);
  return db;
}

function writeSynced(file: string, text: string): void {
  writeFileSync(file, text, { mode: 0o600 });
  const fd = openSync(file, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function newer(dataDir: string, madeAt: number): Fault {
  return new Fault({
    code: "restore.newer",
    disposition: "reject",
    message: `${dataDir} has messages from after the backup was made (${new Date(madeAt).toISOString()}): --force takes the backup all the same, and moves what is there aside`,
  });
}
