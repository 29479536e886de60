/**
 * STOP, START and HELP (contract §4.5). The message itself goes to the app like any other; beside it the pair of
 * recipient and number is blocked or freed, and the person is answered. All of it is one transaction with the
 * message, made by the store.
 *
 * - A Number in a messaging service stands for the whole service: STOP blocks both, START frees the service and
 *   every Number of its pool.
 * - Who is blocked already is not answered again, and YES from someone who never said STOP is an answer to the
 *   app, not to us: the reply goes out only when the word changed something. START, UNSTOP and HELP are nothing but
 *   keywords, and always answered.
 * - The answer is not a message of the app's: no list shows it and no callback tells of it.
 */
import { type Keyword, type OptOutPolicy, readKeyword } from "../../accounts/opt-out.ts";
import type { Clock } from "../../runtime/clock.ts";
import { maskNumber } from "../../runtime/log.ts";
import type { OptOutChange } from "../../store/recipient.ts";
import type { NumberRecord } from "../../store/settings-document.ts";
import type { KeywordEffect, NewInbound, NewOutbound } from "../../store/store.ts";
import type { Accept, Rate } from "../outbound/accept.ts";
import type { ServiceOfNumber } from "./numbers.ts";

export type KeywordOutcome = {
  readonly effect: KeywordEffect;
  /** Twilio names the type only where a service has Advanced Opt-Out, which here is every service. */
  readonly optOutType: "STOP" | "START" | "HELP" | null;
};

/** Null: the message is no keyword. */
export type Keywords = (message: NewInbound, number: NumberRecord) => KeywordOutcome | null;

const TYPES = { stop: "STOP", start: "START", help: "HELP" } as const;

export function createKeywords(options: {
  readonly policy: OptOutPolicy;
  readonly prepare: Accept["prepare"];
  readonly rateOf: (number: string) => Rate;
  readonly serviceOf: ServiceOfNumber;
  readonly countryOf: (address: string) => string | null;
  readonly clock: Clock;
}): Keywords {
  const { policy, prepare, rateOf, serviceOf, countryOf, clock } = options;

  const replyOf = (keyword: Keyword, message: NewInbound): NewOutbound | null => {
    if (keyword.reply.trim() === "") return null;
    return prepare({
      accountSid: message.accountSid,
      direction: "outbound-reply",
      from: message.to,
      to: message.from,
      body: keyword.reply,
      messagingServiceSid: null,
      statusCallback: null,
      queue: message.to,
      lane: "single",
      validitySeconds: null,
      segmentsPerSecond: rateOf(message.to),
      automatic: true,
    });
  };

  return (message, number) => {
    // Nobody can be texted by a name: no block to keep, nobody to answer.
    if (!message.from.startsWith("+")) return null;
    const service = serviceOf(number);
    const about = { kind: number.kind, inService: service !== null, country: countryOf(message.from) };
    const keyword = readKeyword(message.body, about, policy);
    if (keyword === null) return null;
    const change = changeOf(keyword, message, service, clock.now());
    return {
      effect: {
        change,
        reply: replyOf(keyword, message),
        repliesAlways: keyword.isAlwaysAnswered,
        event: change === null ? null : eventOf(change, message),
      },
      optOutType: service === null ? null : TYPES[keyword.class],
    };
  };
}

function changeOf(
  keyword: Keyword,
  { from, to }: NewInbound,
  service: ReturnType<ServiceOfNumber>,
  at: number,
): OptOutChange | null {
  if (keyword.class === "help") return null;
  const ofService = service === null ? [] : [service.sid];
  if (keyword.class === "stop") return { is: "stop", recipient: from, scopes: [to, ...ofService], at };
  const pool = service === null ? [] : service.senders.filter((sender) => sender !== to);
  return { is: "start", recipient: from, scopes: [to, ...ofService, ...pool], at };
}

function eventOf(change: OptOutChange, message: NewInbound) {
  const who = maskNumber(message.from);
  const text =
    change.is === "stop"
      ? `${who} texted STOP to ${maskNumber(message.to)}: no message goes there until START.`
      : `${who} texted START to ${maskNumber(message.to)}: messages go there again.`;
  return {
    type: "optout.changed",
    level: "info",
    at: change.at,
    text,
    messageSid: message.sid,
    accountSid: message.accountSid,
  } as const;
}
