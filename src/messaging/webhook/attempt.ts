/**
 * One try of one webhook, from the first request to a decision: the app, where that fails in whatever way its fallback
 * at once (contract §9.4, §9.5), and what follows from both. Only where both fail is the webhook retried or given up
 * on, as the app's own trouble says; each try asks the app first. Nothing is written here; the deliverer commits the
 * decision.
 */
import type { NewEvent } from "../../runtime/event.ts";
import type { WebhookDeferral, WebhookTask } from "../../store/store.ts";
import { type Conversation, converse, type MessageVerb, type Opening } from "./converse.ts";
import type { Cookies } from "./cookies.ts";
import { type CountryOf, parametersOf } from "./payload.ts";
import type { RequestContext } from "./request.ts";
import { type Trouble, verdictOn } from "./verdict.ts";
import {
  failedEvent,
  fallbackEvent,
  internalEvent,
  problemEvent,
  retryEvent,
  tooLateEvent,
} from "./webhook-events.ts";

export type Decision =
  | {
      readonly is: "finish";
      readonly messages: readonly MessageVerb[];
      readonly events: readonly NewEvent[];
      /** Nobody took it. */
      readonly isGivenUp?: boolean;
    }
  | { readonly is: "defer"; readonly deferral: WebhookDeferral };

export type AttemptContext = RequestContext & {
  readonly authTokenOf: (accountSid: string) => string | null;
  readonly countryOf: CountryOf;
  readonly cookies: Cookies;
  readonly retryForMs: number;
  readonly replyWithinMs: number;
  /** Milliseconds since a wall-clock stamp, whatever that clock has done since. */
  readonly ageOf: (stamp: number) => number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly onAsked: (asked: Asked) => void;
};

/** One try, for whoever counts; the fallback and redirects are part of it. */
export type Asked = {
  readonly kind: WebhookTask["facts"]["kind"];
  readonly outcome: "taken" | "retry" | "given-up";
  readonly tookMs: number;
};

type Located = Trouble & { readonly url: string };

/** Rejects only with the reason of `context.signal`. */
export async function attempt(task: WebhookTask, context: AttemptContext): Promise<Decision> {
  const begunMs = context.clock.monotonicMs();
  const decision = await ask(task, context);
  const outcome = decision.is === "defer" ? "retry" : decision.isGivenUp === true ? "given-up" : "taken";
  context.onAsked({ kind: task.facts.kind, outcome, tookMs: context.clock.monotonicMs() - begunMs });
  return decision;
}

async function ask(task: WebhookTask, context: AttemptContext): Promise<Decision> {
  const { clock } = context;
  const authToken = context.authTokenOf(task.facts.accountSid);
  if (authToken === null) {
    const text = "The account of this webhook does not exist any more; its app is not told.";
    return finish([], [internalEvent({ task, at: clock.now() }, 20404, text)]);
  }
  const opening: Opening = {
    kind: task.facts.kind,
    url: task.url,
    method: task.method,
    params: parametersOf(task.facts, context.countryOf),
    authToken,
    idempotencyToken: task.idempotencyToken,
    jar: task.facts.kind === "inbound" ? context.cookies.jarOf(task.facts.from, task.facts.to) : null,
    mayReply: () => context.ageOf(task.createdAt) <= context.replyWithinMs,
  };
  const primary = await converse(opening, context);
  if (primary.trouble === null) return understood(task, context, primary, []);

  if (task.fallbackUrl === null) return unhappy(task, context, primary, primary.trouble, null);
  const fallback = await converse(
    {
      ...opening,
      url: task.fallbackUrl,
      method: task.fallbackMethod,
      params: [
        ...opening.params,
        ["ErrorCode", String(primary.trouble.code)],
        ["ErrorUrl", shownToFallback(primary.trouble.url)],
      ],
    },
    context,
  );
  const at = clock.now();
  if (fallback.trouble === null) {
    const events = [...problemsOf(task, primary, at), fallbackEvent({ task, at }, primary.trouble)];
    // What the app asked for before it stumbled stands: Twilio would have sent it by then.
    const messages = fallback.tooLate ? [] : [...primary.messages, ...fallback.messages];
    return understood(task, context, { ...fallback, messages }, events);
  }
  return unhappy(task, context, primary, primary.trouble, fallback.trouble);
}

function understood(
  task: WebhookTask,
  { clock, ageOf }: AttemptContext,
  conversation: Conversation,
  events: readonly NewEvent[],
): Decision {
  const at = clock.now();
  const late = conversation.tooLate ? [tooLateEvent({ task, at }, ageOf(task.createdAt))] : [];
  return finish(conversation.messages, [...events, ...problemsOf(task, conversation, at), ...late]);
}

/** Neither the app nor its fallback, where it has one, took it: retried, or given up on. */
function unhappy(
  task: WebhookTask,
  context: AttemptContext,
  conversation: Conversation,
  trouble: Located,
  fallback: Located | null,
): Decision {
  const { clock, ageOf, retryForMs, random } = context;
  const at = clock.now();
  const ageMs = ageOf(task.createdAt);
  const verdict = verdictOn(trouble, {
    attempts: task.attempts,
    ageMs,
    now: at,
    retryForMs,
    random: random(),
  });
  if (verdict.is === "retry") {
    const { attempts, notBefore, aside } = verdict;
    const event = task.attempts === 0 ? retryEvent({ task, at }, trouble, { aside, fallback }) : null;
    return { is: "defer", deferral: { attempts, notBefore, aside, event } };
  }
  const events = [...problemsOf(task, conversation, at), failedEvent({ task, at }, trouble)];
  if (fallback !== null) events.push(failedEvent({ task, at }, fallback));
  return { is: "finish", messages: conversation.messages, events, isGivenUp: true };
}

function finish(messages: readonly MessageVerb[], events: readonly NewEvent[]): Decision {
  return { is: "finish", messages, events };
}

function problemsOf(task: WebhookTask, { problems }: Conversation, at: number): NewEvent[] {
  return problems.map((problem) => problemEvent({ task, at }, problem));
}

/**
 * The fallback may be another app's: it learns where it went wrong, not with which password. The fragment is the
 * appliance's own business and is sent to nobody (contract §9.1).
 */
function shownToFallback(url: string): string {
  if (!URL.canParse(url)) return url;
  const shown = new URL(url);
  shown.username = "";
  shown.password = "";
  shown.hash = "";
  return shown.href;
}
