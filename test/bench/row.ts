/** One figure: what is measured, on which site, and the row of the table it becomes. */
import type { Loaded } from "./load.ts";
import { Site, type SiteOptions } from "./site.ts";

export type Figure = {
  readonly figure: string;
  readonly unit: string;
  /** A number, with `<` or `>` before it where it is not the least; what follows a comma is a note. Or `–`. */
  readonly bar: string;
  readonly aim: string;
};

export type Row = Figure & {
  /** Null: void, because an answer was not 2xx. */
  readonly value: number | null;
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
  /** Other figures that the same run gives. */
  readonly also?: readonly (Figure & { readonly value: number })[];
};

export type Plan = Figure & {
  readonly site: SiteOptions;
  /** What comes before the processor time is looked at: caches filled, code compiled. */
  readonly warm?: (site: Site) => Promise<readonly Loaded[]>;
  readonly measure: (site: Site) => Promise<Measurement>;
  /** It takes so long that one run has to do, whatever `--runs` says. */
  readonly once?: true;
};

/** On a site of its own, so that no row profits from another. The plan's own figure comes first. */
export async function measured(plan: Plan): Promise<readonly Row[]> {
  const site = await Site.open(plan.site);
  try {
    const warmed = (await plan.warm?.(site)) ?? [];
    const { daemon: watched, peer } = site;
    const before = [
      watched.processorSeconds,
      watched.mainThreadSeconds,
      peer?.processorSeconds ?? 0,
    ] as const;
    const { value, loaded, messages, note, also = [] } = await plan.measure(site);
    const { daemon } = site;
    // One that was started anew meanwhile began at nought.
    const [daemonBefore, mainBefore] = daemon === watched ? before : [0, 0];
    const refusal = [...warmed, ...loaded].find(({ refused }) => refused > 0);
    const { figure, unit, bar, aim } = plan;
    const row: Row = {
      figure,
      value: refusal === undefined ? value : null,
      unit,
      bar,
      aim,
      processor: {
        daemon: daemon.processorSeconds - daemonBefore,
        daemonMain: daemon.mainThreadSeconds - mainBefore,
        peer: (peer?.processorSeconds ?? 0) - before[2],
        load: loaded.reduce((sum, { processorSeconds }) => sum + processorSeconds, 0),
      },
      messages: messages ?? null,
      note:
        refusal === undefined
          ? (note ?? "")
          : `void: ${refusal.refused} answers such as ${refusal.firstRefusal}`,
    };
    const others = also.map((other) => ({
      ...row,
      ...other,
      value: row.value === null ? null : other.value,
    }));
    return [row, ...others.map((other) => ({ ...other, note: "" }))];
  } finally {
    await site.close();
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
