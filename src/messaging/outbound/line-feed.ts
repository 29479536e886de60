/**
 * Feeds one Line from the queues of its Numbers. Nothing here waits in a loop: every cause to look again (a
 * nudge, an answer, a Line's state, a timer) ends in `pump`.
 *
 * - On the wire: up to `line.window` Submissions. Behind them as many again are claimed, so recorded on disk,
 *   before the wire is free: no commit stands between one answer and the next submit.
 * - At an answer the order is: the next ready Segment goes out, then the answer is settled, then the next claim
 *   is made. Settle and claim are called in one tick and share a commit (DESIGN §4.6).
 * - A claim is made at most two seconds before its Number's rate lets it go. What is recorded and not sent costs
 *   a wait after a power cut, so a slow Number does not hold claims for minutes.
 * - Numbers that share the Line take turns, one Segment each.
 * - A fault of the Line burns no attempt: what is ready is released and the Line rests (`holdMs`). It is tried
 *   again when the rest is over or the Line becomes ready anew, whichever is first.
 */
import type { Line, SubmitOutcome } from "../../line/line.ts";
import type { Clock, Timer } from "../../runtime/clock.ts";
import { Fault, reasonOf } from "../../runtime/fault.ts";
import type { Log } from "../../runtime/log.ts";
import type { Claim, ClaimResult, Settlement, Store } from "../../store/store.ts";
import { DOWNS_ALLOWED, type Downs } from "./downs.ts";
import type { NumberQueue } from "./number-queue.ts";
import type { Outcomes } from "./outcomes.ts";
import { Pending } from "./pending.ts";
import { holdMs, isAccountFault, judge } from "./retry.ts";
import { UNKNOWN_ERROR } from "./twilio-codes.ts";

const CLAIM_AHEAD_MS = 2000;
/** A slot this near counts as now. */
const SOON_MS = 50;

