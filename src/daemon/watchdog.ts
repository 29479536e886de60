/**
 * Feeds systemd's watchdog while the program is alive in all its parts: the event loop (which this runs in), the store's
 * worker, the dispatcher, and each line's supervisor. One that hangs can only be a defect of ours, and a new start is all
 * that mends it.
 *
 * What does not count, since no start would mend it: a modem that is dead or gone, a carrier that refuses, a full disk, an
 * app that does not answer. `/health` tells of those.
 */
import type { Line } from "../line/line.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import type { Pulse } from "../runtime/pulse.ts";
import type { Store } from "../store/store.ts";
import type { Notify } from "./sd-notify.ts";

/** What has to be alive. */
export type Vitals = {
  readonly store: Pick<Store, "turn">;
  readonly dispatcher: { readonly pulse: Pick<Pulse, "dueBy"> };
  readonly lines: readonly Pick<Line, "name" | "status" | "pulse">[];
};

/** Feeds within one interval of systemd's: one may be late, and one may be lost. */
const FEEDS = 3;
/** Where systemd has no watchdog, the status is told so often. */
const STATUS_MS = 30_000;

export class Watchdog {
  readonly #vitals: Vitals;
  readonly #notify: Notify;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #everyMs: number;
  readonly #stop = new AbortController();
  #feeding: Promise<void> = Promise.resolve();
  #told = "";
  #isTroubleTold = false;

  constructor(options: { vitals: Vitals; notify: Notify; clock: Clock; log: Log }) {
    this.#vitals = options.vitals;
    this.#notify = options.notify;
    this.#clock = options.clock;
    this.#log = options.log;
    const { watchdogMs } = options.notify;
    this.#everyMs = watchdogMs === null ? STATUS_MS : watchdogMs / FEEDS;
  }

  /** The program is at work: systemd may go on with what comes after it. */
  start(): void {
    this.#feeding = this.#feed();
  }

  /** From here on systemd has its own patience (`TimeoutStopSec`). */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all([this.#feeding, this.#tell("STOPPING=1", "STATUS=Stopping")]);
  }

  async #feed(): Promise<void> {
    const { signal } = this.#stop;
    await this.#tellStatus("READY=1");
    while (!signal.aborted) {
      await this.#clock.sleep(this.#everyMs, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      const hung = await this.whatHangs();
      if (hung === null) await this.#tellStatus("WATCHDOG=1");
      else {
        this.#log.error({ hung }, "the watchdog is not fed");
        if (await this.#tell(`STATUS=Hung: ${hung}`)) this.#told = hung;
      }
    }
  }

  /** The first part that does not turn; null when all do. */
  async whatHangs(): Promise<string | null> {
    const { store, dispatcher, lines } = this.#vitals;
    if (!(await this.#turns(store))) return "the store's worker";
    if (this.#isLate(dispatcher)) return "the dispatcher";
    const line = lines.find((each) => this.#isLate(each));
    return line === undefined ? null : `the supervisor of line ${line.name}`;
  }

  #isLate({ pulse }: { readonly pulse: Pick<Pulse, "dueBy"> }): boolean {
    return pulse.dueBy !== null && this.#clock.monotonicMs() > pulse.dueBy;
  }

  async #turns(store: Vitals["store"]): Promise<boolean> {
    const waited = new AbortController();
    const tooLong = this.#clock.sleep(this.#everyMs, { signal: waited.signal }).then(
      () => false,
      () => false,
    );
    try {
      // A store that has failed ends the process by itself (exit 74).
      const turned = store.turn().then(
        () => true,
        () => true,
      );
      return await Promise.race([turned, tooLong]);
    } finally {
      waited.abort();
    }
  }

  /** The status goes along when it is another. */
  async #tellStatus(word: string): Promise<void> {
    const { lines } = this.#vitals;
    const ready = lines.filter(({ status }) => status.state === "ready").length;
    const status = `STATUS=${ready} of ${lines.length} ${lines.length === 1 ? "line" : "lines"} ready`;
    const taken = await (status === this.#told ? this.#tell(word) : this.#tell(word, status));
    if (taken) this.#told = status;
  }

  async #tell(...assignments: string[]): Promise<boolean> {
    const trouble = await this.#notify.tell(...assignments);
    if (trouble === null) return true;
    if (!this.#isTroubleTold) this.#log.warn({ reason: trouble }, "systemd could not be told");
    this.#isTroubleTold = true;
    return false;
  }
}
