/**
 * Twilio's resources as they are written: every key every time, `null` when empty, counts as text where the
 * contract says text (§3.2, §5.1, §7.1). The only file of Twilio's surface that knows the wire's casing.
 */
import { countryName, nationalFormatOf } from "../accounts/address.ts";
import type { Offer } from "../accounts/inventory.ts";
import type { Feedback } from "../store/reading.ts";
import type { AccountRecord, NumberRecord } from "../store/settings-document.ts";
import type { StoredMessage } from "../store/store.ts";

const API_VERSION = "2010-04-01";

/** RFC 2822, always `+0000`, English whatever the locale (contract §1.5). */
export function dateText(epochMs: number): string {
  const second = Math.floor(epochMs / 1000);
  if (second !== lastDate.second) {
    lastDate = { second, text: new Date(epochMs).toUTCString().replace("GMT", "+0000") };
  }
  return lastDate.text;
}

/** Of one message, and of those in the same second, most are the same. */
let lastDate = { second: Number.NaN, text: "" };

export function dateTextOrNull(epochMs: number | null): string | null {
  return epochMs === null ? null : dateText(epochMs);
}

function accountPath(accountSid: string): string {
  return `/${API_VERSION}/Accounts/${accountSid}`;
}

/** `created`: the answer to a POST lists `media` only, as the live service does. */
export function messageView(message: StoredMessage, answering: "created" | "read"): Record<string, unknown> {
  const path = `${accountPath(message.accountSid)}/Messages/${message.sid}`;
  return {
    sid: message.sid,
    account_sid: message.accountSid,
    api_version: API_VERSION,
    to: message.to,
    // A message that no sender of its service could send has none.
    from: message.from === "" ? null : message.from,
    messaging_service_sid: message.messagingServiceSid,
    body: message.body,
    status: message.status,
    direction: message.direction,
    num_segments: String(message.numSegments),
    num_media: "0",
    date_created: dateText(message.createdAt),
    date_updated: dateText(message.updatedAt),
    date_sent: dateTextOrNull(message.sentAt),
    error_code: message.errorCode,
    error_message: message.errorMessage,
    price: null,
    price_unit: "USD",
    uri: `${path}.json`,
    subresource_uris: {
      media: `${path}/Media.json`,
      ...(answering === "read" ? { feedback: `${path}/Feedback.json` } : {}),
    },
  };
}

export function feedbackView(message: StoredMessage, feedback: Feedback): Record<string, unknown> {
  return {
    account_sid: message.accountSid,
    message_sid: message.sid,
    outcome: feedback.outcome,
    date_created: dateText(feedback.createdAt),
    date_updated: dateText(feedback.updatedAt),
    uri: `${accountPath(message.accountSid)}/Messages/${message.sid}/Feedback.json`,
  };
}

export function numberView(number: NumberRecord): Record<string, unknown> {
  const path = `${accountPath(number.accountSid)}/IncomingPhoneNumbers/${number.sid}`;
  const echoed = number.echoed ?? {};
  return {
    sid: number.sid,
    account_sid: number.accountSid,
    friendly_name: number.friendlyName,
    phone_number: number.phoneNumber,
    capabilities: { voice: false, sms: true, mms: false, fax: false },
    sms_url: number.smsUrl,
    sms_method: number.smsMethod,
    sms_fallback_url: number.smsFallbackUrl,
    sms_fallback_method: number.smsFallbackMethod,
    sms_application_sid: number.smsApplicationSid,
    voice_url: number.voiceUrl,
    voice_method: number.voiceMethod,
    voice_fallback_url: number.voiceFallbackUrl,
    voice_fallback_method: number.voiceFallbackMethod,
    voice_application_sid: echoed["VoiceApplicationSid"] ?? null,
    voice_caller_id_lookup: echoed["VoiceCallerIdLookup"] === "true",
    voice_receive_mode: echoed["VoiceReceiveMode"] ?? "voice",
    status_callback: number.statusCallback,
    status_callback_method: number.statusCallbackMethod,
    api_version: echoed["ApiVersion"] ?? API_VERSION,
    address_requirements: "none",
    beta: false,
    origin: "twilio",
    address_sid: echoed["AddressSid"] ?? null,
    identity_sid: echoed["IdentitySid"] ?? null,
    bundle_sid: echoed["BundleSid"] ?? null,
    trunk_sid: echoed["TrunkSid"] ?? null,
    emergency_status: echoed["EmergencyStatus"] ?? "Inactive",
    emergency_address_sid: echoed["EmergencyAddressSid"] ?? null,
    emergency_address_status: "unregistered",
    status: "in-use",
    type: number.kind,
    date_created: dateText(number.createdAt),
    date_updated: dateText(number.updatedAt),
    uri: `${path}.json`,
    subresource_uris: { assigned_add_ons: `${path}/AssignedAddOns.json` },
  };
}

