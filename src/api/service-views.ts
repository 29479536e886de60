/** Messaging services as they are written (contract §6): ISO dates, absolute URLs on the host the client used. */
import type { PoolMember } from "../accounts/services.ts";
import type { ServiceRecord } from "../store/settings-document.ts";

/** ISO 8601, UTC, whole seconds (contract §1.5). */
export function isoDateText(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
}

/** Name in `links` → path below the service. What is not served here answers 404. */
const LINKS: Readonly<Record<string, string>> = {
  phone_numbers: "PhoneNumbers",
  short_codes: "ShortCodes",
  alpha_senders: "AlphaSenders",
  messages: "Messages",
  us_app_to_person: "Compliance/Usa2p",
  us_app_to_person_usecases: "Compliance/Usa2p/Usecases",
  channel_senders: "ChannelSenders",
  destination_alpha_senders: "DestinationAlphaSenders",
};

/** `services`: the URL of the list, as the client would write it. */
export function serviceView(service: ServiceRecord, services: string): Record<string, unknown> {
  const url = `${services}/${service.sid}`;
  return {
    sid: service.sid,
    account_sid: service.accountSid,
    friendly_name: service.friendlyName,
    date_created: isoDateText(service.createdAt),
    date_updated: isoDateText(service.updatedAt),
    inbound_request_url: service.inboundRequestUrl || null,
    inbound_method: service.inboundMethod,
    fallback_url: service.fallbackUrl || null,
    fallback_method: service.fallbackMethod,
    status_callback: service.statusCallback || null,
    sticky_sender: service.stickySender,
    mms_converter: service.mmsConverter,
    smart_encoding: service.smartEncoding,
    scan_message_content: service.scanMessageContent,
    fallback_to_long_code: service.fallbackToLongCode,
    area_code_geomatch: service.areaCodeGeomatch,
    synchronous_validation: service.synchronousValidation,
    validity_period: service.validityPeriod,
    usecase: service.usecase,
    us_app_to_person_registered: false,
    use_inbound_webhook_on_number: service.useInboundWebhookOnNumber,
    url,
    links: Object.fromEntries(Object.entries(LINKS).map(([name, below]) => [name, `${url}/${below}`])),
  };
}

/** An alphanumeric sender with the country it is for; the empty text for all of them. */
export function destinationAlphaSenderView(
  member: PoolMember,
  service: ServiceRecord,
  senders: string,
): Record<string, unknown> {
  return {
    ...senderView(member, service, senders),
    iso_country_code: member.sender.isoCountryCode ?? "",
  };
}

/** What a service is for, in words: `usecase` takes these and `undeclared`. */
export function usecasesView(): Record<string, unknown> {
  return {
    usecases: Object.entries(PURPOSES).map(([usecase, [name, purpose]]) => ({
      usecase,
      friendly_name: name,
      purpose,
    })),
  };
}

const PURPOSES: Readonly<Record<string, readonly [friendlyName: string, purpose: string]>> = {
  notifications: ["Notifications", "Tell people about something of theirs"],
  marketing: ["Marketing", "Send offers to people who asked for them"],
  verification: ["Verification", "Send codes that prove who somebody is"],
  discussion: ["Discussion", "Let people talk with people"],
  poll: ["Poll", "Ask people and count their answers"],
  undeclared: ["Undeclared", "Not said"],
};

/** `senders`: the URL of the list it is in. `capabilities` is an array here, unlike a number's own. */
export function senderView(
  { sender, number }: PoolMember,
  service: ServiceRecord,
  senders: string,
): Record<string, unknown> {
  const common = {
    sid: sender.sid,
    account_sid: service.accountSid,
    service_sid: service.sid,
    date_created: isoDateText(sender.createdAt),
    date_updated: isoDateText(sender.updatedAt),
    capabilities: ["SMS"],
    url: `${senders}/${sender.sid}`,
  };
  if (sender.kind === "alpha-sender") return { ...common, alpha_sender: number.phoneNumber };
  const name = sender.kind === "short-code" ? "short_code" : "phone_number";
  return { ...common, [name]: number.phoneNumber, country_code: number.country };
}
