/**
 * The one place where anything thrown becomes an answer (contract §1.7): always Twilio's shape, always with an integer
 * code. What nobody expected is logged once, here, and shown as 20500 without its reason; what the store refuses, once a
 * minute.
 */
import { randomUUID } from "node:crypto";
import type { Middleware } from "koa";
import type { Clock } from "../runtime/clock.ts";
import { Fault, reasonOf } from "../runtime/fault.ts";
import type { Log } from "../runtime/log.ts";
import { ApiError, errorBody } from "./api-error.ts";
import { RefusalLog } from "./refusal-log.ts";
import { writeAnswer } from "./write-answer.ts";

export function answerErrors({ log, clock }: { readonly log: Log; readonly clock: Clock }): Middleware {
  const refusals = new RefusalLog(log, clock);
  return async (ctx, next) => {
    // A UUID is drawn from entropy that is already there; a system call for each request is felt at 7,000/s.
    const requestId = `RQ${randomUUID().replaceAll("-", "")}`;
    ctx.set("Twilio-Request-Id", requestId);
    try {
      await next();
      refusals.look();
    } catch (thrown) {
      const error = thrown instanceof ApiError ? thrown : unexpected(thrown);
      if (error.code === 20503) {
        refusals.refused(reasonOf(thrown));
      } else if (error.status >= 500) {
        log.error(
          { requestId, method: ctx.method, path: ctx.path, reason: reasonOf(thrown) },
          "request failed",
        );
      }
      ctx.set(error.headers);
      writeAnswer(ctx, error.status, errorBody(error));
    }
  };
}

/**
 * A store that cannot commit will say so again: the app may try later (20503), and is told why where it may pass by
 * itself, as with a full disk. Anything else is our mistake.
 */
function unexpected(thrown: unknown): ApiError {
  if (!(thrown instanceof Fault) || thrown.code !== "store.failed") return new ApiError(20500);
  return new ApiError(
    20503,
    thrown.disposition === "retry" ? `Service unavailable: ${thrown.message}` : null,
  );
}
