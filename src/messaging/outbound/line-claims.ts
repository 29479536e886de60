/**
 * What a Line holds claimed and not on the wire yet: the queues of its Numbers, whose turn it is, how much is claimed
 * ahead (`share-claims.ts`) and what goes back.
 */
import type { Line } from "../../line/line.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { PlanTerms } from "../../store/plan-commands.ts";
import type { Claim, ClaimResult, Lane, Store } from "../../store/store.ts";
import type { LinePace } from "./line-pace.ts";
import type { NumberQueue } from "./number-queue.ts";
import type { Pending } from "./pending.ts";
import { CLAIM_AHEAD_MS, type Share, shareClaims } from "./share-claims.ts";

/** A broadcast that single messages keep from the wire is recorded for nothing, and would be in doubt after a power cut. */
const BROADCAST_HELD_MS = 10_000;

export class LineClaims {
  readonly #line: Line;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #pending: Pending;
  readonly #pace: LinePace;
  readonly #planTerms: () => PlanTerms | null;
  readonly #canSend: () => boolean;
  readonly #onClaimed: () => void;
  readonly #onHandedBack: (number: string) => void;
  #queues: NumberQueue[] = [];
  /** Whose turn it is. */
  #turn = 0;

  constructor(options: {
    readonly line: Line;
    readonly store: Store;
    readonly clock: Clock;
    readonly pending: Pending;
    readonly pace: LinePace;
    /** What the Line's SIM plan allows now; null: it has none. */
    readonly planTerms: () => PlanTerms | null;
    readonly canSend: () => boolean;
    /** Something is ready now, or nothing was found. */
    readonly onClaimed: () => void;
    /** A claim came back after its Number had moved to another Line. */
    readonly onHandedBack: (number: string) => void;
  }) {
    this.#line = options.line;
    this.#store = options.store;
    this.#clock = options.clock;
    this.#pending = options.pending;
    this.#pace = options.pace;
    this.#planTerms = options.planTerms;
    this.#canSend = options.canSend;
    this.#onClaimed = options.onClaimed;
    this.#onHandedBack = options.onHandedBack;
  }

