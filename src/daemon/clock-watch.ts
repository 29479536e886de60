/**
 * Asks now and then whether the wall clock is to be believed, tells when that changes, and shows it in /health. The
 * operator may vouch for it: for as long as this process lives, or for good where the board's clock has a battery.
 */
import { access } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../runtime/clock.ts";
import { type NtpState, whyUntrusted } from "../runtime/clock-trust.ts";
import type { NewEvent } from "../runtime/event.ts";
import type { Store } from "../store/store.ts";

export type ClockWatchOptions = {
  readonly clock: Clock;
  readonly builtAt: number;
  readonly newestRowAt: number | null;
  readonly ntp: () => Promise<NtpState>;
  readonly onEvent: (event: NewEvent) => void;
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
  #ntp: NtpState = "unknown";
  /** The mobile network's time, and when (monotonic) it was told. */
  #network: { readonly epochMs: number; readonly at: number } | null = null;
  /** The operator's time, and when (monotonic) they vouched for it. */
  #vouched: { readonly epochMs: number; readonly at: number } | null = null;
  #hasBattery = false;
  #toldUntrusted = false;

  constructor(options: ClockWatchOptions) {
    this.#options = options;
  }

  /** Null: it is trusted. */
  get whyUntrusted(): string | null {
    const { clock, builtAt, newestRowAt } = this.#options;
    return whyUntrusted({
      now: clock.now(),
      builtAt,
      newestRowAt,
      ntp: this.#ntp,
      networkNow: this.#goneOn(this.#network),
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
    this.#vouched = vouching === "never" ? null : { epochMs: clock.now(), at: clock.monotonicMs() };
    const hasBattery = vouching === "always";
    if (hasBattery !== this.#hasBattery) await memory.put(hasBattery ? HAS_BATTERY : "");
    this.#hasBattery = hasBattery;
    await this.look();
  }

  /** A modem has told what time it is on its network. */
  networkTime(epochMs: number): Promise<void> {
    this.#network = { epochMs, at: this.#options.clock.monotonicMs() };
    return this.look();
  }

  async look(): Promise<void> {
    const { clock, ntp, onEvent } = this.#options;
    this.#ntp = await ntp();
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

  #goneOn(told: { readonly epochMs: number; readonly at: number } | null): number | null {
    return told === null ? null : told.epochMs + this.#options.clock.monotonicMs() - told.at;
  }
}

/** No line has the name `*`: what the appliance remembers of its clock is beside what lines remember. */
export function clockMemory(store: Pick<Store, "getMemory" | "putMemory">): ClockWatchOptions["memory"] {
  return {
    get: () => store.getMemory("*", "clock"),
    put: (value) => store.putMemory("*", "clock", value),
  };
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
