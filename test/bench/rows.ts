/** The figures, each measured on a site of its own so that none profits from another. */
import type { Loaded } from "./load.ts";
import { pause, Site } from "./site.ts";

export type Row = {
  readonly figure: string;
  /** Null: void, because an answer was not 2xx. */
  readonly value: number | null;
  readonly unit: string;
  readonly bar: string;
  readonly aim: string;
  /** Processor seconds of the daemon and of the modem while it was measured. */
  readonly daemonSeconds: number;
  readonly modemSeconds: number;
  readonly note: string;
};

type Measure = (
  site: Site,
) => Promise<{ readonly value: number; readonly loaded: readonly Loaded[]; readonly note?: string }>;

type Plan = Pick<Row, "figure" | "unit" | "bar" | "aim"> & {
  readonly airMs: number | null;
  readonly measure: Measure;
};

const ACCEPTS = 20_000;
const QUEUED = 10_000;
const ZERO_AIR = 2000;
const ONE_SECOND = 20;
const SINGLES = 30;
const INBOUND = 50;

export const PLANS: readonly Plan[] = [
  {
    figure: "durable accepts, 64 clients",
    unit: "/s",
    bar: "7000",
    aim: "10000",
    airMs: null,
    measure: async (site) => {
      const warm = await site.load({ clients: 64, messages: 2000 });
      const loaded = await site.load({ clients: 64, messages: ACCEPTS });
      const { medianMs, p99Ms, elapsedMs } = loaded;
      const note = `median ${medianMs.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms`;
      return { value: ACCEPTS / (elapsedMs / 1000), loaded: [warm, loaded], note };
    },
  },
  {
    figure: "resident memory, 10,000 queued",
    unit: "MB",
    bar: "< 150",
    aim: "< 120",
    airMs: null,
    measure: async (site) => {
      const loaded = await site.load({ clients: 64, messages: QUEUED });
      await pause(2000);
      return { value: site.daemon.residentBytes / 1024 / 1024, loaded: [loaded] };
    },
  },
  {
    figure: "modem, zero air time, one line",
    unit: "messages/s",
    bar: "100",
    aim: "200",
    airMs: 0,
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
    airMs: 1000,
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
    airMs: 0,
    measure: async (site) => {
      const waits: number[] = [];
      const loaded: Loaded[] = [];
      for (let single = 0; single < SINGLES; single++) {
        const from = site.modem?.lines.length ?? 0;
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
    airMs: 0,
    measure: async (site) => {
      const app = await site.app();
      const waits: number[] = [];
      for (let text = 0; text < INBOUND; text++) {
        const from = site.modem?.lines.length ?? 0;
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

export async function measured(plan: Plan): Promise<Row> {
  const site = await Site.open({ airMs: plan.airMs });
  try {
    const [daemonBefore, modemBefore] = [site.daemon.processorSeconds, site.modem?.processorSeconds ?? 0];
    const { value, loaded, note } = await plan.measure(site);
    const refusal = loaded.find(({ refused }) => refused > 0);
    const { figure, unit, bar, aim } = plan;
    return {
      figure,
      value: refusal === undefined ? value : null,
      unit,
      bar,
      aim,
      daemonSeconds: site.daemon.processorSeconds - daemonBefore,
      modemSeconds: (site.modem?.processorSeconds ?? 0) - modemBefore,
      note:
        refusal === undefined
          ? (note ?? "")
          : `void: ${refusal.refused} answers such as ${refusal.firstRefusal}`,
    };
  } finally {
    await site.close();
  }
}

function differences(from: readonly number[], to: readonly number[]): number[] {
  return from.map((at, index) => (to[index] ?? Number.NaN) - at);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
