/**
 * One HTTP request and its answer: no redirects, no repetition, no judgement. The body is read up to 64 kB (contract
 * §9.1) and not one octet further: three megabytes and an endless drip end the same way, with the connection
 * destroyed. A connection is kept for the next request only when an answer was read to its end (`kept-connections.ts`).
 * The timer is the Clock's; there is one, which is moved only when it has fired too early.
 */
import { type ClientRequest, type IncomingMessage, request as requestPlain } from "node:http";
import { request as requestSecure } from "node:https";
import type { LookupFunction } from "node:net";
import type { Clock, Timer } from "../../runtime/clock.ts";
import type { HttpMethod } from "../../store/store.ts";
import type { KeptConnections } from "./kept-connections.ts";
import { OwnAddressError } from "./lookup.ts";
import { type NetworkTrouble, networkTroubleOf } from "./network-codes.ts";
import { MAX_TWIML_OCTETS } from "./twiml.ts";

export type ExchangeRequest = {
  readonly url: URL;
  readonly method: HttpMethod;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly lookup: LookupFunction;
  readonly connectMs: number;
  readonly readMs: number;
  readonly totalMs: number;
  readonly sni: boolean;
  readonly verifyTls: boolean;
  /** Null: a connection of its own, closed at the end. */
  readonly connections: KeptConnections | null;
};

export type Answer = {
  readonly is: "answer";
  readonly status: number;
  readonly contentType: string | null;
  readonly location: string | null;
  readonly authenticate: string | null;
  readonly retryAfter: string | null;
  readonly lastModified: string | null;
  readonly setCookies: readonly string[];
  readonly body: Uint8Array;
  /** It came in chunks, which say nothing of its length beforehand. */
  readonly chunked: boolean;
  /** Why the body is not the whole of it; null when it is. */
  readonly flaw: NetworkTrouble | null;
};

export type ExchangeResult =
  | Answer
  | { readonly is: "no-answer"; readonly trouble: NetworkTrouble }
  | { readonly is: "own-address" };

/** A kept connection that the app had closed by the time it was used. */
type Stale = { readonly is: "stale" };

/** Rejects only with the reason of `signal`. */
export async function exchange(
  request: ExchangeRequest,
  clock: Clock,
  signal: AbortSignal,
): Promise<ExchangeResult> {
  const until = clock.monotonicMs() + request.totalMs;
  for (let again = request; ; ) {
    const result = await new Promise<ExchangeResult | Stale>((resolve, reject) => {
      if (signal.aborted) reject(signal.reason);
      else new Exchange(again, clock, signal).run(resolve, reject);
    });
    if (result.is !== "stale") return result;
    // The app may have had it after all: the idempotency token tells, as it does when the queue asks again.
    again = { ...request, connections: null, totalMs: Math.max(0, Math.ceil(until - clock.monotonicMs())) };
  }
}

class Exchange {
  readonly #request: ExchangeRequest;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #startedAt: number;
  readonly #call: ClientRequest;
  readonly #chunks: Buffer[] = [];
  #resolve: (result: ExchangeResult | Stale) => void = () => {};
  #reject: (reason: unknown) => void = () => {};
  #phase: NetworkTrouble["phase"] = "connect";
  #answer: Answer | null = null;
  #octets = 0;
  /** When something came last. */
  #lastAt: number;
  #timer: Timer | null = null;
  #timerDueAt = Number.POSITIVE_INFINITY;
  #over = false;

  constructor(request: ExchangeRequest, clock: Clock, signal: AbortSignal) {
    this.#request = request;
    this.#clock = clock;
    this.#signal = signal;
    this.#startedAt = clock.monotonicMs();
    this.#lastAt = this.#startedAt;
    this.#call = startRequest(request);
  }

