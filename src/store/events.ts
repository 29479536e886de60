import { randomBytes } from "node:crypto";
import type { Event, NewEvent } from "../runtime/event.ts";
import { keyOfSid, sidOf } from "../runtime/ids.ts";
import type { Database, Statement } from "./database.ts";
import { RowKeys } from "./row-keys.ts";

/** What the operator is told afterwards, in the order it was written. */
export class Events {
  readonly #keys: RowKeys;
  readonly #insert: Statement<[number, string, string]>;
  readonly #before: Statement<[number, number], { sid: string; event: string }>;
  readonly #prune: Statement<[number]>;

  constructor(db: Database) {
    this.#keys = new RowKeys(newestKeyOf(db, "event"));
    this.#insert = db.prepare("INSERT INTO event (key, sid, event) VALUES (?, ?, ?)");
    this.#before = db.prepare("SELECT sid, event FROM event WHERE key < ? ORDER BY key DESC LIMIT ?");
    this.#prune = db.prepare("DELETE FROM event WHERE key < ?");
  }

  insert(event: NewEvent): void {
    const key = this.#keys.next(event.at);
    this.#insert.run(key, sidOf("NO", key, randomBytes(9).toString("hex")), JSON.stringify(event));
  }

  list(page: { beforeSid?: string; limit: number }): readonly Event[] {
    const before = page.beforeSid === undefined ? Number.MAX_SAFE_INTEGER : keyOfSid(page.beforeSid);
    if (before === null) return [];
    return this.#before
      .all(before, page.limit)
      .map((row) => ({ ...(JSON.parse(row.event) as NewEvent), sid: row.sid }));
  }

  pruneBefore(key: number): number {
    return this.#prune.run(key).changes;
  }
}

/** The newest key of a table whose keys are `RowKeys`; 0 when it is empty. */
export function newestKeyOf(
  db: Database,
  table: "event" | "webhook" | "inbound_segment" | "shown_part" | "parked_report" | "undecodable",
): number {
  return db.prepare<[], number | null>(`SELECT max(key) FROM ${table}`).pluck().get() ?? 0;
}
