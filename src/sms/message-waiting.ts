/** Something waits for the subscriber elsewhere: in TP-DCS (23.038 §4), or as an information element. */
import type { MessageWaiting } from "./dcs.ts";
import type { MessageWaitingFacts } from "./message.ts";
import type { InformationElement } from "./udh.ts";

const SPECIAL_INDICATION = 0x01;
const WAITING_TYPES = ["voicemail", "fax", "email", "other"] as const;

/** The element counts: type in bits 1 and 0 of the first octet, then how many (23.040 §9.2.3.24.2). */
export function messageWaitingOf(
  udh: readonly InformationElement[],
  inCoding: MessageWaiting | null,
): MessageWaitingFacts | null {
  const element = udh.find(({ iei, data }) => iei === SPECIAL_INDICATION && data.length >= 2);
  if (element !== undefined) {
    const count = element.data[1] ?? 0;
    return { type: WAITING_TYPES[(element.data[0] ?? 0) & 3] ?? "other", active: count > 0, count };
  }
  return inCoding === null ? null : { type: inCoding.type, active: inCoding.active, count: null };
}
