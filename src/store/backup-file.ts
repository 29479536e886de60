/**
 * A backup is one file: the database itself, and in a table of its own the settings document, the configuration and
 * when it was made. Any SQLite opens it. Behind its last page stands the SHA-256 of all before (`backup-digest.ts`). It
 * holds every secret of the box: 0600.
 */
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname } from "node:path";
import { Fault, reasonOf } from "../runtime/fault.ts";
import { appendDigest, hasItsDigest } from "./backup-digest.ts";
import { type Database, openDatabase, openFinished } from "./database.ts";
import { SCHEMA_VERSION } from "./schema.ts";

const FORMAT = 1;

/** What goes into a backup beside the database. */
export type BackupContents = {
  /** Epoch milliseconds. */
  readonly madeAt: number;
  /** As `settings.json` has it; null where there is none yet. */
  readonly settings: string | null;
  /** The configuration file; null where the built-in one is used. */
  readonly config: string | null;
};

export type BackupJob = BackupContents & {
  /** The database file. It holds still until `onCopied`. */
  readonly from: string;
  /** Its log, where that could not be copied back into the file: nothing but new frames is written to it meanwhile. */
  readonly log: string | null;
  readonly to: string;
};

export type BackupFacts = {
  readonly octets: number;
  readonly messages: number;
  /** Messages in it that were still to be sent. */
  readonly waiting: number;
  /** What is bad in it, and so in the database it was copied from; null: nothing. */
  readonly damage: string | null;
};

/**
 * Nothing is at `to` until all of it is on the disk, and `mayKeep` has said that the copy is worth keeping: asked last,
 * of whoever saw to it that the database held still.
 */
export function writeBackup(job: BackupJob, onCopied: () => void, mayKeep: () => boolean): BackupFacts {
  const unfinished = `${job.to}.part`;
  try {
    rmSync(unfinished, { force: true });
    closeSync(openSync(unfinished, "wx", 0o600));
    copyFileSync(job.from, unfinished, constants.COPYFILE_FICLONE);
    chmodSync(unfinished, 0o600);
    // After the file: what it says in the log is of the file as it was copied, or newer and whole.
    if (job.log !== null) copyFileSync(job.log, `${unfinished}-wal`);
    onCopied();
    const db = openDatabase(unfinished);
    let facts: Omit<BackupFacts, "octets">;
    try {
      facts = fill(db, job);
    } finally {
      db.close();
    }
    appendDigest(unfinished);
    sync(unfinished);
    if (!mayKeep()) throw new Error("nobody vouches for the copy any more");
    renameSync(unfinished, job.to);
    sync(dirname(job.to));
    return { ...facts, octets: statSync(job.to).size };
  } finally {
    for (const end of ["", "-wal", "-journal"]) rmSync(unfinished + end, { force: true });
  }
}

function fill(db: Database, { madeAt, settings, config }: BackupJob): Omit<BackupFacts, "octets"> {
  db.pragma("synchronous = OFF");
  db.exec("CREATE TABLE backup (name TEXT PRIMARY KEY, value TEXT) STRICT, WITHOUT ROWID");
  const put = db.prepare("INSERT INTO backup (name, value) VALUES (?, ?)");
  for (const [name, value] of Object.entries({
    format: String(FORMAT),
    madeAt: String(madeAt),
    settings,
    config,
  }))
    put.run(name, value);
  // One file, that can be opened where nothing may be written beside it.
  db.pragma("wal_checkpoint(TRUNCATE)");
  db.pragma("journal_mode = DELETE");
  return { ...countsOf(db), damage: damageOf(db) };
}

function countsOf(db: Database): { messages: number; waiting: number } {
  const count = (sql: string) => db.prepare<[], number>(sql).pluck().get() ?? 0;
  return {
    messages: count("SELECT count(*) FROM message") + count("SELECT count(*) FROM message_retired"),
    waiting: count("SELECT count(*) FROM message WHERE status IN ('queued', 'sending', 'scheduled')"),
  };
}

function damageOf(db: Database): string | null {
  const [row] = db.pragma("quick_check(1)") as Record<string, string>[];
  const text = Object.values(row ?? {})[0] ?? "no answer";
  return text === "ok" ? null : text.replaceAll("\n", " ").slice(0, 200);
}

/** Looks at all of it. Throws `backup.invalid` or `store.newer`. */
export function readBackup(
  file: string,
): BackupContents & { readonly messages: number; readonly waiting: number } {
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory() === true)
    throw invalid(`${file} is a folder, no backup: name a file in it`);
  try {
    const db = openFinished(file);
    try {
      return contentsOf(db, file);
    } finally {
      db.close();
    }
  } catch (error) {
    if (error instanceof Fault || (error instanceof Error && "code" in error && error.code === "ENOENT"))
      throw error;
    throw invalid(`${file} cannot be read as a backup (${reasonOf(error)})`, error);
  }
}

function contentsOf(db: Database, file: string): ReturnType<typeof readBackup> {
  const isBackup = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'backup'").get() !== undefined;
  if (!isBackup) throw invalid(`${file} is a database, but no backup of pylone`);
  const rows = db.prepare<[], { name: string; value: string | null }>("SELECT name, value FROM backup").all();
  const values = new Map(rows.map(({ name, value }) => [name, value]));
  const schema = db.pragma("user_version", { simple: true }) as number;
  if (Number(values.get("format")) > FORMAT || schema > SCHEMA_VERSION)
    throw new Fault({
      code: "store.newer",
      disposition: "reject",
      message: `${file} was made by a newer pylone (schema ${schema}, this one knows ${SCHEMA_VERSION}): install that version or a later one`,
    });
  if (!hasItsDigest(file))
    throw invalid(
      `${file} is not what was written (its end is missing, or its SHA-256 is another): take another one`,
    );
  const damage = damageOf(db);
  if (damage !== null) throw invalid(`${file} is damaged (${damage}): take another one`);
  return {
    madeAt: Number(values.get("madeAt")),
    settings: values.get("settings") ?? null,
    config: values.get("config") ?? null,
    ...countsOf(db),
  };
}

function invalid(message: string, cause?: unknown): Fault {
  return new Fault({ code: "backup.invalid", disposition: "reject", message, cause });
}

function sync(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
