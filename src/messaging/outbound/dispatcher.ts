/**
 * Takes Messages from their Numbers' queues to the Lines. One queue per Number, one feed per Line: a slow Line
 * delays its own Numbers and nobody else's.
 *
 * It is driven by nudges: a commit that put a Message into a queue, a Line's change of state, an answer, a
 * timer. Every half minute it looks at all queues once, for whatever the nudges may have missed (a wall clock
 * that jumped over a `retryAt`, a Number that got a Line), and fails what outlived its validity behind a Line
 * that is not ready.
 */
import { setMaxListeners } from "node:events";
import type { Line } from "../../line/line.ts";
import type { Clock, Timer } from "../../runtime/clock.ts";
import type { Log } from "../../runtime/log.ts";
import { Pulse } from "../../runtime/pulse.ts";
import type { PlanTerms } from "../../store/plan-commands.ts";
import type { Lane, Store } from "../../store/store.ts";
import type { Rate } from "./accept.ts";
import { AirTimes } from "./air-times.ts";
import { Downs } from "./downs.ts";
import type { Fallbacks } from "./fallback.ts";
import { LineFeed } from "./line-feed.ts";
import type { LineRoster } from "./line-roster.ts";
import { NumberQueue } from "./number-queue.ts";
import { Outcomes, type Settled } from "./outcomes.ts";
import { Pending } from "./pending.ts";
import type { PhoneTurns } from "./phone-turns.ts";
import { recordParkedReports } from "./report.ts";
import { type UnknownPolicy, UnknownWatch } from "./unknown-watch.ts";

const LOOK_AGAIN_MS = 30_000;
/** A look asks the store twice, which has its own bound; a card that stalls takes its time. */
const LOOK_AT_MOST_MS = 90_000;

