import { reasonOf } from "../../runtime/fault.ts";
import type { Log } from "../../runtime/log.ts";

/** Work begun and not awaited where it began: owned here, loud when it fails, waited for at the end. */
export class Pending {
  readonly #log: Log;
  readonly #running = new Set<Promise<void>>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** `what` names the work in the log should it fail. */
  own(what: string, work: Promise<unknown>): void {
    const owned: Promise<void> = work
      .then(
        () => {},
        (error: unknown) =>
          this.#log.error({ what, reason: reasonOf(error) }, "work in the background failed"),
      )
      .finally(() => this.#running.delete(owned));
    this.#running.add(owned);
  }

  /** Settles when nothing is left, what began meanwhile included. */
  async drain(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}
