/**
 * An app's answer to an inbound webhook: TwiML message verbs become Messages (contract §11). Nothing here touches
 * the disk: the answer, its replies and the end of the webhook are one transaction, made by the webhook room.
 *
 * A verb that cannot be carried out is skipped with an event and Twilio's code; the others run. Whether an answer
 * comes in time, how many messages it may ask for and what its relative URLs mean is decided before, where the
 * answer is read (`webhook/converse.ts`).
 */
import type { Clock } from "../../runtime/clock.ts";
import type { NewEvent } from "../../runtime/event.ts";
import { maskNumber } from "../../runtime/log.ts";
import type { NumberRecord } from "../../store/settings-document.ts";
import type { NewOutbound, WebhookFacts, WebhookTask } from "../../store/store.ts";
import type { Accept, Rate } from "../outbound/accept.ts";
import type { TwimlVerb } from "../webhook/twiml.ts";
import type { InboundNumbers, ParseAddress, ServiceOfNumber } from "./numbers.ts";
import type { ReplyLoop } from "./reply-loop.ts";

const BAD_TO = 14101;
const BAD_FROM = 14102;
const BAD_BODY = 14103;
/** A sender that is an address, but none that this account may send from. */
const NOT_OWN_FROM = 14108;
/** Contract §4.4: the reply is a row that failed, so that the app's callback and the operator learn of it. */
const LOOPING = {
  errorCode: 14107,
  why: "more than 30 replies between the two numbers, each within 30 seconds",
};

/** UTF-16 units, as for an app's own messages (contract §4.2). */
const MAX_BODY = 1600;

type InboundFacts = Extract<WebhookFacts, { kind: "inbound" }>;
type MessageVerb = Extract<TwimlVerb, { verb: "message" }>;
type Problem = { readonly code: number; readonly text: string };

export type Answer = { readonly replies: readonly NewOutbound[]; readonly events: readonly NewEvent[] };

export function createAnswer(options: {
  readonly prepare: Accept["prepare"];
  readonly clock: Clock;
  readonly numbers: Pick<InboundNumbers, "byNumber">;
  readonly parseAddress: ParseAddress;
  readonly rateOf: (number: string) => Rate;
  /** Absent: no Number is in a service. */
  readonly serviceOf?: ServiceOfNumber;
  /** Absent: replies may go round for ever. */
  readonly loop?: Pick<ReplyLoop, "allows">;
}): (task: WebhookTask, verbs: readonly TwimlVerb[]) => Answer {
  const { prepare, clock, rateOf } = options;

  return (task, verbs) => {
    const { facts } = task;
    const messages = verbs.filter((verb) => verb.verb === "message");
    if (facts.kind !== "inbound" || messages.length === 0) return { replies: [], events: [] };

    const event = ({ code, text }: Problem): NewEvent => ({
      type: "twiml.error",
      level: "warning",
      at: clock.now(),
      text,
      messageSid: facts.messageSid,
      accountSid: facts.accountSid,
      errorCode: code,
    });

    const replies: NewOutbound[] = [];
    const events: NewEvent[] = [];
    for (const verb of messages) {
      const resolved = resolve(verb, facts, options);
      if (resolved.is === "problem") {
        events.push(event(resolved.problem));
        continue;
      }
      const { from, to } = resolved;
      const loops = options.loop?.allows(from.phoneNumber, to) === false;
      replies.push(
        prepare({
          accountSid: facts.accountSid,
          direction: "outbound-reply",
          from: from.phoneNumber,
          to,
          body: verb.body,
          messagingServiceSid: null,
          statusCallback: verb.statusCallback,
          queue: from.phoneNumber,
          lane: "single",
          validitySeconds: null,
          segmentsPerSecond: rateOf(from.phoneNumber),
          optOutScope: options.serviceOf?.(from)?.sid ?? null,
          refusal: loops ? LOOPING : null,
        }),
      );
    }
    return { replies, events };
  };
}

type Lookup = { readonly numbers: Pick<InboundNumbers, "byNumber">; readonly parseAddress: ParseAddress };

type Resolved =
  | { readonly is: "ok"; readonly from: NumberRecord; readonly to: string }
  | { readonly is: "problem"; readonly problem: Problem };

function resolve(verb: MessageVerb, facts: InboundFacts, options: Lookup): Resolved {
  const { numbers, parseAddress } = options;
  const problem = (code: number, text: string): Resolved => ({ is: "problem", problem: { code, text } });

  const receiving = numbers.byNumber(facts.to);
  const from = verb.from === null ? receiving : ownNumber(verb.from, receiving, options);
  if (from === null || from.accountSid !== facts.accountSid) {
    const text = `A reply names ${maskNumber(verb.from ?? facts.to)} as its sender, which is no number of this account. It was not sent.`;
    return problem(isAddress(verb.from ?? facts.to, receiving, options) ? NOT_OWN_FROM : BAD_FROM, text);
  }

  const to = parseAddress(verb.to ?? facts.from, from.country);
  if (to === null || to.kind === "alphanumeric") {
    const text = `A reply goes to ${maskNumber(verb.to ?? facts.from)}, which cannot be texted. It was not sent.`;
    return problem(BAD_TO, text);
  }
  if (to.address === from.phoneNumber || to.address === facts.to) {
    const text = `A reply goes to ${maskNumber(to.address)}, the number that would send it. It was not sent.`;
    return problem(BAD_TO, text);
  }

  if (verb.body.trim() === "") return problem(BAD_BODY, "A reply has no text. It was not sent.");
  if (verb.body.length > MAX_BODY) {
    const text = `A reply has ${verb.body.length} characters; ${MAX_BODY} are allowed. It was not sent.`;
    return problem(BAD_BODY, text);
  }
  return { is: "ok", from, to: to.address };
}

function isAddress(text: string, receiving: NumberRecord | null, { parseAddress }: Lookup): boolean {
  return parseAddress(text, receiving?.country ?? "") !== null;
}

/** As it is written, else read as someone in the receiving Number's country would write it. */
function ownNumber(text: string, receiving: NumberRecord | null, options: Lookup): NumberRecord | null {
  const { numbers, parseAddress } = options;
  const address = receiving === null ? null : parseAddress(text, receiving.country);
  return numbers.byNumber(text) ?? (address === null ? null : numbers.byNumber(address.address));
}
