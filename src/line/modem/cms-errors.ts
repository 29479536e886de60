/**
 * `+CMS ERROR` (27.005 §3.2.5): 0–127 is the RP-cause of 24.011 §E.2, 128–255 TP-FCS of 23.040 §9.2.3.22,
 * 300–511 27.005's own, 512 and above the maker's. The class is engineering judgement; the disposition is what
 * the queue does about it:
 *
 * - temporary → `retry`, but those that come from the modem or the missing network → `line`;
 * - permanent → `reject`;
 * - account, SIM, configuration, modem, storage → `line`: no message is to blame;
 * - unknown → `unknown`: the network may have taken it.
 *
 * 305 speaks of text mode, which this driver never uses: it means that the modem has forgotten PDU mode.
 *
 * Makers' ranges clash: 513 is a lost radio link with one family and a full store with another. Where the
 * family is not known, the answer that loses least is taken.
 */
import type { Disposition } from "../../runtime/fault.ts";

export type CmsClass =
  | "temporary"
  | "permanent"
  | "account"
  | "sim"
  | "config"
  | "modem"
  | "storage"
  | "unknown";

/** Whose meaning of the codes from 512 up: Wavecom and Sierra, or Siemens, Cinterion and SIMCom. */
export type CmsFamily = "wavecom" | "siemens";

export type CmsError = {
  readonly code: number;
  readonly text: string;
  readonly class: CmsClass;
  readonly disposition: Disposition;
  /** Null: every maker. */
  readonly family: CmsFamily | null;
};

