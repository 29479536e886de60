/**
 * SMPP 3.4 PDUs in octets, written from the standard and without the package the product uses: sharing it, the two
 * would agree on the same mistake.
 */

export const BIND_RECEIVER = 0x01;
export const BIND_TRANSMITTER = 0x02;
export const SUBMIT_SM = 0x04;
export const DELIVER_SM = 0x05;
export const UNBIND = 0x06;
export const BIND_TRANSCEIVER = 0x09;
export const OUTBIND = 0x0b;
export const ENQUIRE_LINK = 0x15;
export const ALERT_NOTIFICATION = 0x102;
export const DATA_SM = 0x103;
export const GENERIC_NACK = 0x80000000;
export const RESPONSE = 0x80000000;

export type OctetPdu = {
  readonly commandId: number;
  readonly status: number;
  readonly sequenceNumber: number;
  readonly body: Buffer;
};

/** §3.2. */
export function pduOf(
  commandId: number,
  status: number,
  sequenceNumber: number,
  body: Buffer = Buffer.alloc(0),
): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32BE(16 + body.length, 0);
  header.writeUInt32BE(commandId, 4);
  header.writeUInt32BE(status, 8);
  header.writeUInt32BE(sequenceNumber, 12);
  return Buffer.concat([header, body]);
}

/** Takes whole PDUs off the front; `rest` waits for more. */
export function splitPdus(octets: Buffer): { readonly pdus: readonly OctetPdu[]; readonly rest: Buffer } {
  const pdus: OctetPdu[] = [];
  let at = 0;
  while (octets.length - at >= 16 && octets.length - at >= octets.readUInt32BE(at)) {
    const length = octets.readUInt32BE(at);
    pdus.push({
      commandId: octets.readUInt32BE(at + 4),
      status: octets.readUInt32BE(at + 8),
      sequenceNumber: octets.readUInt32BE(at + 12),
      body: octets.subarray(at + 16, at + length),
    });
    at += length;
  }
  return { pdus, rest: octets.subarray(at) };
}

export function cString(text: string): Buffer {
  return Buffer.from(`${text}\0`, "latin1");
}

/** §3.2.4.1. */
export function tlv(tag: number, value: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(tag, 0);
  head.writeUInt16BE(value.length, 2);
  return Buffer.concat([head, value]);
}

export type SmBody = {
  readonly sourceTon: number;
  readonly sourceNpi: number;
  readonly source: string;
  readonly destinationTon: number;
  readonly destinationNpi: number;
  readonly destination: string;
  readonly esmClass: number;
  readonly protocolId: number;
  readonly validityPeriod: string;
  readonly registeredDelivery: number;
  readonly dataCoding: number;
  readonly shortMessage: Buffer;
  readonly tlvs: ReadonlyMap<number, Buffer>;
};

const PLAIN: SmBody = {
  sourceTon: 1,
  sourceNpi: 1,
  source: "33612345678",
  destinationTon: 1,
  destinationNpi: 1,
  destination: "33639980001",
  esmClass: 0,
  protocolId: 0,
  validityPeriod: "",
  registeredDelivery: 0,
  dataCoding: 0,
  shortMessage: Buffer.alloc(0),
  tlvs: new Map(),
};

/** The body of submit_sm (§4.4.1) and deliver_sm (§4.6.1), which have the same fields. */
export function smBody(fields: Partial<SmBody>): Buffer {
  const sm = { ...PLAIN, ...fields };
  return Buffer.concat([
    cString(""),
    Buffer.of(sm.sourceTon, sm.sourceNpi),
    cString(sm.source),
    Buffer.of(sm.destinationTon, sm.destinationNpi),
    cString(sm.destination),
    Buffer.of(sm.esmClass, sm.protocolId, 0),
    cString(""),
    cString(sm.validityPeriod),
    Buffer.of(sm.registeredDelivery, 0, sm.dataCoding, 0, sm.shortMessage.length),
    sm.shortMessage,
    ...[...sm.tlvs].map(([tag, value]) => tlv(tag, value)),
  ]);
}

/** The body of data_sm, §4.7.1: no short_message, the text is in a TLV. */
export function dataSmBody(fields: Partial<SmBody>): Buffer {
  const sm = { ...PLAIN, ...fields };
  return Buffer.concat([
    cString(""),
    Buffer.of(sm.sourceTon, sm.sourceNpi),
    cString(sm.source),
    Buffer.of(sm.destinationTon, sm.destinationNpi),
    cString(sm.destination),
    Buffer.of(sm.esmClass, sm.registeredDelivery, sm.dataCoding),
    ...[...sm.tlvs].map(([tag, value]) => tlv(tag, value)),
  ]);
}

export function readSmBody(body: Buffer): SmBody {
  let at = 0;
  const octet = () => body.readUInt8(at++);
  const text = () => {
    const end = body.indexOf(0, at);
    const value = body.toString("latin1", at, end);
    at = end + 1;
    return value;
  };
  text();
  const [sourceTon, sourceNpi, source] = [octet(), octet(), text()];
  const [destinationTon, destinationNpi, destination] = [octet(), octet(), text()];
  const [esmClass, protocolId] = [octet(), octet()];
  octet();
  text();
  const validityPeriod = text();
  const registeredDelivery = octet();
  octet();
  const dataCoding = octet();
  octet();
  const length = octet();
  const shortMessage = body.subarray(at, at + length);
  at += length;
  const tlvs = new Map<number, Buffer>();
  while (at < body.length) {
    const valueLength = body.readUInt16BE(at + 2);
    tlvs.set(body.readUInt16BE(at), body.subarray(at + 4, at + 4 + valueLength));
    at += 4 + valueLength;
  }
  return {
    sourceTon,
    sourceNpi,
    source,
    destinationTon,
    destinationNpi,
    destination,
    esmClass,
    protocolId,
    validityPeriod,
    registeredDelivery,
    dataCoding,
    shortMessage,
    tlvs,
  };
}
