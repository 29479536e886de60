import type { InboundNumbers, ParseAddress } from "../../src/messaging/inbound/numbers.ts";
import type { ApplicationRecord, NumberRecord } from "../../src/store/settings-document.ts";

export const ACCOUNT = `AC${"0".repeat(32)}`;
export const OTHER_ACCOUNT = `AC${"1".repeat(32)}`;
export const NUMBER = "+33639980001";
export const PHONE = "+33639980011";

export function numberRecord(fields: Partial<NumberRecord> = {}): NumberRecord {
  return {
    sid: `PN${"0".repeat(32)}`,
    accountSid: ACCOUNT,
    phoneNumber: NUMBER,
    kind: "mobile",
    country: "FR",
    line: "sim1",
    friendlyName: "",
    smsUrl: "http://app.example/sms",
    smsMethod: "POST",
    smsFallbackUrl: "",
    smsFallbackMethod: "POST",
    smsApplicationSid: "",
    statusCallback: "",
    statusCallbackMethod: "POST",
    voiceUrl: "",
    voiceMethod: "POST",
    voiceFallbackUrl: "",
    voiceFallbackMethod: "POST",
    createdAt: 0,
    updatedAt: 0,
    ...fields,
  };
}

export function applicationRecord(fields: Partial<ApplicationRecord> = {}): ApplicationRecord {
  return {
    sid: `AP${"0".repeat(32)}`,
    accountSid: ACCOUNT,
    friendlyName: "",
    smsUrl: "",
    smsMethod: "POST",
    smsFallbackUrl: "",
    smsFallbackMethod: "POST",
    smsStatusCallback: "",
    messageStatusCallback: "",
    voiceUrl: "",
    voiceMethod: "POST",
    voiceFallbackUrl: "",
    voiceFallbackMethod: "POST",
    statusCallback: "",
    statusCallbackMethod: "POST",
    createdAt: 0,
    updatedAt: 0,
    ...fields,
  };
}

/** An inventory that a test may add to while it runs. */
export function inventory(records: NumberRecord[]): InboundNumbers {
  return {
    byNumber: (phoneNumber) => records.find((record) => record.phoneNumber === phoneNumber) ?? null,
    ofLine: (line) => records.filter((record) => record.line === line),
  };
}

/** French numbers only; what the accounts' own parser does is tested there. */
export const parseFrench: ParseAddress = (text) => {
  const national = text.replace(/[ .]/g, "");
  if (/^\+[1-9]\d{6,14}$/.test(national)) return { kind: "e164", address: national };
  if (/^0[1-9]\d{8}$/.test(national)) return { kind: "e164", address: `+33${national.slice(1)}` };
  if (/^\d{3,8}$/.test(national)) return { kind: "short-code", address: national };
  return /^[A-Za-z0-9 _&-]{1,11}$/.test(text) ? { kind: "alphanumeric", address: text } : null;
};
