/** What the operator is told about a webhook: Twilio's code, the HTTP status and the URL, never what was said. */
import type { EventLevel, EventType, NewEvent } from "../../runtime/event.ts";
import type { WebhookTask } from "../../store/store.ts";
import type { TwimlProblem } from "./twiml.ts";
import type { Trouble } from "./verdict.ts";

type Located = Trouble & { readonly url: string };
type At = { readonly task: WebhookTask; readonly at: number };

/** `fallback`: what became of the fallback, where there is one. */
export function retryEvent(
  at: At,
  trouble: Located,
  { aside, fallback }: { readonly aside: boolean; readonly fallback: Located | null },
): NewEvent {
  const meanwhile = aside ? "the webhooks behind it go on" : "the webhooks behind it wait";
  const next = `it will be asked again, ${meanwhile}`;
  if (fallback === null) return eventOf(at, "webhook.retry", "warning", trouble, next);
  const neither = `nor did its fallback URL: ${fallback.why}; ${next}`;
  const event = eventOf(at, "webhook.retry", "warning", trouble, neither);
  const fallbackUrl = shownUrl(fallback.url, at.task);
  return { ...event, detail: { ...event.detail, fallbackUrl, fallbackErrorCode: fallback.code } };
}

export function failedEvent(at: At, trouble: Located): NewEvent {
  const kept =
    at.task.facts.kind === "inbound" ? "the message is kept, nothing is replied" : "it is not told";
  return eventOf(at, "webhook.failed", "error", trouble, `given up on: ${kept}`);
}

export function fallbackEvent(at: At, trouble: Located): NewEvent {
  const type = trouble.code >= 12000 ? "twiml.error" : "webhook.failed";
  return eventOf(at, type, "warning", trouble, "its fallback URL answered instead");
}

export function problemEvent({ task, at }: At, problem: TwimlProblem): NewEvent {
  return {
    ...about({ task, at }),
    type: "twiml.error",
    level: "warning",
    text: `The app's answer: ${problem.text}. This part of it is not acted on.`,
    errorCode: problem.code,
    detail: { url: shownUrl(task.url, task), httpStatus: 200, idempotencyToken: task.idempotencyToken },
  };
}

/** DESIGN §4.4: nobody wants a reply 47 hours late. */
export function tooLateEvent({ task, at }: At, ageMs: number): NewEvent {
  const minutes = Math.round(ageMs / 60_000);
  return {
    ...about({ task, at }),
    type: "twiml.error",
    level: "warning",
    text: `The app answered ${minutes} minutes after the message came: too late for a reply, none is sent.`,
    detail: { url: shownUrl(task.url, task), minutes, idempotencyToken: task.idempotencyToken },
  };
}

/** Our own fault, or an account that is gone: no answer of the app's is involved. */
export function internalEvent({ task, at }: At, code: number, text: string): NewEvent {
  return {
    ...about({ task, at }),
    type: "webhook.failed",
    level: "error",
    text,
    errorCode: code,
    detail: { url: shownUrl(task.url, task), idempotencyToken: task.idempotencyToken },
  };
}

/** A reply that the store does not take: it is never sent, and the webhook has ended all the same. */
export function refusedReplyEvent(at: At, why: "queue-full" | "opted-out"): NewEvent {
  const event = (code: number, text: string, level: EventLevel): NewEvent => ({
    ...internalEvent(at, code, text),
    type: "message.failed",
    level,
  });
  return why === "queue-full"
    ? event(21611, "A reply was not accepted: its number's queue is full.", "error")
    : event(
        21610,
        "A reply was not sent: its recipient has opted out of messages from its sender.",
        "warning",
      );
}

function eventOf(
  { task, at }: At,
  type: EventType,
  level: EventLevel,
  trouble: Located,
  next: string,
): NewEvent {
  return {
    ...about({ task, at }),
    type,
    level,
    text: `The app did not take the ${task.facts.kind} webhook: ${trouble.why}; ${next}.`,
    errorCode: trouble.code,
    detail: {
      url: shownUrl(trouble.url, task),
      httpStatus: trouble.status,
      attempts: task.attempts + 1,
      idempotencyToken: task.idempotencyToken,
    },
  };
}

function about({ task, at }: At): Pick<NewEvent, "at" | "messageSid" | "accountSid"> {
  return { at, messageSid: task.facts.messageSid, accountSid: task.facts.accountSid };
}

/**
 * Without userinfo and fragment. A URL the app made itself (in `<Redirect>`) loses its query too: it may repeat
 * the message's text.
 */
function shownUrl(url: string, task: WebhookTask): string {
  if (!URL.canParse(url)) return "(not a URL)";
  const shown = new URL(url);
  shown.username = "";
  shown.password = "";
  shown.hash = "";
  if (url !== task.url && url !== task.fallbackUrl) shown.search = "";
  return shown.href;
}
