/**
 * What an app is told, in Twilio's spelling and in the order real requests have (contract §9.2, §9.3): the order
 * means nothing, but some parsers rely on it. Geography that is not known is left out rather than sent empty: an
 * app whose form parser drops blank values would compute another signature.
 */
import type { WebhookFacts } from "../../store/store.ts";
import type { Parameters } from "./signature.ts";

type InboundFacts = Extract<WebhookFacts, { kind: "inbound" }>;
type StatusFacts = Extract<WebhookFacts, { kind: "status" }>;
/** ISO 3166-1 alpha-2 of an address, or null when it is not known without asking anybody. */
export type CountryOf = (address: string) => string | null;

const API_VERSION = "2010-04-01";

export function parametersOf(facts: WebhookFacts, countryOf: CountryOf = () => null): Parameters {
  return facts.kind === "inbound" ? inboundParameters(facts, countryOf) : statusParameters(facts);
}

function inboundParameters(facts: InboundFacts, countryOf: CountryOf): Parameters {
  return present([
    ["ToCountry", countryOf(facts.to)],
    ["SmsMessageSid", facts.messageSid],
    ["NumMedia", "0"],
    ["SmsSid", facts.messageSid],
    ["SmsStatus", "received"],
    ["Body", facts.body],
    ["FromCountry", countryOf(facts.from)],
    ["To", facts.to],
    ["MessagingServiceSid", facts.messagingServiceSid],
    ["OptOutType", facts.optOutType ?? null],
    ["NumSegments", String(facts.numSegments)],
    ["MessageSid", facts.messageSid],
    ["AccountSid", facts.accountSid],
    ["From", facts.from],
    ["ApiVersion", API_VERSION],
  ]);
}

function statusParameters(facts: StatusFacts): Parameters {
  const unhappy = facts.status === "failed" || facts.status === "undelivered";
  const reported = facts.status === "delivered" || facts.status === "undelivered";
  return present([
    ["ErrorCode", unhappy && facts.errorCode !== null ? String(facts.errorCode) : null],
    ["RawDlrDoneDate", reported ? rawDoneDate(facts.doneAt) : null],
    ["SmsSid", facts.messageSid],
    ["SmsStatus", facts.status],
    ["MessageStatus", facts.status],
    ["To", facts.to],
    ["MessagingServiceSid", facts.messagingServiceSid],
    ["MessageSid", facts.messageSid],
    ["AccountSid", facts.accountSid],
    ["From", facts.from === "" ? null : facts.from],
    ["ApiVersion", API_VERSION],
  ]);
}

function present(parameters: readonly (readonly [string, string | null])[]): Parameters {
  return parameters.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]));
}

/** `2026-01-04T11:15:30+01:00` → `2601041115`: the carrier's own digits, whatever its zone. */
function rawDoneDate(doneAt: string | null): string | null {
  const digits = /^\d\d(\d\d)-(\d\d)-(\d\d)T(\d\d):(\d\d)/.exec(doneAt ?? "");
  return digits === null ? null : digits.slice(1).join("");
}
