/**
 * Keeps count of what Lines with a SIM plan use, in the transaction that claims, and says whether a broadcast may
 * begin. What counts is what is handed to the network: a Segment counts from its claim on, so that a power cut forgets
 * none, and is taken back when the network refuses it or it was never handed over. An unknown one counts.
 *
 * A broadcast begins only where every cap has room for all of it (or for a whole period, if it is longer than that):
 * half a message is worse than one that waits. Once begun it ends. Single messages are counted and never held.
 */
import type { NewEvent } from "../runtime/event.ts";
import type { Database, Statement } from "./database.ts";
import type { Events } from "./events.ts";
import type { MessageRow } from "./message-row.ts";
import { PLAN_PERIODS, type PlanPeriod, type PlanTerms, type PlanUse } from "./plan-commands.ts";
import { waitingSegments } from "./progress.ts";

type UseRow = {
  line: string;
  minuteAt: number;
  minute: number;
  hourAt: number;
  hour: number;
  dayAt: number;
  day: number;
  monthAt: number;
  month: number;
  recipients: number;
  told: number;
};

/** `lane`: no broadcast may begin. `message`: this one may not, those behind it may. */
export type PlanHold =
  | { readonly is: "lane"; readonly until: number }
  | { readonly is: "message"; readonly until: number; readonly why: string };

/** Two bits each in `told`: near, and reached. A minute is a pace, of which nobody wants to be told. */
const TOLD_BITS = { hour: 0, day: 2, month: 4, recipients: 6 } as const;
const NEAR = 1;
const REACHED = 2;

export class PlanUses {
  readonly #events: Events;
  readonly #get: Statement<[string], UseRow>;
  readonly #put: Statement<[UseRow]>;
  readonly #meet: Statement<[string, number, string, number], number>;
  readonly #leave: Statement<[number, string, number, string]>;
  readonly #forget: Statement<[string, number, string]>;
  readonly #met: Statement<[string, number, string], number>;
  readonly #prune: Statement<[]>;

