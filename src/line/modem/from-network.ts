/** What a modem hands over, as the rest of the appliance knows it: an InboundSegment, a Report, or bytes to keep. */

import { DecodeError } from "../../sms/decode-error.ts";
import type { Deliver } from "../../sms/deliver.ts";
import { fromHex } from "../../sms/hex.ts";
import type { InboundSegment, Report } from "../../sms/message.ts";
import { messageWaitingOf } from "../../sms/message-waiting.ts";
import type { StatusReport } from "../../sms/status-report.ts";
import { tpStatus } from "../../sms/tp-status.ts";
import { decodeFromNetwork } from "../../sms/tpdu.ts";
import { fingerprintOf } from "./fingerprint.ts";

export type FromNetwork =
  | { readonly is: "inbound"; readonly segment: InboundSegment }
  | { readonly is: "report"; readonly report: Report }
  | { readonly is: "undecodable"; readonly raw: string; readonly why: string };

/** `sim`: the ICCID, or what stands in for it. */
export function fromNetwork(raw: string, sim: string): FromNetwork {
  try {
    const tpdu = decodeFromNetwork(raw);
    return tpdu.tpMti === "deliver"
      ? { is: "inbound", segment: segmentOf(tpdu, raw, sim) }
      : { is: "report", report: reportOf(tpdu, raw) };
  } catch (error) {
    if (error instanceof DecodeError) return { is: "undecodable", raw, why: error.message };
    throw error;
  }
}

function segmentOf(deliver: Deliver, raw: string, sim: string): InboundSegment {
  return {
    from: deliver.tpOa.address,
    to: null,
    userData: deliver.userData,
    concatenation: deliver.facts.concatenation,
    tpScts: deliver.tpScts,
    tpPid: deliver.tpPid,
    tpDcs: deliver.tpDcs,
    messageClass: deliver.coding.messageClass,
    destinationPort: deliver.facts.destinationPort,
    waiting: messageWaitingOf(deliver.udh, deliver.coding.messageWaiting),
    fingerprint: fingerprintOf(fromHex(raw), sim),
    raw,
  };
}

function reportOf(report: StatusReport, raw: string): Report {
  return {
    reference: String(report.tpMr),
    recipient: report.tpRa.address,
    state: tpStatus(report.tpSt).state,
    status: report.tpSt,
    errorCode: null,
    tpScts: report.tpScts,
    doneAt: report.tpDt,
    raw,
  };
}
