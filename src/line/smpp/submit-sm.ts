/** A Segment as the fields of a `submit_sm`, SMPP 3.4 §4.4. It is never cut again: what is too long for short_message
 * travels in `message_payload`. */
import type { Concatenation, Segment } from "../../sms/message.ts";
import { concatenationElement, octetsOfHeader } from "../../sms/udh.ts";
import { wireAddressOf } from "./address-kind.ts";
import type { Fields } from "./session.ts";
import type { SmppLineOptions } from "./smpp-line-options.ts";
import { textOctetsOf } from "./text-octets.ts";

export type SubmitOptions = Pick<
  SmppLineOptions,
  | "alphabet"
  | "smscAlphabet"
  | "dataCoding"
  | "longMessages"
  | "source"
  | "destination"
  | "registeredDelivery"
>;

/** §5.2.12: a user data header comes first. */
const UDH_INDICATOR = 0x40;
/** §4.4.1: `sm_length` is an octet, and 255 is not allowed. */
const MAX_SHORT_MESSAGE = 254;
const EMPTY = Buffer.alloc(0);

export function submitSmOf(segment: Segment, options: SubmitOptions): Fields {
  const { concatenation, validityMinutes } = segment;
  const { longMessages } = options;
  const source = wireAddressOf(segment.from, options.source);
  const destination = wireAddressOf(segment.to, options.destination);
  const text = textOctetsOf(segment, options);
  const hasHeader = concatenation !== null && longMessages === "udh";
  const body = hasHeader
    ? Buffer.concat([octetsOfHeader([concatenationElement(concatenation)]), text.octets])
    : bufferOf(text.octets);
  const inPayload = body.length > MAX_SHORT_MESSAGE || (concatenation !== null && longMessages === "payload");
  return {
    source_addr_ton: source.ton,
    source_addr_npi: source.npi,
    source_addr: Buffer.from(source.digits, "latin1"),
    dest_addr_ton: destination.ton,
    dest_addr_npi: destination.npi,
    destination_addr: destination.digits,
    esm_class: hasHeader ? UDH_INDICATOR : 0,
    validity_period: validityMinutes === null ? "" : relativeTime(validityMinutes),
    registered_delivery: options.registeredDelivery ? 1 : 0,
    data_coding: text.dataCoding,
    short_message: inPayload ? EMPTY : body,
    ...(concatenation !== null && !hasHeader ? sarOf(concatenation) : null),
    ...(inPayload ? { message_payload: body } : null),
  };
}

/** §7.1.1.2: `YYMMDDhhmmss000R`, from when the SMSC takes it. */
export function relativeTime(minutes: number): string {
  const days = Math.floor(minutes / 1440);
  const years = Math.floor(days / 365);
  const months = Math.floor((days % 365) / 30);
  const fields = [years, months, (days % 365) % 30, Math.floor((minutes % 1440) / 60), minutes % 60, 0];
  return `${fields.map((field) => String(field).padStart(2, "0")).join("")}000R`;
}

/** §5.3.2.22 to §5.3.2.24. */
function sarOf({ reference, total, sequence }: Concatenation): Fields {
  return { sar_msg_ref_num: reference, sar_total_segments: total, sar_segment_seqnum: sequence };
}

function bufferOf(octets: Uint8Array): Buffer {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length);
}
