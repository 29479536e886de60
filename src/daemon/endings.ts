/** What ends the daemon: a signal, or a disk that no longer keeps its word. */
import type { Clock } from "../runtime/clock.ts";
import type { Fault } from "../runtime/fault.ts";

export type StopSignal = "SIGTERM" | "SIGINT";

export type Ending =
  | { readonly is: "signal"; readonly signal: StopSignal }
  | { readonly is: "fatal"; readonly fault: Fault };

/**
 * A signal within this time of the first is the same request. `timeout` tells a process and then its group; a terminal
 * tells the group, and npm passes on what it got: microseconds apart, but a machine under load may handle them some tenths
 * of a second apart. A person who asks again has first seen that it still runs.
 */
const SAME_REQUEST_MS = 1_000;

/** In order of arrival; asked for one by one. */
export class Endings {
  readonly #clock: Clock;
  readonly #arrived: Ending[] = [];
  #askedAt: number | null = null;
  #waiting: ((ending: Ending) => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  signal(signal: StopSignal): void {
    const now = this.#clock.monotonicMs();
    if (this.#askedAt !== null && now - this.#askedAt < SAME_REQUEST_MS) return;
    this.#askedAt ??= now;
    this.#add({ is: "signal", signal });
  }

  fatal(fault: Fault): void {
    this.#add({ is: "fatal", fault });
  }

  next(): Promise<Ending> {
    const first = this.#arrived.shift();
    if (first !== undefined) return Promise.resolve(first);
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  #add(ending: Ending): void {
    if (this.#waiting === null) this.#arrived.push(ending);
    else {
      this.#waiting(ending);
      this.#waiting = null;
    }
  }
}
