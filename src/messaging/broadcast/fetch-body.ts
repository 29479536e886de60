/**
 * A broadcast's text from an app: signed and guarded like every webhook (`webhook/request.ts`), plain text or TwiML with
 * one message. A page of HTML is an app's way to say that something is wrong: it is refused, though Twilio would read it.
 * What becomes of a text that could not be had is `texts.ts`' business.
 */
import { randomUUID } from "node:crypto";
import { setMaxListeners } from "node:events";
import type { Clock } from "../../runtime/clock.ts";
import type { HttpMethod } from "../../store/store.ts";
import { CredentialMemory } from "../webhook/credentials.ts";
import { type IsOwnAddress, NameLookup } from "../webhook/lookup.ts";
import { readAnswer } from "../webhook/read-answer.ts";
import { type RequestContext, requestDocument } from "../webhook/request.ts";
import type { Parameters } from "../webhook/signature.ts";

export type BodyRequest = {
  readonly url: string;
  readonly method: HttpMethod;
  readonly params: Parameters;
  readonly maxAgeMinutes: number | null;
};

export type BodyAnswer =
  | { readonly is: "text"; readonly text: string }
  | { readonly is: "trouble"; readonly why: string };
export type FetchBody = (request: BodyRequest) => Promise<BodyAnswer>;

const IS_HTML = "the answer was a page of HTML, not text/plain or TwiML";
/** Whatever it is called: a proxy's page often comes as text/plain. */
const HTML = /^\uFEFF?\s*(?:<!--[\s\S]*?-->\s*)?<(?:!doctype\s+html|html)\b/i;

export function createFetchBody(options: {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly verifyTls?: boolean;
  readonly isOwnAddress: IsOwnAddress;
  readonly authToken: () => string;
  readonly signal: AbortSignal;
}): FetchBody {
  const { clock, timeoutMs, verifyTls = true, signal } = options;
  setMaxListeners(0, signal);
  const context: RequestContext = {
    clock,
    timeoutMs,
    verifyTls,
    signal,
    lookup: new NameLookup(options.isOwnAddress),
    credentials: new CredentialMemory(),
  };
  return async ({ url, method, params, maxAgeMinutes }) => {
    const authToken = options.authToken();
    const result = await requestDocument(
      { url, method, params, authToken, idempotencyToken: randomUUID(), jar: null },
      context,
    );
    if (result.is !== "answered") return trouble(result.why);
    const { status, contentType, body, flaw, lastModified } = result.answer;
    if (status < 200 || status > 299) return trouble(`the answer was HTTP ${status}`);
    if (flaw !== null) return trouble(flaw.why);
    if (/^\s*text\/html\b/i.test(contentType ?? "")) return trouble(IS_HTML);
    const stale = maxAgeMinutes === null ? null : whyStale(lastModified, maxAgeMinutes, clock.now());
    return stale === null ? textIn(contentType, body) : trouble(stale);
  };
}

function textIn(contentType: string | null, body: Uint8Array): BodyAnswer {
  const { verbs, problems } = readAnswer(contentType, body);
  const fatal = problems.find((problem) => problem.fatal);
  if (fatal !== undefined) return trouble(fatal.text);
  const [first, ...others] = verbs;
  if (first === undefined) return trouble("the answer was empty");
  if (first.verb !== "message" || others.length > 0) return trouble("the TwiML has to be one <Message>");
  const text = first.body.trim();
  if (HTML.test(text)) return trouble(IS_HTML);
  return text === "" ? trouble("the answer was empty") : { is: "text", text };
}

/** An app that does not tell how old its text is cannot be held to an age: where one is wanted, that is a trouble. */
function whyStale(lastModified: string | null, maxAgeMinutes: number, now: number): string | null {
  const at = lastModified === null ? Number.NaN : Date.parse(lastModified);
  if (Number.isNaN(at)) return "the answer does not say how old it is (Last-Modified)";
  const minutes = Math.floor((now - at) / 60_000);
  return minutes > maxAgeMinutes
    ? `the answer is ${minutes} minutes old, and ${maxAgeMinutes} are allowed`
    : null;
}

function trouble(why: string): BodyAnswer {
  return { is: "trouble", why };
}
