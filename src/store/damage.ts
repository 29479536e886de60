/**
 * Whether the database is what was written. At every start the tables that grow with what is to be done are checked:
 * they are small whatever is stored, so that a million old Messages cost the start nothing. What rests is checked as
 * a whole once a night on the backup (`backup.ts`), and whenever something was found bad while running, which leaves a
 * mark: the next start checks everything, and saves what can be read (`salvage.ts`).
 */
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Database, logPages } from "./database.ts";
import { JSON_COLUMNS } from "./salvage.ts";
import { schemaTextAt, schemaTextOf } from "./schema.ts";

/** What an accept, a claim, a report, a webhook, a broadcast or a text that comes in depends on. */
export const WORKING_TABLES = [
  "message",
  "submission",
  "webhook",
  "inbound_segment",
  "shown_part",
  "parked_report",
  "concatenation",
  "line_memory",
  "opt_out",
  "sticky_sender",
  "audience",
  "audience_member",
  "broadcast",
  "broadcast_run",
  "plan_use",
  "plan_recipient",
  "clock_step",
  "ping",
];

const MARK = "pylone.damaged";

/** What was bad, for the next start. It may not be possible to write it down: then the next one finds it again. */
export function markDamaged(dataDir: string, why: string): void {
  try {
    writeFileSync(join(dataDir, MARK), why, { mode: 0o600 });
  } catch {
    // A disk that keeps nothing keeps no mark either.
  }
}

export function unmarkDamaged(dataDir: string): void {
  rmSync(join(dataDir, MARK), { force: true });
}

/** What SQLite would not say, or only by throwing its log away. Null when it may open the file. */
export function whyNotToOpen(dataDir: string): string | null {
  const file = join(dataDir, "pylone.db");
  if (!existsSync(file) && isThere(`${file}-wal`)) return "the file is gone, its log is there";
  const wasOpened = existsSync(join(dataDir, "pylone.holder"));
  return wasOpened && existsSync(file) && statSync(file).size === 0 ? "the file is empty" : null;
}

/** Null when nothing is found. Throws what SQLite throws when it cannot even look. */
export function whyDamaged(db: Database, dataDir: string): string | null {
  const version = db.pragma("user_version", { simple: true }) as number;
  if (version === 0) return exists(db, "message") ? "the number of its schema is gone" : null;
  const schema = schemaTextAt(version);
  // A changed letter there may still be SQL: another column, an index that leaves rows out.
  if (schema !== null && schema !== schemaTextOf(db)) return "its schema is not what was written";
  const octets = (db.pragma("page_count", { simple: true }) as number) * pageSize(db);
  if (logPages(db) === 0 && statSync(join(dataDir, "pylone.db")).size < octets) return "its end is missing";
  const mark = markOf(dataDir);
  if (mark !== null) {
    const found = firstProblem(db, "integrity_check(1)");
    return found === null ? null : `${found}; first met while running: ${mark}`;
  }
  for (const table of WORKING_TABLES.filter((name) => exists(db, name))) {
    const found = firstProblem(db, `quick_check(${table})`);
    if (found !== null) return `${table}: ${found}`;
  }
  for (const [table, column] of JSON_COLUMNS) {
    if (!exists(db, table)) continue;
    const bad = db.prepare<[], number>(`SELECT count(*) FROM ${table} WHERE NOT json_valid(${column})`);
    if ((bad.pluck().get() ?? 0) > 0) return `${table}: a row is not what was written`;
  }
  return null;
}

function isThere(file: string): boolean {
  return existsSync(file) && statSync(file).size > 0;
}

function pageSize(db: Database): number {
  return db.pragma("page_size", { simple: true }) as number;
}

function markOf(dataDir: string): string | null {
  try {
    return readFileSync(join(dataDir, MARK), "utf8").slice(0, 200);
  } catch {
    return null;
  }
}

/** An older schema does not have them all. */
function exists(db: Database, table: string): boolean {
  return db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?").get(table) !== undefined;
}

function firstProblem(db: Database, check: string): string | null {
  const [row] = db.pragma(check) as Record<string, string>[];
  const text = Object.values(row ?? {})[0] ?? "no answer";
  return text === "ok" ? null : text.split("\n").slice(0, 2).join(", ").slice(0, 200);
}
