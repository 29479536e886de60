/** What every vector must satisfy, whichever folder it comes from. */
import { expect } from "vitest";
import { type Address, addressOf } from "../../src/sms/address.ts";
import { cut } from "../../src/sms/cut.ts";
import { tpDcsOf } from "../../src/sms/dcs.ts";
import { DecodeError } from "../../src/sms/decode-error.ts";
import { encodeDeliver } from "../../src/sms/deliver.ts";
import { pack, septetsOf, textOfSeptets, unpack } from "../../src/sms/gsm7.ts";
import { fromHex, toHex } from "../../src/sms/hex.ts";
import { textOf } from "../../src/sms/join.ts";
import type { Concatenation, UserData } from "../../src/sms/message.ts";
import { encodeStatusReport } from "../../src/sms/status-report.ts";
import { decodeSubmit, encodeSubmit, encodeSubmitTpdu, type TpVp } from "../../src/sms/submit.ts";
import { decodeFromNetwork } from "../../src/sms/tpdu.ts";
import { octetsOfUcs2 } from "../../src/sms/ucs2.ts";
import { concatenationElement, type InformationElement, portsElement } from "../../src/sms/udh.ts";
import { tpVpOf } from "../../src/sms/validity.ts";
import {
  type AddressVector,
  type DeliverVector,
  type MalformedVector,
  type PackingVector,
  type StatusReportVector,
  type SubmitVector,
  vectorFile,
} from "./vector-files.ts";

export function checkDeliver(vector: DeliverVector): void {
  const deliver = decodeFromNetwork(vector.pdu);
  if (deliver.tpMti !== "deliver") throw new Error("decoded as a status report");
  expect(deliver.smsc?.address ?? null).toBe(vector.smsc ?? null);
  expect(deliver.tpOa).toEqual(addressOfVector(vector.sender));
  expect(deliver).toMatchObject({
    tpMms: !vector.moreMessagesToSend,
    tpSri: vector.statusReportIndication,
    tpRp: vector.replyPath,
    tpPid: vector.pid,
    tpDcs: vector.dcs,
    tpScts: vector.scts,
    flaws: [],
  });
  expect(deliver.coding).toMatchObject({
    alphabet: vector.alphabet,
    messageClass: vector.messageClass,
    messageWaiting: vector.messageWaiting,
  });
  expect(deliver.udh.map(({ iei, data }) => ({ iei, data: toHex(data) }))).toEqual(vector.udh ?? []);
  expect(deliver.facts).toEqual({
    concatenation: vector.concat === undefined ? null : concatenationOf(vector.concat),
    destinationPort: vector.ports?.destination ?? null,
    originatorPort: vector.ports?.source ?? null,
    lockingShift: vector.nationalLanguage?.locking ?? 0,
    singleShift: vector.nationalLanguage?.single ?? 0,
  });
  if (vector.text !== undefined) expect(textOf([deliver.userData])).toBe(vector.text);
  if (vector.data !== undefined) expect(octetsOf(deliver.userData)).toBe(vector.data);

  const encoded = encodeDeliver(deliver);
  expect(decodeFromNetwork(encoded.hex)).toEqual(deliver);
  // Captures pad, and set bits that carry nothing; ours are exact.
  if (vector.source === undefined)
    expect(encoded).toEqual({ hex: vector.pdu, tpduLength: vector.tpduLength });
}

export function checkStatusReport(vector: StatusReportVector): void {
  const report = decodeFromNetwork(vector.pdu);
  if (report.tpMti !== "status-report") throw new Error("decoded as an SMS-DELIVER");
  expect(report.smsc?.address ?? null).toBe(vector.smsc ?? null);
  expect(report.tpRa).toEqual(addressOfVector(vector.recipient));
  expect(report).toMatchObject({
    tpMms: (vector.firstOctet & 0x04) !== 0,
    tpSrq: (vector.firstOctet & 0x20) !== 0,
    tpMr: vector.messageReference,
    tpScts: vector.scts,
    tpDt: vector.discharge,
    tpSt: vector.status,
  });
  const encoded = encodeStatusReport(report);
  expect(decodeFromNetwork(encoded.hex)).toEqual(report);
  if (vector.source === undefined)
    expect(encoded).toEqual({ hex: vector.pdu, tpduLength: vector.tpduLength });
}

export function checkSubmit({ params, expected }: SubmitVector): void {
  const { validity } = params;
  const bodies = bodiesOf(params);
  const encoded = bodies.map((userData, index) => {
    const { locking, single } = params.nationalLanguage ?? { locking: 0, single: 0 };
    const udh: InformationElement[] = [];
    if (bodies.length > 1) udh.push(concatenationElement(partOf(params, index, bodies.length)));
    if (params.ports !== undefined) udh.push(portsElement(params.ports.destination, params.ports.source));
    if (single > 0) udh.push({ iei: 0x24, data: Uint8Array.of(single) });
    if (locking > 0) udh.push({ iei: 0x25, data: Uint8Array.of(locking) });
    return encodeSubmitTpdu({
      smsc: params.smsc === undefined ? null : withToa(params.smsc, params.smscToa),
      tpRd: params.rejectDuplicates ?? false,
      tpRp: params.replyPath ?? false,
      tpSrr: params.statusReport ?? false,
      tpMr: params.mr ?? 0,
      tpDa: withToa(params.to, params.toToa),
      tpPid: params.pid ?? 0,
      tpDcs: tpDcsOf(userData.alphabet, params.messageClass ?? null),
      tpVp: validity === undefined ? null : tpVpOfVector(validity),
      udh,
      userData,
    });
  });
  expect(encoded).toEqual(expected.map(({ pdu, cmgsLength }) => ({ hex: pdu, tpduLength: cmgsLength })));

  const decoded = expected.map(({ pdu }) => decodeSubmit(pdu));
  expect(decoded.map((submit) => encodeSubmitTpdu(submit).hex)).toEqual(expected.map(({ pdu }) => pdu));
  expect(decoded[0]!.tpDa.address).toBe(params.to);
  if (params.text !== undefined) {
    expect(textOf(decoded.map(({ userData }) => userData))).toBe(params.text);
  }
}

