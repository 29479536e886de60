/** Network registration (27.007 §7.2): may this modem send texts now? */
import type { Ask } from "./ask.ts";
import { lineOf } from "./ask.ts";
import { fieldsOf } from "./at/command.ts";
import { registrationQuery } from "./commands.ts";

export type Registration = { readonly registered: boolean; readonly reason: string };

/** 1 home, 5 roaming, 6 and 7 SMS only, 9 and 10 without fallback to circuit switching: all carry texts. */
const CARRIES_SMS: readonly number[] = [1, 5, 6, 7, 9, 10];

const REASONS: Readonly<Record<number, string>> = {
  0: "not registered, and not searching: check the SIM and the antenna",
  1: "registered",
  2: "searching for a network",
  3: "registration denied: the SIM or the modem is not allowed on this network",
  4: "out of coverage",
  5: "registered, roaming",
  6: "registered for SMS only",
  7: "registered for SMS only, roaming",
  8: "emergency calls only",
  9: "registered",
  10: "registered, roaming",
};

/** A modem that cannot say whether it is registered is believed to be: the first send tells. */
export async function askRegistration(ask: Ask): Promise<Registration> {
  const creg = statOf(await lineOf(ask, registrationQuery("+CREG")));
  if (creg !== null && CARRIES_SMS.includes(creg)) return registrationOf(creg);
  // LTE-only modems may leave +CREG at 0 or 4 while +CEREG is 1.
  const cereg = statOf(await lineOf(ask, registrationQuery("+CEREG")));
  if (cereg === 1 || cereg === 5) return registrationOf(cereg);
  return creg === null ? { registered: true, reason: "registration unknown" } : registrationOf(creg);
}

export function registrationOf(stat: number): Registration {
  return {
    registered: CARRIES_SMS.includes(stat),
    reason: REASONS[stat] ?? `registration state ${stat}`,
  };
}

function statOf(line: string | null): number | null {
  const stat = line === null ? undefined : fieldsOf(line)[1];
  return stat !== undefined && /^\d+$/.test(stat) ? Number.parseInt(stat, 10) : null;
}
