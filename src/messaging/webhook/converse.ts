/**
 * A webhook's first document and those its `<Redirect>` verbs lead to, read to the end before anything is acted
 * on: all replies are committed together with the webhook's end (DESIGN §4.3), so a chain that breaks in the
 * middle and is retried sends nothing twice. Bounds: contract §11.
 */
import type { HttpMethod, WebhookFacts } from "../../store/store.ts";
import type { Jar } from "./cookies.ts";
import { type RequestContext, requestDocument } from "./request.ts";
import type { Parameters } from "./signature.ts";
import type { TwimlProblem, TwimlVerb } from "./twiml.ts";
import { judge, type Trouble } from "./verdict.ts";

export type MessageVerb = Extract<TwimlVerb, { verb: "message" }>;

export type Opening = {
  readonly kind: WebhookFacts["kind"];
  readonly url: string;
  readonly method: HttpMethod;
  readonly params: Parameters;
  readonly authToken: string;
  readonly idempotencyToken: string;
  readonly jar: Jar | null;
  /** False: nothing in the answer will be acted on, so no redirect is followed either. */
  readonly mayReply: () => boolean;
};

export type Conversation = {
  /** Every reply asked for, with status callbacks made absolute; what came before a trouble included. */
  readonly messages: readonly MessageVerb[];
  readonly problems: readonly TwimlProblem[];
  /** The answer asked for something, too late. */
  readonly tooLate: boolean;
  /** What ended it early, and at which URL; null when it was read to its end. */
  readonly trouble: (Trouble & { readonly url: string }) | null;
};

const MAX_MESSAGES = 10;
const MAX_DOCUMENTS = 50;
/** Every problem becomes an event; a chain of broken documents is not told about for ever. */
const MAX_PROBLEMS = 20;

export async function converse(opening: Opening, context: RequestContext): Promise<Conversation> {
  const messages: MessageVerb[] = [];
  const problems: TwimlProblem[] = [];
  let url = opening.url;
  let method = opening.method;
  for (let documents = 1; ; documents++) {
    const result = await requestDocument({ ...opening, url, method }, context);
    const judgement = judge(opening.kind, result);
    if (judgement.is === "trouble") {
      return atMost(messages, problems, { ...judgement.trouble, url });
    }
    if (judgement.verbs.length > 0 && !opening.mayReply()) {
      return { messages: [], problems: [], tooLate: true, trouble: null };
    }
    const base = result.is === "answered" ? result.documentUrl : url;
    problems.push(...judgement.problems);
    const { resolved, redirect } = resolve(judgement.verbs, base, problems);
    messages.push(...resolved);
    if (redirect === null || documents >= MAX_DOCUMENTS) {
      if (redirect !== null)
        problems.push(problem(14106, `more than ${MAX_DOCUMENTS} documents in one answer`));
      break;
    }
    ({ url, method } = redirect);
  }
  return atMost(messages, problems, null);
}

function atMost(
  messages: readonly MessageVerb[],
  problems: readonly TwimlProblem[],
  trouble: Conversation["trouble"],
): Conversation {
  const dropped =
    messages.length > MAX_MESSAGES
      ? [problem(14109, `more than ${MAX_MESSAGES} messages in one answer; the rest is not sent`)]
      : [];
  return {
    messages: messages.slice(0, MAX_MESSAGES),
    problems: [...problems.slice(0, MAX_PROBLEMS), ...dropped],
    tooLate: false,
    trouble,
  };
}

type Resolved = {
  readonly resolved: readonly MessageVerb[];
  readonly redirect: { readonly url: string; readonly method: HttpMethod } | null;
};

function resolve(verbs: readonly TwimlVerb[], base: string, problems: TwimlProblem[]): Resolved {
  const resolved: MessageVerb[] = [];
  for (const verb of verbs) {
    const written = verb.verb === "redirect" ? verb.url : verb.statusCallback;
    const url = written === null ? null : absolute(written, base);
    if (written !== null && url === null) {
      const isRedirect = verb.verb === "redirect";
      problems.push(
        problem(isRedirect ? 11100 : 14105, `${isRedirect ? "<Redirect>" : "a status callback"}: not a URL`),
      );
    } else if (verb.verb === "message") resolved.push({ ...verb, statusCallback: url });
    else return { resolved, redirect: { url: url ?? base, method: verb.method } };
  }
  return { resolved, redirect: null };
}

function absolute(written: string, base: string): string | null {
  if (!URL.canParse(written, base)) return null;
  const url = new URL(written, base);
  return url.protocol === "http:" || url.protocol === "https:" ? url.href : null;
}

function problem(code: number, text: string): TwimlProblem {
  return { code, text, fatal: false };
}