export function shortCodeView(number: NumberRecord): Record<string, unknown> {
  const sid = `SC${number.sid.slice(2)}`;
  return {
    sid,
    account_sid: number.accountSid,
    friendly_name: number.friendlyName,
    short_code: number.phoneNumber,
    api_version: number.echoed?.["ApiVersion"] ?? API_VERSION,
    sms_url: number.smsUrl,
    sms_method: number.smsMethod,
    sms_fallback_url: number.smsFallbackUrl,
    sms_fallback_method: number.smsFallbackMethod,
    date_created: dateText(number.createdAt),
    date_updated: dateText(number.updatedAt),
    uri: `${accountPath(number.accountSid)}/SMS/ShortCodes/${sid}.json`,
  };
}

/** The live service writes `SMS` and `MMS` here in capitals, and in small letters on a number one has. */
export function availableNumberView(offer: Offer, region: string | null): Record<string, unknown> {
  const place = offer.place ?? {};
  return {
    friendly_name: nationalFormatOf(offer.phoneNumber),
    phone_number: offer.phoneNumber,
    lata: place.lata ?? null,
    locality: place.locality ?? null,
    rate_center: place.rateCenter ?? null,
    latitude: place.latitude?.toFixed(6) ?? null,
    longitude: place.longitude?.toFixed(6) ?? null,
    region,
    postal_code: place.postalCode ?? null,
    iso_country: offer.country,
    address_requirements: "none",
    beta: false,
    capabilities: { voice: false, SMS: true, MMS: false, fax: false },
  };
}

export function availableCountryView(accountSid: string, code: string): Record<string, unknown> {
  const path = `${accountPath(accountSid)}/AvailablePhoneNumbers/${code}`;
  return {
    country_code: code,
    country: countryName(code) ?? code,
    uri: `${path}.json`,
    beta: false,
    subresource_uris: {
      local: `${path}/Local.json`,
      toll_free: `${path}/TollFree.json`,
      mobile: `${path}/Mobile.json`,
    },
  };
}

/** Contract §7.1: name in the answer → path below the account. */
const ACCOUNT_SUBRESOURCES: Readonly<Record<string, string>> = {
  available_phone_numbers: "AvailablePhoneNumbers",
  calls: "Calls",
  conferences: "Conferences",
  incoming_phone_numbers: "IncomingPhoneNumbers",
  notifications: "Notifications",
  outgoing_caller_ids: "OutgoingCallerIds",
  recordings: "Recordings",
  transcriptions: "Transcriptions",
  addresses: "Addresses",
  signing_keys: "SigningKeys",
  connect_apps: "ConnectApps",
  sip: "SIP",
  authorized_connect_apps: "AuthorizedConnectApps",
  usage: "Usage",
  keys: "Keys",
  applications: "Applications",
  short_codes: "SMS/ShortCodes",
  queues: "Queues",
  messages: "Messages",
  balance: "Balance",
};

export function accountView(account: AccountRecord): Record<string, unknown> {
  const path = accountPath(account.sid);
  return {
    sid: account.sid,
    friendly_name: account.friendlyName,
    status: account.status,
    type: "Full",
    auth_token: account.authToken,
    // The main account owns itself, as on the live service.
    owner_account_sid: account.ownerAccountSid ?? account.sid,
    date_created: dateText(account.createdAt),
    date_updated: dateText(account.updatedAt),
    uri: `${path}.json`,
    subresource_uris: Object.fromEntries(
      Object.entries(ACCOUNT_SUBRESOURCES).map(([name, below]) => [name, `${path}/${below}.json`]),
    ),
  };
}
