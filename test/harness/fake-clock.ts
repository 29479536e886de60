import type { Clock, Timer } from "../../src/runtime/clock.ts";

type Waiting = { readonly at: number; readonly order: number; readonly fire: () => void };

/** Turns of the event loop without a new timer, after which nobody is at work any more. */
const QUIET_TURNS = 8;
const MOST_TURNS = 80_000;

/** A clock that stands still until told. `advance` fires what falls due, in order, letting promises run between. */
export class FakeClock implements Clock {
  #wall: number;
  #monotonic = 0;
  #order = 0;
  /** The longest that was asked for: Node fires at once what is longer than 2 ** 31 - 1. */
  longestTimerMs = 0;
  #waiting: Waiting[] = [];

  constructor(wallMs = Date.UTC(2026, 0, 4, 10, 15, 30)) {
    this.#wall = wallMs;
  }

  /** Whole milliseconds, like the system's; timers may be finer. */
  now(): number {
    return Math.floor(this.#wall);
  }

  monotonicMs(): number {
    return this.#monotonic;
  }

  /** How many timers and sleeps are pending: a leak check. */
  get pending(): number {
    return this.#waiting.length;
  }

  timer(ms: number, fire: () => void): Timer {
    this.longestTimerMs = Math.max(this.longestTimerMs, ms);
    const entry: Waiting = { at: this.#monotonic + Math.max(0, ms), order: this.#order++, fire };
    this.#waiting.push(entry);
    return {
      cancel: () => {
        this.#waiting = this.#waiting.filter((other) => other !== entry);
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

  /** Moves wall and monotonic time together. */
  async advance(ms: number): Promise<void> {
    const until = this.#monotonic + ms;
    await this.#quiet();
    for (;;) {
      const next = this.#waiting
        .filter((entry) => entry.at <= until)
        .sort((a, b) => a.at - b.at || a.order - b.order)[0];
      if (next === undefined) break;
      this.#waiting = this.#waiting.filter((entry) => entry !== next);
      this.#moveTo(Math.max(next.at, this.#monotonic));
      next.fire();
      await this.#quiet();
    }
    this.#moveTo(until);
    await this.#quiet();
  }

  /**
   * Whoever arms timers is still at work, and no time may pass over that: a dialogue of twenty commands takes twenty
   * turns and no time, and none of its commands has timed out.
   */
  async #quiet(): Promise<void> {
    let armed = this.#order;
    for (let turns = 0, quiet = 0; turns < MOST_TURNS; turns++) {
      await settle(1);
      quiet = this.#order === armed ? quiet + 1 : 0;
      if (quiet === QUIET_TURNS) return;
      armed = this.#order;
    }
    throw new Error("something arms timers without end, and never waits for one");
  }

  /** The wall clock alone jumps, as on a Pi that finds its NTP server. */
  jump(ms: number): void {
    this.#wall += ms;
  }

  #moveTo(monotonic: number): void {
    this.#wall += monotonic - this.#monotonic;
    this.#monotonic = monotonic;
  }
}

/** Lets every promise that can settle do so: a few turns of the event loop, no real time. */
export async function settle(turns = QUIET_TURNS): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
}