export const CMS_ERRORS: readonly CmsError[] = [
  {
    code: 1,
    text: "Unassigned (unallocated) number",
    class: "permanent",
    disposition: "reject",
    family: null,
  },
  { code: 8, text: "Operator determined barring", class: "account", disposition: "line", family: null },
  { code: 10, text: "Call barred", class: "account", disposition: "line", family: null },
  { code: 11, text: "Reserved", class: "permanent", disposition: "reject", family: null },
  { code: 17, text: "Network failure", class: "temporary", disposition: "retry", family: null },
  {
    // Of the recipient, or of a network that was busy with them: worth one more try (`messaging/outbound/retry.ts`).
    code: 21,
    text: "Short message transfer rejected",
    class: "temporary",
    disposition: "retry",
    family: null,
  },
  {
    code: 22,
    text: "Congestion / memory capacity exceeded",
    class: "temporary",
    disposition: "retry",
    family: null,
  },
  { code: 27, text: "Destination out of order", class: "temporary", disposition: "retry", family: null },
  { code: 28, text: "Unidentified subscriber", class: "account", disposition: "line", family: null },
  { code: 29, text: "Facility rejected", class: "permanent", disposition: "reject", family: null },
  { code: 30, text: "Unknown subscriber", class: "account", disposition: "line", family: null },
  { code: 38, text: "Network out of order", class: "temporary", disposition: "retry", family: null },
  { code: 41, text: "Temporary failure", class: "temporary", disposition: "retry", family: null },
  { code: 42, text: "Congestion", class: "temporary", disposition: "retry", family: null },
  {
    code: 47,
    text: "Resources unavailable, unspecified",
    class: "temporary",
    disposition: "retry",
    family: null,
  },
  {
    code: 50,
    text: "Requested facility not subscribed",
    class: "account",
    disposition: "line",
    family: null,
  },
  {
    code: 69,
    text: "Requested facility not implemented",
    class: "permanent",
    disposition: "reject",
    family: null,
  },
  {
    code: 81,
    text: "Invalid short message transfer reference value",
    class: "temporary",
    disposition: "retry",
    family: null,
  },
  {
    code: 95,
    text: "Semantically incorrect message",
    class: "permanent",
    disposition: "reject",
    family: null,
  },
  {
    code: 96,
    text: "Invalid mandatory information",
    class: "permanent",
    disposition: "reject",
    family: null,
  },
  {
    code: 97,
    text: "Message type non-existent or not implemented",
    class: "permanent",
    disposition: "reject",
    family: null,
  },
  {
    code: 98,
    text: "Message not compatible with short message protocol state",
    class: "temporary",
    disposition: "retry",
    family: null,
  },
  {
    code: 99,
    text: "Information element non-existent or not implemented",
    class: "permanent",
    disposition: "reject",
    family: null,
  },
  { code: 111, text: "Protocol error, unspecified", class: "temporary", disposition: "retry", family: null },
  { code: 127, text: "Interworking, unspecified", class: "temporary", disposition: "retry", family: null },
  {
    code: 128,
    text: "Telematic interworking not supported",
    class: "permanent",
    disposition: "reject",
    family: null,
  },
  {
    code: 129,
    text: "Short message type 0 not supported",
    class: "permanent",
    disposition: "reject",
    family: null,
  },
  {
    code: 130,
    text: "Cannot replace short message",
    class: "permanent",
    disposition: "reject",
    family: null,
  },
  { code: 143, text: "Unspecified TP-PID error", class: "permanent", disposition: "reject", family: null },
  {
    code: 144,
    text: "Data coding scheme (alphabet) not supported",
    class: "permanent",
    disposition: "reject",
    family: null,
  },
  { code: 145, text: "Message class not supported", class: "permanent", disposition: "reject", family: null },
  { code: 159, text: "Unspecified TP-DCS error", class: "permanent", disposition: "reject", family: null },
  { code: 160, text: "Command cannot be actioned", class: "permanent", disposition: "reject", family: null },
  { code: 161, text: "Command unsupported", class: "permanent", disposition: "reject", family: null },
  {
    code: 175,
    text: "Unspecified TP-Command error",
    class: "permanent",
    disposition: "reject",
    family: null,
  },
  { code: 176, text: "TPDU not supported", class: "permanent", disposition: "reject", family: null },
  { code: 192, text: "SC busy", class: "temporary", disposition: "retry", family: null },
  { code: 193, text: "No SC subscription", class: "account", disposition: "line", family: null },
  { code: 194, text: "SC system failure", class: "temporary", disposition: "retry", family: null },
  { code: 195, text: "Invalid SME address", class: "permanent", disposition: "reject", family: null },
  { code: 196, text: "Destination SME barred", class: "permanent", disposition: "reject", family: null },
  { code: 197, text: "SM rejected - duplicate SM", class: "permanent", disposition: "reject", family: null },
  { code: 198, text: "TP-VPF not supported", class: "permanent", disposition: "reject", family: null },
  { code: 199, text: "TP-VP not supported", class: "permanent", disposition: "reject", family: null },
  { code: 208, text: "(U)SIM SMS storage full", class: "storage", disposition: "line", family: null },
  {
    code: 209,
    text: "No SMS storage capability in (U)SIM",
    class: "storage",
    disposition: "line",
    family: null,
  },
  { code: 210, text: "Error in MS", class: "modem", disposition: "line", family: null },
  { code: 211, text: "Memory capacity exceeded", class: "storage", disposition: "line", family: null },
  {
    code: 212,
    text: "(U)SIM application toolkit busy",
    class: "temporary",
    disposition: "retry",
    family: null,
  },
  { code: 213, text: "(U)SIM data download error", class: "temporary", disposition: "retry", family: null },
  { code: 255, text: "Unspecified error cause", class: "temporary", disposition: "retry", family: null },
  { code: 300, text: "ME failure", class: "modem", disposition: "line", family: null },
  { code: 301, text: "SMS service of ME reserved", class: "temporary", disposition: "line", family: null },
  { code: 302, text: "Operation not allowed", class: "modem", disposition: "line", family: null },
  { code: 303, text: "Operation not supported", class: "config", disposition: "line", family: null },
  { code: 304, text: "Invalid PDU mode parameter", class: "permanent", disposition: "reject", family: null },
  { code: 305, text: "Invalid text mode parameter", class: "modem", disposition: "line", family: null },
  { code: 310, text: "(U)SIM not inserted", class: "sim", disposition: "line", family: null },
  { code: 311, text: "(U)SIM PIN required", class: "sim", disposition: "line", family: null },
  { code: 312, text: "PH-(U)SIM PIN required", class: "sim", disposition: "line", family: null },
  { code: 313, text: "(U)SIM failure", class: "sim", disposition: "line", family: null },
  { code: 314, text: "(U)SIM busy", class: "temporary", disposition: "line", family: null },
  { code: 315, text: "(U)SIM wrong", class: "sim", disposition: "line", family: null },
  { code: 316, text: "(U)SIM PUK required", class: "sim", disposition: "line", family: null },
  { code: 317, text: "(U)SIM PIN2 required", class: "sim", disposition: "line", family: null },
  { code: 318, text: "(U)SIM PUK2 required", class: "sim", disposition: "line", family: null },
  { code: 320, text: "Memory failure", class: "storage", disposition: "line", family: null },
  { code: 321, text: "Invalid memory index", class: "permanent", disposition: "reject", family: null },
  { code: 322, text: "Memory full", class: "storage", disposition: "line", family: null },
  { code: 330, text: "SMSC address unknown", class: "config", disposition: "line", family: null },
  { code: 331, text: "No network service", class: "temporary", disposition: "line", family: null },
  { code: 332, text: "Network timeout", class: "unknown", disposition: "unknown", family: null },
  {
    code: 340,
    text: "No +CNMA acknowledgement expected",
    class: "config",
    disposition: "line",
    family: null,
  },
  { code: 500, text: "Unknown error", class: "unknown", disposition: "unknown", family: null },
  {
    code: 512,
    text: "User abort or MM establishment failure",
    class: "temporary",
    disposition: "retry",
    family: "wavecom",
  },
  {
    code: 513,
    text: "Lower layer failure (RR lost, ack timeout)",
    class: "unknown",
    disposition: "unknown",
    family: "wavecom",
  },
  { code: 514, text: "CP error", class: "temporary", disposition: "retry", family: "wavecom" },
  {
    code: 515,
    text: "Please wait, init or command in progress",
    class: "temporary",
    disposition: "line",
    family: "wavecom",
  },
  {
    code: 517,
    text: "STK facility not supported",
    class: "permanent",
    disposition: "reject",
    family: "wavecom",
  },
  {
    code: 526,
    text: "PIN deactivation forbidden with this SIM card",
    class: "sim",
    disposition: "line",
    family: "wavecom",
  },
  {
    code: 527,
    text: "RR or MM busy, retry selection later",
    class: "temporary",
    disposition: "line",
    family: "wavecom",
  },
  {
    code: 528,
    text: "Location update failure, emergency only",
    class: "temporary",
    disposition: "line",
    family: "wavecom",
  },
  {
    code: 529,
    text: "PLMN selection failure, emergency only",
    class: "temporary",
    disposition: "line",
    family: "wavecom",
  },
  {
    code: 531,
    text: "Destination not in FDN while FDN lock is on",
    class: "permanent",
    disposition: "reject",
    family: "wavecom",
  },
  { code: 512, text: "User abort", class: "temporary", disposition: "retry", family: "siemens" },
  { code: 513, text: "Unable to store", class: "storage", disposition: "line", family: "siemens" },
  { code: 514, text: "Invalid status", class: "config", disposition: "line", family: "siemens" },
  {
    code: 515,
    text: "Invalid character in address string (SIMCom: or device busy)",
    class: "permanent",
    disposition: "reject",
    family: "siemens",
  },
  { code: 516, text: "Invalid length", class: "permanent", disposition: "reject", family: "siemens" },
  {
    code: 517,
    text: "Invalid character in PDU",
    class: "permanent",
    disposition: "reject",
    family: "siemens",
  },
  { code: 518, text: "Invalid parameter", class: "permanent", disposition: "reject", family: "siemens" },
  {
    code: 519,
    text: "Invalid length or character",
    class: "permanent",
    disposition: "reject",
    family: "siemens",
  },
  {
    code: 520,
    text: "Invalid character in text",
    class: "permanent",
    disposition: "reject",
    family: "siemens",
  },
  { code: 521, text: "Timer expired", class: "unknown", disposition: "unknown", family: "siemens" },
  {
    code: 522,
    text: "Operation temporarily not allowed",
    class: "temporary",
    disposition: "line",
    family: "siemens",
  },
  { code: 532, text: "SIM not ready", class: "temporary", disposition: "line", family: "siemens" },
  {
    code: 534,
    text: "Cell broadcast error unknown",
    class: "permanent",
    disposition: "reject",
    family: "siemens",
  },
  { code: 535, text: "Protocol stack busy", class: "temporary", disposition: "line", family: "siemens" },
  { code: 538, text: "Invalid parameter", class: "permanent", disposition: "reject", family: "siemens" },
  { code: 549, text: "Incorrect PDU length", class: "permanent", disposition: "reject", family: "siemens" },
  {
    code: 550,
    text: "Invalid message type indication",
    class: "permanent",
    disposition: "reject",
    family: "siemens",
  },
  {
    code: 551,
    text: "Invalid characters in address",
    class: "permanent",
    disposition: "reject",
    family: "siemens",
  },
  {
    code: 553,
    text: "Incorrect PDU length (UDL)",
    class: "permanent",
    disposition: "reject",
    family: "siemens",
  },
  { code: 554, text: "Incorrect SCA length", class: "permanent", disposition: "reject", family: "siemens" },
  { code: 615, text: "Network failure", class: "temporary", disposition: "retry", family: "siemens" },
  { code: 616, text: "Network is down", class: "temporary", disposition: "retry", family: "siemens" },
];

