import type { Clock } from "../../runtime/clock.ts";
import type { Rate } from "./accept.ts";

/** A slot taken at most this late keeps the cadence, so that late timers do not lower the rate. */
const LATE_MS = 20;
/** No timer is this fine; what is left of a slot after rounding is none. */
const TINY_MS = 0.5;

/** Segments per second of one Number or one Line, on the monotonic clock. Slots that nobody used are not saved up. */
export class Pace {
  readonly #clock: Clock;
  readonly #rate: () => Rate;
  #nextSlotMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, rate: () => Rate) {
    this.#clock = clock;
    this.#rate = rate;
  }

  /** How long until a Segment may go when `ahead` others go before it. */
  delayMs(ahead = 0): number {
    const wait = this.#nextSlotMs - this.#clock.monotonicMs();
    return (wait < TINY_MS ? 0 : wait) + ahead * this.#intervalMs();
  }

  /** How many Segments may go within `ms` from now. */
  slotsWithin(ms: number): number {
    const interval = this.#intervalMs();
    const rest = ms - this.delayMs();
    if (rest < 0) return 0;
    return interval === 0 ? Number.POSITIVE_INFINITY : 1 + Math.floor(rest / interval);
  }

  take(): void {
    const now = this.#clock.monotonicMs();
    const from = now - this.#nextSlotMs <= LATE_MS ? this.#nextSlotMs : now;
    this.#nextSlotMs = from + this.#intervalMs();
  }

  /** The next Segment is a whole interval away from now, whatever was planned. */
  rest(): void {
    this.#nextSlotMs = Math.max(this.#nextSlotMs, this.#clock.monotonicMs() + this.#intervalMs());
  }

  #intervalMs(): number {
    const rate = this.#rate();
    return rate === "unlimited" ? 0 : 1000 / rate;
  }
}
