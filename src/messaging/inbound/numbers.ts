import type { NumberRecord } from "../../store/settings-document.ts";
import type { HttpMethod } from "../../store/store.ts";

/** What the inbound side needs to know of the accounts' Numbers and of how addresses are written. */
export type InboundNumbers = {
  byNumber(phoneNumber: string): NumberRecord | null;
  /** Every Number a Line serves. */
  ofLine(line: string): readonly NumberRecord[];
};

/** What a messaging service means for what comes in. */
export type InboundService = {
  readonly sid: string;
  /** Every Number of its pool. */
  readonly senders: readonly string[];
  readonly inboundRequestUrl: string;
  readonly inboundMethod: HttpMethod;
  readonly fallbackUrl: string;
  readonly fallbackMethod: HttpMethod;
  readonly useInboundWebhookOnNumber: boolean;
};

/** The messaging service a Number is in; null when it is in none. */
export type ServiceOfNumber = (number: NumberRecord) => InboundService | null;

/** An address in its own form, or null when it is none. National numbers are read in `country`. */
export type ParseAddress = (
  text: string,
  country: string,
) => { readonly kind: "e164" | "short-code" | "alphanumeric"; readonly address: string } | null;