  constructor(db: Database, events: Events) {
    this.#events = events;
    this.#get = db.prepare("SELECT * FROM plan_use WHERE line = ?");
    this.#put = db.prepare(`
      INSERT OR REPLACE INTO plan_use
        (line, minuteAt, minute, hourAt, hour, dayAt, day, monthAt, month, recipients, told)
      VALUES (@line, @minuteAt, @minute, @hourAt, @hour, @dayAt, @day, @monthAt, @month, @recipients, @told)`);
    this.#meet = db
      .prepare<[string, number, string, number], number>(`
        INSERT INTO plan_recipient (line, monthAt, recipient, segments) VALUES (?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET segments = segments + excluded.segments RETURNING segments`)
      .pluck();
    this.#leave = db.prepare(
      "UPDATE plan_recipient SET segments = segments - ? WHERE line = ? AND monthAt = ? AND recipient = ?",
    );
    this.#forget = db.prepare("DELETE FROM plan_recipient WHERE line = ? AND monthAt = ? AND recipient = ?");
    this.#met = db
      .prepare<[string, number, string], number>(
        "SELECT segments FROM plan_recipient WHERE line = ? AND monthAt = ? AND recipient = ?",
      )
      .pluck();
    this.#prune = db.prepare(`
      DELETE FROM plan_recipient
      WHERE monthAt < (SELECT monthAt FROM plan_use WHERE plan_use.line = plan_recipient.line)`);
  }

  open(line: string, terms: PlanTerms): OpenPlan {
    const known = this.#get.get(line) ?? null;
    const row = rolled(known ?? emptyRow(line), terms);
    return {
      holdOf: (message, now) => this.#holdOf(row, terms, message, now),
      count: (message, segments, now) => this.#count(row, terms, { message, segments, now }),
      write: () => this.#put.run(row),
    };
  }

  /** It was claimed at `startedAt` and not handed over, or refused. A Line that has no plan has no row. */
  giveBack(
    submission: { readonly line: string; readonly startedAt: number },
    message: Pick<MessageRow, "to" | "airSegments">,
  ): void {
    const row = this.#get.get(submission.line) ?? null;
    if (row === null) return;
    const segments = segmentsOf(message);
    for (const period of PLAN_PERIODS) {
      if (submission.startedAt >= row[`${period}At`]) row[period] = Math.max(0, row[period] - segments);
    }
    const { line, monthAt } = row;
    const met = this.#met.get(line, monthAt, message.to) ?? null;
    if (met !== null && submission.startedAt >= monthAt) {
      if (met > segments) this.#leave.run(segments, line, monthAt, message.to);
      else {
        this.#forget.run(line, monthAt, message.to);
        row.recipients = Math.max(0, row.recipients - 1);
      }
    }
    this.#put.run(row);
  }

  use(line: string): PlanUse | null {
    const row = this.#get.get(line) ?? null;
    if (row === null) return null;
    const of = (period: PlanPeriod) => ({ startsAt: row[`${period}At`], segments: row[period] });
    const periods = { minute: of("minute"), hour: of("hour"), day: of("day"), month: of("month") };
    return { periods, recipients: row.recipients };
  }

  /** Recipients of months that are over. */
  prune(): number {
    return this.#prune.run().changes;
  }

  #holdOf(row: UseRow, terms: PlanTerms, message: MessageRow, now: number): PlanHold | null {
    if (message.lane === "single" || /[tad]/.test(message.progress)) return null;
    const wanted = waitingSegments(message) * segmentsOf(message);
    let until = Number.NEGATIVE_INFINITY;
    for (const period of PLAN_PERIODS) {
      const { segments: cap, endsAt } = terms.periods[period];
      if (cap !== null && cap - row[period] < Math.min(wanted, cap)) until = Math.max(until, endsAt);
    }
    if (until > now) return { is: "lane", until };
    const { recipients } = terms;
    if (recipients === null || row.recipients < recipients) return null;
    if (this.#met.get(row.line, row.monthAt, message.to) !== undefined) return null;
    const { endsAt } = terms.periods.month;
    const why = `the SIM plan of ${row.line} allows ${recipients} different recipients a month, and this one would be one more until ${new Date(endsAt).toISOString()}`;
    return { is: "message", until: endsAt, why };
  }

  #count(
    row: UseRow,
    terms: PlanTerms,
    { message, segments, now }: { message: MessageRow; segments: number; now: number },
  ): void {
    const handed = segments * segmentsOf(message);
    for (const period of PLAN_PERIODS) row[period] += handed;
    if (terms.recipients !== null) {
      const met = this.#meet.get(row.line, row.monthAt, message.to, handed);
      if (met === handed) row.recipients++;
    }
    for (const period of ["hour", "day", "month"] as const) {
      const { segments: cap, endsAt } = terms.periods[period];
      if (cap !== null) this.#tell(row, terms, { of: period, used: row[period], cap, endsAt, now });
    }
    if (terms.recipients === null) return;
    const { endsAt } = terms.periods.month;
    this.#tell(row, terms, { of: "recipients", used: row.recipients, cap: terms.recipients, endsAt, now });
  }

  /** Each once in a period, in the transaction that got there. */
  #tell(row: UseRow, { warnAtPercent }: PlanTerms, news: News): void {
    const { of, used, cap } = news;
    const reached = used >= cap;
    if (!reached && used * 100 < cap * warnAtPercent) return;
    const bits = (reached ? NEAR | REACHED : NEAR) << TOLD_BITS[of];
    if ((row.told & bits) === bits) return;
    row.told |= bits;
    this.#events.insert(reached ? reachedEvent(row.line, news) : nearEvent(row.line, news));
  }
}

/** One Line's plan within one command; nothing is kept before `write`. */
export type OpenPlan = {
  /** Null: it may begin, or go on. */
  readonly holdOf: (message: MessageRow, now: number) => PlanHold | null;
  readonly count: (message: MessageRow, segments: number, now: number) => void;
  readonly write: () => void;
};

type News = {
  readonly of: keyof typeof TOLD_BITS;
  readonly used: number;
  readonly cap: number;
  readonly endsAt: number;
  readonly now: number;
};

const WORDS = {
  hour: "segments an hour",
  day: "segments a day",
  month: "segments a month",
  recipients: "different recipients a month",
} as const;

function nearEvent(line: string, { of, used, cap, endsAt, now }: News): NewEvent {
  const text = `${line} has used ${used} of the ${cap} ${WORDS[of]} of its SIM plan; at ${cap} broadcasts wait until ${new Date(endsAt).toISOString()}.`;
  return { type: "plan.near", level: "warning", at: now, text, line, detail: { cap, used, endsAt } };
}

function reachedEvent(line: string, { of, used, cap, endsAt, now }: News): NewEvent {
  const who = of === "recipients" ? "broadcasts to anybody new wait" : "broadcasts wait";
  const text = `${line} has reached the ${cap} ${WORDS[of]} of its SIM plan: ${who} until ${new Date(endsAt).toISOString()}, single messages go on and are counted.`;
  return { type: "plan.reached", level: "warning", at: now, text, line, detail: { cap, used, endsAt } };
}

/** What one of its parts is on the air: its line may take the text whole. */
function segmentsOf({ airSegments }: Pick<MessageRow, "airSegments">): number {
  return airSegments ?? 1;
}

function emptyRow(line: string): UseRow {
  return {
    line,
    minuteAt: 0,
    minute: 0,
    hourAt: 0,
    hour: 0,
    dayAt: 0,
    day: 0,
    monthAt: 0,
    month: 0,
    recipients: 0,
    told: 0,
  };
}

/** A new period begins at nought. A clock that was set back begins none: what was used stays used. */
function rolled(row: UseRow, { periods }: PlanTerms): UseRow {
  const next = { ...row };
  for (const period of PLAN_PERIODS) {
    const { startsAt } = periods[period];
    if (startsAt > row[`${period}At`]) {
      next[period] = 0;
      if (period !== "minute") next.told &= ~((NEAR | REACHED) << TOLD_BITS[period]);
      if (period === "month") {
        next.recipients = 0;
        next.told &= ~((NEAR | REACHED) << TOLD_BITS.recipients);
      }
    }
    next[`${period}At`] = startsAt;
  }
  return next;
}
