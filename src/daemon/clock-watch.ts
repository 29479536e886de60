/** Asks now and then whether the wall clock is to be believed, tells when that changes, and shows it in /health. */
import { access } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../runtime/clock.ts";
import { type NtpState, whyUntrusted } from "../runtime/clock-trust.ts";
import type { NewEvent } from "../runtime/event.ts";

export type ClockWatchOptions = {
  readonly clock: Clock;
  readonly builtAt: number;
  readonly newestRowAt: number | null;
  readonly ntp: () => Promise<NtpState>;
  readonly onEvent: (event: NewEvent) => void;
};

export class ClockWatch {
  readonly #options: ClockWatchOptions;
  #ntp: NtpState = "unknown";
  /** The mobile network's time, and when (monotonic) it was told. */
  #network: { readonly epochMs: number; readonly at: number } | null = null;
  #toldUntrusted = false;

  constructor(options: ClockWatchOptions) {
    this.#options = options;
  }

  /** Null: it is trusted. */
  get whyUntrusted(): string | null {
    const { clock, builtAt, newestRowAt } = this.#options;
    const networkNow =
      this.#network === null ? null : this.#network.epochMs + clock.monotonicMs() - this.#network.at;
    return whyUntrusted({ now: clock.now(), builtAt, newestRowAt, ntp: this.#ntp, networkNow });
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
      const text = `The wall clock is not to be trusted: ${why}. Dates shown may be wrong; check the network time service.`;
      onEvent({ type: "clock.untrusted", level: "warning", at, text });
    }
  }
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
