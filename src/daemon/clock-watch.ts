/**
 * Asks now and then whether the wall clock is to be believed, tells when that changes, and shows it in /health. It is
 * also what takes over a step of the system's clock (`steady-clock.ts`): in one tick with the dates that the store keeps.
 *
 * - A clock that nothing vouched for is followed at once: it has most likely found the time.
 * - One that something vouched for does not leap. It is followed when it has stood there for an hour: an NTP service puts
 *   right within that what somebody's slip did.
 * - What waits moves with it. What waited before this start is judged by a time that is vouched for, when the one before
 *   was not: then it has really waited that long. Nothing expires because somebody's slip says so.
 * - A time in which this program cannot be running is not followed at all.
 *
 * The operator may vouch for it: until this process ends, or for good where the board's clock has a battery. Then the
 * system's clock is followed at once, whatever it showed before.
 */
import { access } from "node:fs/promises";
import { join } from "node:path";
import { isSameTime, isVouchedFor, type NtpState, whyUntrusted } from "../runtime/clock-trust.ts";
import type { NewEvent } from "../runtime/event.ts";
import type { SteadyClock } from "../runtime/steady-clock.ts";
import type { ClockStep } from "../store/clock-commands.ts";

const HOUR_MS = 3_600_000;
/** What is a slip and what a leap: of a clock that was right, less is followed at once. */
const LEAP_MS = HOUR_MS;
const STANDS_MS = HOUR_MS;
/** Nothing is deleted for its age by a clock that was set since. */
const SETTLED_MS = 24 * HOUR_MS;
/** At its start a clock that much later than the newest message is news as well. */
const LONG_GAP_MS = 7 * 24 * HOUR_MS;

export type ClockWatchOptions = {
  readonly clock: SteadyClock;
  readonly builtAt: number;
  readonly newestRowAt: number | null;
  readonly ntp: () => Promise<NtpState>;
  readonly onEvent: (event: NewEvent) => void;
  /** Called in the tick in which the clock is set. */
  readonly onStep: (step: ClockStep) => void;
  /** What outlives the process; `put` settles when synced. */
  readonly memory: {
    readonly get: () => Promise<string | null>;
    readonly put: (value: string) => Promise<void>;
  };
};

/** `never` takes the others back. */
export type Vouching = "now" | "always" | "never";

/** What is kept of `always`. */
const HAS_BATTERY = "battery";

export class ClockWatch {
  readonly #options: ClockWatchOptions;
  readonly #startedMs: number;
  #ntp: NtpState = "unknown";
  /** The mobile network's time, and when (monotonic) it was told. */
  #network: { readonly epochMs: number; readonly at: number } | null = null;
  /** The operator's time, and when (monotonic) they vouched for it. */
  #vouched: { readonly epochMs: number; readonly at: number } | null = null;
  #hasBattery = false;
  #toldUntrusted = false;
  /** Whether something vouched for it when it was looked at last. */
  #wasVouched = false;
  /** Monotonic: since when the system's clock has been set to another time that is not followed yet. */
  #leaptMs: number | null = null;
  /** Monotonic: when a step was taken over last. */
  #steppedMs: number | null = null;

  constructor(options: ClockWatchOptions) {
    this.#options = options;
    this.#startedMs = options.clock.monotonicMs();
    const { clock, newestRowAt } = options;
    if (newestRowAt !== null && clock.now() > newestRowAt + LONG_GAP_MS) this.#steppedMs = this.#startedMs;
  }

  /** Null: it is trusted. */
  get whyUntrusted(): string | null {
    const { clock, builtAt, newestRowAt } = this.#options;
    const system = new Date(clock.systemNow).toISOString().slice(0, 16).replace("T", " ");
    if (!clock.isBelievable) return `the system's clock shows ${system}, which cannot be`;
    if (this.#leaptMs !== null) {
      return `it was right, and then was set to ${system} UTC; that is followed when it has stood for an hour`;
    }
    return whyUntrusted({
      now: clock.now(),
      builtAt,
      newestRowAt,
      ntp: this.#ntp,
      networkNow: this.#networkNow,
      vouchedNow: this.#goneOn(this.#vouched),
      hasBattery: this.#hasBattery,
    });
  }

