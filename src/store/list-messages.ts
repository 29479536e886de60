/**
 * Lists read both tables newest first and merge by key. A page starts below a key, so rows that are added, or
 * that move from one table to the other between two pages, neither repeat nor hide anything.
 *
 * Dates are filtered by `sentAt`, order is by creation. There is no index that serves both; keys are times, so
 * a date bounds the keys instead, with slack for what was sent a while after it was created. What was sent long after
 * it (`SendAt` reaches 35 days) has an index of its own: with slack for those, a list of today's messages would read
 * through five weeks of history.
 */
import { keyOfSid } from "../runtime/ids.ts";
import type { ClockSteps } from "./clock-steps.ts";
import type { Database, Statement } from "./database.ts";
import { storedOf } from "./messages.ts";
import type { MessageFilter } from "./reading.ts";
import { RETIRED_COLUMNS } from "./retired.ts";
import { LATE_AFTER_MS } from "./schema-late.ts";
import type { StoredMessage } from "./store.ts";

const DAY_MS = 86_400_000;
/** Longer than anything waits that was not scheduled (a validity period, an unknown outcome), and than `late` begins. */
const SENT_SOON_MS = LATE_AFTER_MS + DAY_MS;
/** Longer than anything is scheduled ahead, and what follows. */
const SENT_LATE_MS = 38 * DAY_MS;
/** Keys run ahead of the wall clock after it was set back. */
const KEY_AHEAD_MS = DAY_MS;

/** `late`: what rests and was sent more than two days after it was created. */
type Part = "message" | "message_retired" | "late";
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
    const keyFrom = (slackMs: number) =>
      sentFrom === undefined ? 0 : this.#steps.firstKeyOf(sentFrom - slackMs, "message");
    const end =
      sentBefore === undefined ? before : this.#steps.firstKeyAfter(sentBefore + KEY_AHEAD_MS, "message");
    const beforeKey = Math.min(before, end);
    const soonKey = keyFrom(SENT_SOON_MS);
    const read = (part: Part, oldestKey: number, below = beforeKey) =>
      this.#statement(part, filter).all({
        accountSid: filter.accountSid,
        from: filter.from ?? null,
        to: filter.to ?? null,
        sentFrom: sentFrom ?? null,
        sentBefore: sentBefore ?? null,
        oldestKey,
        beforeKey: below,
        limit: filter.limit,
      });
    // The hot table is as large as what moves, so it is read with all the slack there is.
    const rows = [...read("message", keyFrom(SENT_LATE_MS)), ...read("message_retired", soonKey)];
    if (sentFrom !== undefined && rows.length < filter.limit) {
      rows.push(...read("late", keyFrom(SENT_LATE_MS), Math.min(beforeKey, soonKey)));
    }
    return rows
      .sort((a, b) => b.key - a.key)
      .slice(0, filter.limit)
      .map(storedOf);
  }

  #statement(part: Part, filter: MessageFilter): Statement<[Record<string, unknown>], ListedRow> {
    const sql = listSql(part, filter);
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

/** One index decides; the unary plus keeps the others from being chosen instead. */
export function listSql(part: Part, filter: MessageFilter): string {
  const by =
    part === "late"
      ? "sent"
      : filter.to !== undefined
        ? "to"
        : filter.from !== undefined
          ? "from"
          : "account";
  const equals = (column: string, parameter: string, isChosen: boolean) =>
    `${isChosen ? "" : "+"}${column} = ${parameter}`;
  const conditions = [equals("accountSid", "@accountSid", by === "account")];
  if (filter.to !== undefined) conditions.push(equals('"to"', "@to", by === "to"));
  if (filter.from !== undefined) conditions.push(equals('"from"', "@from", by === "from"));
  if (part === "late") {
    conditions.push(`sentAt > createdAt + ${LATE_AFTER_MS}`, "sentAt >= @sentFrom");
    if (filter.sentBefore !== undefined) conditions.push("sentAt < @sentBefore");
  } else {
    if (filter.sentFrom !== undefined) conditions.push("ifnull(sentAt, createdAt) >= @sentFrom");
    if (filter.sentBefore !== undefined) conditions.push("ifnull(sentAt, createdAt) < @sentBefore");
  }
  conditions.push("automatic = 0");
  const columns = part === "message" ? "*" : RETIRED_COLUMNS;
  const table = {
    message: "message",
    message_retired: "message_retired",
    late: "message_retired INDEXED BY message_retired_late",
  }[part];
  return `SELECT ${columns} FROM ${table} WHERE key >= @oldestKey AND key < @beforeKey AND ${conditions.join(" AND ")}
    ORDER BY key DESC LIMIT @limit`;
}