/** Whether the vector asks for no more than the appliance itself sends. */
export function isPlainSubmit({ params }: SubmitVector): boolean {
  const plain = ["to", "smsc", "text", "encoding", "validity", "statusReport", "concatRef"];
  return (
    Object.keys(params).every((key) => plain.includes(key)) &&
    params.text !== undefined &&
    (params.validity === undefined || params.validity.minutes !== undefined)
  );
}

export function checkPlainSubmit({ params, expected }: SubmitVector): void {
  const { alphabet, parts } = cut(params.text!);
  const encoded = parts.map((text, index) =>
    encodeSubmit(
      {
        from: "+33639980001",
        to: params.to,
        alphabet: params.encoding === "ucs2" ? "ucs2" : alphabet,
        text,
        concatenation: parts.length === 1 ? null : partOf(params, index, parts.length),
        validityMinutes: params.validity?.minutes ?? null,
      },
      { smsc: params.smsc ?? null, statusReport: params.statusReport ?? false },
    ),
  );
  expect(encoded).toEqual(expected.map(({ pdu, cmgsLength }) => ({ hex: pdu, tpduLength: cmgsLength })));
}

export function checkPacking(vector: PackingVector): void {
  const { locking, single } = vector.nationalLanguage ?? { locking: 0, single: 0 };
  const septets =
    vector.septets === undefined
      ? septetsWith(vector.text, locking, single)
      : Uint8Array.from(vector.septets);
  expect(textOfSeptets(septets, locking, single)).toBe(vector.text);
  if (locking === 0 && single === 0) expect(septetsOf(vector.text)).toEqual(septets);
  expect(toHex(pack(septets, vector.fillBits))).toBe(vector.packed);
  expect(unpack(fromHex(vector.packed), septets.length, vector.fillBits)).toEqual(septets);
}

/** Refused with a DecodeError, or flagged as damaged. */
export function checkMalformed({ pdu }: MalformedVector): void {
  try {
    const tpdu = decodeFromNetwork(pdu);
    expect(tpdu).toMatchObject({ tpMti: "deliver", flaws: ["truncated"] });
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
  }
}

/** Septets by the tables of the vector files, not by those of the product. */
export function septetsWith(text: string, locking: number, single: number): Uint8Array {
  const basic = vectorFile("gsm7-default");
  const { languages } = vectorFile("gsm7-national");
  const lockingTable = Object.entries(languages[locking]?.locking ?? basic.basic);
  const singleTable = Object.entries(languages[single]?.single ?? basic.extension);
  const septets: number[] = [];
  for (const character of text) {
    const plain = lockingTable.find(([, value]) => value === character);
    const shifted = singleTable.find(([, value]) => value === character);
    if (plain !== undefined) septets.push(Number.parseInt(plain[0], 16));
    else if (shifted !== undefined) septets.push(0x1b, Number.parseInt(shifted[0], 16));
    else throw new Error(`no table has U+${character.codePointAt(0)!.toString(16)}`);
  }
  return Uint8Array.from(septets);
}

function bodiesOf(params: SubmitVector["params"]): UserData[] {
  if (params.data !== undefined) return [{ alphabet: "8bit", octets: fromHex(params.data) }];
  const text = params.text ?? "";
  if (params.nationalLanguage !== undefined) {
    const { locking, single } = params.nationalLanguage;
    const septets = septetsWith(text, locking, single);
    return [{ alphabet: "gsm7", septets, lockingShift: locking, singleShift: single }];
  }
  const whole = cut(text);
  const parts =
    params.concatRefBits === 16 ? slices(text, whole.alphabet === "gsm7" ? 152 : 66) : whole.parts;
  if (whole.alphabet === "ucs2" || params.encoding === "ucs2") {
    return parts.map((part) => ({ alphabet: "ucs2", octets: octetsOfUcs2(part) }));
  }
  return parts.map((part) => ({
    alphabet: "gsm7",
    septets: septetsOf(part)!,
    lockingShift: 0,
    singleShift: 0,
  }));
}

function slices(text: string, length: number): string[] {
  const parts: string[] = [];
  for (let start = 0; start < text.length; start += length) parts.push(text.slice(start, start + length));
  return parts;
}

function partOf(params: SubmitVector["params"], index: number, total: number): Concatenation {
  const { concatRef, concatRefBits } = params;
  return { reference: concatRef ?? 0, referenceBits: concatRefBits ?? 8, total, sequence: index + 1 };
}

function tpVpOfVector({ minutes, absolute, tpVp }: NonNullable<SubmitVector["params"]["validity"]>): TpVp {
  if (absolute !== undefined) return { format: "absolute", at: absolute };
  return { format: "relative", value: tpVp ?? tpVpOf(minutes!) };
}

function withToa(address: string, toa: number | undefined): Address {
  return toa === undefined ? addressOf(address) : { address, ton: (toa >> 4) & 7, npi: toa & 15 };
}

function addressOfVector({ number, ton, npi }: AddressVector): Address {
  return { address: number, ton, npi };
}

function concatenationOf({ ref, refBits, total, seq }: NonNullable<DeliverVector["concat"]>): Concatenation {
  return { reference: ref, referenceBits: refBits === 16 ? 16 : 8, total, sequence: seq };
}

function octetsOf(userData: UserData): string {
  return userData.alphabet === "gsm7" ? "" : toHex(userData.octets);
}
