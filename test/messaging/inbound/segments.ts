import { createHash } from "node:crypto";
import type { InboundSegment } from "../../../src/sms/message.ts";
import { PHONE } from "../numbers.ts";

/** Septets of a text whose characters are the same in ASCII and in the GSM alphabet. */
export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

let serial = 0;

/** A segment as a Line hands it over. Each call is another TPDU; give a `fingerprint` to repeat one. */
export function gsm7Segment(text: string, fields: Partial<InboundSegment> = {}): InboundSegment {
  const fingerprint = createHash("sha256").update(`${serial++}`).digest("hex");
  return {
    from: PHONE,
    to: null,
    userData: { alphabet: "gsm7", septets: ascii(text), lockingShift: 0, singleShift: 0 },
    concatenation: null,
    tpScts: "2026-01-04T10:15:30+01:00",
    tpPid: 0,
    tpDcs: 0,
    messageClass: null,
    destinationPort: null,
    fingerprint,
    raw: "00",
    ...fields,
  };
}
