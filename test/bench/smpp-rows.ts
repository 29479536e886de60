/** The figures of a carrier bind: window 50, no rate limit, every acceptance durable. */
import type { Plan } from "./row.ts";
import { pause, type Site, type SiteOptions } from "./site.ts";
import type { SmscOptions } from "./smsc.ts";

const WARM = 5000;
const THROUGH = 50_000;
const LONG = 200_000;
const BACKLOG = 50_000;
const THROTTLED = 600;
const INBOUND = 10_000;
const SLOW_APP_SECONDS = 20;
const RECIPIENTS = 10_000;
const MEGABYTE = 1024 * 1024;

const SMSC = { is: "smsc", acceptPerSecond: null, isShut: false, deliver: 0, window: 50 } as const;
const site = (smsc: Partial<Omit<SmscOptions, "number" | "phone">> = {}): SiteOptions => ({
  peer: { ...SMSC, ...smsc },
});

const load = (to: Site, messages: number) => to.load({ clients: 64, messages, recipients: RECIPIENTS });

export const SMPP_PLANS: readonly Plan[] = [
  {
    figure: "SMPP: POST to submit_sm_resp",
    unit: "/s",
    bar: "4500",
    aim: "> 6500",
    site: site(),
    warm: async (site) => {
      const loaded = await load(site, WARM);
      await site.carrier(({ accepted }) => accepted === WARM);
      return [loaded];
    },
    measure: async (site) => {
      const loaded = await load(site, THROUGH);
      const { lastAcceptedAt } = await site.carrier(({ accepted }) => accepted === WARM + THROUGH);
      const value = THROUGH / ((lastAcceptedAt - loaded.lastAt + loaded.elapsedMs) / 1000);
      const note = `last 201 ${(lastAcceptedAt - loaded.lastAt).toFixed(0)} ms before the last submit_sm_resp`;
      return { value, loaded: [loaded], messages: THROUGH, note };
    },
  },
  {
    figure: "SMPP: resident memory after 200,000 messages",
    unit: "MB",
    bar: "< 150, flat",
    aim: "< 120",
    site: site(),
    measure: async (site) => {
      const before = site.daemon.writtenBytes;
      const sizes: number[] = [];
      const loaded = [];
      for (let part = 0; part < 4; part++) {
        loaded.push(await load(site, LONG / 4));
        await site.carrier(({ accepted }) => accepted === (LONG / 4) * (part + 1));
        sizes.push(site.daemon.residentBytes / MEGABYTE);
      }
      await pause(2000);
      const written = (site.daemon.writtenBytes - before) / LONG / 1024;
      const note = `after each quarter ${sizes.map((size) => size.toFixed(0)).join(", ")}; ${written.toFixed(1)} KB written per message`;
      return { value: Math.max(...sizes), loaded, messages: LONG, note };
    },
  },
  {
    figure: "SMPP: drain of a backlog of 50,000",
    unit: "/s",
    bar: "6000",
    aim: "6000",
    site: site({ isShut: true }),
    warm: async (site) => {
      const loaded = await load(site, BACKLOG);
      site.peer?.signal("SIGUSR2");
      await site.restart();
      return [loaded];
    },
    measure: async (site) => {
      const told = await site.carrier(({ accepted }) => accepted === BACKLOG);
      const seconds = (told.lastAcceptedAt - told.firstAcceptedAt) / 1000;
      return { value: BACKLOG / seconds, loaded: [], messages: BACKLOG };
    },
  },
  {
    figure: "SMPP: accepted by an SMSC that takes 40/s",
    unit: "/s",
    bar: "38",
    aim: "38",
    site: site({ acceptPerSecond: 40 }),
    measure: async (site) => {
      const loaded = await load(site, THROTTLED);
      const told = await site.carrier(({ accepted }) => accepted === THROTTLED);
      const seconds = (told.lastAcceptedAt - told.firstAcceptedAt) / 1000;
      const burnt = await site.attemptsBurnt();
      const note = `${told.throttled} answered ESME_RTHROTTLED, ${burnt} attempts burnt`;
      return { value: (THROTTLED - 1) / seconds, loaded: [loaded], note };
    },
  },
  {
    figure: "SMPP: deliver_sm to webhook",
    unit: "/s",
    bar: "1000",
    aim: "1000",
    site: site({ deliver: INBOUND }),
    measure: async (site) => {
      const app = await site.app();
      site.peer?.signal("SIGUSR2");
      const { firstDeliverAt } = await site.carrier(({ delivered }) => delivered === INBOUND);
      while (app.times.length < INBOUND) await pause(20);
      app.close();
      const seconds = ((app.times.at(-1) ?? 0) - firstDeliverAt) / 1000;
      return { value: INBOUND / seconds, loaded: [], messages: INBOUND };
    },
  },
  {
    figure: "SMPP: memory, deliver_sm and an app that takes 1 s",
    unit: "MB",
    bar: "< 150",
    aim: "< 120",
    site: site({ deliver: 1_000_000 }),
    measure: async (site) => {
      const app = await site.app(1000);
      const begun = site.daemon.residentBytes / MEGABYTE;
      site.peer?.signal("SIGUSR2");
      const sizes: number[] = [];
      for (let second = 0; second < SLOW_APP_SECONDS; second++) {
        await pause(1000);
        sizes.push(site.daemon.residentBytes / MEGABYTE);
      }
      const told = await site.carrier(({ delivered }) => delivered > 0);
      app.close();
      const note = `${begun.toFixed(0)} before, ${app.times.length} told, more than ${told.delivered} kept, ${told.refused} refused`;
      return { value: Math.max(...sizes), loaded: [], note };
    },
  },
];
