import { reasonOf } from "../../runtime/fault.ts";
import type { Log } from "../../runtime/log.ts";

/** Work begun and not awaited where it began: owned here, loud when it fails, waited for at the end. */
export class Pending {
  readonly #log: Log;
  readonly #running = new Set<Promise<unknown>>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** `what` names the work in the log should it fail. */
  own(what: string, work: Promise<unknown>): void {
    this.#running.add(work);
    work.then(
      () => this.#running.delete(work),
      (error: unknown) => {
        this.#running.delete(work);
        this.#log.error({ what, reason: reasonOf(error) }, "work in the background failed");
      },
    );
  }

  /** Settles when nothing is left, what began meanwhile included. */
  async drain(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }
}
