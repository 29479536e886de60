/** The figures of accepting: from the POST to a row that survives the plug being pulled. */
import type { Plan } from "./row.ts";
import { pause } from "./site.ts";

const ACCEPTS = 20_000;
const SLOW_ACCEPTS = 10_000;
/** V8 compiles what runs often; a daemon that has been up for a minute has that behind it. */
const WARM = 5000;
const QUEUED = 10_000;
/** A city's worth: what one site writes to again and again. */
const RECIPIENTS = 10_000;

export const ACCEPT_PLANS: readonly Plan[] = [
  {
    figure: "durable accepts, 64 clients",
    unit: "/s",
    bar: "7000",
    aim: "10000",
    site: { peer: null },
    warm: async (site) => [await site.load({ clients: 64, messages: WARM, recipients: RECIPIENTS })],
    measure: async (site) => {
      const loaded = await site.load({ clients: 64, messages: ACCEPTS, recipients: RECIPIENTS });
      const { medianMs, p99Ms, elapsedMs } = loaded;
      const note = `median ${medianMs.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms`;
      return { value: ACCEPTS / (elapsedMs / 1000), loaded: [loaded], messages: ACCEPTS, note };
    },
  },
  {
    figure: "the same, syncs of 20 ms and 300 ms every 20th",
    unit: "/s",
    bar: "1000",
    aim: "1500",
    site: { peer: null, nodeArgs: ["--import", new URL("slow-disk.js", import.meta.url).href] },
    warm: async (site) => [await site.load({ clients: 64, messages: WARM, recipients: RECIPIENTS })],
    measure: async (site) => {
      await site.loopDelay();
      const loaded = await site.load({ clients: 64, messages: SLOW_ACCEPTS, recipients: RECIPIENTS });
      const { p99Ms, worstMs } = await site.loopDelay();
      const note = `loop worst ${worstMs.toFixed(1)} ms; median answer ${loaded.medianMs.toFixed(0)} ms`;
      const value = SLOW_ACCEPTS / (loaded.elapsedMs / 1000);
      const loop = { figure: "the event loop behind that disk, p99", unit: "ms", bar: "< 20", aim: "< 20" };
      return {
        value,
        loaded: [loaded],
        messages: SLOW_ACCEPTS,
        note,
        also: [{ ...loop, value: p99Ms }],
      };
    },
  },
  {
    figure: "resident memory, 10,000 queued",
    unit: "MB",
    bar: "< 150",
    aim: "< 120",
    site: { peer: null },
    measure: async (site) => {
      const loaded = await site.load({ clients: 64, messages: QUEUED, recipients: RECIPIENTS });
      await pause(2000);
      return { value: site.daemon.residentBytes / 1024 / 1024, loaded: [loaded], messages: QUEUED };
    },
  },
];
