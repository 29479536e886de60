/**
 * That a loop which should never end still comes around, whatever it deals with does. At each turn it beats, and so
 * promises the next one: every wait inside a turn has a bound of its own, and `withinMs` is longer than all of them
 * together. Later than that it hangs, and only a defect of ours makes it so.
 */
import type { Clock } from "./clock.ts";

export class Pulse {
  readonly #clock: Clock;
  readonly #withinMs: number;
  #dueBy: number | null = null;

  constructor(clock: Clock, withinMs: number) {
    this.#clock = clock;
    this.#withinMs = withinMs;
  }

  /** When it beats again at the latest, monotonic; null while nothing is promised: not started, or stopped. */
  get dueBy(): number | null {
    return this.#dueBy;
  }

  /** `pauseMs`: a pause of this turn that has a length of its own. */
  beat(pauseMs = 0): void {
    this.#dueBy = this.#clock.monotonicMs() + this.#withinMs + pauseMs;
  }

  /** The loop has ended as it should. */
  stop(): void {
    this.#dueBy = null;
  }
}
