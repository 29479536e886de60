/** What an SMSC hands over, as the rest of the appliance knows it: an InboundSegment, a Report, or octets to keep. */

import { TON_ALPHANUMERIC } from "../../sms/address.ts";
import { toHex } from "../../sms/hex.ts";
import type { Concatenation, InboundSegment, Report } from "../../sms/message.ts";
import { messageWaitingOf } from "../../sms/message-waiting.ts";
import { textOfUcs2 } from "../../sms/ucs2.ts";
import {
  elementsOf,
  type HeaderFacts,
  headerFactsOf,
  type InformationElement,
  NO_HEADER_FACTS,
} from "../../sms/udh.ts";
import { addressFromWire } from "./address-kind.ts";
import { HEADER_OCTETS } from "./header.ts";
import { messageStateOf, stateOf } from "./message-state.ts";
import { isoOfReceiptDate, parseReceiptText, type ReceiptText } from "./receipt-text.ts";
import type { Fields, Received } from "./session.ts";
import { codingOf, type SmscAlphabet, userDataOf } from "./user-data.ts";

export type FromSmsc =
  | { readonly is: "inbound"; readonly segment: Omit<InboundSegment, "fingerprint"> }
  /** `reference` is still the id as the receipt writes it, and `submitDate` ISO 8601 without a zone. */
  | { readonly is: "report"; readonly report: Report; readonly submitDate: string | null }
  | { readonly is: "undecodable"; readonly raw: string; readonly why: string };

/** SMPP 3.4 §5.2.12: bits 5 to 2 say what kind of message it is; 0 is an ordinary one. */
const MESSAGE_TYPE = 0x3c;
const DELIVERY_RECEIPT = 0x04;
const INTERMEDIATE_NOTIFICATION = 0x20;
const UDH_INDICATOR = 0x40;

export function fromSmsc({ command, fields, octets }: Received, smscAlphabet: SmscAlphabet): FromSmsc {
  const undecodable = (why: string): FromSmsc => ({ is: "undecodable", raw: toHex(octets), why });
  if (fields === null) return undecodable(`${command}: the fields cannot be read`);
  if (typeof fields["source_addr"] !== "string" || typeof fields["destination_addr"] !== "string") {
    return undecodable(`${command} ends before its addresses`);
  }
  const body = bodyOf(fields);
  const messageType = numberOf(fields, "esm_class") & MESSAGE_TYPE;
  const raw = toHex(octets);
  const source = sourceOf(fields, octets);
  if (messageType !== 0 || hasAll(fields, "receipted_message_id", "message_state")) {
    const text = body === null ? null : parseReceiptText(receiptTextIn(fields, body));
    const report = reportOf(fields, text, source, raw);
    if (report !== null)
      return { is: "report", report, submitDate: isoOfReceiptDate(text?.submitDate ?? null) };
    if (messageType === DELIVERY_RECEIPT || messageType === INTERMEDIATE_NOTIFICATION) {
      return undecodable(`${command}: a receipt that does not say which message or which state`);
    }
  }
  if (body === null) return undecodable(`${command} has neither short_message nor message_payload`);
  const header = headerOf(fields, body);
  if (header === null) return undecodable(`${command}: the user data header is longer than the message`);
  return { is: "inbound", segment: segmentOf(fields, header, smscAlphabet, source, raw) };
}

type Header = {
  readonly udh: readonly InformationElement[];
  readonly facts: HeaderFacts;
  readonly text: Uint8Array;
};

/** As in `sms/user-data.ts`: elements that do not add up are ignored, and the text is not. */
function headerOf(fields: Fields, body: Uint8Array): Header | null {
  if ((numberOf(fields, "esm_class") & UDH_INDICATOR) === 0) {
    return { udh: [], facts: NO_HEADER_FACTS, text: body };
  }
  const headerOctets = (body[0] ?? 0) + 1;
  if (headerOctets > body.length) return null;
  const udh = elementsOf(body.subarray(1, headerOctets)) ?? [];
  return { udh, facts: headerFactsOf(udh), text: body.subarray(headerOctets) };
}

