/**
 * `short_message` and `message_payload` as the network's user data, and back (SMPP 3.4 §5.2.12, §5.2.19, §5.3.2.22
 * to .24, §5.3.2.32). The alphabet of 7 bits stands one character to an octet here and packed on the air; Latin-1 is
 * rewritten, because the air has no such alphabet.
 */
import { septetsByCharacter, textOfSeptets } from "./gsm7.ts";
import {
  alphabetOf,
  cutText,
  gsm7UserData,
  headerOf,
  octetsUserData,
  type Part,
  partOf,
  septetsOf,
  textOf,
  type UserData,
} from "./user-data.ts";

/** What `data_coding` 0 means here. */
export type DefaultAlphabet = "gsm7" | "latin1";

/** How the parts of a long text are told apart. */
export type LongMessages = "udh" | "sar" | "payload";

export type ShortMessage = {
  readonly esmClass: number;
  readonly dataCoding: number;
  readonly octets: Uint8Array;
  /** `sar_msg_ref_num`, `sar_total_segments`, `sar_segment_seqnum`. */
  readonly sar: Part | null;
};

export type DeliveredMessage = ShortMessage & { readonly isPayload: boolean };

export const UDHI = 0x40;

const LATIN1 = 3;
const UCS2 = 8;
const BINARY = 4;
const SEPTETS = 160;
const OCTETS = 140;

/** What was written, before it is cut: septets, octets of TP-DCS, or a text that has still to be encoded. */
type Body =
  | { readonly is: "septets"; readonly septets: ArrayLike<number>; readonly tpDcs: number }
  | { readonly is: "octets"; readonly octets: Uint8Array; readonly tpDcs: number }
  | { readonly is: "text"; readonly text: string };

/**
 * The SMSs of a submitted message: one; several when it is long and has no header of its own, cut as `reference`.
 * null: an alphabet or a header that cannot be read, or a part too long for one SMS.
 */
export function userDataOf(
  message: ShortMessage,
  reference: number,
  defaultAlphabet: DefaultAlphabet,
): readonly UserData[] | null {
  const udhOctets = (message.esmClass & UDHI) === 0 ? 0 : 1 + (message.octets[0] ?? message.octets.length);
  if (udhOctets > message.octets.length) return null;
  const header = udhOctets > 0 ? message.octets.subarray(0, udhOctets) : sarHeader(message.sar);
  const body = bodyOf(message.dataCoding, message.octets.subarray(udhOctets), defaultAlphabet);
  if (body === null) return null;
  const one = inOneSms(header, body);
  if (one !== null) return [one];
  if (header.length > 0 || (body.is === "octets" && body.tpDcs !== UCS2)) return null;
  return cutText(textOfBody(body), reference);
}

function bodyOf(dataCoding: number, octets: Uint8Array, defaultAlphabet: DefaultAlphabet): Body | null {
  const text = (): Body => ({ is: "text", text: Buffer.from(octets).toString("latin1") });
  if (dataCoding === 0 && defaultAlphabet === "gsm7") return septetBody(octets, 0);
  if (dataCoding === 0 || dataCoding === 1 || dataCoding === LATIN1) return text();
  if (dataCoding === 2 || dataCoding === BINARY) return { is: "octets", octets, tpDcs: BINARY };
  if (dataCoding === UCS2) return octets.length % 2 === 0 ? { is: "octets", octets, tpDcs: UCS2 } : null;
  // From 0xC0 up it is a TP-DCS (SMPP 3.4 §5.2.19, notes c and d).
  if (dataCoding < 0xc0) return null;
  return alphabetOf(dataCoding) === "gsm7"
    ? septetBody(octets, dataCoding)
    : { is: "octets", octets, tpDcs: dataCoding };
}

function septetBody(octets: Uint8Array, tpDcs: number): Body | null {
  for (const octet of octets) if (octet > 0x7f) return null;
  return { is: "septets", septets: octets, tpDcs };
}

function inOneSms(header: Uint8Array, body: Body): UserData | null {
  switch (body.is) {
    case "septets": {
      if (Math.ceil((header.length * 8) / 7) + body.septets.length > SEPTETS) return null;
      return gsm7UserData(body.septets, header, body.tpDcs);
    }
    case "octets":
      return header.length + body.octets.length > OCTETS
        ? null
        : octetsUserData(body.octets, header, body.tpDcs);
    case "text": {
      const septets = septetsByCharacter(body.text)?.flat();
      if (septets !== undefined) return inOneSms(header, { is: "septets", septets, tpDcs: 0 });
      const octets = Buffer.from(body.text, "utf16le").swap16();
      return inOneSms(header, { is: "octets", octets, tpDcs: UCS2 });
    }
  }
}

function textOfBody(body: Body): string {
  if (body.is === "text") return body.text;
  if (body.is === "septets") return textOfSeptets(body.septets);
  return Buffer.from(body.octets).swap16().toString("utf16le");
}

/** SAR is SMPP's alone: on the air the parts have a header (23.040 §9.2.3.24.1). */
function sarHeader(sar: Part | null): Uint8Array {
  if (sar === null || sar.total < 2) return new Uint8Array();
  return Uint8Array.of(5, 0, 3, sar.reference & 255, sar.total, sar.sequence);
}

/** The parts of a text as an ESME gets them. */
export function deliveredMessages(
  parts: readonly UserData[],
  long: LongMessages,
  defaultAlphabet: DefaultAlphabet,
): readonly DeliveredMessage[] {
  if (long === "payload" && parts.length > 1) return [payloadOf(parts, defaultAlphabet)];
  return parts.map((part) => {
    const { dataCoding, octets } = encoded(part, defaultAlphabet);
    const header = headerOf(part);
    const sar = long === "sar" ? partOf(part) : null;
    // Only a header that holds nothing but the concatenation may go.
    if (header.length === 0 || (sar !== null && header.length === 6))
      return { esmClass: 0, dataCoding, octets, sar, isPayload: false };
    const whole = Buffer.concat([header, octets]);
    return { esmClass: UDHI, dataCoding, octets: whole, sar: null, isPayload: false };
  });
}

function payloadOf(parts: readonly UserData[], defaultAlphabet: DefaultAlphabet): DeliveredMessage {
  const encodedParts = parts.map((part) => encoded(part, defaultAlphabet));
  const dataCoding = encodedParts[0]?.dataCoding ?? 0;
  const octets = Buffer.concat(encodedParts.map((part) => part.octets));
  return { esmClass: 0, dataCoding, octets, sar: null, isPayload: true };
}

function encoded(part: UserData, defaultAlphabet: DefaultAlphabet) {
  const alphabet = alphabetOf(part.tpDcs);
  const octets = part.tpUd.subarray(headerOf(part).length);
  if (alphabet === "ucs2") return { dataCoding: UCS2, octets };
  if (alphabet === "8bit") return { dataCoding: BINARY, octets };
  if (defaultAlphabet === "gsm7") return { dataCoding: 0, octets: septetsOf(part) };
  const text = textOf([part]);
  const isLatin1 = [...text].every((character) => (character.codePointAt(0) ?? 0) < 256);
  return isLatin1
    ? { dataCoding: 0, octets: Buffer.from(text, "latin1") }
    : { dataCoding: UCS2, octets: Buffer.from(text, "utf16le").swap16() };
}
