/**
 * The settings document: what people configure over the API and what is made once at first start. Small, read
 * often, written rarely; everything with a life-cycle is in the database instead. Times are epoch milliseconds.
 */
import type { HttpMethod } from "./store.ts";

export type AccountRecord = {
  readonly sid: string;
  readonly friendlyName: string;
  readonly authToken: string;
  readonly status: "active" | "suspended" | "closed";
  /** Null for the main account. */
  readonly ownerAccountSid: string | null;
  /** The main account's second pair, with which nothing is sent (contract §12.4). */
  readonly test?: TestCredentials;
  readonly createdAt: number;
  readonly updatedAt: number;
};

export type TestCredentials = { readonly sid: string; readonly authToken: string };

/** An API key (contract §7.2). Its secret was shown once and is nowhere. */
export type KeyRecord = {
  readonly sid: string;
  readonly accountSid: string;
  readonly friendlyName: string;
  /** SHA-256 of the secret, hexadecimal. */
  readonly secretHash: string;
  readonly kind: "standard" | "main";
  readonly createdAt: number;
  readonly updatedAt: number;
};

/** Twilio's Application (contract §7.5): one set of URLs for many numbers and messages. */
export type ApplicationRecord = {
  readonly sid: string;
  readonly accountSid: string;
  readonly friendlyName: string;
  readonly smsUrl: string;
  readonly smsMethod: HttpMethod;
  readonly smsFallbackUrl: string;
  readonly smsFallbackMethod: HttpMethod;
  readonly smsStatusCallback: string;
  readonly messageStatusCallback: string;
  readonly voiceUrl: string;
  readonly voiceMethod: HttpMethod;
  readonly voiceFallbackUrl: string;
  readonly voiceFallbackMethod: HttpMethod;
  readonly statusCallback: string;
  readonly statusCallbackMethod: HttpMethod;
  /** Parameters stored for nothing but to be shown again, by Twilio's parameter name. */
  readonly echoed?: Readonly<Record<string, string>>;
  readonly createdAt: number;
  readonly updatedAt: number;
};

export type NumberKind = "local" | "mobile" | "toll-free" | "short-code" | "alphanumeric";

/** A provisioned Number: Twilio's IncomingPhoneNumber (contract §5.1), short code or alphanumeric sender. */
export type NumberRecord = {
  readonly sid: string;
  readonly accountSid: string;
  /** E.164, short code or alphanumeric. */
  readonly phoneNumber: string;
  readonly kind: NumberKind;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  /** The Line that serves it, by name. */
  readonly line: string;
  readonly friendlyName: string;
  readonly smsUrl: string;
  readonly smsMethod: HttpMethod;
  readonly smsFallbackUrl: string;
  readonly smsFallbackMethod: HttpMethod;
  readonly smsApplicationSid: string;
  readonly statusCallback: string;
  readonly statusCallbackMethod: HttpMethod;
  readonly voiceUrl: string;
  readonly voiceMethod: HttpMethod;
  readonly voiceFallbackUrl: string;
  readonly voiceFallbackMethod: HttpMethod;
  /** Parameters stored for nothing but to be shown again, by Twilio's parameter name (contract §5.1). */
  readonly echoed?: Readonly<Record<string, string>>;
  readonly createdAt: number;
  readonly updatedAt: number;
};

export type SenderKind = "phone-number" | "short-code" | "alpha-sender";

/** A Number in the pool of a messaging service. */
export type ServiceSender = {
  /** `PN…`, `SC…` or `AI…`: what it is called in the pool. */
  readonly sid: string;
  readonly kind: SenderKind;
  /** The Number's own SID. */
  readonly numberSid: string;
  /** The one country an alphanumeric sender is for; absent: all of them. */
  readonly isoCountryCode?: string;
  readonly createdAt: number;
  readonly updatedAt: number;
};

/** Twilio's Messaging Service (contract §6.1). */
export type ServiceRecord = {
  readonly sid: string;
  readonly accountSid: string;
  readonly friendlyName: string;
  readonly inboundRequestUrl: string;
  readonly inboundMethod: HttpMethod;
  readonly fallbackUrl: string;
  readonly fallbackMethod: HttpMethod;
  readonly statusCallback: string;
  readonly stickySender: boolean;
  readonly mmsConverter: boolean;
  readonly smartEncoding: boolean;
  readonly scanMessageContent: string;
  readonly fallbackToLongCode: boolean;
  readonly areaCodeGeomatch: boolean;
  readonly synchronousValidation: boolean;
  readonly validityPeriod: number;
  readonly usecase: string;
  readonly useInboundWebhookOnNumber: boolean;
  readonly senders: readonly ServiceSender[];
  readonly createdAt: number;
  readonly updatedAt: number;
};

export type SettingsDocument = {
  /** The main account first. */
  readonly accounts: readonly AccountRecord[];
  readonly numbers: readonly NumberRecord[];
  readonly services: readonly ServiceRecord[];
  /** Numbers an account has given back: a line that offers one is not a reason to provision it again. */
  readonly released: readonly string[];
  readonly keys: readonly KeyRecord[];
  readonly applications: readonly ApplicationRecord[];
};

export const EMPTY_SETTINGS: SettingsDocument = {
  accounts: [],
  numbers: [],
  services: [],
  released: [],
  keys: [],
  applications: [],
};

/** `store/settings.ts`: reads are from memory, a change is on disk (synced, renamed, synced) when it settles. */
export interface Settings {
  readonly document: SettingsDocument;
  /** Changes are carried out one after the other; `change` is given the newest document. */
  change(change: (document: SettingsDocument) => SettingsDocument): Promise<void>;
}
