/** How fast a Line as a whole may go: what the configuration allows, and what its carrier lets through at present. */
import type { Clock } from "../../runtime/clock.ts";
import type { Rate } from "./accept.ts";
import { Pace } from "./pace.ts";
import { AcceptedLately, afterRefusal, rateAt, type Throttle } from "./throttle.ts";

export class LinePace {
  readonly #clock: Clock;
  readonly #max: number;
  readonly #pace: Pace;
  readonly #accepted = new AcceptedLately();
  #throttle: Throttle = null;

  constructor(clock: Clock, max: Rate) {
    this.#clock = clock;
    this.#max = max === "unlimited" ? Number.POSITIVE_INFINITY : max;
    this.#pace = new Pace(clock, () => this.rate);
  }

  get rate(): Rate {
    const rate = Math.min(this.#max, this.#throttledRate());
    return rate === Number.POSITIVE_INFINITY ? "unlimited" : rate;
  }

  /** Segments per second while the carrier holds the line back; null while it does not. */
  get throttledTo(): number | null {
    const rate = this.#throttledRate();
    return rate < this.#max ? rate : null;
  }

  delayMs(): number {
    return this.#pace.delayMs();
  }

  slotsWithin(ms: number): number {
    return this.#pace.slotsWithin(ms);
  }

  take(): void {
    this.#pace.take();
  }

  accepted(): void {
    this.#accepted.add(this.#clock.monotonicMs());
  }

  /** The carrier said *slower*. True when that is news: it had accepted what came. */
  refused(submittedMs: number): boolean {
    const now = this.#clock.monotonicMs();
    const wasFree = this.throttledTo === null;
    // What went out before the rate was set says what is known already.
    if (wasFree || this.#throttle === null || submittedMs >= this.#throttle.at) {
      this.#throttle = afterRefusal(wasFree ? null : this.#throttle, this.#accepted.perSecond(now), now);
      this.#pace.rest();
    }
    return wasFree;
  }

  #throttledRate(): number {
    return rateAt(this.#throttle, this.#clock.monotonicMs());
  }
}
