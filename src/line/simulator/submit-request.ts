/** A submit_sm or data_sm as the SMSC looks at it (SMPP 3.4 §4.4.1, §4.7.1), out of the fields of its PDU. */
import type { ShortMessage } from "./codec/short-message.ts";
import type { SmppAddress } from "./codec/smpp-address.ts";

export type SubmitRequest = {
  readonly source: SmppAddress;
  readonly destination: SmppAddress;
  readonly message: ShortMessage;
  readonly protocolId: number;
  readonly registeredDelivery: number;
  readonly validityPeriod: string;
  readonly scheduleDeliveryTime: string;
};

/** By their names in the standard; what is absent has its neutral value. */
type Fields = { readonly [field: string]: unknown };

export function submitRequestOf(pdu: Fields): SubmitRequest {
  const payload = pdu["message_payload"];
  const short = pdu["short_message"];
  const octets = Buffer.isBuffer(payload) ? payload : Buffer.isBuffer(short) ? short : Buffer.alloc(0);
  const total = numberIn(pdu, "sar_total_segments");
  const sar = {
    reference: numberIn(pdu, "sar_msg_ref_num"),
    total,
    sequence: numberIn(pdu, "sar_segment_seqnum"),
  };
  return {
    source: addressIn(pdu, "source_addr", "source_addr"),
    destination: addressIn(pdu, "dest_addr", "destination_addr"),
    message: {
      esmClass: numberIn(pdu, "esm_class"),
      dataCoding: numberIn(pdu, "data_coding"),
      octets,
      sar: total > 1 ? sar : null,
    },
    protocolId: numberIn(pdu, "protocol_id"),
    registeredDelivery: numberIn(pdu, "registered_delivery"),
    validityPeriod: textIn(pdu, "validity_period"),
    scheduleDeliveryTime: textIn(pdu, "schedule_delivery_time"),
  };
}

function addressIn(pdu: Fields, prefix: string, field: string): SmppAddress {
  return {
    ton: numberIn(pdu, `${prefix}_ton`),
    npi: numberIn(pdu, `${prefix}_npi`),
    address: textIn(pdu, field),
  };
}

export function numberIn(pdu: Fields, field: string): number {
  const value = pdu[field];
  return typeof value === "number" ? value : 0;
}

export function textIn(pdu: Fields, field: string): string {
  const value = pdu[field];
  return typeof value === "string" ? value : "";
}
