/** What is due later, on the injected clock; a delay of nothing takes no timer. `stop` forgets all of it. */
import type { Clock, Timer } from "../../runtime/clock.ts";

export class Delays {
  readonly #clock: Clock;
  readonly #timers = new Set<Timer>();
  #stopped = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  after(ms: number, fire: () => void): void {
    if (this.#stopped) return;
    if (ms <= 0) {
      queueMicrotask(() => {
        if (!this.#stopped) fire();
      });
      return;
    }
    const timer = this.#clock.timer(ms, () => {
      this.#timers.delete(timer);
      fire();
    });
    this.#timers.add(timer);
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }
}