  get vouched(): Vouching {
    if (this.#hasBattery) return "always";
    return this.#vouched === null ? "never" : "now";
  }

  /** Knows what was vouched for in a former life, and looks for the first time. */
  async start(): Promise<void> {
    this.#hasBattery = (await this.#options.memory.get()) === HAS_BATTERY;
    await this.look();
  }

  async vouch(vouching: Vouching): Promise<void> {
    const { clock, memory } = this.#options;
    // What the operator vouches for is what the system shows: it is taken over before it counts as right.
    const isShown = vouching !== "never" && clock.isBelievable;
    if (isShown) this.#wasVouched = false;
    this.#follow(isShown);
    this.#vouched = isShown ? { epochMs: clock.now(), at: clock.monotonicMs() } : null;
    const hasBattery = vouching === "always";
    if (hasBattery !== this.#hasBattery) await memory.put(hasBattery ? HAS_BATTERY : "");
    this.#hasBattery = hasBattery;
    await this.look();
  }

  /** Whether ages may be judged by it for good: it has not been set for a day. */
  get isSettled(): boolean {
    if (this.#steppedMs === null) return true;
    return this.#options.clock.monotonicMs() - this.#steppedMs >= SETTLED_MS;
  }

  /** A modem has told what time it is on its network. */
  networkTime(epochMs: number): Promise<void> {
    this.#network = { epochMs, at: this.#options.clock.monotonicMs() };
    return this.look();
  }

  async look(): Promise<void> {
    const { clock, ntp, onEvent } = this.#options;
    this.#ntp = await ntp();
    // The service sets the clock first and shows a moment later that it has.
    if (clock.stepMs !== 0) this.#ntp = await ntp();
    this.#follow();
    const isSteady = clock.stepMs === 0;
    if (isSteady) this.#wasVouched = this.#isVouched(clock.now());
    const why = this.whyUntrusted;
    if ((why !== null) === this.#toldUntrusted) return;
    this.#toldUntrusted = why !== null;
    const at = clock.now();
    if (why === null) {
      onEvent({ type: "clock.trusted", level: "info", at, text: "The wall clock can be trusted now." });
    } else {
      const text = `The wall clock is not to be trusted: ${why}. Dates shown may be wrong; check the network time service, or vouch for the clock: POST /appliance/v1/Clock.`;
      onEvent({ type: "clock.untrusted", level: "warning", at, text });
    }
  }

  get #networkNow(): number | null {
    return this.#goneOn(this.#network);
  }

  #goneOn(told: { readonly epochMs: number; readonly at: number } | null): number | null {
    return told === null ? null : told.epochMs + this.#options.clock.monotonicMs() - told.at;
  }

  #isVouched(now: number): boolean {
    if (this.#ntp === "synchronised" || this.#hasBattery) return true;
    return isSameTime(this.#networkNow, now) || isVouchedFor(this.#goneOn(this.#vouched), now);
  }

  #follow(isVouchedByOperator = false): void {
    const { clock, onStep, onEvent } = this.#options;
    const step = clock.stepMs;
    if (step === 0 || !clock.isBelievable) {
      this.#leaptMs = null;
      return;
    }
    const now = clock.monotonicMs();
    const wasRight = this.#wasVouched;
    if (wasRight && Math.abs(step) >= LEAP_MS) {
      this.#leaptMs ??= now;
      if (now - this.#leaptMs < STANDS_MS) return;
    }
    this.#leaptMs = null;
    this.#steppedMs = now;
    const byMs = clock.follow();
    const at = clock.now();
    const judgesOld = !wasRight && (isVouchedByOperator || this.#isVouched(at));
    onStep({ byMs, at, judgesOld });
    const way = byMs > 0 ? "ahead" : "back";
    const kept = judgesOld
      ? "What came in since the start keeps its time. What waited before the start has waited until now, and fails where its validity is over."
      : "What waits keeps its time: nothing expires for that, and nothing is held up.";
    const text = `The wall clock was set ${way} by ${durationOf(Math.abs(byMs))}. ${kept}`;
    onEvent({ type: "clock.set", level: "info", at, text, detail: { byMs } });
  }
}

function durationOf(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} seconds`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} minutes`;
  if (seconds < 2 * 86_400) return `${Math.round(seconds / 3600)} hours`;
  return `${Math.round(seconds / 86_400)} days`;
}

/** What systemd-timesyncd leaves in its runtime folder; other services leave nothing that can be asked without them. */
export async function ntpState(folder = "/run/systemd/timesync"): Promise<NtpState> {
  if (await exists(join(folder, "synchronized"))) return "synchronised";
  return (await exists(folder)) ? "unsynchronised" : "unknown";
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
