/**
 * SMS-SUBMIT (23.040 §9.2.2.2): what a modem is given after `AT+CMGS`. `encodeSubmit` says what the appliance sends;
 * `encodeSubmitTpdu` takes every field by its name.
 */
import {
  type Address,
  addressOf,
  readAddress,
  readSmsc,
  TON_ALPHANUMERIC,
  writeAddress,
  writeSmsc,
} from "./address.ts";
import { dataCodingOf, tpDcsOf } from "./dcs.ts";
import { DecodeError } from "./decode-error.ts";
import { septetsOf } from "./gsm7.ts";
import { fromHex, toHex } from "./hex.ts";
import type { Segment, UserData } from "./message.ts";
import { OctetReader } from "./octet-reader.ts";
import { decodeTimestamp, encodeTimestamp, TIMESTAMP_OCTETS } from "./timestamp.ts";
import { octetsOfUcs2 } from "./ucs2.ts";
import { concatenationElement, type HeaderFacts } from "./udh.ts";
import { type Flaw, readUserData, type TpUserData, writeUserData } from "./user-data.ts";
import { tpVpOf } from "./validity.ts";

/** 23.040 §9.2.3.12. */
export type TpVp =
  | { readonly format: "relative"; readonly value: number }
  | { readonly format: "absolute"; readonly at: string | null }
  | { readonly format: "enhanced"; readonly octets: Uint8Array };

export type SubmitFields = TpUserData & {
  readonly smsc: Address | null;
  /** The service centre is to refuse a duplicate. */
  readonly tpRd: boolean;
  readonly tpRp: boolean;
  /** A status report is asked for. */
  readonly tpSrr: boolean;
  readonly tpMr: number;
  readonly tpDa: Address;
  readonly tpPid: number;
  readonly tpDcs: number;
  readonly tpVp: TpVp | null;
};

export type Submit = SubmitFields & {
  readonly tpMti: "submit";
  readonly facts: HeaderFacts;
  readonly flaws: readonly Flaw[];
};

/** `tpduLength` is what `AT+CMGS=` takes: octets without the SMSC field (27.005 §3.5.1). */
export type EncodedTpdu = { readonly hex: string; readonly tpduLength: number };

const MTI_SUBMIT = 1;
const RELATIVE = 2;
const ABSOLUTE = 3;
const ENHANCED = 1;

/** Throws a RangeError for a Segment nobody can send: an alphanumeric `to`, a text that does not fit. */
export function encodeSubmit(
  segment: Segment,
  options: { readonly smsc: string | null; readonly statusReport: boolean },
): EncodedTpdu {
  const tpDa = addressOf(segment.to);
  if (tpDa.ton === TON_ALPHANUMERIC || tpDa.address === "") throw new RangeError("TP-DA: is not a number");
  return encodeSubmitTpdu({
    smsc: options.smsc === null ? null : addressOf(options.smsc),
    // The modem takes a new TP-MR at each attempt, so the service centre could not recognise a duplicate.
    tpRd: false,
    tpRp: false,
    tpSrr: options.statusReport,
    tpMr: 0,
    tpDa,
    tpPid: 0,
    tpDcs: tpDcsOf(segment.alphabet, null),
    tpVp:
      segment.validityMinutes === null
        ? null
        : { format: "relative", value: tpVpOf(segment.validityMinutes) },
    udh: segment.concatenation === null ? [] : [concatenationElement(segment.concatenation)],
    userData: userDataOf(segment),
  });
}

export function encodeSubmitTpdu(fields: SubmitFields): EncodedTpdu {
  const octets: number[] = [];
  writeSmsc(octets, fields.smsc);
  const tpduAt = octets.length;
  octets.push(
    MTI_SUBMIT |
      (fields.tpRd ? 0x04 : 0) |
      (formatOf(fields.tpVp) << 3) |
      (fields.tpSrr ? 0x20 : 0) |
      (fields.udh.length > 0 ? 0x40 : 0) |
      (fields.tpRp ? 0x80 : 0),
    fields.tpMr & 0xff,
  );
  writeAddress(octets, fields.tpDa, "TP-DA");
  octets.push(fields.tpPid, fields.tpDcs, ...octetsOfTpVp(fields.tpVp));
  writeUserData(octets, dataCodingOf(fields.tpDcs), fields);
  return { hex: toHex(octets), tpduLength: octets.length - tpduAt };
}

/** A stored SUBMIT, as a modem lists it with `<stat>` 2 or 3. */
export function decodeSubmit(hex: string): Submit {
  const reader = new OctetReader(fromHex(hex));
  const smsc = readSmsc(reader);
  const at = reader.offset;
  const first = reader.octet("TP-MTI");
  if ((first & 3) !== MTI_SUBMIT) throw new DecodeError("TP-MTI", at, "is not an SMS-SUBMIT");
  const tpMr = reader.octet("TP-MR");
  const tpDa = readAddress(reader, "TP-DA");
  const tpPid = reader.octet("TP-PID");
  const tpDcs = reader.octet("TP-DCS");
  const tpVp = readTpVp(reader, (first >> 3) & 3);
  return {
    tpMti: "submit",
    smsc,
    tpRd: (first & 0x04) !== 0,
    tpSrr: (first & 0x20) !== 0,
    tpRp: (first & 0x80) !== 0,
    tpMr,
    tpDa,
    tpPid,
    tpDcs,
    tpVp,
    ...readUserData(reader, dataCodingOf(tpDcs), (first & 0x40) !== 0),
  };
}

function userDataOf(segment: Segment): UserData {
  if (segment.alphabet === "ucs2") return { alphabet: "ucs2", octets: octetsOfUcs2(segment.text) };
  const septets = septetsOf(segment.text);
  if (septets === null) throw new RangeError("TP-UD: a character is not in the GSM alphabet");
  return { alphabet: "gsm7", septets, lockingShift: 0, singleShift: 0 };
}

function formatOf(tpVp: TpVp | null): number {
  if (tpVp === null) return 0;
  return tpVp.format === "relative" ? RELATIVE : tpVp.format === "absolute" ? ABSOLUTE : ENHANCED;
}

function octetsOfTpVp(tpVp: TpVp | null): ArrayLike<number> & Iterable<number> {
  if (tpVp === null) return [];
  switch (tpVp.format) {
    case "relative":
      return [tpVp.value];
    case "absolute":
      return encodeTimestamp(tpVp.at);
    case "enhanced":
      return tpVp.octets;
  }
}

function readTpVp(reader: OctetReader, format: number): TpVp | null {
  if (format === RELATIVE) return { format: "relative", value: reader.octet("TP-VP") };
  if (format === ABSOLUTE)
    return { format: "absolute", at: decodeTimestamp(reader.take(TIMESTAMP_OCTETS, "TP-VP")) };
  if (format === ENHANCED) return { format: "enhanced", octets: reader.take(TIMESTAMP_OCTETS, "TP-VP") };
  return null;
}
