/**
 * What the end of a send, or being off the network, says about the modem itself. A message that is refused, a
 * network that is busy, a SIM, a subscription or a storage that will not: none of these is the modem's fault,
 * and no restart cures them.
 */
import type { SubmitOutcome } from "../../line.ts";
import type { CommandResult } from "../at/command.ts";
import type { FinalError } from "../at/final-result.ts";
import { cmsErrorOf } from "../cms-errors.ts";
import type { Registration } from "../registration.ts";
import { isPoor, type Signal } from "../signal.ts";
import type { AirTrouble, SendingTrouble } from "./ladder.ts";

export type Symptom = { readonly trouble: SendingTrouble; readonly reason: string };

/** "Unknown error", what modems say whose message service has died. 332, 513 and their like come off the air. */
const CMS_UNKNOWN = 500;
/** 27.007 §9.2: phone failure, no connection to phone, unknown. */
const CME_OF_THE_MODEM: readonly number[] = [0, 1, 100];

export function symptomOf(
  result: CommandResult,
  outcome: SubmitOutcome,
  manufacturer: string | null,
): Symptom | null {
  if (outcome.is === "accepted") return null;
  if (result.is === "timeout") {
    const what = result.phase === "result" ? "no result after a PDU" : "no prompt after AT+CMGS";
    return { trouble: "stuck", reason: what };
  }
  if (result.is !== "error") return null;
  if (!isModems(result, manufacturer)) return null;
  // Without the line's name, which stands before it already.
  return { trouble: "refusals", reason: outcome.fault.message.replace(/^[^:]*: /, "") };
}

/** 27.007 §9.2: not inserted, its PIN or PUK, failure, wrong. Busy (14) passes by itself. */
const CME_OF_THE_SIM: readonly number[] = [10, 11, 12, 13, 15];

/** No rung cures a SIM, but what is known of it may be out of date. */
export function isOfTheSim({ family, code }: FinalError, manufacturer: string | null): boolean {
  if (code === null || family === "generic") return false;
  if (family === "cme") return CME_OF_THE_SIM.includes(code);
  return cmsErrorOf(code, manufacturer).class === "sim";
}

function isModems(result: Extract<CommandResult, { is: "error" }>, manufacturer: string | null): boolean {
  const { family, code } = result.error;
  if (family === "generic" || code === null) return family === "generic";
  if (family === "cme") return CME_OF_THE_MODEM.includes(code);
  const row = cmsErrorOf(code, manufacturer);
  return row.class === "modem" || code === CMS_UNKNOWN;
}

/** Not on the network though the signal would do, or nobody knows it. */
export function airTroubleOf(registration: Registration, signal: Signal | null): AirTrouble | null {
  if (registration.registered) return null;
  if (signal === null) return "no-signal";
  return isPoor(signal) ? null : "unregistered";
}
