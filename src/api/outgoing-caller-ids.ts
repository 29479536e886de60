/**
 * OutgoingCallerIds, contract §5.4: numbers of somebody else that an account has proved to be its own by a voice
 * call, to call from. Texts are sent from the account's own numbers only, and there is no voice to prove it by, so
 * the list is empty and a verification is refused.
 */
import { ApiError } from "./api-error.ts";
import { type ApiRouter, answer } from "./context.ts";
import { listFrom, pageOf } from "./page.ts";
import { addressOf } from "./parameter.ts";
import { readForm } from "./read-body.ts";

const PATH = "/2010-04-01/Accounts/:account/OutgoingCallerIds";

export function routeOutgoingCallerIds(router: ApiRouter): void {
  router.get(PATH, async (ctx) => {
    const page = await pageOf<never>(ctx, {
      key: "outgoing_caller_ids",
      cursor: /^PN[0-9a-f]{32}$/,
      cursorOf: (callerId) => callerId,
      list: listFrom([], (callerId) => callerId),
      view: (callerId) => callerId,
    });
    answer(ctx, 200, page);
  });

  router.post(PATH, async (ctx) => {
    if (addressOf(await readForm(ctx), "PhoneNumber") === null) throw new ApiError(21401);
    throw new ApiError(21215);
  });
}
