/**
 * Somebody rings. An SMS box does not answer, but a call that rings holds up sends on 2G, and a modem left ringing
 * may receive nothing afterwards; so the caller is told of once, rung off (or left alone), and the modem is looked
 * after when it is over (27.007 §6, §7.11).
 *
 * A call is a train of RINGs. The number comes in a `+CLIP` a moment later, sometimes before, sometimes never; the
 * end may be told in several ways or none, so ten seconds without a RING are the end too.
 */
import type { Clock, Timer } from "../../runtime/clock.ts";
import { type Ask, may } from "./ask.ts";
import { fieldsOf } from "./at/command.ts";
import { set } from "./commands.ts";

export type CallPolicy = "hang-up" | "ignore";

export type CallsOptions = {
  readonly clock: Clock;
  readonly policy: CallPolicy;
  /** Rings off; settles when the modem has answered. */
  readonly hangUp: () => Promise<void>;
  /** The caller; null when withheld or unknown. Once for each call. */
  readonly onCall: (caller: string | null) => void;
  /** The call is over. */
  readonly onOver: () => void;
};

/** So long a `+CLIP` is waited for. */
const CLIP_MS = 1500;
/** RING comes every 3 to 6 seconds. */
const QUIET_MS = 10_000;

const RINGS = /^(?:RING$|\+CRING:)/;
const ENDS = /^(?:NO CARRIER$|VOICE CALL: END|MISSED_CALL:|\^CEND:)/;

export class Calls {
  readonly #options: CallsOptions;
  #ringing = false;
  #told = false;
  #clip: Timer | null = null;
  #quiet: Timer | null = null;

  constructor(options: CallsOptions) {
    this.#options = options;
  }

  /** True when the line was about a call. */
  hears(text: string): boolean {
    if (RINGS.test(text)) {
      this.#rings();
      return true;
    }
    if (/^\+CLIP:/.test(text)) {
      this.#rings();
      this.#tell(fieldsOf(text)[0] ?? "");
      return true;
    }
    if (!ENDS.test(text)) return false;
    this.#over();
    return true;
  }

  /** The link is gone, and with it the call. */
  stop(): void {
    this.#clip?.cancel();
    this.#quiet?.cancel();
    this.#ringing = false;
  }

  #rings(): void {
    const { clock } = this.#options;
    this.#quiet?.cancel();
    this.#quiet = clock.timer(QUIET_MS, () => this.#over());
    if (this.#ringing) return;
    this.#ringing = true;
    this.#told = false;
    this.#clip = clock.timer(CLIP_MS, () => this.#tell(""));
  }

  #tell(number: string): void {
    if (this.#told) return;
    this.#told = true;
    this.#clip?.cancel();
    this.#options.onCall(number === "" ? null : number);
    if (this.#options.policy === "hang-up") this.#options.hangUp().catch(() => undefined);
  }

  #over(): void {
    if (!this.#ringing) return;
    this.#tell("");
    this.stop();
    this.#options.onOver();
  }
}

/** Makers disagree on which of the two ends a call that has not been answered. */
export async function hangUp(ask: Ask): Promise<void> {
  if ((await may(ask, set("AT+CHUP"))) === null) await may(ask, set("ATH"));
}
