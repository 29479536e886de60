import type { NumberRecord } from "../../store/settings-document.ts";

/** What the inbound side needs to know of the accounts' Numbers and of how addresses are written. */
export type InboundNumbers = {
  byNumber(phoneNumber: string): NumberRecord | null;
  /** Every Number a Line serves. */
  ofLine(line: string): readonly NumberRecord[];
};

/** The messaging service a Number is in, and every sender of its pool; null when it is in none. */
export type ServiceOfNumber = (
  number: NumberRecord,
) => { readonly sid: string; readonly senders: readonly string[] } | null;

/** An address in its own form, or null when it is none. National numbers are read in `country`. */
export type ParseAddress = (
  text: string,
  country: string,
) => { readonly kind: "e164" | "short-code" | "alphanumeric"; readonly address: string } | null;
