/**
 * What an app does to a Message it has sent or received, contract §3.6 to §3.9.
 *
 * Twilio documents one value of `Body`, the empty one. Any other is refused: a text that is on its way cannot be
 * changed, and an app that was answered 200 would believe it had been. Both parameters are checked before either
 * is acted on.
 */
import { ApiError } from "./api-error.ts";
import { type ApiRouter, answer, answerEmpty, notFound } from "./context.ts";
import type { ApiDeps } from "./deps.ts";
import { messageOf } from "./message-of.ts";
import { textOf } from "./parameter.ts";
import { readForm } from "./read-body.ts";
import { feedbackView, messageView } from "./views.ts";

export function routeAlterations(router: ApiRouter, deps: ApiDeps): void {
  const { store, clock } = deps;

  router.post("/2010-04-01/Accounts/:account/Messages/:sid", async (ctx) => {
    const wanted = readAlteration(await readForm(ctx));
    let message = await messageOf(ctx, deps);
    if (wanted.cancel) {
      const result = await store.cancelScheduled(message.sid, clock.now());
      if (result.is === "unknown") throw notFound(ctx);
      if (result.is === "not-scheduled") throw new ApiError(30409);
      message = result.message;
    }
    if (wanted.redact) {
      const result = await store.redact(message.sid, clock.now());
      if (result.is === "unknown") throw notFound(ctx);
      if (result.is === "unfinished") throw new ApiError(20009);
      message = result.message;
    }
    answer(ctx, 200, messageView(message, "read"));
  });

  router.delete("/2010-04-01/Accounts/:account/Messages/:sid", async (ctx) => {
    const message = await messageOf(ctx, deps);
    const result = await store.deleteMessage(message.sid);
    if (result === "unknown") throw notFound(ctx);
    if (result === "unfinished") throw new ApiError(20009);
    answerEmpty(ctx);
  });

  router.post("/2010-04-01/Accounts/:account/Messages/:sid/Feedback", async (ctx) => {
    const outcome = readOutcome(await readForm(ctx));
    const message = await messageOf(ctx, deps);
    const feedback = await store.keepFeedback(message.sid, outcome, clock.now());
    if (feedback === null) throw notFound(ctx);
    answer(ctx, 201, feedbackView(message, feedback));
  });
}

function readAlteration(form: URLSearchParams): { readonly redact: boolean; readonly cancel: boolean } {
  const body = form.get("Body");
  if (body !== null && body !== "") {
    throw new ApiError(20001, "The 'Body' of a message can only be erased: give it an empty value.");
  }
  const status = textOf(form, "Status");
  if (status !== null && status !== "canceled") {
    throw new ApiError(
      20001,
      `The 'Status' ${status.slice(0, 64)} cannot be set: the only value is 'canceled'.`,
    );
  }
  return { redact: body !== null, cancel: status !== null };
}

/** Values are Twilio's, in lower case; `Confirmed` is taken too. */
function readOutcome(form: URLSearchParams): "confirmed" | "unconfirmed" {
  const outcome = textOf(form, "Outcome")?.toLowerCase() ?? "confirmed";
  if (outcome !== "confirmed" && outcome !== "unconfirmed") {
    throw new ApiError(
      20422,
      `The 'Outcome' ${outcome.slice(0, 64)} is not valid: it is confirmed or unconfirmed.`,
    );
  }
  return outcome;
}
