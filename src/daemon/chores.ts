/** What is done by the clock: each chore by itself, never two runs of one at once, a failure logged and tried again. */
import type { Clock } from "../runtime/clock.ts";
import { reasonOf } from "../runtime/fault.ts";
import type { Log } from "../runtime/log.ts";

export type Chore = {
  readonly name: string;
  readonly everyMs: number;
  /** May go on for long where it heeds the signal: then the process stops. */
  readonly run: (signal: AbortSignal) => Promise<void>;
};

export class Chores {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #chores: readonly Chore[];
  readonly #stop = new AbortController();
  #loops: Promise<void>[] = [];

  constructor(options: { clock: Clock; log: Log; chores: readonly Chore[] }) {
    this.#clock = options.clock;
    this.#log = options.log;
    this.#chores = options.chores;
  }

  start(): void {
    this.#loops = this.#chores.map((chore) => this.#loop(chore));
  }

  /** Settles when the runs under way are over. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#loops);
  }

  async #loop({ name, everyMs, run }: Chore): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await this.#clock.sleep(everyMs, { signal });
        await run(signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#log.error({ chore: name, reason: reasonOf(error) }, "a chore failed; it is tried again");
      }
    }
  }
}
