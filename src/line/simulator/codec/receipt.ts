/**
 * Delivery receipts: the text of SMPP 3.4 Appendix B, which no standard fixes and everybody parses, and the TLVs of
 * §5.3.2.12 (`receipted_message_id`), §5.3.2.35 (`message_state`) and §5.3.2.31 (`network_error_code`).
 */
import type { Timestamp } from "./tpdu.ts";

/** In what shape a receipt comes. */
export type ReceiptDialect = {
  readonly form: "text and TLVs" | "text" | "TLVs";
  readonly letters: "as in the standard" | "upper case";
  readonly seconds: boolean;
};

export type Receipt = {
  readonly id: string;
  readonly submittedAt: Timestamp;
  readonly doneAt: Timestamp;
  readonly state: MessageState;
  /** The network's own number; 0: none. */
  readonly error: number;
  /** The beginning of the message. */
  readonly text: string;
};

/** `message_state` (§5.2.28) and its word in the text. */
export const MESSAGE_STATES = {
  ENROUTE: 1,
  DELIVRD: 2,
  EXPIRED: 3,
  DELETED: 4,
  UNDELIV: 5,
  ACCEPTD: 6,
  UNKNOWN: 7,
  REJECTD: 8,
} as const;

export type MessageState = keyof typeof MESSAGE_STATES;

/** TP-ST (23.040 §9.2.3.15) as SMPP says it. */
export function stateOf(tpSt: number): MessageState {
  if (tpSt < 0x20) return "DELIVRD";
  return tpSt === 0x46 ? "EXPIRED" : "UNDELIV";
}

export function receiptText(receipt: Receipt, dialect: ReceiptDialect): string {
  const { id, state, error } = receipt;
  const date = (at: Timestamp) => dateOf(at, dialect.seconds);
  const delivered = state === "DELIVRD" ? "001" : "000";
  const submitted = date(receipt.submittedAt);
  const done = date(receipt.doneAt);
  const err = String(error).padStart(3, "0");
  const begin = receipt.text.slice(0, 20);
  const text = `id:${id} sub:001 dlvrd:${delivered} submit date:${submitted} done date:${done} stat:${state} err:${err} text:${begin}`;
  return dialect.letters === "upper case" ? text.toUpperCase() : text;
}

/** The network type is GSM (3). */
export function networkErrorCode(error: number): Uint8Array {
  return Uint8Array.of(3, (error >> 8) & 255, error & 255);
}

/** YYMMDDhhmm, in some dialects with seconds. */
function dateOf({ epochMs, utcOffsetMinutes }: Timestamp, seconds: boolean): string {
  const iso = new Date(epochMs + utcOffsetMinutes * 60_000).toISOString();
  const minutes =
    iso.slice(2, 4) + iso.slice(5, 7) + iso.slice(8, 10) + iso.slice(11, 13) + iso.slice(14, 16);
  return seconds ? minutes + iso.slice(17, 19) : minutes;
}
