/**
 * One queue per Number (DESIGN §5): accepting into it, claiming from its head, and what is too late to send.
 * Order is (rank, key): a begun single message, then single messages, then broadcasts, oldest first. A Message that
 * backs off is not in that order at all until it is due, and then stands where its age puts it.
 */
import { keyOfSid } from "../runtime/ids.ts";
import type { Database, Statement } from "./database.ts";
import type { Depths } from "./depths.ts";
import type { Horizon } from "./horizon.ts";
import type { MessageRow } from "./message-row.ts";
import type { Messages } from "./messages.ts";
import type { OptOuts } from "./opt-outs.ts";
import type { ClaimOptions } from "./plan-commands.ts";
import type { PlanUses } from "./plan-uses.ts";
import { firstWaiting, rankOf, waitingSegments, withState } from "./progress.ts";
import type { Standing } from "./reading.ts";
import type { StickySenders } from "./sticky-senders.ts";
import type { AcceptResult, Claim, ClaimResult, NewOutbound } from "./store.ts";
import { type Submissions, submissionIdOf } from "./submissions.ts";

/** Contract: the message stayed in the queue longer than its ValidityPeriod. */
const VALIDITY_EXPIRED = {
  errorCode: 30036,
  errorMessage: "its validity period ended before it could be sent",
};

/** Contract §4.5: the recipient said STOP after the message was accepted. */
const OPTED_OUT = {
  errorCode: 21610,
  errorMessage: "the recipient has opted out of messages from its sender",
};

/** Contract §12.2: what is due while its account may not send. */
const ACCOUNT_INACTIVE = { errorCode: 30002, errorMessage: "its account is not active" };

/** Failing late Messages is bounded per command: others wait for the same worker. */
const ENDED_AT_ONCE = 1000;
const RELEASED_AT_ONCE = 1000;

/** Contract §4.4: what a service cannot queue any more is a row that failed. */
const QUEUE_OVERFLOW = { errorCode: 30001, errorMessage: "its sender's queue is full" };

/** Contract §3.1, 35125. */
const MAX_SCHEDULED = 500_000;

/** The last of its lane (`rankOf`). */
const SINGLE_RANK = 1;
const BROADCAST_RANK = 2;

/** A cap on recipients ends with its month, or with a new configuration. */
const LOOK_AGAIN_MS = 3_600_000;

type End = { readonly errorCode: number; readonly why: string; readonly at: number };

export class OutboundQueue {
  readonly #messages: Messages;
  readonly #submissions: Submissions;
  readonly #depths: Depths;
  readonly #horizon: Horizon;
  readonly #optOuts: OptOuts;
  readonly #sticky: StickySenders;
  readonly #plans: PlanUses;
  readonly #scheduledFor: Statement<[number, number], MessageRow>;
  readonly #head: Statement<[string, number], number>;
  readonly #due: Statement<[string, number], MessageRow>;
  readonly #nextDue: Statement<[string], number | null>;
  readonly #late: Statement<[number, number, number], number>;
  readonly #waitingOf: Statement<[string, string, number], number>;
  readonly #waitingIn: Statement<[string, string, number], number>;
  readonly #scheduledOf: Statement<[string, number], number>;
  readonly #scheduledIn: Statement<[string, number], number>;
  readonly #ahead: Statement<[Record<string, unknown>], { messages: number; segments: number }>;
  readonly #earliest: Statement<[], number | null>;