type Flight = {
  readonly claim: Claim;
  readonly queue: NumberQueue;
  readonly startedAt: number;
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
  readonly #onWire = new Set<Flight>();
  readonly #idle: (() => void)[] = [];
  /** In turn: who was served last is last. */
  #queues: NumberQueue[] = [];
  #faults = 0;
  #holdUntilMs = Number.NEGATIVE_INFINITY;
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
  }

  add(queue: NumberQueue): void {
    if (!this.#queues.includes(queue)) this.#queues.push(queue);
  }

  /** The Number is served by another Line from now on. */
  remove(queue: NumberQueue): void {
    this.#queues = this.#queues.filter((other) => other !== queue);
    this.#release(queue.withdraw(), queue, "its number moved to another line");
  }

  /** Takes back what is ready of a Message that has ended. */
  withdraw(messageSid: string): void {
    for (const queue of this.#queues) {
      this.#release(queue.withdraw(messageSid), queue, "its message has ended");
    }
  }

  lineStateChanged(): void {
    if (this.#line.status.state === "ready") this.#holdUntilMs = Number.NEGATIVE_INFINITY;
    else this.#releaseAll(`${this.#line.name} is ${this.#line.status.state}`);
    this.pump();
  }

  pump(): void {
    this.#submitReady();
    this.#claimMore();
    this.#arm();
  }

  /** Claims nothing more, gives back what is not on the wire, waits for the rest, records the rest of the rest. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    this.#timer?.cancel();
    this.#releaseAll("the appliance is stopping");
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
      });
    }
  }

  #canSend(): boolean {
    return (
      !this.#stopping && this.#line.status.state === "ready" && this.#clock.monotonicMs() >= this.#holdUntilMs
    );
  }

  #submitReady(): void {
    if (!this.#canSend()) return;
    while (this.#onWire.size < this.#line.window) {
      const queue = this.#queues.find(({ ready, pace }) => ready.length > 0 && pace.delayMs() <= 0);
      const claim = queue?.ready.shift();
      if (queue === undefined || claim === undefined) return;
      this.#queues = [...this.#queues.filter((other) => other !== queue), queue];
      this.#submit(queue, claim);
    }
  }

  #submit(queue: NumberQueue, claim: Claim): void {
    const flight: Flight = { claim, queue, startedAt: this.#clock.now() };
    this.#onWire.add(flight);
    queue.onWire++;
    queue.pace.take();
    const landing = this.#line
      .submit(claim.segment, { submissionId: claim.submissionId, signal: this.#signal })
      // A Line never throws; should it all the same, nobody knows what it did.
      .catch((error: unknown) => unknownOutcome(error))
      .then((outcome) => this.#landed(flight, outcome));
    this.#flights.own("submit", landing);
  }

  #landed(flight: Flight, outcome: SubmitOutcome): void {
    if (!this.#onWire.delete(flight)) return; // recorded as unknown when the process stopped
    const { claim, queue } = flight;
    queue.onWire--;
    const { attempts, expiresAt } = claim;
    const verdict = judge(outcome, { attempts, expiresAt, now: this.#clock.now() });
    const { lineFault } = verdict;
    const downs = this.#downs.count(claim.messageSid, outcome, this.#line);
    const settlement = downs < DOWNS_ALLOWED ? verdict.settlement : setAside(verdict.settlement, downs);
    const isDoubtful = ["failed", "retry", "unknown"].includes(settlement.is);
    const withdrawn = isDoubtful ? queue.withdraw(claim.messageSid) : [];
    if (lineFault === null) this.#faults = settlement.is === "released" ? this.#faults : 0;
    else this.#hold(lineFault);

    this.#submitReady();
    this.#settle(flight, settlement);
    this.#release(withdrawn, queue, "another part of its message was not accepted");
    if (lineFault !== null) this.#releaseAll(lineFault.message);
    this.#claimMore();
    this.#arm();
    if (this.#onWire.size === 0) for (const wake of this.#idle.splice(0)) wake();
  }

  #settle(flight: Flight, settlement: Parameters<Outcomes["record"]>[1]): void {
    const { claim, queue, startedAt } = flight;
    const subject = { claim, startedAt, queue: queue.number, line: this.#line.name };
    this.#pending.own("settle", this.#outcomes.record(subject, settlement));
  }

  #hold(fault: Fault): void {
    this.#faults++;
    const restMs = holdMs(this.#faults, fault);
    this.#holdUntilMs = this.#clock.monotonicMs() + restMs;
    this.#log.warn({ line: this.#line.name, reason: fault.message, restMs }, "the line rests");
    if (this.#faults === 1 && isAccountFault(fault)) {
      this.#pending.own(
        "event",
        this.#store.addEvent({
          type: "line.refused",
          level: "error",
          at: this.#clock.now(),
          text: `${this.#line.name} may not send: ${fault.message}. Check the SIM's credit and subscription; the next message is the probe.`,
          line: this.#line.name,
          detail: { status: fault.status },
        }),
      );
    }
  }

  #claimMore(): void {
    if (!this.#canSend()) return;
    const isPaced = (queue: NumberQueue) => queue.pace.delayMs() > SOON_MS;
    let budget = 2 * this.#line.window - this.#onWire.size;
    for (const queue of this.#queues) if (!isPaced(queue)) budget -= queue.held;

    const wanting = this.#queues.filter((queue) => this.#wants(queue));
    const due = wanting.filter((queue) => !isPaced(queue));
    due.forEach((queue, at) => {
      const share = Math.max(1, Math.floor(budget / (due.length - at)));
      const limit = Math.min(budget, share, queue.pace.slotsWithin(CLAIM_AHEAD_MS) - queue.held);
      if (limit < 1) return;
      budget -= limit;
      this.#claim(queue, limit);
    });
    // Numbers whose rate makes them wait: one on the wire and one ready, or two ready, whoever else is busy.
    for (const queue of wanting.filter(isPaced)) if (queue.held + queue.onWire < 2) this.#claim(queue, 1);
  }

  #wants(queue: NumberQueue): boolean {
    if (queue.dueAtMs !== null && queue.dueAtMs <= this.#clock.monotonicMs()) {
      queue.dueAtMs = null;
      queue.mayHaveWork = true;
    }
    return queue.mayHaveWork && queue.claiming === 0 && queue.pace.slotsWithin(CLAIM_AHEAD_MS) > queue.held;
  }

  #claim(queue: NumberQueue, limit: number): void {
    queue.claiming = limit;
    queue.mayHaveWork = false;
    const now = this.#clock.now();
    const claimed = this.#store
      .claim(queue.number, { line: this.#line.name, limit, now })
      .finally(() => {
        queue.claiming = 0;
      })
      .then((result) => this.#claimed(queue, result));
    this.#pending.own("claim", claimed);
  }

  #claimed(queue: NumberQueue, { claims, nextDueAt }: ClaimResult): void {
    // Only a claim that found nothing says when to come back.
    if (claims.length > 0) queue.mayHaveWork = true;
    queue.dueAtMs =
      nextDueAt === null ? null : this.#clock.monotonicMs() + Math.max(0, nextDueAt - this.#clock.now());
    if (!this.#canSend() || !this.#queues.includes(queue)) {
      this.#release(claims, queue, `${this.#line.name} could not take it`);
      return;
    }
    queue.ready.push(...claims);
    this.pump();
  }

  #releaseAll(why: string): void {
    for (const queue of this.#queues) this.#release(queue.withdraw(), queue, why);
  }

  #release(claims: readonly Claim[], queue: NumberQueue, why: string): void {
    if (claims.length > 0) queue.mayHaveWork = true;
    for (const { submissionId } of claims) {
      this.#pending.own(
        "release",
        this.#store.settle(submissionId, { is: "released", why }, this.#clock.now()),
      );
    }
  }

  /** One timer: the end of the rest, the next slot of a Number, or a Message's coming back. */
  #arm(): void {
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#stopping || this.#line.status.state !== "ready") return;
    const now = this.#clock.monotonicMs();
    const rest = this.#holdUntilMs - now;
    const wakeIn = rest > 0 ? rest : Math.min(...this.#queues.map((queue) => this.#wakeIn(queue, now)));
    if (wakeIn === Number.POSITIVE_INFINITY) return;
    this.#timer = this.#clock.timer(wakeIn, () => this.pump());
  }

  #wakeIn(queue: NumberQueue, now: number): number {
    const due = queue.dueAtMs === null ? Number.POSITIVE_INFINITY : queue.dueAtMs - now;
    // A full wire wakes us with its answer, a claim under way with its result.
    const slot =
      queue.ready.length > 0 && this.#onWire.size < this.#line.window
        ? queue.pace.delayMs()
        : Number.POSITIVE_INFINITY;
    const claim =
      queue.mayHaveWork && queue.held === 0 && queue.onWire === 0
        ? Math.max(0, queue.pace.delayMs() - CLAIM_AHEAD_MS)
        : Number.POSITIVE_INFINITY;
    return Math.min(due, slot, claim);
  }
}

/** What is unknown is judged later, when no report has told; what was never handed over has failed. */
function setAside(settlement: Settlement, downs: number): Settlement {
  if (settlement.is !== "released" && settlement.is !== "retry") return settlement;
  const why = `the modem went down ${downs} times while it was being sent: ${settlement.why}`;
  return { is: "failed", errorCode: UNKNOWN_ERROR, why };
}

function unknownOutcome(error: unknown): SubmitOutcome {
  const message = `the line broke its contract: ${reasonOf(error)}`;
  return {
    is: "unknown",
    fault: new Fault({ code: "line.closed", disposition: "unknown", message, cause: error }),
  };
}