  add(queue: NumberQueue): void {
    if (!this.#queues.includes(queue)) this.#queues.push(queue);
  }

  remove(queue: NumberQueue): void {
    this.#queues = this.#queues.filter((other) => other !== queue);
    this.release(queue.withdraw(), queue, "its number moved to another line");
  }

  has(queue: NumberQueue): boolean {
    return this.#queues.includes(queue);
  }

  /**
   * The queue whose ready Segment goes next; its turn is over then. Null: none has one that may go now. A broadcast
   * goes when no Number of the Line has a single message ready.
   */
  next(): NumberQueue | null {
    return this.#nextOf("single") ?? this.#nextOf("broadcast");
  }

  /** Claims what there is room for behind `onWire` Submissions. */
  more(onWire: number): void {
    if (!this.#canSend()) return;
    const now = this.#clock.monotonicMs();
    for (const queue of this.#queues) {
      if (queue.dueAtMs === null || queue.dueAtMs > now) continue;
      queue.dueAtMs = null;
      queue.mayHaveWork = true;
      queue.mayHaveSingle = true;
    }
    const slots = this.#pace.slotsWithin(CLAIM_AHEAD_MS);
    const room = { window: this.#line.window, onWire, slots, turn: this.#turn };
    for (const share of shareClaims(this.#queues, room)) this.#claim(share);
  }

  /** Takes back what is ready of a Message. */
  withdraw(messageSid: string, why: string): void {
    for (const queue of this.#queues) this.release(queue.withdraw(messageSid), queue, why);
  }

  /** What the rate does not let go soon goes back; not while a claim is under way, which brings what comes later. */
  trim(): void {
    const slots = Math.max(1, this.#pace.slotsWithin(CLAIM_AHEAD_MS));
    const held = this.#queues.filter(({ ready, claiming }) => ready > 0 && claiming === 0);
    const share = Math.ceil(slots / Math.max(1, held.length));
    for (const queue of held) this.release(queue.trim(share), queue, `${this.#line.name} is slowed down`);
  }

  releaseAll(why: string): void {
    for (const queue of this.#queues) this.release(queue.withdraw(), queue, why);
  }

  release(claims: readonly Claim[], queue: NumberQueue, why: string): void {
    if (claims.length > 0) queue.mayHaveWork = true;
    for (const { submissionId } of claims) {
      this.#pending.own(
        "release",
        this.#store.settle(submissionId, { is: "released", why }, this.#clock.now()),
      );
    }
  }

  /** How long until one of the queues has to be looked at again. */
  wakeIn(onWire: number): number {
    const now = this.#clock.monotonicMs();
    const lineMs = this.#pace.delayMs();
    let wakeIn = Number.POSITIVE_INFINITY;
    for (const queue of this.#queues) wakeIn = Math.min(wakeIn, this.#wakeIn(queue, { now, lineMs, onWire }));
    return wakeIn;
  }

  #nextOf(lane: Lane): NumberQueue | null {
    const queues = this.#queues;
    for (let step = 0; step < queues.length; step++) {
      const at = (this.#turn + step) % queues.length;
      const queue = queues[at];
      if (queue === undefined || queue.nextLane !== lane || queue.pace.delayMs() > 0) continue;
      this.#turn = at + 1;
      return queue;
    }
    return null;
  }

  #claim(share: Share): void {
    const { queue, limit, lane } = share;
    queue.claiming = limit;
    queue.mayHaveSingle = false;
    if (lane === undefined) queue.mayHaveWork = false;
    const plan = this.#planTerms();
    const options = {
      line: this.#line.name,
      limit,
      now: this.#clock.now(),
      ...(lane === undefined ? {} : { lane }),
      ...(plan === null ? {} : { plan }),
    };
    const claimed = this.#store
      .claim(queue.number, options)
      .finally(() => {
        queue.claiming = 0;
      })
      .then((result) => this.#claimed(share, result));
    this.#pending.own("claim", claimed);
  }

  #claimed({ queue, limit, lane }: Share, { claims, nextDueAt }: ClaimResult): void {
    if (claims.length > 0) queue.mayHaveWork = true;
    if (claims.length === limit && claims.at(-1)?.lane === "single") queue.mayHaveSingle = true;
    // Only a claim that found nothing says when to come back, and only one of both lanes.
    if (lane === undefined) {
      queue.dueAtMs =
        nextDueAt === null ? null : this.#clock.monotonicMs() + Math.max(0, nextDueAt - this.#clock.now());
    }
    const isServed = this.has(queue);
    if (!this.#canSend() || !isServed) {
      this.release(claims, queue, `${this.#line.name} could not take it`);
      if (!isServed) this.#onHandedBack(queue.number);
      return;
    }
    queue.push(claims);
    if (queue.nextLane === "single") this.#giveBroadcastsBack();
    this.#onClaimed();
  }

  #giveBroadcastsBack(): void {
    const beforeMs = this.#clock.monotonicMs() - BROADCAST_HELD_MS;
    for (const queue of this.#queues)
      this.release(queue.withdrawBroadcasts(beforeMs), queue, "single messages went before it");
  }

  /** A full wire wakes us with its answer, a claim under way with its result, and so does whatever fills the room. */
  #wakeIn(
    queue: NumberQueue,
    { now, lineMs, onWire }: { readonly now: number; readonly lineMs: number; readonly onWire: number },
  ): number {
    const slot = Math.max(queue.pace.delayMs(), lineMs);
    let wakeIn = queue.dueAtMs === null ? Number.POSITIVE_INFINITY : queue.dueAtMs - now;
    if (queue.ready > 0 && onWire < this.#line.window) wakeIn = Math.min(wakeIn, slot);
    const isFar = queue.mayHaveWork && queue.held === 0 && queue.onWire === 0 && slot > CLAIM_AHEAD_MS;
    return isFar ? Math.min(wakeIn, slot - CLAIM_AHEAD_MS) : wakeIn;
  }
}
