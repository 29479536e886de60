/**
 * `POST /appliance/v1/AuthToken`: the main account's token is made anew. The old one is worth nothing from the answer
 * on: webhooks are signed with the new one, and whoever calls with the old is refused. Twilio's own way (a secondary
 * token that is promoted) is another host's API, which its SDKs reach at no base URL.
 */
import { ApiError } from "./api-error.ts";
import { type ApiRouter, answer, refuseStandardKey } from "./context.ts";
import type { ApiDeps } from "./deps.ts";

export function routeAuthToken(router: ApiRouter, deps: ApiDeps): void {
  router.post("/appliance/v1/AuthToken", async (ctx) => {
    refuseStandardKey(ctx);
    if (deps.isTokenConfigured)
      throw new ApiError(
        20422,
        "The token stands in the configuration (account.authToken): change it there and restart the daemon.",
      );
    const { sid, authToken } = await deps.accounts.rotateToken();
    await deps.store.addEvent({
      type: "account.rotated",
      level: "warning",
      at: deps.clock.now(),
      accountSid: sid,
      text: "The main account's auth token was made anew: apps that call or check signatures with the old one need it.",
    });
    answer(ctx, 200, { account_sid: sid, auth_token: authToken });
  });
}
