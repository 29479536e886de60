/** One figure: what is measured, on which site, and the row of the table it becomes. */
import type { Loaded } from "./load.ts";
import { Site, type SiteOptions } from "./site.ts";

export type Row = {
  readonly figure: string;
  /** Null: void, because an answer was not 2xx. */
  readonly value: number | null;
  readonly unit: string;
  readonly bar: string;
  readonly aim: string;
  /** Processor seconds while it was measured, by process. */
  readonly processor: {
    readonly daemon: number;
    /** The part of it that is the thread the daemon's event loop runs on. */
    readonly daemonMain: number;
    /** The modem or the SMSC; 0 where there is none. */
    readonly peer: number;
    readonly load: number;
  };
  /** What the processor time is to be divided by; null where that would say nothing. */
  readonly messages: number | null;
  readonly note: string;
};

export type Measurement = {
  readonly value: number;
  readonly loaded: readonly Loaded[];
  readonly messages?: number;
  readonly note?: string;
};

export type Plan = Pick<Row, "figure" | "unit" | "bar" | "aim"> & {
  readonly site: SiteOptions;
  /** What comes before the processor time is looked at: caches filled, code compiled. */
  readonly warm?: (site: Site) => Promise<readonly Loaded[]>;
  readonly measure: (site: Site) => Promise<Measurement>;
};

/** On a site of its own, so that no row profits from another. */
export async function measured(plan: Plan): Promise<Row> {
  const site = await Site.open(plan.site);
  try {
    const warmed = (await plan.warm?.(site)) ?? [];
    const { daemon, peer } = site;
    const before = [daemon.processorSeconds, daemon.mainThreadSeconds, peer?.processorSeconds ?? 0] as const;
    const { value, loaded, messages, note } = await plan.measure(site);
    const refusal = [...warmed, ...loaded].find(({ refused }) => refused > 0);
    const { figure, unit, bar, aim } = plan;
    return {
      figure,
      value: refusal === undefined ? value : null,
      unit,
      bar,
      aim,
      processor: {
        daemon: daemon.processorSeconds - before[0],
        daemonMain: daemon.mainThreadSeconds - before[1],
        peer: (peer?.processorSeconds ?? 0) - before[2],
        load: loaded.reduce((sum, { processorSeconds }) => sum + processorSeconds, 0),
      },
      messages: messages ?? null,
      note:
        refusal === undefined
          ? (note ?? "")
          : `void: ${refusal.refused} answers such as ${refusal.firstRefusal}`,
    };
  } finally {
    await site.close();
  }
}

/** One line of the table. */
export function printed(row: Row): string {
  const value = row.value === null ? "void" : `${row.value.toFixed(row.value < 100 ? 1 : 0)} ${row.unit}`;
  const { daemon, daemonMain, peer, load } = row.processor;
  const { messages } = row;
  const times =
    messages === null
      ? `daemon ${daemon.toFixed(1)} s, peer ${peer.toFixed(1)} s, load ${load.toFixed(1)} s`
      : `µs/message: daemon ${perMessage(daemon, messages)} (main ${perMessage(daemonMain, messages)}), ` +
        `peer ${perMessage(peer, messages)}, load ${perMessage(load, messages)}`;
  return `${row.figure.padEnd(44)} ${value.padStart(16)}   bar ${row.bar}, aim ${row.aim}   ${times}   ${row.note}`;
}

function perMessage(seconds: number, messages: number): string {
  return ((seconds * 1e6) / messages).toFixed(0);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