function segmentOf(
  fields: Fields,
  { udh, facts, text }: Header,
  smscAlphabet: SmscAlphabet,
  from: string,
  raw: string,
): Omit<InboundSegment, "fingerprint"> {
  const dataCoding = numberOf(fields, "data_coding");
  const coding = codingOf(dataCoding);
  return {
    from,
    to: addressIn(fields, "destination_addr", "dest_addr_ton"),
    userData: userDataOf(dataCoding, text, smscAlphabet, facts),
    concatenation: facts.concatenation ?? sarOf(fields),
    tpScts: null,
    tpPid: numberOf(fields, "protocol_id"),
    tpDcs: dataCoding,
    messageClass: coding.messageClass,
    destinationPort:
      facts.destinationPort ?? (typeof fields["dest_port"] === "number" ? fields["dest_port"] : null),
    waiting: messageWaitingOf(udh, coding.messageWaiting),
    raw,
  };
}

/** §5.3.2.22 to §5.3.2.24; one that contradicts itself is as good as none. */
function sarOf(fields: Fields): Concatenation | null {
  const reference = fields["sar_msg_ref_num"];
  const total = numberOf(fields, "sar_total_segments");
  const sequence = numberOf(fields, "sar_segment_seqnum");
  if (typeof reference !== "number" || total === 0 || sequence === 0 || sequence > total) return null;
  return { reference, referenceBits: 16, total, sequence };
}

/** A receipt for a UCS-2 text may be in UCS-2 itself, or only say so. */
function receiptTextIn(fields: Fields, body: Buffer): string {
  const text = headerOf(fields, body)?.text ?? body;
  const isUcs2 = numberOf(fields, "data_coding") === 0x08 && text[0] === 0;
  return isUcs2 ? textOfUcs2(text) : Buffer.from(text).toString("latin1");
}

/** From the TLVs, else from the text; null when it is no receipt. */
function reportOf(fields: Fields, text: ReceiptText | null, recipient: string, raw: string): Report | null {
  const id = stringOf(fields, "receipted_message_id") ?? text?.id ?? null;
  const inTlv = fields["message_state"];
  const messageState = typeof inTlv === "number" ? inTlv : messageStateIn(text);
  if (id === null || messageState === null) return null;
  return {
    reference: id,
    recipient,
    state: stateOf(messageState),
    status: messageState,
    errorCode: errorCodeOf(fields, text),
    tpScts: null,
    doneAt: isoOfReceiptDate(text?.doneDate ?? null),
    raw,
  };
}

function messageStateIn(text: ReceiptText | null): number | null {
  return text === null || text.stat === null ? null : messageStateOf(text.stat);
}

/** network_error_code (§5.3.2.31): a network type, then two octets; in the text, digits. */
function errorCodeOf(fields: Fields, text: ReceiptText | null): number | null {
  const tlv = fields["network_error_code"];
  if (Buffer.isBuffer(tlv) && tlv.length >= 3) return tlv.readUInt16BE(1);
  return text?.err !== null && text?.err !== undefined && /^\d+$/.test(text.err) ? Number(text.err) : null;
}

/** short_message, or message_payload where that is empty (§5.3.2.32); null when there is neither. */
function bodyOf(fields: Fields): Buffer | null {
  const short = fields["short_message"];
  const payload = fields["message_payload"];
  if (Buffer.isBuffer(short) && (short.length > 0 || !Buffer.isBuffer(payload))) return short;
  return Buffer.isBuffer(payload) ? payload : null;
}

/** A name may have letters beyond ASCII, which the codec would change: it is read once more, as Latin-1. */
function sourceOf(fields: Fields, octets: Buffer): string {
  if (numberOf(fields, "source_addr_ton") !== TON_ALPHANUMERIC) {
    return addressIn(fields, "source_addr", "source_addr_ton");
  }
  // After service_type and its NUL, source_addr_ton and source_addr_npi (§4.6.1, §4.7.1).
  const start = octets.indexOf(0, HEADER_OCTETS) + 3;
  return octets.toString("latin1", start, octets.indexOf(0, start));
}

function addressIn(fields: Fields, address: string, ton: string): string {
  return addressFromWire(stringOf(fields, address) ?? "", numberOf(fields, ton));
}

function numberOf(fields: Fields, name: string): number {
  const value = fields[name];
  return typeof value === "number" ? value : 0;
}

function stringOf(fields: Fields, name: string): string | null {
  const value = fields[name];
  return typeof value === "string" && value !== "" ? value : null;
}

function hasAll(fields: Fields, ...names: readonly string[]): boolean {
  return names.every((name) => fields[name] !== undefined);
}
