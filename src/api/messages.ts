/** Messages, contract §3: send, list, fetch, and the media an SMS does not have. Changing one: `alter-message.ts`. */
import type { StoredMessage } from "../store/store.ts";
import { routeAlterations } from "./alter-message.ts";
import { ApiError } from "./api-error.ts";
import { type ApiRouter, answer } from "./context.ts";
import type { ApiDeps } from "./deps.ts";
import { readMessageFilter } from "./message-filter.ts";
import { messageOf } from "./message-of.ts";
import { listFrom, pageOf } from "./page.ts";
import { readForm } from "./read-body.ts";
import { readSend } from "./read-send.ts";
import { messageView } from "./views.ts";

export function routeMessages(router: ApiRouter, deps: ApiDeps): void {
  router.post("/2010-04-01/Accounts/:account/Messages", async (ctx) => {
    const { request, senderChosen } = await readSend(await readForm(ctx), ctx.state.account, deps);
    const result = await deps.accept.accept(request);
    if (result.is === "opted-out") throw new ApiError(21610);
    if (result.is === "queue-full") throw new ApiError(request.sendAt ? 35125 : 21611);
    const view = messageView(result.message, "created");
    answer(ctx, 201, senderChosen ? { ...view, from: null, num_segments: "0" } : view);
  });

  router.get("/2010-04-01/Accounts/:account/Messages", async (ctx) => {
    const filter = readMessageFilter(new URLSearchParams(ctx.querystring), deps.siteCountry);
    const accountSid = ctx.state.account.sid;
    const page = await pageOf<StoredMessage>(ctx, {
      key: "messages",
      cursor: /^(SM|MM)[0-9a-f]{32}$/,
      cursorOf: (message) => message.sid,
      list: (after, limit) =>
        deps.store.listMessages({
          accountSid,
          ...filter,
          ...(after === null ? {} : { beforeSid: after }),
          limit,
        }),
      view: (message) => messageView(message, "read"),
    });
    answer(ctx, 200, page);
  });

  router.get("/2010-04-01/Accounts/:account/Messages/:sid", async (ctx) => {
    answer(ctx, 200, messageView(await messageOf(ctx, deps), "read"));
  });

  routeAlterations(router, deps);

  // What came before Messages: old apps are told where to go.
  router.all("/2010-04-01/Accounts/:account/SMS/Messages{/:sid}", () => {
    throw new ApiError(20410);
  });

  router.get("/2010-04-01/Accounts/:account/Messages/:sid/Media", async (ctx) => {
    await messageOf(ctx, deps);
    const page = await pageOf<never>(ctx, {
      key: "media_list",
      cursor: /^ME[0-9a-f]{32}$/,
      cursorOf: (media) => media,
      list: listFrom([], (media) => media),
      view: (media) => media,
    });
    answer(ctx, 200, page);
  });
}
