/** Makes a Message, and the webhook that announces it, of parts that are whole. Nothing here touches the disk. */
import type { Clock } from "../../runtime/clock.ts";
import type { NewEvent } from "../../runtime/event.ts";
import type { KeySequence } from "../../runtime/ids.ts";
import { maskNumber } from "../../runtime/log.ts";
import { textOf } from "../../sms/join.ts";
import type { NumberRecord } from "../../store/settings-document.ts";
import type { Completion, NewInbound, NewWebhook } from "../../store/store.ts";
import { type ContentKind, kindOfContent } from "./content.ts";
import type { KeywordOutcome, Keywords } from "./keywords.ts";
import type { InboundNumbers, ParseAddress, ServiceOfNumber } from "./numbers.ts";
import type { WholeMessage } from "./reassemble.ts";
import { inboundWebhook, numberFor, type Route, routeThrough } from "./route.ts";

/** Twilio's code of a webhook URL that is none (contract §12.3). */
const BAD_URL = 11100;

export type CompleterOptions = {
  readonly keys: KeySequence;
  readonly clock: Clock;
  readonly numbers: InboundNumbers;
  readonly parseAddress: ParseAddress;
  /** Where national numbers are read while the Number is not known. */
  readonly siteCountry: string;
  /** Absent: no Number is in a service. */
  readonly serviceOf?: ServiceOfNumber;
  /** Null or absent: no word means anything but itself. */
  readonly keywords?: Keywords | null;
};

export type Completer = {
  /** Null when no Number takes it: it stays kept. */
  readonly complete: (whole: WholeMessage) => Completion | null;
};

export function createCompleter(options: CompleterOptions): Completer {
  const { keys, clock, numbers, parseAddress, siteCountry } = options;
  /** Numbers without a webhook that were already told about. */
  const told = new Set<string>();

  const webhookOf = (
    kind: ContentKind,
    route: Route,
    message: NewInbound,
    optOutType: KeywordOutcome["optOutType"],
  ): NewWebhook | null =>
    kind === "text" && route.is === "webhook"
      ? inboundWebhook(message, route.target, { createdAt: clock.now(), optOutType })
      : null;

  const eventOf = (kind: ContentKind, route: Route, message: NewInbound): NewEvent | null => {
    const about = {
      type: "inbound.unrouted",
      at: clock.now(),
      line: message.line,
      messageSid: message.sid,
      accountSid: message.accountSid,
    } as const;
    const to = maskNumber(message.to);
    if (kind === "data") {
      const text = `A message to ${to} carries data, not text: it is stored and no webhook is called.`;
      return { ...about, level: "info", text };
    }
    if (route.is === "bad-url") {
      const text = `The SmsUrl of ${to} is no http(s) URL: the message is stored and no webhook is called.`;
      return { ...about, level: "warning", text, errorCode: BAD_URL };
    }
    if (route.is === "webhook" || told.has(message.to)) return null;
    told.add(message.to);
    const text = `${to} has no SmsUrl: its messages are stored and no webhook is called.`;
    return { ...about, level: "info", text };
  };

  const complete = (whole: WholeMessage): Completion | null => {
    const first = whole.parts[0];
    if (first === undefined) return null;
    const { line, segment } = first;
    const number = numberFor(line, segment.to, numbers, parseAddress, siteCountry);
    if (number === null) return null;
    const service = options.serviceOf?.(number) ?? null;
    const message: NewInbound = {
      sid: keys.sid("SM"),
      accountSid: number.accountSid,
      from: senderOf(segment.from, number, parseAddress),
      to: number.phoneNumber,
      body: textOf(whole.parts.map((part) => part.segment.userData)),
      numSegments: whole.parts.length,
      messagingServiceSid: service?.sid ?? null,
      line,
      receivedAt: Math.max(...whole.parts.map((part) => part.receivedAt)),
    };
    const kind = kindOfContent(whole.parts.map((part) => part.segment));
    const route = routeThrough(service, number);
    const keyword = kind === "text" ? (options.keywords?.(message, number) ?? null) : null;
    return {
      keptIds: whole.keptIds,
      message,
      webhook: webhookOf(kind, route, message, keyword?.optOutType ?? null),
      event: eventOf(kind, route, message),
      keyword: keyword?.effect ?? null,
    };
  };

  return { complete };
}

/** E.164 where the sender is a number; names, short codes and anything else as they came (contract §4.1). */
function senderOf(from: string, number: NumberRecord, parse: ParseAddress): string {
  const address = parse(from, number.country);
  return address?.kind === "e164" ? address.address : from;
}
