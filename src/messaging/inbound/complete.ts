/**
 * Makes a Message, and the webhook that announces it, of parts. Nothing here touches the disk.
 *
 * A message whose other parts did not come in time is made of those that did: `[…]` stands in its text where
 * something is missing, its error is Twilio's 30009, its segments are those that came. An app that knows nothing
 * of this still reads most of what was said, and a keyword is never mistaken: what lacks its beginning begins with
 * the mark. Parts that come later mend the Message. The app's webhook is mended with it while it has not been
 * answered; it is not called again, because an app that answers people would answer twice.
 */
import type { Clock } from "../../runtime/clock.ts";
import type { NewEvent } from "../../runtime/event.ts";
import type { KeySequence } from "../../runtime/ids.ts";
import { maskNumber } from "../../runtime/log.ts";
import { textWithGaps } from "../../sms/join.ts";
import type { ApplicationRecord, NumberRecord } from "../../store/settings-document.ts";
import type { Completion, NewInbound, NewWebhook, Store } from "../../store/store.ts";
import type { AudienceWords } from "./audience-words.ts";
import { type ContentKind, flagOf, kindOfContent } from "./content.ts";
import type { KeywordOutcome, Keywords } from "./keywords.ts";
import type { InboundNumbers, ParseAddress, ServiceOfNumber } from "./numbers.ts";
import type { Assembled } from "./reassemble.ts";
import { inboundWebhook, numberFor, type Route, routeThrough, type UrlHolder } from "./route.ts";

type Mend = Parameters<Store["mendInbound"]>[0];

/** Twilio's code of a message that lacks segments (contract §12.2). */
const MISSING_SEGMENT = 30009;
const GAP = "[…]";

/** Twilio's code of a webhook URL that is none (contract §12.3). */
const BAD_URL = 11100;
/** Twilio's code of an account that is suspended or closed (contract §12.1). */
const INACTIVE = 20005;

export type CompleterOptions = {
  readonly keys: KeySequence;
  readonly clock: Clock;
  readonly numbers: InboundNumbers;
  readonly parseAddress: ParseAddress;
  /** The application of that SID; nobody has any when it is not given. */
  readonly applicationOf?: (sid: string) => ApplicationRecord | null;
  /** Whether the account may be told anything; every one may when it is not given. */
  readonly isActive?: (accountSid: string) => boolean;
  /** Where national numbers are read while the Number is not known. */
  readonly siteCountry: string;
  /** Absent: no Number is in a service. */
  readonly serviceOf?: ServiceOfNumber;
  /** Null or absent: no word means anything but itself. */
  readonly keywords?: Keywords | null;
  /** Absent: there are no audiences. STOP, START and HELP are read first. */
  readonly audienceWords?: AudienceWords;
};

export type Completer = {
  /** Null when no Number takes it: it stays kept. */
  readonly complete: (assembled: Pick<Assembled, "parts" | "keptIds">) => Completion | null;
};

export function createCompleter(options: CompleterOptions): Completer {
  const { keys, clock, numbers, parseAddress, siteCountry } = options;
  const { applicationOf = () => null, isActive = () => true } = options;
  /** Numbers without a webhook that were already told about, each with whose URL it lacks. */
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
      const text = `The ${urlNames(to)[route.of]} is no http(s) URL: the message is stored and no webhook is called.`;
      return { ...about, level: "warning", text, errorCode: BAD_URL };
    }
    if (route.is === "inactive") {
      const text = `The account of ${to} is not active: the message is stored and no webhook is called.`;
      return { ...about, level: "info", text, errorCode: INACTIVE };
    }
    if (route.is === "webhook" || told.has(`${message.to} ${route.of}`)) return null;
    told.add(`${message.to} ${route.of}`);
    const text = `${lackOf(to)[route.of]}: its messages are stored and no webhook is called.`;
    return { ...about, level: "info", text };
  };

  const complete = ({ parts, keptIds }: Pick<Assembled, "parts" | "keptIds">): Completion | null => {
    const there = parts.filter((part) => part !== null);
    const first = there[0];
    if (first === undefined) return null;
    const { line, segment } = first;
    const error = missingOf(parts);
    const number = numberFor(line, segment.to, numbers, parseAddress, siteCountry);
    if (number === null) return null;
    const service = options.serviceOf?.(number) ?? null;
    const message: NewInbound = {
      sid: keys.sid("SM"),
      accountSid: number.accountSid,
      from: senderOf(segment.from, number, parseAddress),
      to: number.phoneNumber,
      body: bodyOf(parts),
      numSegments: there.length,
      messagingServiceSid: service?.sid ?? null,
      line,
      receivedAt: Math.max(...there.map((part) => part.receivedAt)),
      ...(error === null ? {} : { error }),
    };
    const segments = there.map((part) => part.segment);
    const kind = kindOfContent(segments);
    const flag = flagOf(segments);
    const route: Route = isActive(number.accountSid)
      ? routeThrough(service, number, applicationOf(number.smsApplicationSid))
      : { is: "inactive" };
    const keyword = kind === "text" ? (options.keywords?.(message, number) ?? null) : null;
    const word =
      kind === "text" && keyword === null ? (options.audienceWords?.(message, number) ?? null) : null;
    const isConsumed = word !== null && !word.isForwarded;
    return {
      keptIds,
      message,
      webhook: isConsumed ? null : webhookOf(kind, route, message, keyword?.optOutType ?? null),
      event:
        error === null
          ? ((isConsumed ? null : eventOf(kind, route, message)) ?? flagEvent(message, flag, clock.now()))
          : incompleteEvent(message, error.text, clock.now()),
      keyword: keyword?.effect ?? null,
      audience: word?.effect ?? null,
    };
  };

  return { complete };
}

