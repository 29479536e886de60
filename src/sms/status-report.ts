/**
 * SMS-STATUS-REPORT (23.040 §9.2.2.3): what became of a text we sent. Its tail, from TP-PI on, is optional, and modems
 * pad it with FF or stray octets: it is read when it makes sense and dropped when not, but the report is never.
 */
import { type Address, readAddress, readSmsc, writeAddress, writeSmsc } from "./address.ts";
import { dataCodingOf } from "./dcs.ts";
import { DecodeError } from "./decode-error.ts";
import { fromHex, toHex } from "./hex.ts";
import type { UserData } from "./message.ts";
import { OctetReader } from "./octet-reader.ts";
import type { EncodedTpdu } from "./submit.ts";
import { decodeTimestamp, encodeTimestamp, TIMESTAMP_OCTETS } from "./timestamp.ts";
import type { InformationElement } from "./udh.ts";
import { readUserData, writeUserData } from "./user-data.ts";

export type StatusReportFields = {
  readonly smsc: Address | null;
  /** As on the wire: true when **no** more messages wait at the service centre. */
  readonly tpMms: boolean;
  readonly tpLp: boolean;
  /** True when it answers an SMS-COMMAND, not an SMS-SUBMIT. */
  readonly tpSrq: boolean;
  readonly tpMr: number;
  readonly tpRa: Address;
  readonly tpScts: string | null;
  /** Discharge time. */
  readonly tpDt: string | null;
  /** See `tp-status.ts`. */
  readonly tpSt: number;
  readonly tpPid: number | null;
  readonly tpDcs: number | null;
  readonly udh: readonly InformationElement[];
  readonly userData: UserData | null;
};

export type StatusReport = StatusReportFields & { readonly tpMti: "status-report" };

type Tail = Pick<StatusReportFields, "tpPid" | "tpDcs" | "udh" | "userData">;

const MTI_STATUS_REPORT = 2;

/** TP-PI (23.040 §9.2.3.27). */
const HAS_PID = 0x01;
const HAS_DCS = 0x02;
const HAS_UDL = 0x04;

const NO_TAIL: Tail = { tpPid: null, tpDcs: null, udh: [], userData: null };

export function decodeStatusReport(hex: string): StatusReport {
  const reader = new OctetReader(fromHex(hex));
  const smsc = readSmsc(reader);
  return readStatusReport(reader, smsc);
}

/** Reads on from the first octet of the TPDU. */
export function readStatusReport(reader: OctetReader, smsc: Address | null): StatusReport {
  const at = reader.offset;
  const first = reader.octet("TP-MTI");
  if ((first & 3) !== MTI_STATUS_REPORT) throw new DecodeError("TP-MTI", at, "is not an SMS-STATUS-REPORT");
  return {
    tpMti: "status-report",
    smsc,
    tpMms: (first & 0x04) !== 0,
    tpLp: (first & 0x08) !== 0,
    tpSrq: (first & 0x20) !== 0,
    tpMr: reader.octet("TP-MR"),
    tpRa: readAddress(reader, "TP-RA"),
    tpScts: decodeTimestamp(reader.take(TIMESTAMP_OCTETS, "TP-SCTS")),
    tpDt: decodeTimestamp(reader.take(TIMESTAMP_OCTETS, "TP-DT")),
    tpSt: reader.octet("TP-ST"),
    ...readTail(reader, (first & 0x40) !== 0),
  };
}

export function encodeStatusReport(fields: StatusReportFields): EncodedTpdu {
  const octets: number[] = [];
  writeSmsc(octets, fields.smsc);
  const tpduAt = octets.length;
  octets.push(
    MTI_STATUS_REPORT |
      (fields.tpMms ? 0x04 : 0) |
      (fields.tpLp ? 0x08 : 0) |
      (fields.tpSrq ? 0x20 : 0) |
      (fields.udh.length > 0 ? 0x40 : 0),
    fields.tpMr & 0xff,
  );
  writeAddress(octets, fields.tpRa, "TP-RA");
  octets.push(...encodeTimestamp(fields.tpScts), ...encodeTimestamp(fields.tpDt), fields.tpSt);
  writeTail(octets, fields);
  return { hex: toHex(octets), tpduLength: octets.length - tpduAt };
}

function readTail(reader: OctetReader, hasHeader: boolean): Tail {
  if (reader.remaining === 0) return NO_TAIL;
  const tpPi = reader.octet("TP-PI");
  if ((tpPi & ~(HAS_PID | HAS_DCS | HAS_UDL)) !== 0) return NO_TAIL;
  try {
    const tpPid = (tpPi & HAS_PID) !== 0 ? reader.octet("TP-PID") : null;
    const tpDcs = (tpPi & HAS_DCS) !== 0 ? reader.octet("TP-DCS") : null;
    if ((tpPi & HAS_UDL) === 0) return { ...NO_TAIL, tpPid, tpDcs };
    const { udh, userData, flaws } = readUserData(reader, dataCodingOf(tpDcs ?? 0), hasHeader);
    return flaws.includes("truncated") ? NO_TAIL : { tpPid, tpDcs, udh, userData };
  } catch (error) {
    if (error instanceof DecodeError) return NO_TAIL;
    throw error;
  }
}

function writeTail(to: number[], { tpPid, tpDcs, udh, userData }: StatusReportFields): void {
  const tpPi =
    (tpPid === null ? 0 : HAS_PID) | (tpDcs === null ? 0 : HAS_DCS) | (userData === null ? 0 : HAS_UDL);
  if (tpPi === 0) return;
  to.push(tpPi);
  if (tpPid !== null) to.push(tpPid);
  if (tpDcs !== null) to.push(tpDcs);
  if (userData !== null) writeUserData(to, dataCodingOf(tpDcs ?? 0), { udh, userData });
}
