import { randomBytes } from "node:crypto";
import type { Event, NewEvent } from "../runtime/event.ts";
import { keyOfSid, sidOf } from "../runtime/ids.ts";
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
    const chosen = `key < @before AND (@level IS NULL OR level = @level) AND (@type IS NULL OR type = @type)
      ORDER BY key DESC LIMIT @limit`;
    this.#list = db.prepare(`SELECT sid, event FROM event WHERE ${chosen}`);
    this.#listOfMessage = db.prepare(
      `SELECT sid, event FROM event WHERE messageSid = @messageSid AND ${chosen}`,
    );
    this.#prune = db.prepare(deleteBefore("event"));
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
      .map((row) => ({ ...(JSON.parse(row.event) as NewEvent), sid: row.sid }));
  }

  pruneBefore(key: number, limit: number): number {
    return this.#prune.run(key, limit).changes;
  }
}

/** Rows older than a key, the oldest first, and so many at most. */
export function deleteBefore(
  table: "event" | "shown_part" | "parked_report" | "undecodable" | "feedback",
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
