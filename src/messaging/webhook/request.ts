/**
 * One document from an app, as Twilio asks for it (contract §9.1): signed, redirects followed as a browser does,
 * credentials of the URL sent only to who asks for them, connection overrides of the fragment obeyed (§9.6). The whole of it has one time limit. What the answer means is `verdict.ts`' business.
 */
import type { Clock } from "../../runtime/clock.ts";
import type { HttpMethod } from "../../store/store.ts";
import { type Connection, connectionOf, type RepeatOn } from "./connection-overrides.ts";
import { cookieHeader, type Jar, keepCookies } from "./cookies.ts";
import type { CredentialMemory } from "./credentials.ts";
import { type Answer, type ExchangeResult, exchange } from "./exchange.ts";
import type { KeptConnections } from "./kept-connections.ts";
import type { NameLookup } from "./lookup.ts";
import { formOf, type Parameters, requestTarget, signature } from "./signature.ts";

export type DocumentRequest = {
  readonly url: string;
  readonly method: HttpMethod;
  readonly params: Parameters;
  readonly authToken: string;
  /** The same over all tries, and for every document of one webhook (contract §9.1). */
  readonly idempotencyToken: string;
  /** What the app gave in this conversation to be shown again; null where there is none. */
  readonly jar: Jar | null;
};

export type DocumentResult =
  | {
      readonly is: "answered";
      readonly answer: Answer;
      /** Where it came from in the end, userinfo included: relative URLs in it are resolved against this. */
      readonly documentUrl: string;
    }
  | { readonly is: "unanswered"; readonly code: number; readonly why: string }
  /** Not asked, or not any further: the URL or a redirect leads where a webhook may not go. */
  | { readonly is: "refused"; readonly code: number; readonly why: string };

export type RequestContext = {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly lookup: NameLookup;
  readonly credentials: CredentialMemory;
  /** Absent: every request has a connection of its own. */
  readonly connections?: KeptConnections;
  readonly signal: AbortSignal;
  /** False: a certificate nobody known has signed is taken (contract §9.1). True when not given. */
  readonly verifyTls?: boolean;
};

type Hop = { readonly url: URL; readonly method: HttpMethod; readonly params: Parameters };

const MAX_REDIRECTS = 5;

/** Rejects only with the reason of `context.signal`. */
export async function requestDocument(
  request: DocumentRequest,
  context: RequestContext,
): Promise<DocumentResult> {
  if (!URL.canParse(request.url)) return { is: "refused", code: 11100, why: "not a URL" };
  const url = new URL(request.url);
  const connection = connectionOf(url, context.timeoutMs);
  if (connection === null) return { is: "refused", code: 11243, why: "unknown word in rp=" };
  const deadline = context.clock.monotonicMs() + connection.totalMs;
  const carrier = new DocumentCarrier(request, connection, context, deadline);
  for (let repeated = 0; ; repeated++) {
    const result = await carrier.follow({ url, method: request.method, params: request.params });
    const reason = repeatReason(result, carrier.connected);
    if (reason === null || repeated >= connection.repeats || !connection.repeatOn.has(reason)) return result;
    if (context.clock.monotonicMs() >= deadline) return result;
  }
}

class DocumentCarrier {
  readonly #request: DocumentRequest;
  readonly #connection: Connection;
  readonly #context: RequestContext;
  readonly #deadline: number;
  /** Whether the last exchange got as far as a connection. */
  connected = false;

  constructor(request: DocumentRequest, connection: Connection, context: RequestContext, deadline: number) {
    this.#request = request;
    this.#connection = connection;
    this.#context = context;
    this.#deadline = deadline;
  }

