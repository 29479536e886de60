/**
 * Ends unknown outcomes. A delivery report may settle one as long as it waits here; when the wait is over the
 * site's policy decides, and an event says so: it is never silent (DESIGN §4.2).
 *
 * - The wait runs on the monotonic clock while the Line is `ready`, which a Line only is once everything the
 *   network had stored for us is drained. A Line that leaves `ready` cannot bring a report: its waits stand still and
 *   go on when it is back, for ten seconds at least. They do not begin anew: a link that falls every minute would
 *   hold a Message open for ever.
 * - A Segment that was sent again before waits twice as long each time, up to half an hour: a carrier that takes
 *   everything and answers nothing would be sent the same text every minute.
 * - A Message that has brought its modem down three times is not sent again, whatever the policy (`downs.ts`).
 * - A Line that never stays ready long enough must not keep a Message open for ever: after ten hours, the longest
 *   a Message may be valid, the policy decides all the same.
 */
import type { Clock, Timer } from "../../runtime/clock.ts";
import type { NewEvent } from "../../runtime/event.ts";
import type { Log } from "../../runtime/log.ts";
import { maskNumber } from "../../runtime/log.ts";
import type { Store } from "../../store/store.ts";
import type { UnknownSubmission } from "../../store/submission-record.ts";
import { DEFAULT_VALIDITY_SECONDS } from "./accept.ts";
import { DOWNS_ALLOWED, type Downs } from "./downs.ts";
import type { LineRoster } from "./line-roster.ts";
import type { Pending } from "./pending.ts";
import { UNKNOWN_ERROR } from "./twilio-codes.ts";

export type UnknownPolicy = {
  readonly onUnknownOutcome: "resend" | "fail";
  readonly unknownOutcomeWaitSeconds: number;
};

/** Of the wait that is left when a Line comes back: what the network had stored is in by then. */
const AFTER_RETURN_MS = 10_000;
const LONGEST_WAIT_MS = 1_800_000;

type Entry = {
  readonly submission: UnknownSubmission;
  /** While its Line is ready. */
  wait: { readonly timer: Timer; readonly sinceMs: number } | null;
  leftMs: number;
  readonly end: Timer;
};

export class UnknownWatch {
  readonly #store: Store;
  readonly #roster: LineRoster;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #pending: Pending;
  readonly #policy: UnknownPolicy;
  /** A last look for a report that was not recognised when it came. */
  readonly #settledByReport: (submission: UnknownSubmission) => Promise<boolean>;
  readonly #downs: Downs;
  readonly #entries = new Map<string, Entry>();
  #stopped = false;

  constructor(options: {
    readonly store: Store;
    readonly roster: LineRoster;
    readonly clock: Clock;
    readonly log: Log;
    readonly pending: Pending;
    readonly policy: UnknownPolicy;
    readonly settledByReport: (submission: UnknownSubmission) => Promise<boolean>;
    readonly downs: Downs;
  }) {
    this.#store = options.store;
    this.#roster = options.roster;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#pending = options.pending;
    this.#policy = options.policy;
    this.#settledByReport = options.settledByReport;
    this.#downs = options.downs;
  }

  add(submission: UnknownSubmission): void {
    const { submissionId } = submission;
    if (this.#stopped || this.#entries.has(submissionId)) return;
    const end = this.#clock.timer(DEFAULT_VALIDITY_SECONDS * 1000, () => this.#judge(submissionId));
    const entry: Entry = { submission, wait: null, leftMs: this.#waitMsOf(submission), end };
    this.#entries.set(submissionId, entry);
    // A Line that is no longer configured will never be ready again: nothing to wait for but the time.
    const line = this.#roster.get(submission.line);
    if (line === null || line.status.state === "ready") this.#wait(entry, entry.leftMs);
  }

  /** The outcome is known after all. Null when nobody watches this one any more. */
  forget(submissionId: string): UnknownSubmission | null {
    const entry = this.#entries.get(submissionId);
    if (entry === undefined) return null;
    this.#entries.delete(submissionId);
    entry.wait?.timer.cancel();
    entry.end.cancel();
    return entry.submission;
  }

  lineStateChanged(name: string, isReady: boolean): void {
    for (const entry of this.#entries.values()) {
      if (entry.submission.line !== name) continue;
      if (isReady && entry.wait === null) this.#wait(entry, Math.max(entry.leftMs, this.#afterReturnMs));
      if (!isReady) this.#standStill(entry);
    }
  }

  stop(): void {
    this.#stopped = true;
    for (const { wait, end } of this.#entries.values()) {
      wait?.timer.cancel();
      end.cancel();
    }
    this.#entries.clear();
  }

  #wait(entry: Entry, ms: number): void {
    const { submissionId } = entry.submission;
    entry.wait = {
      timer: this.#clock.timer(ms, () => this.#judge(submissionId)),
      sinceMs: this.#clock.monotonicMs(),
    };
  }

  #standStill(entry: Entry): void {
    if (entry.wait === null) return;
    entry.wait.timer.cancel();
    entry.leftMs -= this.#clock.monotonicMs() - entry.wait.sinceMs;
    entry.wait = null;
  }

  #waitMsOf({ resends }: UnknownSubmission): number {
    const first = this.#policy.unknownOutcomeWaitSeconds * 1000;
    return Math.max(first, Math.min(first * 2 ** resends, LONGEST_WAIT_MS));
  }

  /** Where the site waits less than that anyway, it is its own. */
  get #afterReturnMs(): number {
    return Math.min(AFTER_RETURN_MS, this.#policy.unknownOutcomeWaitSeconds * 1000);
  }

  #judge(submissionId: string): void {
    const submission = this.forget(submissionId);
    if (submission !== null) this.#pending.own("judge unknown", this.#resolve(submission));
  }

  async #resolve(submission: UnknownSubmission): Promise<void> {
    if (await this.#settledByReport(submission)) return;
    const downs = this.#downs.of(submission.messageSid);
    const isResent = this.#policy.onUnknownOutcome === "resend" && downs < DOWNS_ALLOWED;
    const verdict = isResent ? "resend" : "failed";
    const at = this.#clock.now();
    const event = isResent ? resentEvent(submission, at) : failedEvent(submission, at, downs);
    const { is } = await this.#store.resolveUnknown(submission.submissionId, verdict, { at, event });
    const { line, messageSid } = submission;
    if (is === "settled") this.#log.warn({ line, messageSid, verdict }, "unknown outcome judged");
  }
}

function resentEvent(submission: UnknownSubmission, at: number): NewEvent {
  return {
    type: "message.resent",
    level: "warning",
    at,
    text: `No delivery report settled the message to ${maskNumber(submission.recipient)} on ${submission.line}: it is sent again and may arrive twice.`,
    line: submission.line,
    messageSid: submission.messageSid,
  };
}

/** The store adds `message.failed` in the same transaction; this says why nobody tried again. */
function failedEvent(submission: UnknownSubmission, at: number, downs: number): NewEvent {
  const because =
    downs < DOWNS_ALLOWED
      ? "as configured"
      : `since the modem went down ${downs} times while it was being sent`;
  return {
    type: "message.unknown",
    level: "warning",
    at,
    text: `No delivery report settled the message to ${maskNumber(submission.recipient)} on ${submission.line}: it is failed, ${because}, though it may have arrived.`,
    line: submission.line,
    messageSid: submission.messageSid,
    errorCode: UNKNOWN_ERROR,
  };
}
