/** How apps reach the API: its socket, the certificate it shows, the name it is announced by. */
import { existsSync } from "node:fs";
import { Server as HttpsServer } from "node:https";
import { isIPv6 } from "node:net";
import { join } from "node:path";
import { createServer } from "../api/create-server.ts";
import type { Pending } from "../messaging/outbound/pending.ts";
import type { Clock } from "../runtime/clock.ts";
import type { NewEvent } from "../runtime/event.ts";
import type { Log } from "../runtime/log.ts";
import { version } from "../runtime/version.ts";
import type { Store } from "../store/store.ts";
import type { Announcement } from "./announce.ts";
import type { Chore } from "./chores.ts";
import type { Config } from "./config-schema.ts";
import { HttpServer } from "./http-server.ts";
import { ownLanAddresses } from "./own-addresses.ts";
import { readPair, TlsWatch } from "./tls-watch.ts";

const MINUTE_MS = 60_000;

export type Network = {
  readonly server: HttpServer;
  /** Null: plain HTTP. */
  readonly tls: TlsWatch | null;
  /** Null: the name is not announced. */
  readonly announcement: Announcement | null;
  readonly chores: readonly Chore[];
};

export async function composeNetwork(deps: {
  readonly app: Parameters<typeof createServer>[0];
  readonly config: Pick<Config, "http" | "mdns">;
  /** What the environment calls the container; null where it says nothing. */
  readonly container: string | null;
  readonly clock: Clock;
  readonly log: Log;
  readonly store: Pick<Store, "addEvent">;
  readonly pending: Pending;
}): Promise<Network> {
  const { app, config, clock, log } = deps;
  const { http } = config;
  const pair = http.tls === undefined ? undefined : await readPair(http.tls);
  const server = createServer(app, { tls: pair });
  const onEvent = (event: NewEvent) => {
    const level = event.level === "warning" ? "warn" : event.level;
    log[level]({ event: event.type, ...event.detail }, event.text);
    deps.pending.own("keep an event", deps.store.addEvent(event));
  };
  const tls =
    http.tls !== undefined && pair !== undefined && server instanceof HttpsServer
      ? new TlsWatch({
          files: http.tls,
          served: pair,
          serve: (changed) => server.setSecureContext(changed),
          clock,
          onEvent,
        })
      : null;
  const announcement = await announcementOf(config, deps);
  const chores: Chore[] = [];
  if (tls !== null)
    chores.push({ name: "look at the certificate", everyMs: MINUTE_MS, run: () => tls.look() });
  if (announcement !== null)
    chores.push({
      name: "look at this machine's addresses",
      everyMs: MINUTE_MS,
      run: () => announcement.look(),
    });
  return { server: new HttpServer({ http, clock, server }), tls, announcement, chores };
}

async function announcementOf(
  { http, mdns }: Pick<Config, "http" | "mdns">,
  { container, clock, log }: { container: string | null; clock: Clock; log: Log },
): Promise<Announcement | null> {
  if (!mdns.enabled) return null;
  const why = whyNotAnnounced(http.host, container);
  if (why !== null) {
    log.warn(`mdns.enabled: the name is not announced: ${why}`);
    return null;
  }
  const { host } = http;
  // Loaded where it is used: most boxes announce nothing.
  const { Announcement } = await import("./announce.ts");
  const isEverywhere = host === "0.0.0.0" || host === "::";
  return new Announcement({
    announced: {
      name: mdns.name,
      type: http.tls === undefined ? "http" : "https",
      txt: { version: version(), path: "/", api: "/2010-04-01", health: "/health" },
      overIpv6: isIPv6(host),
    },
    addresses: () => ownLanAddresses().filter((address) => isEverywhere || address === host),
    clock,
    log,
  });
}

/** Null: nothing is against it. `root` is where the machine's files are. */
export function whyNotAnnounced(host: string, container: string | null, root = "/"): string | null {
  if (/^(?:127\.|::1$|localhost$)/.test(host))
    return `the API listens on ${host} only (http.host), where no other machine reaches it`;
  const marks = [".dockerenv", "run/.containerenv"].map((mark) => join(root, mark));
  const found = container ?? marks.find((mark) => existsSync(mark)) ?? null;
  return found === null
    ? null
    : `this is a container (${found}): its addresses are not the network's; announce the machine it runs on`;
}
