/**
 * How old something is that carries a wall-clock stamp, whatever the wall clock has done since: a Pi without a
 * battery finds the time minutes after its start, and every message of those minutes would look years old.
 *
 * The distance between the wall clock and the monotonic one is constant but for jumps. Each stretch between two jumps
 * is remembered; a stamp belongs to the newest stretch it fits into, and its age is counted on the monotonic clock.
 * What fits nowhere was stamped by an earlier process: there the wall clock is all there is.
 */
import type { Clock } from "../../runtime/clock.ts";

/** A smaller step is the clock being slewed, and no matter. */
const JUMP_MS = 1_000;
const MAX_STRETCHES = 64;

type Stretch = {
  /** Wall time minus monotonic time. */
  readonly offsetMs: number;
  /** Monotonic: from when on it may have held, and when it was seen to hold last. */
  readonly from: number;
  until: number;
};

export class Ages {
  readonly #clock: Clock;
  readonly #stretches: Stretch[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
    this.look();
  }

  /** Notices a jump; the more often it is called, the better the ages. */
  look(): void {
    const now = this.#clock.monotonicMs();
    const offsetMs = this.#clock.now() - now;
    const current = this.#stretches.at(-1);
    if (current !== undefined && Math.abs(offsetMs - current.offsetMs) <= JUMP_MS) {
      current.until = now;
      return;
    }
    const from = current?.until ?? now;
    if (current !== undefined) current.until = now;
    this.#stretches.push({ offsetMs, from, until: now });
    if (this.#stretches.length > MAX_STRETCHES) this.#stretches.shift();
  }

  /** Milliseconds since the instant `stamp` of the wall clock; never negative. */
  of(stamp: number): number {
    this.look();
    const now = this.#clock.monotonicMs();
    for (const { offsetMs, from, until } of [...this.#stretches].reverse()) {
      const at = stamp - offsetMs;
      if (at >= from - JUMP_MS && at <= until + JUMP_MS) return Math.max(0, now - at);
    }
    return Math.max(0, this.#clock.now() - stamp);
  }
}
