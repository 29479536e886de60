/**
 * What a driver has to know about one family of modems, as data. The procedures above ask everything a profile
 * lists with an error tolerated, and fall back on what 27.005 and 27.007 say, so a profile that is wrong costs a
 * command, not a message. A quirk goes here, never as an `if` on a maker's name into a procedure.
 */
import type { UrcTable } from "../at/classify.ts";

/** A command, or one that is given only when the answer to `ask` shows that it is needed. */
export type InitStep = string | { readonly ask: string; readonly when: RegExp; readonly give: string };

/** How many tries the SIM's PIN has left: a command, and where in its answer the number stands (group 1). */
export type PinCounter = { readonly ask: string; readonly tries: RegExp };

export type ModemProfile = {
  /** For the log. */
  readonly name: string;
  /** What `+CGMI` and `+CGMM` say, matched loosely: makers change both with the firmware. */
  readonly manufacturer: RegExp;
  readonly model: RegExp;
  /** Before the SIM is looked at. */
  readonly init: readonly InitStep[];
  /** Once the SIM is READY. */
  readonly initWithSim: readonly InitStep[];
  /** `+CNMI` values to try before the general list (`indications.ts`). */
  readonly indications: readonly string[];
  /** Message storages, the most wanted first. */
  readonly storages: readonly string[];
  /** Commands that tell the ICCID, tried before the general ones. */
  readonly iccid: readonly string[];
  /** Null: only `+CPINR` is asked. */
  readonly pinCounter: PinCounter | null;
  /** Lines this family says unasked, beside what every modem says. */
  readonly noise: readonly RegExp[];
  /** Lines with which it tells that it starts anew or goes off, beside the general ones. */
  readonly restarts: readonly RegExp[];
  /** Silence it needs between a final result and the next command. */
  readonly interCommandDelayMs: number;
  /** Whether `+CMMS` is worth asking for. */
  readonly moreMessages: boolean;
  /**
   * `+CSMS=1`: what is routed to us has to be acknowledged (`AT+CNMA=0`). Off for firmware that refuses the
   * acknowledgement; the modem then gives it by itself.
   */
  readonly phase2Plus: boolean;
  /** False where `+CMGL` hangs: the storage is then read index by index. */
  readonly lists: boolean;
  /** For the recovery ladder: the command that starts the modem anew, and how soon it answers again. */
  readonly reset: { readonly command: string; readonly answersWithinMs: number };
  /** `+CFUN` value that turns the radio off and leaves the modem answering; null where it would not come back. */
  readonly radioOff: 0 | 4 | null;
};

/** The URC table of a family: what every modem says, and its own. */
export function urcsOf(profile: ModemProfile, general: UrcTable): UrcTable {
  return {
    ...general,
    unasked: [...general.unasked, ...profile.noise],
    restart: [...general.restart, ...profile.restarts],
  };
}
