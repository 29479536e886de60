/**
 * The one place where what a network says becomes what an app is told: Twilio's delivery error codes (contract
 * §12.2). The networks' vocabularies are wider and vaguer than Twilio's, so most rows of a table that is not
 * listed here are 30008, "unknown error"; the fault's own words go into the event.
 */
import type { LineKind } from "../../line/line.ts";
import type { Fault, FaultCode } from "../../runtime/fault.ts";

export const EXPIRED = 30036;
export const UNKNOWN_ERROR = 30008;

const UNREACHABLE = 30003;
const BLOCKED = 30004;
const UNKNOWN_HANDSET = 30005;
const UNREACHABLE_CARRIER = 30006;
const FILTERED = 30007;
const CONGESTION = 30017;
const SENDER_NOT_REGISTERED = 30018;
const TOO_LARGE = 30019;
const PROVIDER_TIMEOUT = 30410;

/** `+CMS ERROR`: 0–127 RP-Cause (24.011 §E.2), 128–255 TP-FCS (23.040 §9.2.3.22), 300–511 27.005 §3.2.5. */
const BY_CMS: ReadonlyMap<number, number> = new Map([
  [1, UNKNOWN_HANDSET], // unassigned number
  [8, BLOCKED], // operator determined barring
  [10, BLOCKED], // call barred
  [17, CONGESTION], // network failure
  [21, BLOCKED], // short message transfer rejected
  [22, CONGESTION], // congestion
  [27, UNREACHABLE], // destination out of service
  [38, PROVIDER_TIMEOUT], // network out of order
  [41, CONGESTION], // temporary failure
  [42, CONGESTION], // congestion
  [47, CONGESTION], // resources unavailable
  [192, CONGESTION], // SC busy
  [194, PROVIDER_TIMEOUT], // SC system failure
  [195, UNKNOWN_HANDSET], // invalid SME address
  [196, BLOCKED], // destination SME barred
  [331, PROVIDER_TIMEOUT], // no network service
  [332, PROVIDER_TIMEOUT], // network time-out
]);

/** `command_status` of submit_sm_resp, SMPP 3.4 §5.1.3. */
const BY_COMMAND_STATUS: ReadonlyMap<number, number> = new Map([
  [0x01, TOO_LARGE], // ESME_RINVMSGLEN
  [0x0a, SENDER_NOT_REGISTERED], // ESME_RINVSRCADR
  [0x0b, UNKNOWN_HANDSET], // ESME_RINVDSTADR
  [0x14, CONGESTION], // ESME_RMSGQFUL
  [0x58, CONGESTION], // ESME_RTHROTTLED
  [0x64, UNREACHABLE], // ESME_RX_T_APPN
  [0x65, UNREACHABLE], // ESME_RX_P_APPN
  [0x66, FILTERED], // ESME_RX_R_APPN
  [0xc2, TOO_LARGE], // ESME_RINVPARLEN
  [0xfe, UNREACHABLE], // ESME_RDELIVERYFAILURE
]);

/**
 * TP-Status, 23.040 §9.2.3.15. Every value of 60h–7Fh is a temporary cause the SC gave up on, in the end because
 * the handset could not be reached. What is not listed says no more than that it did not arrive: remote procedure
 * error (40h), quality of service (44h), deleted by its sender (47h), unknown to the SC (49h), the reserved values,
 * and those each service centre defines for itself.
 */
const BY_TP_STATUS: ReadonlyMap<number, number> = new Map([
  [0x41, UNREACHABLE_CARRIER], // incompatible destination
  [0x42, BLOCKED], // connection rejected by SME
  [0x43, UNKNOWN_HANDSET], // not obtainable
  [0x45, UNREACHABLE_CARRIER], // no interworking available
  [0x46, UNREACHABLE], // validity period expired at the SC
  [0x48, FILTERED], // deleted by the SC's administration: what filters do
  [0x60, CONGESTION], // congestion
]);

/** `message_state`, SMPP 3.4 §5.2.28. */
const BY_MESSAGE_STATE: ReadonlyMap<number, number> = new Map([
  [3, UNREACHABLE], // EXPIRED
  [5, UNREACHABLE], // UNDELIVERABLE
  [8, FILTERED], // REJECTED
]);

const TIME_OUTS: ReadonlySet<FaultCode> = new Set(["at.timeout", "smpp.timeout", "line.closed"]);

/** The code of a Message that could not be handed to the network. */
export function codeOfFault(fault: Fault): number {
  if (fault.status === null) {
    return TIME_OUTS.has(fault.code) ? PROVIDER_TIMEOUT : UNKNOWN_ERROR;
  }
  if (fault.code === "modem.cms") return BY_CMS.get(fault.status) ?? UNKNOWN_ERROR;
  if (fault.code === "smpp.status") return BY_COMMAND_STATUS.get(fault.status) ?? UNKNOWN_ERROR;
  return UNKNOWN_ERROR;
}

/** The code of a Message that the network had and could not deliver. */
export function codeOfReport(kind: LineKind, status: number): number {
  if (kind === "smpp") return BY_MESSAGE_STATE.get(status) ?? UNKNOWN_ERROR;
  const otherwise = status >= 0x60 && status <= 0x7f ? UNREACHABLE : UNKNOWN_ERROR;
  return BY_TP_STATUS.get(status) ?? otherwise;
}
