/**
 * TP-UDL and TP-UD (23.040 §9.2.3.16, §9.2.3.24), the same in every kind of TPDU. TP-UDL counts septets for GSM 7-bit
 * text, those under the header included, and octets otherwise.
 *
 * A damaged body is read as far as it goes and the flaw named: half a text is worth more to its reader than none.
 * Only a header longer than the octets that are there is refused, since nothing says where the text begins.
 */
import type { DataCoding } from "./dcs.ts";
import { DecodeError } from "./decode-error.ts";
import { fillBitsAfter, pack, unpack } from "./gsm7.ts";
import type { UserData } from "./message.ts";
import type { OctetReader } from "./octet-reader.ts";
import {
  elementsOf,
  type HeaderFacts,
  headerFactsOf,
  type InformationElement,
  octetsOfHeader,
} from "./udh.ts";

/** `truncated`: TP-UDL promises more. `bad-header`: its elements do not add up, all ignored. `compressed`: 23.042. */
export type Flaw = "truncated" | "bad-header" | "compressed";

export type TpUserData = {
  readonly udh: readonly InformationElement[];
  readonly userData: UserData;
};

export type DecodedUserData = TpUserData & { readonly facts: HeaderFacts; readonly flaws: readonly Flaw[] };

const MAX_USER_DATA_OCTETS = 140;

export function readUserData(reader: OctetReader, coding: DataCoding, hasHeader: boolean): DecodedUserData {
  const tpUdl = reader.octet("TP-UDL");
  const inSeptets = coding.alphabet === "gsm7";
  const promised = inSeptets ? Math.ceil((tpUdl * 7) / 8) : tpUdl;
  const startsAt = reader.offset;
  const octets = reader.takeAtMost(promised);

  const flaws: Flaw[] = [];
  if (octets.length < promised) flaws.push("truncated");
  if (coding.compressed) flaws.push("compressed");

  let headerOctets = 0;
  let udh: readonly InformationElement[] = [];
  if (hasHeader) {
    const udhl = octets[0];
    if (udhl === undefined || udhl + 1 > octets.length) {
      throw new DecodeError(
        "TP-UD.UDHL",
        startsAt,
        `the header is longer than the ${octets.length} octets there are`,
      );
    }
    headerOctets = udhl + 1;
    const elements = elementsOf(octets.subarray(1, headerOctets));
    if (elements === null) flaws.push("bad-header");
    else udh = elements;
  }

  const facts = headerFactsOf(udh);
  const body = octets.subarray(headerOctets);
  if (!inSeptets) {
    return {
      udh,
      userData: { alphabet: coding.alphabet === "ucs2" ? "ucs2" : "8bit", octets: body },
      facts,
      flaws,
    };
  }
  const fillBits = fillBitsAfter(headerOctets);
  const headerSeptets = (headerOctets * 8 + fillBits) / 7;
  const septets = unpack(body, tpUdl - headerSeptets, fillBits);
  const { lockingShift, singleShift } = facts;
  return { udh, userData: { alphabet: "gsm7", septets, lockingShift, singleShift }, facts, flaws };
}

/** Throws a RangeError when the alphabet is not the one TP-DCS names, or the whole exceeds 140 octets. */
export function writeUserData(to: number[], coding: DataCoding, { udh, userData }: TpUserData): void {
  if (userData.alphabet !== coding.alphabet) {
    throw new RangeError(`TP-UD is ${userData.alphabet}, TP-DCS says ${coding.alphabet}`);
  }
  const header = octetsOfHeader(udh);
  const fillBits = fillBitsAfter(header.length);
  const body = userData.alphabet === "gsm7" ? pack(userData.septets, fillBits) : userData.octets;
  if (header.length + body.length > MAX_USER_DATA_OCTETS) {
    throw new RangeError(`TP-UD has ${header.length + body.length} octets, ${MAX_USER_DATA_OCTETS} fit`);
  }
  to.push(
    userData.alphabet === "gsm7"
      ? (header.length * 8 + fillBits) / 7 + userData.septets.length
      : header.length + body.length,
    ...header,
    ...body,
  );
}
