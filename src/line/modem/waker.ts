/** Sleeps a while, or until somebody has a reason. */
import type { Clock } from "../../runtime/clock.ts";

export class Waker {
  readonly #clock: Clock;
  #wake: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  wake(): void {
    this.#wake?.();
  }

  async sleep(ms: number): Promise<void> {
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    const timer = this.#clock.timer(ms, () => this.wake());
    await woken;
    timer.cancel();
    this.#wake = null;
  }
}
