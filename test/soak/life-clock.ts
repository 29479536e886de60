import type { Clock, Timer } from "../../src/runtime/clock.ts";

/** The clock of one life of the process: when it is killed, whatever it had armed never fires. */
export class LifeClock implements Clock {
  readonly #inner: Clock;
  readonly #timers = new Set<Timer>();
  #alive = true;

  constructor(inner: Clock) {
    this.#inner = inner;
  }

  now(): number {
    return this.#inner.now();
  }

  monotonicMs(): number {
    return this.#inner.monotonicMs();
  }

  timer(ms: number, fire: () => void): Timer {
    if (!this.#alive) return { cancel: () => {} };
    const timer = this.#inner.timer(ms, () => {
      this.#timers.delete(timer);
      fire();
    });
    this.#timers.add(timer);
    return {
      cancel: () => {
        this.#timers.delete(timer);
        timer.cancel();
      },
    };
  }

  sleep(ms: number, options?: { readonly signal?: AbortSignal }): Promise<void> {
    return new Promise((resolve, reject) => {
      const signal = options?.signal;
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const onAbort = () => {
        timer.cancel();
        reject(signal?.reason);
      };
      const timer = this.timer(ms, () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      });
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  kill(): void {
    this.#alive = false;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }
}
