/**
 * The three TPDUs this network speaks: SUBMIT in, DELIVER and STATUS-REPORT out (23.040 §9.2.2).
 *
 * This codec is the simulator's own. It shares nothing with the product's, so that the two cannot agree on the
 * same mistake; and it is strict where the product is lenient: a SUBMIT with an octet too many is refused.
 */
import { decodeAddress, encodeAddress } from "./address.ts";
import { OctetReader, UnreadableTpdu } from "./octets.ts";
import { checkUserData, lengthOctets, type UserData } from "./user-data.ts";

export type Submit = UserData & {
  readonly tpMr: number;
  readonly destination: string;
  readonly tpPid: number;
  readonly statusReport: boolean;
};

/** Octets of TP-VP by TP-VPF: none, enhanced, relative, absolute (23.040 §9.2.3.3). */
const TP_VP_OCTETS = [0, 7, 1, 7] as const;

const NO_MORE_MESSAGES = 0x04;

export function decodeSubmit(tpdu: Uint8Array): Submit {
  const reader = new OctetReader(tpdu);
  const first = reader.octet("the first octet");
  if ((first & 3) !== 1) throw new UnreadableTpdu(`TP-MTI ${first & 3} is not a SUBMIT`);
  const tpMr = reader.octet("TP-MR");
  const destination = decodeAddress(reader, "TP-DA");
  if (destination === "") throw new UnreadableTpdu("TP-DA is empty");
  const tpPid = reader.octet("TP-PID");
  const tpDcs = reader.octet("TP-DCS");
  reader.take(TP_VP_OCTETS[(first >> 3) & 3] as number, "TP-VP");
  const tpUdl = reader.octet("TP-UDL");
  const tpUd = reader.take(lengthOctets(tpDcs, tpUdl), "TP-UD");
  if (reader.left > 0) throw new UnreadableTpdu(`${reader.left} octets follow TP-UD`);
  const data: UserData = { tpDcs, udhi: (first & 0x40) !== 0, tpUdl, tpUd };
  checkUserData(data);
  return { ...data, tpMr, destination, tpPid, statusReport: (first & 0x20) !== 0 };
}

export type Deliver = UserData & {
  readonly originator: string;
  readonly tpPid: number;
  readonly sentAt: Timestamp;
};

export function encodeDeliver(deliver: Deliver): Uint8Array {
  return Uint8Array.of(
    NO_MORE_MESSAGES | (deliver.udhi ? 0x40 : 0),
    ...encodeAddress(deliver.originator),
    deliver.tpPid,
    deliver.tpDcs,
    ...encodeTimestamp(deliver.sentAt),
    deliver.tpUdl,
    ...deliver.tpUd,
  );
}

export type StatusReport = {
  readonly tpMr: number;
  readonly recipient: string;
  readonly sentAt: Timestamp;
  readonly doneAt: Timestamp;
  /** 23.040 §9.2.3.15. */
  readonly tpSt: number;
};

export function encodeStatusReport(report: StatusReport): Uint8Array {
  return Uint8Array.of(
    NO_MORE_MESSAGES | 2,
    report.tpMr,
    ...encodeAddress(report.recipient),
    ...encodeTimestamp(report.sentAt),
    ...encodeTimestamp(report.doneAt),
    report.tpSt,
  );
}

export function isStatusReport(tpdu: Uint8Array): boolean {
  return ((tpdu[0] ?? 0) & 3) === 2;
}

/** TP-MMS: set means nothing more waits at the service centre (23.040 §9.2.3.2). */
export function withMoreMessages(tpdu: Uint8Array, more: boolean): Uint8Array {
  const copy = tpdu.slice();
  if (copy.length > 0) copy[0] = ((copy[0] as number) & ~NO_MORE_MESSAGES) | (more ? 0 : NO_MORE_MESSAGES);
  return copy;
}

export type Timestamp = { readonly epochMs: number; readonly utcOffsetMinutes: number };

/** 23.040 §9.2.3.11: local time in swapped BCD, the zone in quarters of an hour with its sign in bit 3. */
export function encodeTimestamp({ epochMs, utcOffsetMinutes }: Timestamp): Uint8Array {
  const local = new Date(epochMs + utcOffsetMinutes * 60_000);
  const quarters = Math.round(Math.abs(utcOffsetMinutes) / 15);
  const fields = [
    local.getUTCFullYear() % 100,
    local.getUTCMonth() + 1,
    local.getUTCDate(),
    local.getUTCHours(),
    local.getUTCMinutes(),
    local.getUTCSeconds(),
    quarters,
  ].map((value) => ((value % 10) << 4) | Math.floor(value / 10));
  if (utcOffsetMinutes < 0) fields[6] = (fields[6] as number) | 0x08;
  return Uint8Array.from(fields);
}