  run(resolve: (result: ExchangeResult | Stale) => void, reject: (reason: unknown) => void): void {
    this.#resolve = resolve;
    this.#reject = reject;
    this.#signal.addEventListener("abort", this.#onAbort);
    this.#watch();
    const call = this.#call;
    call.on("socket", (socket) => {
      if (call.reusedSocket) this.#connected();
      else
        socket.once(this.#request.url.protocol === "https:" ? "secureConnect" : "connect", this.#connected);
    });
    call.on("error", (error: NodeJS.ErrnoException) => {
      if (this.#over) return;
      if (error instanceof OwnAddressError) this.#end({ is: "own-address" });
      else if (this.#answer === null && call.reusedSocket && wasClosed(error)) this.#end({ is: "stale" });
      else this.#settle(networkTroubleOf(error, this.#phase));
    });
    call.on("upgrade", () => this.#flaw(11206, "the app switched to another protocol"));
    call.on("response", (response) => this.#read(response));
    call.end(this.#request.body ?? undefined);
  }

  readonly #onAbort = (): void => {
    this.#close(false);
    this.#reject(this.#signal.reason);
  };

  readonly #connected = (): void => {
    this.#phase = "read";
    this.#heard();
    this.#watch();
  };

  #read(response: IncomingMessage): void {
    this.#heard();
    const { headers } = response;
    this.#answer = {
      is: "answer",
      status: response.statusCode ?? 0,
      contentType: headers["content-type"] ?? null,
      location: headers.location ?? null,
      authenticate: headers["www-authenticate"] ?? null,
      retryAfter: headers["retry-after"] ?? null,
      lastModified: headers["last-modified"] ?? null,
      setCookies: headers["set-cookie"] ?? [],
      body: new Uint8Array(),
      chunked: headers["transfer-encoding"] !== undefined,
      flaw: null,
    };
    response.on("data", (chunk: Buffer) => {
      this.#octets += chunk.length;
      if (this.#octets > MAX_TWIML_OCTETS) {
        this.#flaw(11750, "the answer is longer than 64 kB");
      } else {
        this.#chunks.push(chunk);
        this.#heard();
      }
    });
    response.on("end", () => this.#settle(null));
    const brokenOff = () => this.#flaw(11200, "the connection ended in the middle of the answer");
    response.on("error", brokenOff);
    response.on("close", brokenOff);
  }

  #heard(): void {
    this.#lastAt = this.#clock.monotonicMs();
  }

  /** What the timer is for: silence in this phase, or the end of all patience, whichever is sooner. */
  #watch(): void {
    const dueAt = this.#dueAt;
    if (this.#over || this.#timerDueAt <= dueAt) return;
    this.#timer?.cancel();
    this.#timerDueAt = dueAt;
    this.#timer = this.#clock.timer(dueAt - this.#clock.monotonicMs(), () => {
      this.#timerDueAt = Number.POSITIVE_INFINITY;
      const now = this.#clock.monotonicMs();
      if (now < this.#dueAt) this.#watch();
      else this.#tooLong(now);
    });
  }

  get #dueAt(): number {
    return Math.min(this.#lastAt + this.#quietMs, this.#startedAt + this.#request.totalMs);
  }

  get #quietMs(): number {
    return this.#phase === "connect" ? this.#request.connectMs : this.#request.readMs;
  }

  #tooLong(now: number): void {
    const { readMs, totalMs } = this.#request;
    const quietMs = this.#quietMs;
    if (this.#phase === "connect" && now < this.#startedAt + totalMs) {
      this.#flaw(11201, `no connection within ${quietMs} ms`);
    } else if (now >= this.#lastAt + quietMs) {
      this.#flaw(11200, `no answer within ${quietMs} ms`);
    } else if (this.#answer === null && totalMs >= readMs) {
      this.#flaw(11200, `no answer within ${totalMs} ms`);
    } else {
      this.#flaw(11203, `no complete answer within ${totalMs} ms`);
    }
  }

  #flaw(code: number, why: string): void {
    this.#settle({ code, why, phase: this.#phase });
  }

  /** `flaw` null: the answer is whole, and its connection may serve again. */
  #settle(flaw: NetworkTrouble | null): void {
    if (this.#over) return;
    const answer = this.#answer;
    if (answer !== null) this.#end({ ...answer, body: Buffer.concat(this.#chunks), flaw }, flaw === null);
    else if (flaw !== null) this.#end({ is: "no-answer", trouble: flaw });
  }

  #end(result: ExchangeResult | Stale, isWhole = false): void {
    this.#close(isWhole);
    this.#resolve(result);
  }

  #close(isWhole: boolean): void {
    this.#over = true;
    this.#timer?.cancel();
    this.#signal.removeEventListener("abort", this.#onAbort);
    if (!isWhole || this.#request.connections === null) this.#call.destroy();
  }
}

function startRequest({ url, method, headers, lookup, sni, verifyTls, connections }: ExchangeRequest) {
  const options = { method, headers, lookup, agent: connections?.agentFor(url) ?? (false as const) };
  if (url.protocol === "http:") return requestPlain(url, options);
  const secure = { ...options, rejectUnauthorized: verifyTls };
  return requestSecure(url, sni ? secure : { ...secure, servername: "" });
}

function wasClosed({ code }: NodeJS.ErrnoException): boolean {
  return code === "ECONNRESET" || code === "EPIPE";
}
