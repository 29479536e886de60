/** SMS-DELIVER (23.040 §9.2.2.1): a text on its way to us. */
import { type Address, readAddress, readSmsc, writeAddress, writeSmsc } from "./address.ts";
import { type DataCoding, dataCodingOf } from "./dcs.ts";
import { DecodeError } from "./decode-error.ts";
import { fromHex, toHex } from "./hex.ts";
import { OctetReader } from "./octet-reader.ts";
import type { EncodedTpdu } from "./submit.ts";
import { decodeTimestamp, encodeTimestamp, TIMESTAMP_OCTETS } from "./timestamp.ts";
import type { HeaderFacts } from "./udh.ts";
import { type Flaw, readUserData, type TpUserData, writeUserData } from "./user-data.ts";

export type DeliverFields = TpUserData & {
  readonly smsc: Address | null;
  /** As on the wire: true when **no** more messages wait at the service centre. */
  readonly tpMms: boolean;
  readonly tpLp: boolean;
  readonly tpSri: boolean;
  readonly tpRp: boolean;
  readonly tpOa: Address;
  readonly tpPid: number;
  readonly tpDcs: number;
  /** ISO 8601 with the network's own zone; null when unreadable. */
  readonly tpScts: string | null;
};

export type Deliver = DeliverFields & {
  readonly tpMti: "deliver";
  /** What `tpDcs` says: alphabet, class, message waiting. */
  readonly coding: DataCoding;
  /** What `udh` says: concatenation, ports, national tables. */
  readonly facts: HeaderFacts;
  readonly flaws: readonly Flaw[];
};

const MTI_DELIVER = 0;
/** Reserved, and to be read as a DELIVER (23.040 §9.2.3.1). */
const MTI_RESERVED = 3;

export function decodeDeliver(hex: string): Deliver {
  const reader = new OctetReader(fromHex(hex));
  const smsc = readSmsc(reader);
  return readDeliver(reader, smsc);
}

/** Reads on from the first octet of the TPDU. */
export function readDeliver(reader: OctetReader, smsc: Address | null): Deliver {
  const at = reader.offset;
  const first = reader.octet("TP-MTI");
  const mti = first & 3;
  if (mti !== MTI_DELIVER && mti !== MTI_RESERVED)
    throw new DecodeError("TP-MTI", at, "is not an SMS-DELIVER");
  const tpOa = readAddress(reader, "TP-OA");
  const tpPid = reader.octet("TP-PID");
  const tpDcs = reader.octet("TP-DCS");
  const tpScts = decodeTimestamp(reader.take(TIMESTAMP_OCTETS, "TP-SCTS"));
  const coding = dataCodingOf(tpDcs);
  return {
    tpMti: "deliver",
    smsc,
    tpMms: (first & 0x04) !== 0,
    tpLp: (first & 0x08) !== 0,
    tpSri: (first & 0x20) !== 0,
    tpRp: (first & 0x80) !== 0,
    tpOa,
    tpPid,
    tpDcs,
    tpScts,
    coding,
    ...readUserData(reader, coding, (first & 0x40) !== 0),
  };
}

export function encodeDeliver(fields: DeliverFields): EncodedTpdu {
  const octets: number[] = [];
  writeSmsc(octets, fields.smsc);
  const tpduAt = octets.length;
  octets.push(
    MTI_DELIVER |
      (fields.tpMms ? 0x04 : 0) |
      (fields.tpLp ? 0x08 : 0) |
      (fields.tpSri ? 0x20 : 0) |
      (fields.udh.length > 0 ? 0x40 : 0) |
      (fields.tpRp ? 0x80 : 0),
  );
  writeAddress(octets, fields.tpOa, "TP-OA");
  octets.push(fields.tpPid, fields.tpDcs, ...encodeTimestamp(fields.tpScts));
  writeUserData(octets, dataCodingOf(fields.tpDcs), fields);
  return { hex: toHex(octets), tpduLength: octets.length - tpduAt };
}
