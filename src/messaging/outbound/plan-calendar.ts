/**
 * The periods of SIM plans, as clocks on the wall of the site show them: a day of 23 or 25 hours is a day. Pure but
 * for what it remembers.
 *
 * An edge is found by halving between two instants of different periods, so that the zone's own rules decide and no
 * arithmetic of ours: midnights that do not exist, days that were skipped, half hours of summer time. It is sought
 * once in a period.
 */
import { PLAN_PERIODS, type PlanPeriod } from "../../store/plan-commands.ts";
import type { Span } from "./forecast.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** No period is longer, whatever the zone does to it. */
const LONGEST_MS: Readonly<Record<Exclude<PlanPeriod, "minute">, number>> = {
  hour: 3 * HOUR_MS,
  day: 2 * DAY_MS,
  month: 33 * DAY_MS,
};

export class PlanCalendar {
  readonly #format: Intl.DateTimeFormat;
  readonly #monthStartsOn: number;
  readonly #known = new Map<PlanPeriod, Span>();

  /** `monthStartsOn`: the day, 1 to 28, on which a month of the plan begins. */
  constructor(timeZone: string, monthStartsOn: number) {
    this.#monthStartsOn = monthStartsOn;
    this.#format = new Intl.DateTimeFormat("en-US", {
      timeZone,
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      hourCycle: "h23",
    });
  }

  periodsAt(at: number): Readonly<Record<PlanPeriod, Span>> {
    const [minute, hour, day, month] = PLAN_PERIODS.map((period) => this.periodAt(period, at)) as [
      Span,
      Span,
      Span,
      Span,
    ];
    return { minute, hour, day, month };
  }

  /** The period that holds an instant. */
  periodAt(period: PlanPeriod, at: number): Span {
    const known = this.#known.get(period);
    if (known !== undefined && known.from <= at && at < known.until) return known;
    const found = period === "minute" ? minuteAt(at) : this.#seek(period, at);
    this.#known.set(period, found);
    return found;
  }

  #seek(period: Exclude<PlanPeriod, "minute">, at: number): Span {
    const name = this.#nameOf(period, at);
    const isIn = (instant: number) => this.#nameOf(period, instant) === name;
    return {
      from: edge(at - LONGEST_MS[period], at, (instant) => !isIn(instant)),
      until: edge(at, at + LONGEST_MS[period], isIn),
    };
  }

  /** Another for each period: they do not come again within the longest. */
  #nameOf(period: Exclude<PlanPeriod, "minute">, at: number): string {
    const parts: Record<string, string> = {};
    for (const { type, value } of this.#format.formatToParts(at)) parts[type] = value;
    const { year, month, day, hour } = parts;
    switch (period) {
      case "hour":
        return `${day} ${hour}`;
      case "day":
        return `${month} ${day}`;
      case "month":
        return Number(day) >= this.#monthStartsOn ? `${year} ${month}` : before(Number(year), Number(month));
    }
  }
}

/** The first instant, to the second, at which `isBefore` is no longer true: it is at `low`, and is not at `high`. */
function edge(low: number, high: number, isBefore: (instant: number) => boolean): number {
  let from = Math.floor(low / 1000);
  let until = Math.ceil(high / 1000);
  while (until - from > 1) {
    const middle = Math.floor((from + until) / 2);
    if (isBefore(middle * 1000)) from = middle;
    else until = middle;
  }
  return until * 1000;
}

function minuteAt(at: number): Span {
  const from = Math.floor(at / MINUTE_MS) * MINUTE_MS;
  return { from, until: from + MINUTE_MS };
}

function before(year: number, month: number): string {
  return month === 1 ? `${year - 1} 12` : `${year} ${month - 1}`;
}
