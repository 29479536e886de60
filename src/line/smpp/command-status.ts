/**
 * `command_status`, SMPP 3.4 §5.1.3: every value, what the queue does about it, and what a person is told.
 *
 * - `reject`: this message can never go so;
 * - `retry`: later, this message;
 * - `line`: the bind or the account is at fault, or the SMSC has enough for now: no message is to blame.
 */
import type { Disposition } from "../../runtime/fault.ts";

export type CommandStatus = {
  readonly status: number;
  readonly name: string;
  readonly text: string;
  readonly disposition: Disposition;
};

export const ESME_ROK = 0x00;
export const ESME_RINVCMDID = 0x03;
export const ESME_RMSGQFUL = 0x14;
export const ESME_RTHROTTLED = 0x58;
export const ESME_RX_T_APPN = 0x64;

export const COMMAND_STATUSES: readonly CommandStatus[] = [
  { status: 0x00, name: "ESME_ROK", text: "no error", disposition: "line" },
  { status: 0x01, name: "ESME_RINVMSGLEN", text: "the message is too long or empty", disposition: "reject" },
  {
    status: 0x02,
    name: "ESME_RINVCMDLEN",
    text: "the SMSC takes the length of the PDU for wrong",
    disposition: "reject",
  },
  { status: 0x03, name: "ESME_RINVCMDID", text: "the SMSC does not know the command", disposition: "line" },
  {
    status: 0x04,
    name: "ESME_RINVBNDSTS",
    text: "the bind does not allow the command: see `bind`",
    disposition: "line",
  },
  { status: 0x05, name: "ESME_RALYBND", text: "the account is bound already", disposition: "line" },
  { status: 0x06, name: "ESME_RINVPRTFLG", text: "the priority is not allowed", disposition: "reject" },
  {
    status: 0x07,
    name: "ESME_RINVREGDLVFLG",
    text: "`registeredDelivery` is not allowed",
    disposition: "line",
  },
  { status: 0x08, name: "ESME_RSYSERR", text: "the SMSC has a fault of its own", disposition: "retry" },
  { status: 0x0a, name: "ESME_RINVSRCADR", text: "the sender is not allowed", disposition: "reject" },
  { status: 0x0b, name: "ESME_RINVDSTADR", text: "the destination is not valid", disposition: "reject" },
  { status: 0x0c, name: "ESME_RINVMSGID", text: "the message id is not valid", disposition: "reject" },
  { status: 0x0d, name: "ESME_RBINDFAIL", text: "the bind has failed", disposition: "line" },
  { status: 0x0e, name: "ESME_RINVPASWD", text: "the password is wrong", disposition: "line" },
  { status: 0x0f, name: "ESME_RINVSYSID", text: "the system_id is not known", disposition: "line" },
  {
    status: 0x11,
    name: "ESME_RCANCELFAIL",
    text: "the message could not be cancelled",
    disposition: "reject",
  },
  {
    status: 0x13,
    name: "ESME_RREPLACEFAIL",
    text: "the message could not be replaced",
    disposition: "reject",
  },
  { status: 0x14, name: "ESME_RMSGQFUL", text: "the SMSC's queue is full", disposition: "line" },
  { status: 0x15, name: "ESME_RINVSERTYP", text: "the service type is not valid", disposition: "line" },
  {
    status: 0x33,
    name: "ESME_RINVNUMDESTS",
    text: "the number of destinations is not valid",
    disposition: "reject",
  },
  {
    status: 0x34,
    name: "ESME_RINVDLNAME",
    text: "the distribution list's name is not valid",
    disposition: "reject",
  },
  {
    status: 0x40,
    name: "ESME_RINVDESTFLAG",
    text: "the destination flag is not valid",
    disposition: "reject",
  },
  {
    status: 0x42,
    name: "ESME_RINVSUBREP",
    text: "the SMSC cannot replace what waits",
    disposition: "reject",
  },
  {
    status: 0x43,
    name: "ESME_RINVESMCLASS",
    text: "esm_class is not allowed: see `longMessages`",
    disposition: "reject",
  },
  {
    status: 0x44,
    name: "ESME_RCNTSUBDL",
    text: "the distribution list cannot be used",
    disposition: "reject",
  },
  {
    status: 0x45,
    name: "ESME_RSUBMITFAIL",
    text: "the SMSC could not take the message",
    disposition: "retry",
  },
  {
    status: 0x48,
    name: "ESME_RINVSRCTON",
    text: "the sender's type of number is not valid: see `source`",
    disposition: "reject",
  },
  {
    status: 0x49,
    name: "ESME_RINVSRCNPI",
    text: "the sender's numbering plan is not valid: see `source`",
    disposition: "reject",
  },
  {
    status: 0x50,
    name: "ESME_RINVDSTTON",
    text: "the destination's type of number is not valid: see `destination`",
    disposition: "reject",
  },
  {
    status: 0x51,
    name: "ESME_RINVDSTNPI",
    text: "the destination's numbering plan is not valid: see `destination`",
    disposition: "reject",
  },
  {
    status: 0x53,
    name: "ESME_RINVSYSTYP",
    text: "the system_type is not valid: see `systemType`",
    disposition: "line",
  },
  { status: 0x54, name: "ESME_RINVREPFLAG", text: "the replace flag is not valid", disposition: "reject" },
  {
    status: 0x55,
    name: "ESME_RINVNUMMSGS",
    text: "the number of messages is not valid",
    disposition: "reject",
  },
  { status: 0x58, name: "ESME_RTHROTTLED", text: "more than the account may send", disposition: "line" },
  { status: 0x61, name: "ESME_RINVSCHED", text: "the scheduled time is not valid", disposition: "reject" },
  { status: 0x62, name: "ESME_RINVEXPIRY", text: "the validity period is not valid", disposition: "reject" },
  {
    status: 0x63,
    name: "ESME_RINVDFTMSGID",
    text: "the predefined message is not there",
    disposition: "reject",
  },
  { status: 0x64, name: "ESME_RX_T_APPN", text: "the receiver cannot take it now", disposition: "retry" },
  { status: 0x65, name: "ESME_RX_P_APPN", text: "the receiver can never take it", disposition: "reject" },
  { status: 0x66, name: "ESME_RX_R_APPN", text: "the receiver refuses it", disposition: "reject" },
  { status: 0x67, name: "ESME_RQUERYFAIL", text: "the query has failed", disposition: "retry" },
  {
    status: 0xc0,
    name: "ESME_RINVOPTPARSTREAM",
    text: "the optional parameters cannot be read: see `longMessages`",
    disposition: "reject",
  },
  {
    status: 0xc1,
    name: "ESME_ROPTPARNOTALLWD",
    text: "an optional parameter is not allowed: see `longMessages`",
    disposition: "reject",
  },
  { status: 0xc2, name: "ESME_RINVPARLEN", text: "a parameter has a wrong length", disposition: "reject" },
  {
    status: 0xc3,
    name: "ESME_RMISSINGOPTPARAM",
    text: "an optional parameter is missing",
    disposition: "reject",
  },
  {
    status: 0xc4,
    name: "ESME_RINVOPTPARAMVAL",
    text: "an optional parameter has a wrong value",
    disposition: "reject",
  },
  {
    status: 0xfe,
    name: "ESME_RDELIVERYFAILURE",
    text: "the message could not be delivered",
    disposition: "reject",
  },
  {
    status: 0xff,
    name: "ESME_RUNKNOWNERR",
    text: "the SMSC does not say what is wrong",
    disposition: "retry",
  },
];

