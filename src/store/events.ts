import { randomBytes } from "node:crypto";
import type { Event, NewEvent } from "../runtime/event.ts";
import { epochOfKey, keyOfSid, sidOf } from "../runtime/ids.ts";
import type { Database, Statement } from "./database.ts";
import type { EventFilter } from "./reading.ts";
import { RowKeys } from "./row-keys.ts";

/** What the operator is told afterwards, in the order it was written. */
export class Events {
  readonly #keys: RowKeys;
  readonly #insert: Statement<[number, string, string]>;
  readonly #list: Statement<[Record<string, unknown>], { sid: string; event: string }>;
  readonly #listOfMessage: Statement<[Record<string, unknown>], { sid: string; event: string }>;
  readonly #prune: Statement<[number, number]>;

  constructor(db: Database) {
    this.#keys = new RowKeys(newestKeyOf(db, "event"));
    this.#insert = db.prepare("INSERT INTO event (key, sid, event) VALUES (?, ?, ?)");
    // What is computed from a row that is no JSON any more ends the whole query: it is not looked at there.
    const is = (column: string) =>
      `(@${column} IS NULL OR iif(json_valid(event), ${column}, NULL) = @${column})`;
    const chosen = `key < @before AND ${is("level")} AND ${is("type")}
      ORDER BY key DESC LIMIT @limit`;
    this.#list = db.prepare(`SELECT sid, event FROM event WHERE ${chosen}`);
    this.#listOfMessage = db.prepare(
      `SELECT sid, event FROM event WHERE messageSid = @messageSid AND ${chosen}`,
    );
    // A damaged one cannot be taken out of its index. It stays, and goes when the database is salvaged.
    this.#prune = db.prepare(
      "DELETE FROM event WHERE key IN (SELECT key FROM event WHERE key < ? AND json_valid(event) ORDER BY 1 LIMIT ?)",
    );
  }

  insert(event: NewEvent): void {
    const key = this.#keys.next(event.at);
    this.#insert.run(key, sidOf("NO", key, randomBytes(9).toString("hex")), JSON.stringify(event));
  }

  list(filter: EventFilter): readonly Event[] {
    const { beforeSid, limit, level = null, type = null, messageSid = null } = filter;
    const before = beforeSid === undefined ? Number.MAX_SAFE_INTEGER : keyOfSid(beforeSid);
    if (before === null) return [];
    const statement = messageSid === null ? this.#list : this.#listOfMessage;
    return statement
      .all({ before, limit, level, type, messageSid })
      .map((row) => ({ ...readEvent(row), sid: row.sid }));
  }

  pruneBefore(key: number, limit: number): number {
    return this.#prune.run(key, limit).changes;
  }
}

/** A disk that changed its octets takes nothing but this one away. */
function readEvent({ sid, event }: { readonly sid: string; readonly event: string }): NewEvent {
  try {
    const read = JSON.parse(event) as Partial<NewEvent> | null;
    const { type, level, at, text } = read ?? {};
    if (type && level && text && Number.isInteger(at)) return read as NewEvent;
  } catch {
    // It is told of like one in which something else is missing.
  }
  return {
    type: "store.damaged",
    level: "warning",
    at: epochOfKey(keyOfSid(sid) ?? 0),
    text: "An event was written here and cannot be read any more: its row is damaged.",
  };
}

/** Rows older than a key, the oldest first, and so many at most. */
export function deleteBefore(
  table: "shown_part" | "parked_report" | "undecodable" | "feedback",
  key: "key" | "messageKey" = "key",
): string {
  return `DELETE FROM ${table} WHERE ${key} IN (SELECT ${key} FROM ${table} WHERE ${key} < ? ORDER BY 1 LIMIT ?)`;
}

/** The newest key of a table whose keys are times; 0 when it is empty. */
export function newestKeyOf(
  db: Database,
  table:
    | "message"
    | "message_retired"
    | "event"
    | "webhook"
    | "inbound_segment"
    | "shown_part"
    | "parked_report"
    | "undecodable",
): number {
  return db.prepare<[], number | null>(`SELECT max(key) FROM ${table}`).pluck().get() ?? 0;
}