export class Dispatcher {
  /** Beats when every queue with Messages has been looked at and its feed pumped. */
  readonly pulse: Pulse;
  readonly #store: Store;
  readonly #roster: LineRoster;
  readonly #clock: Clock;
  readonly #rateOf: (number: string) => Rate;
  readonly #maxRateOf: (line: string) => Rate;
  readonly #planTermsOf: (line: string) => PlanTerms | null;
  readonly #airTimes: AirTimes;
  readonly #fallbacks: Fallbacks | null;
  readonly #pending: Pending;
  readonly #watch: UnknownWatch;
  readonly #reports: Parameters<typeof recordParkedReports>[0];
  readonly #queues = new Map<string, NumberQueue>();
  readonly #feeds = new Map<string, LineFeed>();
  readonly #feedOf = new Map<NumberQueue, LineFeed>();
  readonly #stop = new AbortController();
  readonly #options: {
    readonly log: Log;
    readonly outcomes: Outcomes;
    readonly downs: Downs;
  };
  #stopListening: (() => void) | null = null;
  #lookAgain: Timer | null = null;
  #state: "new" | "running" | "stopped" = "new";

  constructor(options: {
    readonly store: Store;
    readonly roster: LineRoster;
    readonly clock: Clock;
    readonly log: Log;
    /** Segments per second of a Number. */
    readonly rateOf: (number: string) => Rate;
    readonly policy: UnknownPolicy;
    /** Those of the report handler. */
    readonly turns: PhoneTurns;
    /** Segments per second of a Line as a whole; unlimited where none is said. */
    readonly maxRateOf?: (line: string) => Rate;
    /** Told of every Submission that was handed to a Line. */
    readonly onSettled?: (settled: Settled) => void;
    /** What the SIM plan of a Line allows now; absent: none has one. */
    readonly planTermsOf?: (line: string) => PlanTerms | null;
    /** Absent: every Number is served by its own Line alone. */
    readonly fallbacks?: Fallbacks;
  }) {
    const { store, roster, clock, log, policy } = options;
    // Every Submission on the wire listens to it, and a bind takes dozens at once.
    setMaxListeners(0, this.#stop.signal);
    this.#store = store;
    this.#roster = roster;
    this.#clock = clock;
    this.pulse = new Pulse(clock, LOOK_AGAIN_MS + LOOK_AT_MOST_MS);
    this.#rateOf = options.rateOf;
    this.#maxRateOf = options.maxRateOf ?? (() => "unlimited");
    this.#planTermsOf = options.planTermsOf ?? (() => null);
    this.#airTimes = new AirTimes(store, clock);
    this.#fallbacks = options.fallbacks ?? null;
    this.#pending = new Pending(log);
    const reports = {
      store,
      kindOf: (line: string) => roster.get(line)?.kind ?? "modem",
      clock,
      turns: options.turns,
      onEnded: (messageSid: string) => this.withdraw(messageSid),
    };
    const downs = new Downs();
    this.#reports = reports;
    this.#watch = new UnknownWatch({
      store,
      roster,
      clock,
      log,
      pending: this.#pending,
      policy,
      settledByReport: (submission) => recordParkedReports(reports, { ...submission, reference: null }),
      downs,
    });
    const outcomes = new Outcomes({
      store,
      clock,
      log,
      onUnknown: (submission) => this.#watch.add(submission),
      onAccepted: (submission) => recordParkedReports(reports, submission),
      onSettled: options.onSettled,
    });
    this.#options = { log, outcomes, downs };
  }

  /** Settles when what a former process left behind is known: queues with Messages, outcomes nobody knows. */
  async start(): Promise<void> {
    if (this.#state !== "new") return;
    this.#state = "running";
    this.#stopListening = this.#roster.onState((line, state) => {
      this.#watch.lineStateChanged(line.name, state === "ready");
      this.#feeds.get(line.name)?.lineStateChanged();
    });
    this.#fallbacks?.start((line) => this.#moved(line));
    this.#store.onQueued((number, lane) => this.#nudge(number, lane));
    const recalled = this.#airTimes.recall(this.#roster.all().map(({ name }) => name));
    const [unknown] = await Promise.all([this.#store.unknownSubmissions(), this.#nudgeAll(), recalled]);
    for (const submission of unknown) this.#watch.add(submission);
    this.pulse.beat();
    this.#armLookAgain();
  }

  /** The answer to a Submission that was called unknown: it is settled, and not sent again. */
  acceptedLate(line: string, submissionId: string, reference: string): void {
    this.#pending.own("settle late", this.#settleLate(line, submissionId, reference));
  }

  /**
   * The stop ladder: claim nothing more, call back what is before its point of no return, wait `graceMs` for
   * what is behind it, record the rest as unknown. Idempotent.
   */
  async stop(graceMs: number): Promise<void> {
    if (this.#state === "running") {
      this.#state = "stopped";
      this.pulse.stop();
      this.#fallbacks?.stop();
      this.#stopListening?.();
      this.#lookAgain?.cancel();
      this.#watch.stop();
      const stopping = [...this.#feeds.values()].map((feed) => feed.stop(graceMs));
      this.#stop.abort();
      await Promise.all(stopping);
    }
    this.#state = "stopped";
    this.#pending.own("keep air times", this.#airTimes.keep());
    await this.#pending.drain();
  }

  /** A report has ended the Message: parts that are claimed and not on the wire yet stay here. */
  withdraw(messageSid: string): void {
    for (const feed of this.#feeds.values()) feed.withdraw(messageSid);
  }

  /** Segments per second while a Line's carrier holds it back; null while it does not. */
  throttledTo(line: string): number | null {
    return this.#feeds.get(line)?.throttledTo ?? null;
  }

  /** Of a Line as a whole, as measured; null: nothing was. */
  secondsPerSegment(line: string): number | null {
    return this.#airTimes.secondsPerSegment(line, this.#roster.get(line)?.window ?? 1);
  }

  async #settleLate(line: string, submissionId: string, reference: string): Promise<void> {
    const { is } = await this.#store.settle(submissionId, { is: "accepted", reference }, this.#clock.now());
    this.#options.log.info({ line, submissionId, outcome: is }, "an answer that came late");
    const watched = this.#watch.forget(submissionId);
    if (watched === null) return;
    await recordParkedReports(this.#reports, { ...watched, reference });
    this.#nudge(watched.queue);
  }

  /** `broadcast`: there is nothing new in the first lane. */
  #nudge(number: string, lane: Lane = "single"): void {
    if (this.#state !== "running") return;
    const queue = this.#queueOf(number);
    queue.mayHaveWork = true;
    if (lane === "single") queue.mayHaveSingle = true;
    this.#assign(queue)?.pump();
  }

  #queueOf(number: string): NumberQueue {
    let queue = this.#queues.get(number);
    if (queue === undefined) {
      queue = new NumberQueue(number, this.#clock, () => this.#rateOf(number));
      this.#queues.set(number, queue);
    }
    return queue;
  }

  /** Its own Line went down for long, or came back. */
  #moved(line: string): void {
    for (const { number } of this.#queues.values())
      if (this.#roster.lineOf(number)?.name === line) this.#nudge(number);
  }

  #lineOf(number: string): Line | null {
    return this.#fallbacks === null ? this.#roster.lineOf(number) : this.#fallbacks.lineOf(number);
  }

  /** A Number may be given another Line while its queue is not empty. */
  #assign(queue: NumberQueue): LineFeed | null {
    const line = this.#lineOf(queue.number);
    const now = this.#feedOf.get(queue) ?? null;
    const next = line === null ? null : this.#feedFor(line.name);
    if (now === next) return next;
    now?.remove(queue);
    this.#feedOf.delete(queue);
    if (next !== null) {
      next.add(queue);
      this.#feedOf.set(queue, next);
    }
    return next;
  }

  #feedFor(name: string): LineFeed | null {
    const line = this.#roster.get(name);
    if (line === null) return null;
    let feed = this.#feeds.get(name);
    if (feed === undefined) {
      feed = new LineFeed({
        line,
        store: this.#store,
        clock: this.#clock,
        pending: this.#pending,
        signal: this.#stop.signal,
        maxRate: this.#maxRateOf(name),
        guests: {
          isGuest: (number) => this.#roster.lineOf(number)?.name !== name,
          onRefused: (number, fault) => this.#fallbacks?.refuse(name, number, fault),
        },
        planTerms: () => this.#planTermsOf(name),
        airTimes: this.#airTimes,
        onHandedBack: (number) => this.#nudge(number),
        ...this.#options,
      });
      this.#feeds.set(name, feed);
    }
    return feed;
  }

  async #nudgeAll(): Promise<void> {
    for (const { queue } of await this.#store.queueDepths()) this.#nudge(queue);
  }

  #armLookAgain(): void {
    if (this.#state !== "running") return;
    this.#lookAgain = this.#clock.timer(LOOK_AGAIN_MS, () => {
      this.#pending.own("look again", this.#look());
      this.#armLookAgain();
    });
  }

  async #look(): Promise<void> {
    await this.#airTimes.keep();
    const depths = await this.#store.queueDepths();
    if (depths.length > 0) await this.#expire();
    for (const { queue } of depths) this.#nudge(queue);
    this.pulse.beat();
  }

  async #expire(): Promise<void> {
    try {
      await this.#store.expire(this.#clock.now());
    } catch (error) {
      // A full disk refuses, which is an answer.
      this.pulse.beat();
      throw error;
    }
  }
}
