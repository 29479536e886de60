/**
 * The door of better-sqlite3, and the one place that opens `pylone.db`.
 *
 * - `locking_mode=EXCLUSIVE`, before anything touches the file: the lock SQLite then takes and never gives back
 *   is the data folder's lock. The kernel drops it when the process ends, however it ends, so there is no stale
 *   lock to clean up. It also keeps the wal-index in this process's memory instead of a shared `-shm` file.
 * - `journal_mode=WAL`, `synchronous=FULL`: a COMMIT returns after the log is synced. FULL is set in words
 *   because the library's default in WAL mode is NORMAL, which syncs at checkpoints only.
 * - `page_size=1024`: a commit writes whole pages, and most commits here touch four or five rows of a few
 *   hundred bytes. Small pages are what keeps the bytes written per message low (DESIGN §4.6).
 * - Checkpoints are made by `checkpoint`, between transactions, never by SQLite inside a COMMIT: their errors
 *   are seen, and nobody's answer waits for one.
 */
import { closeSync, openSync } from "node:fs";
import Sqlite from "better-sqlite3";
import { Fault, reasonOf } from "../runtime/fault.ts";

export type Database = Sqlite.Database;
export type Statement<Parameters extends unknown[], Row = unknown> = Sqlite.Statement<Parameters, Row>;

/** 4 MB of 1 KB pages: large enough that hot pages are copied back rarely, small enough to copy back quickly. */
const CHECKPOINT_PAGES = 4096;

/** The library's 16 MB gain nothing: what moves is in the last pages of each table, at 1,000,000 rows as at 1,000. */
const CACHE_KIB = 2048;

export function openDatabase(file: string): Database {
  let db: Database | null = null;
  try {
    createPrivate(file);
    db = new Sqlite(file, { timeout: 0 });
    db.pragma("locking_mode = EXCLUSIVE");
    db.pragma("page_size = 1024");
    db.pragma("journal_mode = WAL");
    db.pragma("synchronous = FULL");
    db.pragma("wal_autocheckpoint = 0");
    db.pragma(`cache_size = -${CACHE_KIB}`);
    db.pragma("journal_size_limit = 16777216");
    db.exec("BEGIN IMMEDIATE; COMMIT");
    return db;
  } catch (error) {
    db?.close();
    if (sqliteCode(error)?.startsWith("SQLITE_BUSY") === true) {
      throw new Fault({
        code: "store.locked",
        disposition: "reject",
        message: `${file} is held by another process`,
        cause: error,
      });
    }
    throw new Fault({
      code: "store.failed",
      disposition: "reject",
      message: `${file} cannot be opened: ${reasonOf(error)}`,
      cause: error,
    });
  }
}

/** A database that nobody writes: a backup. Throws when it is none. */
export function openFinished(file: string): Database {
  return new Sqlite(file, { readonly: true, fileMustExist: true });
}

/** Copies the whole log back: what was committed is in the file alone then. False when the disk does not take it all. */
export function checkpointAll(db: Database): boolean {
  db.pragma("wal_checkpoint(PASSIVE)");
  return logPages(db) === 0;
}

/** A database of its own in memory, for questions about the schema. */
export function openScratch(): Database {
  return new Sqlite(":memory:");
}

/**
 * Messages are nobody else's to read, whatever the folder's mode; SQLite gives the `-wal` the mode of its database.
 * Only a file that is not there yet is opened here: closing one that is would drop SQLite's lock on it.
 */
function createPrivate(file: string): void {
  try {
    closeSync(openSync(file, "wx", 0o600));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
}

/** Copies the log back into the database once it has grown. Throws when the disk refuses. */
export function checkpoint(db: Database): void {
  if (logPages(db) >= CHECKPOINT_PAGES) db.pragma("wal_checkpoint(PASSIVE)");
}

/** Pages in the `-wal` that are not yet copied back. */
export function logPages(db: Database): number {
  const [row] = db.pragma("wal_checkpoint(NOOP)") as { log: number; checkpointed: number }[];
  return row === undefined ? 0 : row.log - row.checkpointed;
}

/** SQLite's own name for what went wrong, or null when it was not SQLite. */
export function sqliteCode(error: unknown): string | null {
  return error instanceof Sqlite.SqliteError ? error.code : null;
}
