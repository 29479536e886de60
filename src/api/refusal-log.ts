/**
 * A disk that refuses does so thousands of times a second, and the log is often on it: one line a minute says that it
 * does, with how many requests it was. The rest of the last minute is said when the next request comes after it.
 */
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";

const EVERY_MS = 60_000;

export class RefusalLog {
  readonly #log: Log;
  readonly #clock: Clock;
  #saidMs = Number.NEGATIVE_INFINITY;
  #unsaid = 0;
  #reason = "";

  constructor(log: Log, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  refused(reason: string): void {
    this.#unsaid++;
    this.#reason = reason;
    this.look();
  }

  /** Called at each request: nearly always there is nothing to say. */
  look(): void {
    if (this.#unsaid === 0) return;
    const now = this.#clock.monotonicMs();
    if (now - this.#saidMs < EVERY_MS) return;
    this.#log.error({ count: this.#unsaid, reason: this.#reason }, "requests failed: the store refused");
    this.#saidMs = now;
    this.#unsaid = 0;
  }
}
