/**
 * How many Messages went each way, by account and UTC day: what Usage Records are made of. Counted where a Message
 * comes to rest (inbound at once, outbound when it leaves the hot table), so that an accept and a send write
 * nothing for it: retirement comes in batches, and a batch touches one small page. What was sent and still moves is
 * added when somebody asks, from the hot table, whose size is the traffic's and not history's. So a question costs
 * days, never messages, and the counts outlive the messages that retention deletes.
 *
 * The day is the one on which the carrier took the Message, or on which it came in. What never left is no usage.
 */
import type { Direction, MessageStatus } from "../sms/message.ts";
import type { Database, Statement } from "./database.ts";
import type { UsageCategory, UsageDay } from "./reading.ts";

const DAY_MS = 86_400_000;

/** The carrier had it, whatever came after. */
const SENT: readonly MessageStatus[] = ["sent", "delivered", "undelivered"];

type Countable = {
  readonly accountSid: string;
  readonly direction: Direction;
  readonly from: string;
  readonly to: string;
  readonly status: MessageStatus;
  readonly numSegments: number;
  readonly sentAt: number | null;
};

export class Usage {
  readonly #add: Statement<[string, number, UsageCategory, number]>;
  readonly #days: Statement<[string, number, number], UsageDay>;
  readonly #moving: Statement<[string, number, number], Countable>;

  constructor(db: Database) {
    this.#add = db.prepare(`
      INSERT INTO usage_day (accountSid, day, category, messages, segments) VALUES (?, ?, ?, 1, ?)
      ON CONFLICT DO UPDATE SET messages = messages + 1, segments = segments + excluded.segments`);
    this.#days = db.prepare(`
      SELECT accountSid, day, category, messages, segments FROM usage_day
      WHERE accountSid = ? AND day BETWEEN ? AND ?`);
    this.#moving = db.prepare(`
      SELECT accountSid, direction, "from", "to", status, ifnull(airSegments, numSegments) AS numSegments, sentAt
      FROM message
      WHERE status IN ('sent', 'delivered', 'undelivered') AND accountSid = ? AND sentAt >= ? AND sentAt < ?`);
  }

  /** Comes to rest: counted once, for good. */
  count(message: Countable): void {
    const usage = usageOf(message);
    if (usage !== null) this.#add.run(usage.accountSid, usage.day, usage.category, usage.segments);
  }

  /** Both days included; days since 1970-01-01. Days without usage are left out. */
  days(accountSid: string, firstDay: number, lastDay: number): readonly UsageDay[] {
    const sums = new Map<string, UsageDay>();
    const moving = this.#moving.all(accountSid, firstDay * DAY_MS, (lastDay + 1) * DAY_MS);
    for (const row of [...this.#days.all(accountSid, firstDay, lastDay), ...moving.flatMap(usagesOf)]) {
      const key = `${row.day} ${row.category}`;
      const { messages = 0, segments = 0 } = sums.get(key) ?? {};
      sums.set(key, { ...row, messages: messages + row.messages, segments: segments + row.segments });
    }
    return [...sums.values()];
  }
}

function usagesOf(message: Countable): readonly UsageDay[] {
  const usage = usageOf(message);
  return usage === null ? [] : [usage];
}

function usageOf(message: Countable): UsageDay | null {
  const { accountSid, direction, sentAt, numSegments } = message;
  const isInbound = direction === "inbound";
  if (sentAt === null || !(isInbound || SENT.includes(message.status))) return null;
  const way = isInbound ? "inbound" : "outbound";
  return {
    accountSid,
    day: Math.floor(sentAt / DAY_MS),
    category: `${way}-${kindOf(isInbound ? message.to : message.from)}`,
    messages: 1,
    segments: numSegments,
  };
}

/** What the account's own side of it is. */
function kindOf(own: string): "longcode" | "shortcode" | "alphanumeric" {
  if (own.startsWith("+")) return "longcode";
  return /^\d+$/.test(own) ? "shortcode" : "alphanumeric";
}
