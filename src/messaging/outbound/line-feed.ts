/**
 * Feeds one Line from the queues of its Numbers. Nothing here waits in a loop: every cause to look again (a
 * nudge, an answer, a Line's state, a timer) ends in `pump`.
 *
 * - On the wire: up to `line.window` Submissions. Behind them as many again are claimed, so recorded on disk,
 *   before the wire is free: no commit stands between one answer and the next submit (`share-claims.ts`).
 * - At an answer the order is: the next ready Segment goes out, then the answer is settled, then the next claim
 *   is made. Settle and claim are called in one tick and share a commit (DESIGN §4.6).
 * - Numbers that share the Line take turns, one Segment each, within the rate of the Line as a whole.
 * - A fault of the Line burns no attempt: what is ready is released and the Line rests (`holdMs`). It is tried
 *   again when the rest is over or the Line becomes ready anew, whichever is first.
 * - A carrier that says *slower* is no such fault: the Segment stays claimed, in its place, and the Line goes as
 *   fast as the carrier lets it (`throttle.ts`). It is the same Submission, since nobody took it.
 * - A Number that is here because its own Line is down (`fallback.ts`) loses no Message to a carrier that does not
 *   know it: the Message goes back to its place.
 */
import type { Line, SubmitOutcome } from "../../line/line.ts";
import type { Clock, Timer } from "../../runtime/clock.ts";
import { Fault, reasonOf } from "../../runtime/fault.ts";
import type { Log } from "../../runtime/log.ts";
import type { PlanTerms } from "../../store/plan-commands.ts";
import type { Store } from "../../store/store.ts";
import type { Rate } from "./accept.ts";
import type { AirTimes } from "./air-times.ts";
import { DOWNS_ALLOWED, type Downs } from "./downs.ts";
import { LineClaims } from "./line-claims.ts";
import { LinePace } from "./line-pace.ts";
import { LineRest } from "./line-rest.ts";
import type { NumberQueue, Ready } from "./number-queue.ts";
import type { Outcomes } from "./outcomes.ts";
import { Pending } from "./pending.ts";
import { isSenderRefused, judge, mendOf, setAside } from "./retry.ts";
import { setSince } from "./set-since.ts";
import { isThrottling } from "./throttle.ts";

/** A carrier's limit is met every few seconds: the operator is told once in a while. */
const TELL_AGAIN_MS = 3_600_000;

/** A plan's month is longer than any timer of Node's, which would fire at once. */
const LOOK_AGAIN_MS = 3_600_000;

type Flight = Ready & {
  readonly queue: NumberQueue;
  readonly startedAt: number;
  /** Monotonic. */
  readonly startedMs: number;
  /** A report has ended its Message meanwhile. */
  isEnded: boolean;
};

/** What concerns Numbers whose own Line is another. */
export type Guests = {
  readonly isGuest: (number: string) => boolean;
  /** This Line's carrier does not take the Number as a sender. */
  readonly onRefused: (number: string, fault: Fault) => void;
};

export class LineFeed {
  readonly #line: Line;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #pending: Pending;
  /** Not drained at the end: `stop` waits for them within its bound and records the rest. */
  readonly #flights: Pending;
  readonly #outcomes: Outcomes;
  readonly #signal: AbortSignal;
  readonly #downs: Downs;
  readonly #guests: Guests;
  readonly #airTimes: AirTimes;
  readonly #claims: LineClaims;
  readonly #pace: LinePace;
  readonly #rest: LineRest;
  readonly #onWire = new Set<Flight>();
  readonly #idle: (() => void)[] = [];
  #toldThrottledMs = Number.NEGATIVE_INFINITY;
  #timer: Timer | null = null;
  #stopping = false;