const urlNames = (to: string): Readonly<Record<UrlHolder, string>> => ({
  number: `SmsUrl of ${to}`,
  application: `SmsUrl of the application of ${to}`,
  service: `InboundRequestUrl of the messaging service of ${to}`,
});

/** The operator looks where the URL would have to be: a Number's own does not count in a service (contract §6.4). */
const lackOf = (to: string): Readonly<Record<UrlHolder, string>> => ({
  number: `${to} has no SmsUrl`,
  application: `The application of ${to} has no SmsUrl`,
  service: `The messaging service of ${to} has no InboundRequestUrl (and the number's own counts only with UseInboundWebhookOnNumber)`,
});

/** What late parts make of the Message that is shown with gaps. */
export function mendOf(
  { parts, keptIds, hasNews }: Assembled,
  options: { readonly sid: string; readonly line: string; readonly at: number },
): Mend {
  const { sid, line, at } = options;
  if (!hasNews) {
    const text = `A part of message ${sid} came to ${line} again; it is kept already.`;
    return {
      sid,
      keptIds,
      now: null,
      at,
      event: { type: "inbound.duplicate", level: "info", at, text, line, messageSid: sid },
    };
  }
  const error = missingOf(parts);
  const left = error === null ? "it is whole now" : error.text;
  const text = `A missing part of message ${sid} came to ${line}: ${left}. The app is not called again.`;
  return {
    sid,
    keptIds,
    now: { body: bodyOf(parts), numSegments: parts.filter((part) => part !== null).length, error },
    at,
    event: { type: "inbound.mended", level: "info", at, text, line, messageSid: sid },
  };
}

function bodyOf(parts: Assembled["parts"]): string {
  return textWithGaps(
    parts.map((part) => part?.segment.userData ?? null),
    GAP,
  );
}

function missingOf(parts: Assembled["parts"]): { readonly code: number; readonly text: string } | null {
  const missing = parts.flatMap((part, at) => (part === null ? [at + 1] : []));
  if (missing.length === 0) return null;
  const which = missing.length === 1 ? `part ${missing[0]}` : `parts ${missing.join(", ")}`;
  return { code: MISSING_SEGMENT, text: `${which} of ${parts.length} did not come` };
}

function flagEvent(message: NewInbound, flag: string | null, at: number): NewEvent | null {
  if (flag === null) return null;
  const { sid, accountSid, line } = message;
  const text = `Message ${sid} to ${maskNumber(message.to)} is special (${flag}); it is stored and told like any other.`;
  return { type: "inbound.special", level: "info", at, text, line, messageSid: sid, accountSid };
}

function incompleteEvent(message: NewInbound, missing: string, at: number): NewEvent {
  return {
    type: "inbound.incomplete",
    level: "warning",
    at,
    text: `A message to ${maskNumber(message.to)} on ${message.line} is shown with a gap: ${missing}. It is mended if they come.`,
    line: message.line,
    messageSid: message.sid,
    accountSid: message.accountSid,
    errorCode: MISSING_SEGMENT,
  };
}

/** E.164 where the sender is a number; names, short codes and anything else as they came (contract §4.1). */
function senderOf(from: string, number: NumberRecord, parse: ParseAddress): string {
  const address = parse(from, number.country);
  return address?.kind === "e164" ? address.address : from;
}