const BY_STATUS = new Map(COMMAND_STATUSES.map((row) => [row.status, row]));

/** 0x400 to 0x4FF are the SMSC vendor's own, the others reserved: both are tried again, and that is bounded. */
export function commandStatusOf(status: number): CommandStatus {
  const known = BY_STATUS.get(status);
  if (known !== undefined) return known;
  const code = `0x${status.toString(16).toUpperCase().padStart(8, "0")}`;
  const isVendors = status >= 0x400 && status <= 0x4ff;
  const text = isVendors ? "the SMSC's own: ask the carrier" : "a status SMPP 3.4 does not know";
  return { status, name: code, text, disposition: "retry" };
}

/** `ESME_RINVPASWD (0x0E): the password is wrong`. */
export function nameOfStatus(status: number): string {
  const { name, text } = commandStatusOf(status);
  if (name.startsWith("0x")) return `${name}: ${text}`;
  return `${name} (0x${status.toString(16).toUpperCase().padStart(2, "0")}): ${text}`;
}

const FOR_A_PERSON: ReadonlySet<number> = new Set([0x0d, 0x0e, 0x0f, 0x53]);

/** Of a refused bind: no waiting mends it. */
export function needsPerson(status: number): boolean {
  return FOR_A_PERSON.has(status);
}