  constructor(options: {
    readonly line: Line;
    readonly store: Store;
    readonly clock: Clock;
    readonly log: Log;
    readonly pending: Pending;
    readonly outcomes: Outcomes;
    /** Aborted when the process stops: what is before its point of no return comes back. */
    readonly signal: AbortSignal;
    readonly downs: Downs;
    /** Segments per second of the Line as a whole. */
    readonly maxRate: Rate;
    readonly guests: Guests;
    /** What the Line's SIM plan allows now; null: it has none. */
    readonly planTerms: () => PlanTerms | null;
    readonly airTimes: AirTimes;
    /** A claim came back after its Number had moved to another Line. */
    readonly onHandedBack: (number: string) => void;
  }) {
    this.#line = options.line;
    this.#store = options.store;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#pending = options.pending;
    this.#flights = new Pending(options.log);
    this.#outcomes = options.outcomes;
    this.#signal = options.signal;
    this.#downs = options.downs;
    this.#guests = options.guests;
    this.#airTimes = options.airTimes;
    this.#pace = new LinePace(options.clock, options.maxRate);
    this.#rest = new LineRest(options.clock);
    this.#claims = new LineClaims({
      ...options,
      pace: this.#pace,
      canSend: () => this.#canSend(),
      onClaimed: () => this.pump(),
    });
  }

  /** Segments per second while its carrier holds it back; null while it does not. */
  get throttledTo(): number | null {
    return this.#pace.throttledTo;
  }

  add(queue: NumberQueue): void {
    this.#claims.add(queue);
  }

  /** The Number is served by another Line from now on. */
  remove(queue: NumberQueue): void {
    this.#claims.remove(queue);
  }

  /** Takes back what is ready of a Message that has ended. */
  withdraw(messageSid: string): void {
    for (const flight of this.#onWire) if (flight.claim.messageSid === messageSid) flight.isEnded = true;
    this.#claims.withdraw(messageSid, "its message has ended");
  }

  lineStateChanged(): void {
    if (this.#line.status.state === "ready") this.#rest.end();
    else this.#claims.releaseAll(`${this.#line.name} is ${this.#line.status.state}`);
    this.pump();
  }

  pump(): void {
    this.#submitReady();
    this.#claims.more(this.#onWire.size);
    this.#arm();
  }

  /** Claims nothing more, gives back what is not on the wire, waits for the rest, records the rest of the rest. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    this.#timer?.cancel();
    this.#claims.releaseAll("the appliance is stopping");
    if (this.#onWire.size > 0) {
      await new Promise<void>((resolve) => {
        const timer = this.#clock.timer(graceMs, resolve);
        this.#idle.push(() => {
          timer.cancel();
          resolve();
        });
      });
    }
    for (const flight of this.#onWire) {
      this.#onWire.delete(flight);
      this.#settle(flight, {
        is: "unknown",
        why: `the appliance stopped ${graceMs} ms after it was asked to, with no answer from ${this.#line.name}`,
        told: "the appliance was stopped before the answer came",
      });
    }
  }

  #canSend(): boolean {
    return !this.#stopping && this.#line.status.state === "ready" && this.#rest.leftMs <= 0;
  }

  #submitReady(): void {
    if (!this.#canSend()) return;
    while (this.#onWire.size < this.#line.window && this.#pace.delayMs() <= 0) {
      const queue = this.#claims.next();
      const ready = queue?.shift();
      if (queue === null || ready === undefined) return;
      this.#submit(queue, ready);
    }
  }

  #submit(queue: NumberQueue, ready: Ready): void {
    const startedMs = this.#clock.monotonicMs();
    const flight: Flight = { ...ready, queue, startedAt: this.#clock.now(), startedMs, isEnded: false };
    const { claim } = ready;
    this.#onWire.add(flight);
    queue.onWire++;
    queue.pace.take();
    this.#pace.take();
    const landing = this.#line
      .submit(claim.segment, { submissionId: claim.submissionId, signal: this.#signal })
      .then(
        (outcome) => this.#landed(flight, outcome),
        // A Line never throws; should it all the same, nobody knows what it did.
        (error: unknown) => this.#landed(flight, unknownOutcome(error)),
      );
    this.#flights.own("submit", landing);
  }

  #landed(flight: Flight, outcome: SubmitOutcome): void {
    if (!this.#onWire.delete(flight)) return; // recorded as unknown when the process stopped
    flight.queue.onWire--;
    if (outcome.is === "rejected" && isThrottling(outcome.fault)) this.#refused(flight, outcome.fault);
    else this.#answered(flight, outcome);
    this.#claims.more(this.#onWire.size);
    this.#arm();
    if (this.#onWire.size === 0) for (const wake of this.#idle.splice(0)) wake();
  }

  #answered(flight: Flight, outcome: SubmitOutcome): void {
    const { claim, queue } = flight;
    const expiresAt = claim.expiresAt + setSince(this.#clock, flight);
    if (outcome.is === "accepted") {
      this.#pace.accepted(flight.startedMs);
      this.#airTimes.accepted(this.#line.name, this.#clock.monotonicMs() - flight.startedMs);
    }
    if (outcome.is === "rejected" && isSenderRefused(outcome.fault) && this.#guests.isGuest(queue.number)) {
      this.#sendHome(flight, outcome.fault);
      return;
    }
    const verdict = judge(outcome, { attempts: claim.attempts, expiresAt, now: this.#clock.now() });
    const { lineFault } = verdict;
    const downs = this.#downs.count(claim.messageSid, outcome, this.#line);
    const settlement = downs < DOWNS_ALLOWED ? verdict.settlement : setAside(verdict.settlement, downs);
    const isDoubtful = ["failed", "retry", "unknown"].includes(settlement.is);
    const withdrawn = isDoubtful ? queue.withdraw(claim.messageSid) : [];
    if (lineFault !== null) this.#hold(lineFault);
    else if (settlement.is !== "released") this.#rest.forget();

    this.#submitReady();
    this.#settle(flight, settlement);
    this.#claims.release(withdrawn, queue, "another part of its message was not accepted");
    if (lineFault !== null) this.#claims.releaseAll(lineFault.message);
  }

  /** The Message is not to blame, and its own Line will take it: it waits in its place. */
  #sendHome(flight: Flight, fault: Fault): void {
    const { queue } = flight;
    this.#settle(flight, {
      is: "released",
      why: `its sender is not allowed on ${this.#line.name}: ${fault.message}`,
    });
    this.#guests.onRefused(queue.number, fault);
    this.#submitReady();
  }

  /** The carrier says *slower*: nobody has it, so it stays recorded as it is and goes again before what follows it. */
  #refused(flight: Flight, fault: Fault): void {
    const { claim, queue } = flight;
    if (this.#pace.refused(flight.startedMs)) this.#tellThrottled(fault);
    const isServed = this.#claims.has(queue);
    const isLate = claim.expiresAt <= this.#clock.now();
    if (isServed && !flight.isEnded && !isLate && this.#canSend()) queue.putBack(flight);
    else this.#settle(flight, { is: "released", why: fault.message });
    this.#claims.trim();
    this.#submitReady();
  }

  #tellThrottled(fault: Fault): void {
    const { name } = this.#line;
    const rate = this.#pace.throttledTo;
    this.#log.info({ line: name, reason: fault.message, segmentsPerSecond: rate }, "the line is slowed down");
    const now = this.#clock.monotonicMs();
    if (now - this.#toldThrottledMs < TELL_AGAIN_MS) return;
    this.#toldThrottledMs = now;
    const text = `The carrier of ${name} takes no more at this rate (${fault.message}): it is sent to as fast as it takes, and no message is failed for it.`;
    const event = { type: "line.throttled", level: "info", at: this.#clock.now(), text, line: name } as const;
    this.#pending.own("event", this.#store.addEvent({ ...event, detail: { status: fault.status } }));
  }

  #settle(flight: Flight, settlement: Parameters<Outcomes["record"]>[1]): void {
    const { claim, queue, startedAt, startedMs } = flight;
    const subject = { claim, startedAt, startedMs, queue: queue.number, line: this.#line.name };
    this.#pending.own("settle", this.#outcomes.record(subject, settlement));
  }

  #hold(fault: Fault): void {
    const rest = this.#rest.begin(fault);
    if (rest === null) return;
    const { restMs, isFirst } = rest;
    this.#log.warn({ line: this.#line.name, reason: fault.message, restMs }, "the line rests");
    const mend = isFirst ? mendOf(fault) : null;
    if (mend !== null) {
      this.#pending.own(
        "event",
        this.#store.addEvent({
          type: "line.refused",
          level: "error",
          at: this.#clock.now(),
          text: `${this.#line.name} may not send: ${fault.message}. ${mend}`,
          line: this.#line.name,
          detail: { status: fault.status },
        }),
      );
    }
  }

  /** One timer: the end of the rest, the next slot of a Number or of the Line, or a Message's coming back. */
  #arm(): void {
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#stopping || this.#line.status.state !== "ready") return;
    const rest = this.#rest.leftMs;
    const wakeIn = rest > 0 ? rest : this.#claims.wakeIn(this.#onWire.size);
    if (wakeIn === Number.POSITIVE_INFINITY) return;
    this.#timer = this.#clock.timer(Math.min(wakeIn, LOOK_AGAIN_MS), () => this.pump());
  }
}

function unknownOutcome(error: unknown): SubmitOutcome {
  const message = `the line broke its contract: ${reasonOf(error)}`;
  return {
    is: "unknown",
    fault: new Fault({ code: "line.closed", disposition: "unknown", message, cause: error }),
  };
}