  constructor(
    db: Database,
    options: {
      messages: Messages;
      submissions: Submissions;
      depths: Depths;
      horizon: Horizon;
      optOuts: OptOuts;
      sticky: StickySenders;
      plans: PlanUses;
    },
  ) {
    this.#messages = options.messages;
    this.#submissions = options.submissions;
    this.#depths = options.depths;
    this.#horizon = options.horizon;
    this.#optOuts = options.optOuts;
    this.#sticky = options.sticky;
    this.#plans = options.plans;
    this.#scheduledFor = db.prepare(
      "SELECT * FROM message WHERE status = 'scheduled' AND sendAt <= ? ORDER BY sendAt LIMIT ?",
    );
    this.#head = db
      .prepare<[string, number], number>(
        "SELECT key FROM message WHERE queue = ? AND rank <= ? ORDER BY rank, key LIMIT 1",
      )
      .pluck();
    this.#due = db.prepare(
      "SELECT * FROM message WHERE queue = ? AND retryAt IS NOT NULL AND retryAt <= ? ORDER BY retryAt",
    );
    this.#nextDue = db
      .prepare<[string], number | null>(
        "SELECT min(retryAt) FROM message WHERE queue = ? AND retryAt IS NOT NULL",
      )
      .pluck();
    this.#late = db
      .prepare<[number, number, number], number>(`
        SELECT key FROM message WHERE rank IS NOT NULL AND expiresAt <= ?
        UNION ALL SELECT key FROM message WHERE retryAt IS NOT NULL AND expiresAt <= ? LIMIT ?`)
      .pluck();
    this.#waitingOf = db
      .prepare<[string, string, number], number>(`
        SELECT key FROM message WHERE rank IS NOT NULL AND accountSid = ?
        UNION ALL SELECT key FROM message WHERE retryAt IS NOT NULL AND accountSid = ? LIMIT ?`)
      .pluck();
    this.#waitingIn = db
      .prepare<[string, string, number], number>(`
        SELECT key FROM message WHERE queue = ? AND rank IS NOT NULL
        UNION ALL SELECT key FROM message WHERE queue = ? AND retryAt IS NOT NULL LIMIT ?`)
      .pluck();
    const scheduledBy = (column: "accountSid" | "queue") =>
      db
        .prepare<[string, number], number>(
          `SELECT key FROM message WHERE status = 'scheduled' AND ${column} = ? LIMIT ?`,
        )
        .pluck();
    this.#scheduledOf = scheduledBy("accountSid");
    this.#scheduledIn = scheduledBy("queue");
    this.#ahead = db.prepare(`
      SELECT count(*) AS messages, ifnull(sum(length(progress) - length(replace(progress, '.', ''))), 0) AS segments
      FROM message WHERE queue = @queue AND rank IS NOT NULL AND (rank < @rank OR (rank = @rank AND key < @key))`);
    this.#earliest = db
      .prepare<[], number | null>(`
        SELECT min(at) FROM (SELECT min(expiresAt) AS at FROM message WHERE rank IS NOT NULL
          UNION ALL SELECT min(expiresAt) FROM message WHERE retryAt IS NOT NULL)`)
      .pluck();
  }

  accept(message: NewOutbound): AcceptResult {
    const key = keyOfSid(message.sid);
    if (key === null || message.parts.length === 0)
      throw new Error("a Message has a SID and at least one part");
    if (
      message.automatic !== true &&
      this.#optOuts.has(message.to, message.from, message.optOutScope ?? null)
    ) {
      return { is: "opted-out" };
    }
    const { refusal, messagingServiceSid: service } = message;
    if (refusal) {
      return this.#acceptAsFailed(key, message, { errorCode: refusal.errorCode, errorMessage: refusal.why });
    }
    const queuedSegments = this.#depths.segments(message.queue);
    const isForLater = (message.sendAt ?? null) !== null;
    if (isForLater) {
      if (this.#messages.scheduled >= MAX_SCHEDULED) return { is: "queue-full", queuedSegments };
    } else if (queuedSegments + message.parts.length > message.maxQueuedSegments) {
      if (service === null) return { is: "queue-full", queuedSegments };
      return this.#acceptAsFailed(key, message, QUEUE_OVERFLOW);
    }
    if (service !== null && message.sticky === true) this.#sticky.put(service, message.to, message.from);
    return { is: "accepted", message: this.#messages.insert(key, message) };
  }

  releaseScheduled(now: number, inactiveAccounts: readonly string[] = []): number {
    const due = this.#scheduledFor.all(now, RELEASED_AT_ONCE);
    for (const row of due) {
      if (inactiveAccounts.includes(row.accountSid)) this.#fail(row, ACCOUNT_INACTIVE, now);
      else this.#messages.change(row, { status: "queued" }, now);
    }
    return due.length;
  }

  claim(queue: string, options: ClaimOptions): ClaimResult {
    const { line, limit, now, lane } = options;
    const lastRank = lane === "single" ? SINGLE_RANK : BROADCAST_RANK;
    for (const row of this.#due.all(queue, now)) {
      this.#messages.change(row, { retryAt: null, waitingFor: null }, now);
    }
    const plan = options.plan === undefined ? null : this.#plans.open(line, options.plan);
    const claims: Claim[] = [];
    let heldUntil = Number.POSITIVE_INFINITY;
    let ended = 0;
    while (claims.length < limit) {
      const key = this.#head.get(queue, lastRank);
      const row = key === undefined ? null : this.#messages.byKey(key);
      if (row === null) break;
      const why = row.expiresAt <= now ? VALIDITY_EXPIRED : this.#isOptedOut(row) ? OPTED_OUT : null;
      const hold = why === null ? (plan?.holdOf(row, now) ?? null) : null;
      if (hold?.is === "lane") {
        heldUntil = hold.until;
        break;
      }
      if (why === null && hold === null) {
        const taken = this.#take(row, line, limit - claims.length, now);
        plan?.count(row, taken.length, now);
        claims.push(...taken);
        continue;
      }
      if (ended === ENDED_AT_ONCE) {
        heldUntil = now;
        break;
      }
      if (why !== null) this.#fail(row, why, now);
      else if (hold !== null) this.#putOff(row, hold, now);
      ended++;
    }
    if (claims.length > 0) {
      plan?.write();
      return { claims, nextDueAt: null };
    }
    const nextDueAt = Math.min(this.#nextDue.get(queue) ?? Number.POSITIVE_INFINITY, heldUntil);
    return { claims, nextDueAt: nextDueAt === Number.POSITIVE_INFINITY ? null : nextDueAt };
  }

  expire(now: number): number {
    if (!this.#horizon.reached(now)) return 0;
    const late = this.#late.all(now, now, ENDED_AT_ONCE);
    for (const key of late) {
      const row = this.#messages.byKey(key);
      if (row !== null) this.#fail(row, VALIDITY_EXPIRED, now);
    }
    this.#horizon.moveTo(this.#earliest.get() ?? Number.POSITIVE_INFINITY);
    return late.length;
  }

  /** Counts the queue's rows: for whoever asks why, not for sending. */
  standingOf(row: MessageRow): Standing | null {
    const isScheduled = row.status === "scheduled";
    const status = isScheduled ? "queued" : row.status;
    const waiting = waitingSegments({ ...row, status });
    const rank = row.rank ?? rankOf({ ...row, status, retryAt: null });
    if (waiting === 0 || rank === null) return null;
    const { queue, key, expiresAt } = row;
    const ahead = this.#ahead.get({ queue, rank, key }) ?? { messages: 0, segments: 0 };
    return {
      queue,
      isBroadcast: row.lane === "broadcast",
      hasBegun: /[tad]/.test(row.progress),
      expiresAt,
      waitingSegments: waiting,
      messagesAhead: ahead.messages,
      segmentsAhead: ahead.segments,
      sendAt: isScheduled ? row.sendAt : null,
      isOptedOut: this.#isOptedOut(row),
    };
  }

  /** What is on the wire ends as it ends; what waits is not sent any more. */
  endAll(accountSid: string, end: End): number {
    if (this.#depths.all().length === 0) return 0;
    return this.#end(this.#waitingOf.all(accountSid, accountSid, ENDED_AT_ONCE), end);
  }

  /** What an account has scheduled. It looks through everything scheduled: not for a chore. */
  endScheduled(accountSid: string, end: End): number {
    return this.#end(this.#scheduledOf.all(accountSid, ENDED_AT_ONCE), end);
  }

  /** One queue, and what is scheduled to join it. */
  endQueue(queue: string, end: End): number {
    const waiting = this.#waitingIn.all(queue, queue, ENDED_AT_ONCE);
    return this.#end(waiting.length > 0 ? waiting : this.#scheduledIn.all(queue, ENDED_AT_ONCE), end);
  }

  #end(waiting: readonly number[], end: End): number {
    for (const key of waiting) {
      const row = this.#messages.byKey(key);
      if (row !== null) this.#fail(row, { errorCode: end.errorCode, errorMessage: end.why }, end.at);
    }
    return waiting.length;
  }

  #take(row: MessageRow, line: string, limit: number, now: number): readonly Claim[] {
    const claims: Claim[] = [];
    let { progress, made } = row;
    while (claims.length < limit) {
      const position = firstWaiting(progress);
      if (position < 0) break;
      progress = withState(progress, position, "t");
      made++;
      this.#submissions.insert({ messageKey: row.key, number: made, position, line, startedAt: now });
      claims.push({
        submissionId: submissionIdOf(row.sid, made),
        messageSid: row.sid,
        lane: row.lane,
        segment: {
          from: row.from,
          to: row.to,
          alphabet: row.alphabet,
          text: textOf(row, position),
          concatenation: concatenationOf(row, position),
          validityMinutes: validityMinutesOf(row, now),
        },
        index: position,
        attempts: row.attempts,
        expiresAt: row.expiresAt,
      });
    }
    this.#messages.change(row, { status: "sending", progress, made, waitingFor: null }, now);
    return claims;
  }

  /** The answer is that it was taken; what became of it is the callback's to tell. */
  #acceptAsFailed(
    key: number,
    message: NewOutbound,
    why: { errorCode: number; errorMessage: string },
  ): AcceptResult {
    const stored = this.#messages.insert(key, { ...message, sendAt: null }, true);
    const row = this.#messages.byKey(key);
    if (row !== null) this.#fail(row, why, message.createdAt);
    return { is: "accepted", message: stored };
  }

  /** Only while the network has nothing of it: half a message is worse than a whole one. */
  #isOptedOut(row: MessageRow): boolean {
    if (row.automatic === 1 || /[^.x]/.test(row.progress)) return false;
    return this.#optOuts.has(row.to, row.from, row.optOutScope);
  }

  /** It leaves its place; it is looked at again before long, since an operator may raise the cap. */
  #putOff(row: MessageRow, { until, why }: { until: number; why: string }, now: number): void {
    const retryAt = Math.min(until, now + LOOK_AGAIN_MS);
    this.#messages.change(row, { retryAt, waitingFor: why }, now);
  }

  #fail(row: MessageRow, why: { errorCode: number; errorMessage: string }, now: number): void {
    this.#messages.change(row, { status: "failed", ...why, waitingFor: null }, now);
  }
}

/** What nobody asked for is the network's own to decide: it keeps a message for days. */
const DEFAULT_VALIDITY_MS = 36_000_000;

/** What is left of the `ValidityPeriod` that the app asked for. */
function validityMinutesOf(row: MessageRow, now: number): number | null {
  if (row.expiresAt - (row.sendAt ?? row.createdAt) >= DEFAULT_VALIDITY_MS) return null;
  return Math.max(1, Math.ceil((row.expiresAt - now) / 60_000));
}

function textOf(row: MessageRow, position: number): string {
  if (row.parts === null) return row.body;
  return (JSON.parse(row.parts) as string[])[position] ?? "";
}

function concatenationOf(row: MessageRow, position: number): Claim["segment"]["concatenation"] {
  if (row.reference === null) return null;
  return { reference: row.reference, referenceBits: 8, total: row.numSegments, sequence: position + 1 };
}
