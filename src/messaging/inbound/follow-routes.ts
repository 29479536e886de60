/**
 * Webhooks that wait follow their Number. Somebody mends a wrong SmsUrl while texts wait for the old one: they go to the
 * new URL, and do not ask the old one for two days more. So with whatever makes a Number's texts go elsewhere: its own
 * URL, method or fallback, its service's or application's, a pool joined or left. Where there is no URL any more, what
 * waits ends with an event.
 *
 * It stands in front of the settings, so that no change passes it by. A text that was routed by the old settings has its
 * commit asked for before they changed, and the store carries commands out in their order: none is missed. What a
 * power cut leaves between the two is caught up with at the next start.
 */
import type { Clock } from "../../runtime/clock.ts";
import { type Log, maskNumber } from "../../runtime/log.ts";
import type { NumberRecord, Settings } from "../../store/settings-document.ts";
import type { Store } from "../../store/store.ts";
import { webhookQueueOf } from "../webhook/webhook-queue-of.ts";
import type { Route } from "./route.ts";

export type FollowedSettings = Settings & {
  /** Sends what waits where its Number points now. */
  readonly catchUp: () => Promise<void>;
};

export type FollowOptions = {
  readonly settings: Settings;
  readonly store: Pick<Store, "redirectInbound" | "webhookQueues">;
  /** By the settings as they are when it is asked. */
  readonly routeOf: (number: NumberRecord) => Route;
  readonly clock: Clock;
  readonly log: Log;
};

type Redirection = Parameters<Store["redirectInbound"]>[0];

/** Twilio's code of a webhook URL that is none (contract §12.3). */
const BAD_URL = 11100;

export function followRoutes({ settings, store, routeOf, clock, log }: FollowOptions): FollowedSettings {
  /** Numbers whose webhooks the store would not redirect; done with the next change. */
  const behind = new Set<string>();

  const redirect = async (number: NumberRecord): Promise<void> => {
    const { phoneNumber } = number;
    behind.add(phoneNumber);
    const { moved, ended } = await store.redirectInbound(redirectionOf(number, routeOf(number), clock.now()));
    behind.delete(phoneNumber);
    if (moved + ended === 0) return;
    log.info(
      { number: maskNumber(phoneNumber), moved, ended },
      "webhooks that waited follow their number's new URL",
    );
  };

  const change: Settings["change"] = async (how) => {
    const before = new Map(settings.document.numbers.map((number) => [number.sid, textOf(number, routeOf)]));
    await settings.change(how);
    const changed = settings.document.numbers.filter(
      (number) =>
        behind.has(number.phoneNumber) ||
        (before.has(number.sid) && before.get(number.sid) !== textOf(number, routeOf)),
    );
    await Promise.all(changed.map(redirect));
  };

  const catchUp = async (): Promise<void> => {
    const queues = await store.webhookQueues();
    const waiting = new Set(queues.map((queue) => queue.slice(0, queue.lastIndexOf(" "))));
    const numbers = settings.document.numbers.filter(({ phoneNumber }) => waiting.has(phoneNumber));
    await Promise.all(numbers.map(redirect));
  };

  return {
    get document() {
      return settings.document;
    },
    change,
    catchUp,
  };
}

function textOf(number: NumberRecord, routeOf: FollowOptions["routeOf"]): string {
  return JSON.stringify(routeOf(number));
}

function redirectionOf({ phoneNumber: to, accountSid }: NumberRecord, route: Route, at: number): Redirection {
  const target =
    route.is === "webhook" ? { queue: webhookQueueOf(to, route.target.url), ...route.target } : null;
  const now =
    route.is === "bad-url" ? "a URL now that is no http(s) URL" : "no URL for its messages any more";
  return {
    to,
    accountSid,
    target,
    event: {
      type: "webhook.failed",
      level: "warning",
      at,
      text: `${maskNumber(to)} has ${now}: the app is not told of a message that waited for it. The message is kept.`,
      ...(route.is === "bad-url" ? { errorCode: BAD_URL } : {}),
    },
  };
}
