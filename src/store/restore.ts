/**
 * Puts a backup in the place of a data folder's files; those are moved aside, never deleted. The folder's lock is held
 * all the while, so no daemon runs on it.
 *
 * What waited to be sent when the backup was made may have been sent since: only a person knows. Unless told to send
 * it, it fails with an event and its status callback, so that the app can decide. Scheduled texts whose time has not
 * come yet cannot have been sent and stay. Webhooks are delivered again: an app is told twice rather than never, and
 * its replies are not acted on once `replyWithinMinutes` is over.
 */
import { closeSync, copyFileSync, existsSync, fsyncSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Fault } from "../runtime/fault.ts";
import { firstKeyAt } from "../runtime/ids.ts";
import { readBackup } from "./backup-file.ts";
import { type CommandSet, createCommands } from "./commands.ts";
import { type Database, openDatabase } from "./database.ts";
import { diskTrouble } from "./disk-trouble.ts";
import { describeHolder } from "./holder.ts";
import { migrate } from "./schema.ts";
import { asideName, beginSwap, commitSwap, finishSwap } from "./swap-in.ts";

export type Restored = {
  readonly madeAt: number;
  readonly messages: number;
  /** What waited and is not sent. */
  readonly failed: number;
  /** What waits and will be sent, the scheduled ones too. */
  readonly waiting: number;
  /** The configuration in the backup; null: it had none. */
  readonly config: string | null;
  /** The folder in the data folder with what was there; null: there was nothing. */
  readonly aside: string | null;
};

const WHY = "it waited when the backup was made that was restored: it may have been sent since";

export function restore(options: {
  readonly file: string;
  readonly dataDir: string;
  readonly at: number;
  readonly queued: "resend" | "fail";
  readonly force: boolean;
}): Restored {
  const { file, dataDir, at, queued, force } = options;
  const backup = readBackup(file);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  finishSwap(dataDir);
  const there = join(dataDir, "pylone.db");
  const hadFiles = existsSync(there) || existsSync(join(dataDir, "settings.json"));
  const old = existsSync(there) ? lock(there, dataDir) : null;
  try {
    if (!force && old !== null && newestKey(old) > firstKeyAt(backup.madeAt))
      throw newer(dataDir, backup.madeAt);
    const incoming = beginSwap(dataDir);
    const db = copyInto(file, join(incoming, "pylone.db"));
    let counts: { failed: number; waiting: number };
    try {
      counts = settle(db, { at, queued, madeAt: backup.madeAt });
    } finally {
      db.close();
    }
    if (backup.settings !== null) writeSynced(join(incoming, "settings.json"), backup.settings);
    const aside = asideName("replaced", at);
    commitSwap(dataDir, aside);
    return {
      madeAt: backup.madeAt,
      messages: backup.messages,
      ...counts,
      config: backup.config,
      aside: hadFiles ? aside : null,
    };
  } finally {
    old?.close();
  }
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
  const db = openDatabase(to);
  db.exec("DROP TABLE backup");
  migrate(db);
  return db;
}

function settle(
  db: Database,
  { at, queued, madeAt }: { at: number; queued: "resend" | "fail"; madeAt: number },
): { failed: number; waiting: number } {
  const set = createCommands(db, at);
  const failed = queued === "fail" ? db.transaction(() => failAll(db, set, at))() : 0;
  const waiting =
    db
      .prepare<[], number>("SELECT count(*) FROM message WHERE status IN ('queued', 'sending', 'scheduled')")
      .pluck()
      .get() ?? 0;
  const made = new Date(madeAt).toISOString();
  const fate = failed === 0 ? "" : ` ${failed} messages that waited then are failed (30008).`;
  db.transaction(() =>
    set.commands.addEvent({
      type: "store.restored",
      level: "warning",
      at,
      text: `This data folder was restored from the backup of ${made}.${fate} ${waiting} messages wait to be sent.`,
    }),
  )();
  set.undo.forget();
  db.pragma("wal_checkpoint(TRUNCATE)");
  return { failed, waiting };
}

/** What is scheduled for a time that has come is due: it may have been sent as well. */
function failAll(db: Database, { commands }: CommandSet, at: number): number {
  while (commands.releaseScheduled(at) > 0);
  const moving = db
    .prepare<[], number>("SELECT count(*) FROM message WHERE status IN ('queued', 'sending')")
    .pluck();
  const before = moving.get() ?? 0;
  for (const { submissionId, messageSid } of commands.unknownSubmissions())
    commands.resolveUnknown(submissionId, "failed", {
      at,
      event: {
        type: "message.unknown",
        level: "warning",
        at,
        text: `message ${messageSid}: ${WHY}`,
        messageSid,
      },
    });
  const accounts = db.prepare<[], string>("SELECT DISTINCT accountSid FROM message").pluck().all();
  for (const account of accounts) while (commands.endQueued(account, { errorCode: 30008, why: WHY, at }) > 0);
  return before - (moving.get() ?? 0);
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
