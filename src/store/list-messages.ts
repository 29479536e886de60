/**
 * Lists read both tables newest first and merge by key. A page starts below a key, so rows that are added, or
 * that move from one table to the other between two pages, neither repeat nor hide anything.
 *
 * Dates are filtered by `sentAt`, order is by creation. There is no index that serves both; keys are times, so
 * a date bounds the keys instead, with slack for the Messages that were sent long after they were created.
 */
import { keyOfSid } from "../runtime/ids.ts";
import type { ClockSteps } from "./clock-steps.ts";
import type { Database, Statement } from "./database.ts";
import { storedOf } from "./messages.ts";
import type { MessageFilter } from "./reading.ts";
import { RETIRED_COLUMNS } from "./retired.ts";
import type { StoredMessage } from "./store.ts";

const DAY_MS = 86_400_000;
/** Longer than anything is scheduled ahead (35 days) and what follows: a validity period, an unknown outcome. */
const SENT_LATE_MS = 38 * DAY_MS;
/** Keys run ahead of the wall clock after it was set back. */
const KEY_AHEAD_MS = DAY_MS;

type Table = "message" | "message_retired";
type ListedRow = StoredMessage & { readonly key: number };

export class MessageList {
  readonly #db: Database;
  readonly #steps: ClockSteps;
  readonly #statements = new Map<string, Statement<[Record<string, unknown>], ListedRow>>();

  constructor(db: Database, steps: ClockSteps) {
    this.#db = db;
    this.#steps = steps;
  }

  list(filter: MessageFilter): readonly StoredMessage[] {
    const before = filter.beforeSid === undefined ? Number.MAX_SAFE_INTEGER : keyOfSid(filter.beforeSid);
    if (before === null) return [];
    const { sentFrom, sentBefore } = filter;
    const oldest = sentFrom === undefined ? 0 : this.#steps.firstKeyOf(sentFrom - SENT_LATE_MS, "message");
    const end =
      sentBefore === undefined ? before : this.#steps.firstKeyAfter(sentBefore + KEY_AHEAD_MS, "message");
    const parameters = {
      accountSid: filter.accountSid,
      from: filter.from ?? null,
      to: filter.to ?? null,
      sentFrom: sentFrom ?? null,
      sentBefore: sentBefore ?? null,
      oldestKey: oldest,
      beforeKey: Math.min(before, end),
      limit: filter.limit,
    };
    const rows = (["message", "message_retired"] as const).flatMap((table) =>
      this.#statement(table, filter).all(parameters),
    );
    return rows
      .sort((a, b) => b.key - a.key)
      .slice(0, filter.limit)
      .map(storedOf);
  }

  #statement(table: Table, filter: MessageFilter): Statement<[Record<string, unknown>], ListedRow> {
    const sql = listSql(table, filter);
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

/** One index decides; the unary plus keeps the others from being chosen instead. */
export function listSql(table: Table, filter: MessageFilter): string {
  const by = filter.to !== undefined ? "to" : filter.from !== undefined ? "from" : "account";
  const conditions = [by === "account" ? "accountSid = @accountSid" : "+accountSid = @accountSid"];
  if (filter.to !== undefined) conditions.push(`"to" = @to`);
  if (filter.from !== undefined) conditions.push(by === "to" ? `+"from" = @from` : `"from" = @from`);
  if (filter.sentFrom !== undefined) conditions.push("ifnull(sentAt, createdAt) >= @sentFrom");
  if (filter.sentBefore !== undefined) conditions.push("ifnull(sentAt, createdAt) < @sentBefore");
  conditions.push("automatic = 0");
  const columns = table === "message" ? "*" : RETIRED_COLUMNS;
  return `SELECT ${columns} FROM ${table} WHERE key >= @oldestKey AND key < @beforeKey AND ${conditions.join(" AND ")}
    ORDER BY key DESC LIMIT @limit`;
}
