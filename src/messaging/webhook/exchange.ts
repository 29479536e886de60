/**
 * One HTTP request and its answer: no redirects, no repetition, no judgement. A connection serves one exchange
 * and is closed. The body is read up to 64 kB (contract §9.1) and not one octet further: three megabytes and an
 * endless drip end the same way, with the connection destroyed. Timers are the Clock's; Node's own are not used.
 */
import { request as requestPlain } from "node:http";
import { request as requestSecure } from "node:https";
import type { LookupFunction } from "node:net";
import type { Clock, Timer } from "../../runtime/clock.ts";
import type { HttpMethod } from "../../store/store.ts";
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
};

export type Answer = {
  readonly is: "answer";
  readonly status: number;
  readonly contentType: string | null;
  readonly location: string | null;
  readonly authenticate: string | null;
  readonly retryAfter: string | null;
  readonly setCookies: readonly string[];
  readonly body: Uint8Array;
  /** Why the body is not the whole of it; null when it is. */
  readonly flaw: NetworkTrouble | null;
};

export type ExchangeResult =
  | Answer
  | { readonly is: "no-answer"; readonly trouble: NetworkTrouble }
  | { readonly is: "own-address" };

/** Rejects only with the reason of `signal`. */
export function exchange(
  request: ExchangeRequest,
  clock: Clock,
  signal: AbortSignal,
): Promise<ExchangeResult> {
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    let answer: Answer | null = null;
    let phase: NetworkTrouble["phase"] = "connect";
    const timers = new Map<"phase" | "total", Timer>();
    const chunks: Buffer[] = [];
    let octets = 0;
    let over = false;

    const call = startRequest(request);
    const end = () => {
      over = true;
      for (const timer of timers.values()) timer.cancel();
      signal.removeEventListener("abort", onAbort);
      call.destroy();
    };
    const finish = (flaw: NetworkTrouble | null) => {
      end();
      if (answer !== null) resolve({ ...answer, body: Buffer.concat(chunks), flaw });
      else if (flaw !== null) resolve({ is: "no-answer", trouble: flaw });
    };
    const onAbort = () => {
      end();
      reject(signal.reason);
    };
    const limit = (name: "phase" | "total", ms: number, code: number, why: string) => {
      if (over) return;
      timers.get(name)?.cancel();
      timers.set(
        name,
        clock.timer(ms, () => finish({ code, why, phase })),
      );
    };
    const silence = () => limit("phase", request.readMs, 11200, `no answer within ${request.readMs} ms`);

    signal.addEventListener("abort", onAbort, { once: true });
    limit("phase", request.connectMs, 11205, `no connection within ${request.connectMs} ms`);
    limit("total", request.totalMs, 11200, `no complete answer within ${request.totalMs} ms`);

    call.on("socket", (socket) => {
      socket.once(request.url.protocol === "https:" ? "secureConnect" : "connect", () => {
        phase = "read";
        silence();
      });
    });
    call.on("error", (error) => {
      if (error instanceof OwnAddressError) {
        end();
        resolve({ is: "own-address" });
      } else finish(networkTroubleOf(error, phase));
    });
    call.on("upgrade", () => finish({ code: 11206, why: "the app switched to another protocol", phase }));
    call.on("response", (response) => {
      silence();
      answer = {
        is: "answer",
        status: response.statusCode ?? 0,
        contentType: response.headers["content-type"] ?? null,
        location: response.headers.location ?? null,
        authenticate: response.headers["www-authenticate"] ?? null,
        retryAfter: response.headers["retry-after"] ?? null,
        setCookies: response.headers["set-cookie"] ?? [],
        body: new Uint8Array(),
        flaw: null,
      };
      response.on("data", (chunk: Buffer) => {
        octets += chunk.length;
        if (octets > MAX_TWIML_OCTETS) finish({ code: 11750, why: "the answer is longer than 64 kB", phase });
        else {
          chunks.push(chunk);
          silence();
        }
      });
      response.on("end", () => finish(null));
      response.on("error", () => finish(brokenOff(phase)));
      response.on("close", () => finish(brokenOff(phase)));
    });
    call.end(request.body ?? undefined);
  });
}

function startRequest({ url, method, headers, lookup, sni, verifyTls }: ExchangeRequest) {
  const options = { method, headers, lookup, agent: false };
  if (url.protocol === "http:") return requestPlain(url, options);
  const secure = { ...options, rejectUnauthorized: verifyTls };
  return requestSecure(url, sni ? secure : { ...secure, servername: "" });
}

function brokenOff(phase: NetworkTrouble["phase"]): NetworkTrouble {
  return { code: 11200, why: "the connection ended in the middle of the answer", phase };
}