/** What is known of a code; `manufacturer` (`+CGMI`) decides between families. */
export function cmsErrorOf(code: number, manufacturer: string | null): CmsError {
  const rows = CMS_ERRORS.filter((row) => row.code === code);
  const family = familyOf(manufacturer);
  const [first, ...others] = rows.filter(
    (row) => row.family === null || family === null || row.family === family,
  );
  if (first === undefined) return rows[0] === undefined ? unlisted(code) : { ...rows[0] };
  return others.reduce((safest, row) => (caution(row) > caution(safest) ? row : safest), first);
}

/** With CMEE=2 the number is replaced by its text. */
export function cmsErrorOfText(text: string, manufacturer: string | null): CmsError | null {
  const wanted = text.toLowerCase();
  const row = CMS_ERRORS.find((candidate) => candidate.text.toLowerCase() === wanted);
  return row === undefined ? null : cmsErrorOf(row.code, manufacturer);
}

function unlisted(code: number): CmsError {
  const row = (cmsClass: CmsClass, disposition: Disposition): CmsError => ({
    code,
    text: "unlisted error",
    class: cmsClass,
    disposition,
    family: null,
  });
  if (code < 64) return row("temporary", "retry");
  if (code < 256) return row("permanent", "reject");
  return row("unknown", "unknown");
}

function familyOf(manufacturer: string | null): CmsFamily | null {
  if (manufacturer === null) return null;
  if (/wavecom|sierra/i.test(manufacturer)) return "wavecom";
  if (/simcom|siemens|cinterion|gemalto|thales/i.test(manufacturer)) return "siemens";
  return null;
}

/** Which of two meanings to believe: what may have been sent first, then what can still be sent. */
function caution(row: CmsError): number {
  const order: Readonly<Record<Disposition, number>> = { unknown: 3, retry: 2, line: 1, reject: 0 };
  return order[row.disposition];
}
