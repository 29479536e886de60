/**
 * A listing shows places, and places are used again: the newest text may stand first. So the texts of one listing
 * are handed over by the service centre's time stamp, its zone counted. Only these are comparable: one modem, one
 * look. What has no time (reports, what cannot be read, a stamp that is nonsense) stays where it stood.
 */
import { DecodeError } from "../../sms/decode-error.ts";
import { decodeFromNetwork } from "../../sms/tpdu.ts";
import type { Entry } from "./stored-entry.ts";

export function inOrderOfTime(entries: readonly Entry[]): readonly Entry[] {
  const times = entries.map((entry) => ({ entry, at: stampedAt(entry) }));
  const timed = times.filter(({ at }) => at !== null).sort((a, b) => Number(a.at) - Number(b.at));
  return times.map(({ entry, at }) => (at === null ? entry : (timed.shift()?.entry ?? entry)));
}

/** TP-SCTS (23.040 §9.2.3.11) of an SMS-DELIVER as epoch milliseconds. */
function stampedAt({ raw }: Entry): number | null {
  try {
    const tpdu = decodeFromNetwork(raw);
    if (tpdu.tpMti !== "deliver" || tpdu.tpScts === null) return null;
    return Date.parse(tpdu.tpScts);
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}
