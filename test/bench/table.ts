/** Several runs of a figure become one line: the median, how far the runs lay apart, and what it is held against. */
import { median, type Row } from "./row.ts";

export type Verdict = "aim" | "bar" | "miss";

export type Line = Row & {
  /** Of all runs, in their order; null where one was void. */
  readonly values: readonly (number | null)[];
  readonly low: number | null;
  readonly high: number | null;
  /** Null: there is nothing to hold it against, or it is void. */
  readonly verdict: Verdict | null;
};

/** The same figure, run after run. One void run makes it void. */
export function lineOf(runs: readonly [Row, ...Row[]]): Line {
  const values = runs.map(({ value }) => value);
  const valid = values.filter((value) => value !== null);
  const isVoid = valid.length < runs.length;
  const middle = isVoid ? null : median(valid);
  // What stands beside the value is of the run it is of.
  const shown = runs.find(({ value }) => value === middle) ?? runs[0];
  return {
    ...shown,
    value: middle,
    values,
    low: isVoid ? null : Math.min(...valid),
    high: isVoid ? null : Math.max(...valid),
    verdict: middle === null ? null : verdictOf(middle, shown),
  };
}

function verdictOf(value: number, { bar, aim }: Row): Verdict | null {
  const [meetsBar, meetsAim] = [meets(value, bar), meets(value, aim)];
  if (meetsBar === null) return null;
  if (!meetsBar) return "miss";
  return meetsAim === true ? "aim" : "bar";
}

/** Null: the limit is no number. */
export function meets(value: number, limit: string): boolean | null {
  const [, sign = "", number = ""] = /^([<>]?) ?(\d[\d.]*)/.exec(limit) ?? [];
  if (number === "") return null;
  return sign === "<" ? value < Number(number) : value >= Number(number);
}

export function printed(line: Line, before: number | null): string {
  const { unit, values, low, high, verdict, messages, processor } = line;
  const value = line.value === null ? "void" : `${short(line.value)} ${unit}`;
  const spread = values.length < 2 || low === null || high === null ? "" : `${short(low)} to ${short(high)}`;
  const { daemon, daemonMain, peer, load } = processor;
  const times =
    messages === null
      ? `daemon ${daemon.toFixed(1)} s, peer ${peer.toFixed(1)} s, load ${load.toFixed(1)} s`
      : `µs/message: daemon ${each(daemon, messages)} (main ${each(daemonMain, messages)}), ` +
        `peer ${each(peer, messages)}, load ${each(load, messages)}`;
  const ratio =
    before === null || line.value === null ? "" : `   × ${(line.value / before).toFixed(2)} of the baseline`;
  return [
    `${line.figure.padEnd(52)} ${value.padStart(14)} ${spread.padStart(16)}   bar ${line.bar}, aim ${line.aim}`,
    `: ${said(verdict)}${ratio}   ${times}   ${line.note}`,
  ].join("");
}

function said(verdict: Verdict | null): string {
  if (verdict === null) return "–";
  return verdict === "miss" ? "MISS" : `${verdict} met`;
}

function short(value: number): string {
  if (value === 0) return "0";
  if (Math.abs(value) < 1) return value.toFixed(3);
  return value.toFixed(Math.abs(value) < 100 ? 1 : 0);
}

function each(seconds: number, messages: number): string {
  return ((seconds * 1e6) / messages).toFixed(0);
}
