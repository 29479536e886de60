/** The figures of a modem: how long a message takes from the app to the air and back. */
import type { Loaded } from "./load.ts";
import { median, type Plan } from "./row.ts";
import { pause } from "./site.ts";

const ZERO_AIR = 2000;
const ONE_SECOND = 20;
const SINGLES = 30;
const INBOUND = 50;

export const MODEM_PLANS: readonly Plan[] = [
  {
    figure: "modem, zero air time, one line",
    unit: "messages/s",
    bar: "100",
    aim: "200",
    site: { peer: { is: "modem", airMs: 0 } },
    measure: async (site) => {
      const before = site.daemon.writtenBytes;
      const loaded = await site.load({ clients: 8, messages: ZERO_AIR });
      const times = await site.times("cmgs", ZERO_AIR, 0);
      await site.delivered(ZERO_AIR);
      const written = (site.daemon.writtenBytes - before) / ZERO_AIR / 1024;
      const seconds = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1000;
      const note = `${written.toFixed(1)} KB written per message, queued to delivered`;
      return { value: (ZERO_AIR - 1) / seconds, loaded: [loaded], note };
    },
  },
  {
    figure: "modem, 1 s air time: added per message",
    unit: "ms",
    bar: "< 15",
    aim: "< 5",
    site: { peer: { is: "modem", airMs: 1000 } },
    measure: async (site) => {
      const before = site.daemon.writtenBytes;
      const loaded = await site.load({ clients: 4, messages: ONE_SECOND });
      const [cmgs, prompts, pdus, answers] = await Promise.all([
        site.times("cmgs", ONE_SECOND, 0),
        site.times("prompt", ONE_SECOND, 0),
        site.times("pdu", ONE_SECOND, 0),
        site.times("answer", ONE_SECOND, 0),
      ]);
      await site.delivered(ONE_SECOND);
      const written = (site.daemon.writtenBytes - before) / ONE_SECOND / 1024;
      const between = differences(answers.slice(0, -1), cmgs.slice(1));
      const prompted = differences(prompts, pdus).slice(1);
      const cycles = differences(cmgs.slice(0, -1), cmgs.slice(1)).map((cycle) => cycle - 1000);
      const late = differences(pdus, answers).map((air) => air - 1000);
      const ms = (times: readonly number[]) => median(times).toFixed(1);
      return {
        value: median(between.map((gap, at) => gap + (prompted[at] ?? Number.NaN))),
        loaded: [loaded],
        note: [
          `median of +CMGS to next AT+CMGS (${ms(between)} ms, the last report read and deleted in it)`,
          `and prompt to PDU (${ms(prompted)} ms)`,
          `AT+CMGS to AT+CMGS ${ms(cycles)} ms over, of which the modem's timer ${ms(late)}`,
          `${written.toFixed(1)} KB written per message, queued to delivered`,
        ].join("; "),
      };
    },
  },
  {
    figure: "201 to first AT+CMGS, idle line, median",
    unit: "ms",
    bar: "< 20",
    aim: "< 10",
    site: { peer: { is: "modem", airMs: 0 } },
    measure: async (site) => {
      const waits: number[] = [];
      const loaded: Loaded[] = [];
      for (let single = 0; single < SINGLES; single++) {
        const from = site.peer?.lines.length ?? 0;
        const one = await site.load({ clients: 1, messages: 1 });
        const [cmgs = 0] = await site.times("cmgs", 1, from);
        waits.push(cmgs - one.lastAt);
        loaded.push(one);
      }
      return { value: median(waits), loaded, note: `${SINGLES} messages, one by one` };
    },
  },
  {
    figure: "+CMTI to webhook, median",
    unit: "ms",
    bar: "< 10",
    aim: "< 5",
    site: { peer: { is: "modem", airMs: 0 } },
    measure: async (site) => {
      const app = await site.app();
      const waits: number[] = [];
      for (let text = 0; text < INBOUND; text++) {
        const from = site.peer?.lines.length ?? 0;
        await site.text(`Inbound ${text}`);
        const [cmti = 0] = await site.times("cmti", 1, from);
        while (app.times.length <= text) await pause(5);
        waits.push((app.times[text] ?? 0) - cmti);
        await pause(20);
      }
      app.close();
      waits.sort((a, b) => a - b);
      return { value: median(waits), loaded: [], note: `worst ${(waits.at(-1) ?? 0).toFixed(1)} ms` };
    },
  },
];

function differences(from: readonly number[], to: readonly number[]): number[] {
  return from.map((at, index) => (to[index] ?? Number.NaN) - at);
}
