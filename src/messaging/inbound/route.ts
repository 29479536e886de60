/**
 * Where an inbound Message goes. Pure: a Number's settings in, a verdict out.
 *
 * - The Number is the one the network named, else the Line's own. A modem's SIM may have changed its number: of
 *   several the one provisioned last is meant. A carrier names it as it likes: with or without `+`, nationally, with
 *   00; the Line's own Numbers are tried first, each read in its own country.
 * - The webhook is that of the Number's messaging service, else the `sms_url` of the application the Number names,
 *   else the Number's own (contract §6.4): with an application all of the Number's own URLs are ignored. None: the
 *   Message is stored and can be listed, nobody
 *   is told. One that is no http(s) URL is Twilio's 11100, and an event.
 * - An account that is suspended or closed is told nothing: its messages are stored.
 */
import type { ApplicationRecord, NumberRecord } from "../../store/settings-document.ts";
import type { HttpMethod, NewInbound, NewWebhook } from "../../store/store.ts";
import { webhookQueueOf } from "../webhook/webhook-queue-of.ts";
import type { InboundNumbers, InboundService, ParseAddress } from "./numbers.ts";

export type Target = {
  readonly url: string;
  readonly method: HttpMethod;
  readonly fallbackUrl: string | null;
  readonly fallbackMethod: HttpMethod;
};

/** Whose URL a message goes to, or would if there were one. */
export type UrlHolder = "number" | "application" | "service";

export type Route =
  | { readonly is: "webhook"; readonly target: Target }
  | { readonly is: "none"; readonly of: UrlHolder }
  | { readonly is: "inactive" }
  | { readonly is: "bad-url"; readonly of: UrlHolder; readonly url: string };

export function numberFor(
  line: string,
  to: string | null,
  numbers: InboundNumbers,
  parse: ParseAddress,
  country: string,
): NumberRecord | null {
  const exact = to === null ? null : (numbers.byNumber(to) ?? numbers.byNumber(`+${to}`));
  if (exact !== null) return exact;
  const own = [...numbers.ofLine(line)].sort((a, b) => b.createdAt - a.createdAt);
  if (to === null) return own[0] ?? null;
  for (const each of new Set(own.map((number) => number.country))) {
    const read = parse(to, each)?.address ?? to;
    const meant = own.find((number) => number.phoneNumber === read);
    if (meant !== undefined) return meant;
  }
  return numbers.byNumber(parse(to, own[0]?.country ?? country)?.address ?? to);
}

/** `application`: the one the Number names, null when it names none. */
export function routeOf(number: NumberRecord, application: ApplicationRecord | null = null): Route {
  const { smsUrl, smsMethod, smsFallbackUrl, smsFallbackMethod } = application ?? number;
  const of = application === null ? "number" : "application";
  if (smsUrl === "") return { is: "none", of };
  if (!isHttpUrl(smsUrl)) return { is: "bad-url", of, url: smsUrl };
  const target: Target = {
    url: smsUrl,
    method: smsMethod,
    fallbackUrl: isHttpUrl(smsFallbackUrl) ? smsFallbackUrl : null,
    fallbackMethod: smsFallbackMethod,
  };
  return { is: "webhook", target };
}

/**
 * A Number in a messaging service leaves its messages to the service (contract §6.4), unless that defers to its
 * senders. A service without a URL tells nobody.
 */
export function routeThrough(
  service: InboundService | null,
  number: NumberRecord,
  application: ApplicationRecord | null = null,
): Route {
  if (service === null || service.useInboundWebhookOnNumber) return routeOf(number, application);
  const { inboundRequestUrl: url, inboundMethod: method, fallbackUrl, fallbackMethod } = service;
  if (url === "") return { is: "none", of: "service" };
  if (!isHttpUrl(url)) return { is: "bad-url", of: "service", url };
  const fallback = isHttpUrl(fallbackUrl) ? fallbackUrl : null;
  return { is: "webhook", target: { url, method, fallbackUrl: fallback, fallbackMethod } };
}

export function inboundWebhook(
  message: NewInbound,
  target: Target,
  { createdAt, optOutType = null }: { createdAt: number; optOutType?: "STOP" | "START" | "HELP" | null },
): NewWebhook {
  const { sid, accountSid, messagingServiceSid, from, to, body, numSegments, error } = message;
  return {
    queue: webhookQueueOf(to, target.url),
    facts: {
      kind: "inbound",
      messageSid: sid,
      accountSid,
      messagingServiceSid,
      from,
      to,
      body,
      numSegments,
      ...(optOutType === null ? {} : { optOutType }),
      ...(error === undefined ? {} : { isIncomplete: true }),
    },
    ...target,
    createdAt,
  };
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}
