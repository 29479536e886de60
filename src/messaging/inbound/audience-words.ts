/**
 * A text that is a keyword of an audience: who sent it joins or leaves, and is answered. All of it is one transaction
 * with the message, made by the store. The app is not asked, unless the audience forwards its keywords.
 *
 * - STOP always wins. Who said it to this number and then joins is a member and is told how to lift it (START); the
 *   STOP holds until then, because it was said of all that the number sends, the keyword of one thing. Who leaves after
 *   a STOP is not answered: nothing more comes in either case.
 * - The words are nothing but keywords, so each is answered, also where it changed nothing. No answer is a keyword, and
 *   the guard against machines that answer each other counts these answers with those of the apps.
 * - The answer is not a message of the app's: no list shows it and no callback tells of it.
 * - The audiences are the main account's, and so are the numbers whose texts are read so: all of them.
 */

import type { Audiences } from "../../accounts/audience/audiences.ts";
import {
  CONFIRMATION_LANGUAGES,
  type ConfirmationLanguage,
  confirmationLanguage,
  confirmationTexts,
} from "../../accounts/audience/confirmations.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { NewEvent } from "../../runtime/event.ts";
import type { KeySequence } from "../../runtime/ids.ts";
import { maskNumber } from "../../runtime/log.ts";
import type { AudienceEffect, AudienceRecord, KeywordAnswer } from "../../store/audience-commands.ts";
import type { NumberRecord } from "../../store/settings-document.ts";
import type { NewInbound, NewOutbound } from "../../store/store.ts";
import type { Accept, Rate } from "../outbound/accept.ts";
import type { ServiceOfNumber } from "./numbers.ts";
import type { ReplyLoop } from "./reply-loop.ts";

export type AudienceWord = {
  readonly effect: AudienceEffect<NewOutbound>;
  /** The app is told as of any other text. */
  readonly isForwarded: boolean;
};

/** Null: the message is no keyword of any audience. */
export type AudienceWords = (message: NewInbound, number: NumberRecord) => AudienceWord | null;

export function createAudienceWords(options: {
  readonly audiences: Pick<Audiences, "readKeyword" | "isKeyword">;
  readonly keys: KeySequence;
  readonly prepare: Accept["prepare"];
  readonly rateOf: (number: string) => Rate;
  readonly serviceOf: ServiceOfNumber;
  readonly countryOf: (address: string) => string | null;
  readonly loop: Pick<ReplyLoop, "allows">;
  /** The account that has the audiences. */
  readonly accountSid: string;
  /** Of the answers to STOP: `auto`, or a language. */
  readonly language: string;
  readonly clock: Clock;
}): AudienceWords {
  const { audiences, keys, prepare, rateOf, serviceOf, countryOf, loop, accountSid, clock } = options;

  const answerOf = (text: string, message: NewInbound): NewOutbound | null => {
    if (audiences.isKeyword(text)) return null;
    return prepare({
      accountSid,
      direction: "outbound-reply",
      from: message.to,
      to: message.from,
      body: text,
      messagingServiceSid: null,
      statusCallback: null,
      queue: message.to,
      lane: "single",
      validitySeconds: null,
      segmentsPerSecond: rateOf(message.to),
      automatic: true,
    });
  };

  const answersTo = (
    message: NewInbound,
    audience: AudienceRecord,
    is: "join" | "leave",
  ): Pick<AudienceEffect<NewOutbound>, "answer" | "answerIn"> => {
    if (!audience.confirm || !loop.allows(message.from, message.to)) return { answer: NONE, answerIn: {} };
    const inLanguage = (language: ConfirmationLanguage): KeywordAnswer<NewOutbound> => {
      const { welcome, goodbye, blocked } = confirmationTexts(audience, language);
      return is === "join"
        ? { usual: answerOf(welcome, message), toOptedOut: answerOf(blocked, message) }
        : { usual: answerOf(goodbye, message), toOptedOut: null };
    };
    const country = countryOf(message.from);
    return {
      answer: inLanguage(confirmationLanguage(audience, { country }, options.language)),
      answerIn: Object.fromEntries(
        CONFIRMATION_LANGUAGES.map((language) => [language, inLanguage(language)]),
      ),
    };
  };

  return (message, number) => {
    // Nobody can be texted by a name.
    if (!message.from.startsWith("+") || number.accountSid !== accountSid) return null;
    const keyword = audiences.readKeyword(message.body);
    if (keyword === null) return null;
    const { audience, is } = keyword;
    const at = clock.now();
    return {
      effect: {
        is,
        audienceSid: audience.sid,
        member: { sid: keys.sid("MB"), phoneNumber: message.from, joinedAt: at, joinedBy: "keyword" },
        scopes: { number: message.to, service: serviceOf(number)?.sid ?? null },
        ...answersTo(message, audience, is),
        event: eventOf(message, audience, is, at),
      },
      isForwarded: audience.forwardKeywords,
    };
  };
}

const NONE: KeywordAnswer<NewOutbound> = { usual: null, toOptedOut: null };

function eventOf(message: NewInbound, audience: AudienceRecord, is: "join" | "leave", at: number): NewEvent {
  const what = is === "join" ? "joined" : "left";
  return {
    type: "audience.changed",
    level: "info",
    at,
    text: `${maskNumber(message.from)} ${what} the audience ${audience.friendlyName} by a text to ${maskNumber(message.to)}.`,
    messageSid: message.sid,
    accountSid: message.accountSid,
    detail: { audience: audience.sid, forwarded: audience.forwardKeywords },
  };
}
