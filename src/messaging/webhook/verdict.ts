/**
 * What an app's answer means for the webhook (DESIGN §4.4). Pure: facts and `now` in, a verdict out.
 *
 * | answer | verdict |
 * |---|---|
 * | 2xx with TwiML, text or nothing; any 2xx to a status callback | done |
 * | none, 429, 502, 503, 504 | retry, the queue behind it waits |
 * | other 5xx | retry aside: it leaves the queue |
 * | 4xx, an unfollowed 3xx, bad TwiML, a target that may not be called | failed |
 *
 * The verdict is on what no fallback has mended: that is asked before (`attempt.ts`). After `retryForMs` what would be
 * retried is given up on; but never before `LEAST_TRIES`, or a box that was switched off for a week would give up at
 * its first breath.
 */
import type { WebhookFacts } from "../../store/store.ts";
import { readAnswer } from "./read-answer.ts";
import type { DocumentResult } from "./request.ts";
import type { TwimlProblem, TwimlVerb } from "./twiml.ts";

export type Trouble = {
  readonly remedy: "hold" | "aside" | "fail";
  /** Twilio's error code. */
  readonly code: number;
  readonly why: string;
  /** The HTTP status, where there was an answer. */
  readonly status: number | null;
  /** What `Retry-After` asks for. */
  readonly retryAfterMs: number | null;
};

export type Judgement =
  | {
      readonly is: "understood";
      readonly verbs: readonly TwimlVerb[];
      readonly problems: readonly TwimlProblem[];
    }
  | { readonly is: "trouble"; readonly trouble: Trouble };

export type Situation = {
  /** Failed tries before this one. */
  readonly attempts: number;
  readonly ageMs: number;
  readonly now: number;
  readonly retryForMs: number;
  /** In [0, 1). */
  readonly random: number;
};

export type Verdict =
  | { readonly is: "retry"; readonly aside: boolean; readonly attempts: number; readonly notBefore: number }
  | { readonly is: "failed"; readonly code: number };

/** Seconds until the next try, the last one for good. */
const HOLDING = [1, 2, 5, 10, 20, 30, 60];
const ASIDE = [5, 30, 120, 600, 1800];
export const LEAST_TRIES = 10;
const MAX_RETRY_AFTER_MS = 3_600_000;
/** No deferral is longer than this: one that seems to be comes from a clock that has jumped. */
export const LONGEST_DEFERRAL_MS = MAX_RETRY_AFTER_MS * 1.25;

/** Nothing is asked for, as with any empty answer; Twilio tells of this one all the same. */
const EMPTY_CHUNKS: TwimlProblem = {
  code: 11770,
  text: "it said that it comes in chunks, and none came",
  fatal: false,
};

export function judge(kind: WebhookFacts["kind"], result: DocumentResult): Judgement {
  if (result.is === "refused") return trouble("fail", result.code, result.why, null);
  if (result.is === "unanswered") return trouble("hold", result.code, result.why, null);
  const { status, retryAfter, flaw, contentType, body, chunked } = result.answer;
  if (status < 200 || status > 299) {
    const why = `the answer was HTTP ${status}`;
    return trouble(onStatus(status), 11200, why, status, retryAfterMsOf(retryAfter));
  }
  if (kind === "status") return { is: "understood", verbs: [], problems: [] };
  if (flaw !== null) return trouble(flaw.code === 11750 ? "fail" : "hold", flaw.code, flaw.why, status);
  if (chunked && body.length === 0) return { is: "understood", verbs: [], problems: [EMPTY_CHUNKS] };
  const { verbs, problems } = readAnswer(contentType, body);
  const fatal = problems.find((problem) => problem.fatal);
  if (fatal !== undefined) return trouble("fail", fatal.code, fatal.text, status);
  return { is: "understood", verbs, problems };
}

export function verdictOn(what: Trouble, situation: Situation): Verdict {
  const { attempts, ageMs, now, retryForMs, random } = situation;
  const givenUp = ageMs >= retryForMs && attempts + 1 >= LEAST_TRIES;
  if (what.remedy === "fail" || givenUp) return { is: "failed", code: what.code };
  const aside = what.remedy === "aside";
  const backoffMs = backoff(aside ? ASIDE : HOLDING, attempts, random);
  const waitMs = Math.max(backoffMs, what.retryAfterMs ?? 0);
  return { is: "retry", aside, attempts: attempts + 1, notBefore: now + waitMs };
}

function onStatus(status: number): Trouble["remedy"] {
  if (status === 429 || (status >= 502 && status <= 504)) return "hold";
  return status >= 500 ? "aside" : "fail";
}

/** A fifth to either side, so that queues an app let down together do not come back together. */
function backoff(ladder: readonly number[], attempts: number, random: number): number {
  const seconds = ladder[Math.min(attempts, ladder.length - 1)] ?? 60;
  return Math.round(seconds * 1000 * (0.8 + 0.4 * random));
}

function retryAfterMsOf(header: string | null): number | null {
  if (header === null || !/^\d{1,9}$/.test(header)) return null;
  return Math.min(Number(header) * 1000, MAX_RETRY_AFTER_MS);
}

function trouble(
  remedy: Trouble["remedy"],
  code: number,
  why: string,
  status: number | null,
  retryAfterMs: number | null = null,
): Judgement {
  return { is: "trouble", trouble: { remedy, code, why, status, retryAfterMs } };
}