  async follow(first: Hop): Promise<DocumentResult> {
    let hop = first;
    for (let redirects = 0; ; redirects++) {
      if (hop.url.protocol !== "http:" && hop.url.protocol !== "https:") {
        return { is: "refused", code: 11100, why: "only http and https are called" };
      }
      const result = await this.#authenticated(hop);
      if (result.is === "own-address") {
        return { is: "refused", code: 11100, why: "a webhook may not reach this appliance's own ports" };
      }
      if (result.is === "no-answer") {
        return { is: "unanswered", code: result.trouble.code, why: result.trouble.why };
      }
      const next = nextHop(hop, result);
      if (next === "nowhere") return { is: "refused", code: 11200, why: "a redirect to something not a URL" };
      if (next === null) return { is: "answered", answer: result, documentUrl: hop.url.href };
      if (redirects >= MAX_REDIRECTS) {
        return { is: "refused", code: 11215, why: `more than ${MAX_REDIRECTS} redirects` };
      }
      hop = next;
    }
  }

  /** Credentials go only to who asks for them: at once where that is known, else after its 401. */
  async #authenticated(hop: Hop): Promise<ExchangeResult> {
    const { credentials } = this.#context;
    const target = requestTarget(hop.url, hop.method, hop.params);
    const early = credentials.headerFor(hop.url, hop.method, target);
    const result = await this.#exchange(hop, target, early);
    if (result.is !== "answer" || result.status !== 401) return result;
    if (!credentials.learn(hop.url, result.authenticate, early !== null)) return result;
    return this.#exchange(hop, target, credentials.headerFor(hop.url, hop.method, target));
  }

  async #exchange(
    { method, params }: Hop,
    target: URL,
    authorization: string | null,
  ): Promise<ExchangeResult> {
    const { clock, lookup, signal, verifyTls = true, connections = null } = this.#context;
    if (lookup.isOwnLiteral(target)) return { is: "own-address" };
    const body = method === "POST" ? formOf(params) : null;
    const { authToken, jar } = this.#request;
    const cookie = jar === null ? null : cookieHeader(jar, target, clock.now());
    const headers: Record<string, string> = {
      ...(body === null
        ? {}
        : {
            "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
            "Content-Length": String(Buffer.byteLength(body)),
          }),
      "User-Agent": "TwilioProxy/1.1",
      Accept: "*/*",
      "X-Twilio-Signature": signature({
        authToken,
        requested: target.href,
        form: body === null ? [] : params,
      }),
      "I-Twilio-Idempotency-Token": this.#request.idempotencyToken,
      "X-Home-Region": "us1",
      ...(authorization === null ? {} : { Authorization: authorization }),
      ...(cookie === null ? {} : { Cookie: cookie }),
    };
    const totalMs = Math.max(0, Math.ceil(this.#deadline - clock.monotonicMs()));
    const { connectMs, readMs, sni } = this.#connection;
    const result = await exchange(
      {
        url: target,
        method,
        headers,
        body,
        lookup: lookup.for(target),
        connectMs,
        readMs,
        totalMs,
        sni,
        verifyTls,
        connections,
      },
      clock,
      signal,
    );
    if (jar !== null && result.is === "answer") keepCookies(jar, target, result.setCookies, clock.now());
    this.connected = result.is === "answer" || (result.is === "no-answer" && result.trouble.phase === "read");
    return result;
  }
}

/** `null`: the answer is not a redirect. 301, 302 and 303 become a GET without parameters, 307 and 308 repeat. */
function nextHop(hop: Hop, answer: Answer): Hop | "nowhere" | null {
  const repeats = answer.status === 307 || answer.status === 308;
  const turnsIntoGet = answer.status === 301 || answer.status === 302 || answer.status === 303;
  if (!(repeats || turnsIntoGet) || answer.location === null) return null;
  if (!URL.canParse(answer.location, hop.url.href)) return "nowhere";
  const url = new URL(answer.location, hop.url);
  if (url.origin === hop.url.origin && url.username === "") {
    url.username = hop.url.username;
    url.password = hop.url.password;
  }
  // A GET's parameters went out in its query; a browser does not add them to where it is sent.
  if (repeats && hop.method === "POST") return { url, method: "POST", params: hop.params };
  return { url, method: "GET", params: [] };
}

function repeatReason(result: DocumentResult, connected: boolean): RepeatOn | null {
  if (result.is === "unanswered") return connected ? "rt" : "ct";
  if (result.is === "refused" || result.answer.flaw !== null) return null;
  const { status } = result.answer;
  if (status >= 500) return "5xx";
  return status >= 400 ? "4xx" : null;
}
