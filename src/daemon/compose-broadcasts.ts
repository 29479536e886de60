/** The part of the composition root that makes broadcasts: the one at work, and the desk that operators come to. */
import { Broadcaster, type BroadcasterDeps } from "../messaging/broadcast/broadcaster.ts";
import { BroadcastDesk } from "../messaging/broadcast/desk.ts";
import { createFetchBody } from "../messaging/broadcast/fetch-body.ts";
import { everyMinute } from "../messaging/broadcast/ticker.ts";
import type { IsOwnAddress } from "../messaging/webhook/lookup.ts";
import type { Config } from "./config-schema.ts";

export type ComposedBroadcasts = {
  readonly desk: BroadcastDesk;
  readonly broadcaster: Broadcaster;
  /** Ends what is asked of apps at this moment, and settles when nothing is under way. */
  readonly stop: () => Promise<void>;
};

export function composeBroadcasts(
  options: Omit<BroadcasterDeps, "texts" | "ticker" | "countries"> & {
    readonly config: Config;
    readonly isOwnAddress: IsOwnAddress;
  },
): ComposedBroadcasts {
  const { config, isOwnAddress, clock, accounts, accountSid, ...rest } = options;
  const { webhook, outbound } = config;
  const asking = new AbortController();
  const fetchBody = createFetchBody({
    clock,
    timeoutMs: webhook.timeoutMs,
    verifyTls: webhook.verifyTls,
    isOwnAddress,
    authToken: () => accounts.bySid(accountSid)?.authToken ?? "",
    signal: asking.signal,
  });
  const deps: BroadcasterDeps = {
    ...rest,
    clock,
    accounts,
    accountSid,
    countries: outbound.countries ?? null,
    ticker: everyMinute(),
    texts: { fetchBody, now: () => clock.now() },
  };
  const broadcaster = new Broadcaster(deps);
  return {
    broadcaster,
    desk: new BroadcastDesk(deps, broadcaster),
    stop: () => {
      asking.abort(new Error("stopping"));
      return broadcaster.stop();
    },
  };
}
