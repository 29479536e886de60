/**
 * `/appliance/v1/Clock`: what time it is here, and whether that is to be believed. Where neither NTP nor a mobile network
 * tells the time, the operator can: `Trust=now` holds until this program ends, `Trust=always` from then on, for a board
 * whose clock has a battery; `Trust=never` takes either back.
 */
import { ApiError } from "./api-error.ts";
import { type ApiRouter, answer } from "./context.ts";
import type { ApiDeps } from "./deps.ts";
import { readFormOrJson } from "./read-body.ts";
import { readWord, refuseUnknown } from "./read-broadcast.ts";
import { dateText } from "./views.ts";

const PATH = "/appliance/v1/Clock";

export function routeClock(router: ApiRouter, deps: ApiDeps): void {
  const { clock, clockTrust } = deps;
  const view = () => ({
    date: dateText(clock.now()),
    trusted: clockTrust.whyUntrusted === null,
    reason: clockTrust.whyUntrusted,
    vouched: clockTrust.vouched,
  });

  router.get(PATH, (ctx) => answer(ctx, 200, view()));

  router.post(PATH, async (ctx) => {
    const form = await readFormOrJson(ctx);
    refuseUnknown(form, ["Trust"], deps);
    const trust = readWord(form, "Trust", ["now", "always", "never"]);
    if (trust === null) throw new ApiError(20001, "A 'Trust' is required: now, always or never.");
    await clockTrust.vouch(trust);
    answer(ctx, 200, view());
  });
}
