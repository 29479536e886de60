/**
 * The SIM plans of the Lines: what each allows now, which goes with every claim (`store/plan-uses.ts` counts and
 * holds), and how it stands, for whoever asks.
 */
import type { Clock } from "../../runtime/clock.ts";
import { PLAN_PERIODS, type PlanPeriod, type PlanTerms, type PlanUse } from "../../store/plan-commands.ts";
import type { Store } from "../../store/store.ts";
import type { CapFacts, SegmentCap } from "./forecast.ts";
import { PlanCalendar } from "./plan-calendar.ts";

/** Segments, and recipients in a month; null: no cap. */
export type Plan = {
  readonly segments: Readonly<Record<PlanPeriod, number | null>>;
  readonly recipients: number | null;
  readonly warnAtPercent: number;
  readonly monthStartsOn: number;
};

export type PeriodView = { readonly cap: number | null; readonly used: number; readonly endsAt: number };

export type PlanView = {
  readonly periods: Readonly<Record<PlanPeriod, PeriodView>>;
  /** Counted only where there is a cap. */
  readonly recipients: { readonly cap: number | null; readonly used: number };
  readonly warnAtPercent: number;
};

/** What keeps a broadcast from beginning. */
export type PlanStop = { readonly period: PlanPeriod; readonly cap: number; readonly until: number };

const CAP_OF: Readonly<Record<PlanPeriod, SegmentCap>> = {
  minute: "segmentsPerMinute",
  hour: "segmentsPerHour",
  day: "segmentsPerDay",
  month: "segmentsPerMonth",
};

export class Plans {
  readonly #plans: ReadonlyMap<string, { readonly plan: Plan; readonly calendar: PlanCalendar }>;
  readonly #clock: Clock;
  readonly #store: Pick<Store, "planUse">;

  constructor(options: {
    /** By Line. */
    readonly plans: ReadonlyMap<string, Plan>;
    /** IANA name: whose days and months count. */
    readonly timeZone: string;
    readonly clock: Clock;
    readonly store: Pick<Store, "planUse">;
  }) {
    this.#plans = new Map(
      [...options.plans].map(([line, plan]) => [
        line,
        { plan, calendar: new PlanCalendar(options.timeZone, plan.monthStartsOn) },
      ]),
    );
    this.#clock = options.clock;
    this.#store = options.store;
  }

  /** Null: the Line has no plan. */
  termsOf(line: string): PlanTerms | null {
    const known = this.#plans.get(line);
    if (known === undefined) return null;
    const { plan, calendar } = known;
    const spans = calendar.periodsAt(this.#clock.now());
    const of = (period: PlanPeriod) => ({
      startsAt: spans[period].from,
      endsAt: spans[period].until,
      segments: plan.segments[period],
    });
    return {
      periods: { minute: of("minute"), hour: of("hour"), day: of("day"), month: of("month") },
      recipients: plan.recipients,
      warnAtPercent: plan.warnAtPercent,
    };
  }

  async viewOf(line: string): Promise<PlanView | null> {
    const terms = this.termsOf(line);
    return terms === null ? null : planView(terms, await this.#store.planUse(line));
  }

  async views(): Promise<ReadonlyMap<string, PlanView>> {
    const views = new Map<string, PlanView>();
    for (const line of this.#plans.keys()) {
      const view = await this.viewOf(line);
      if (view !== null) views.set(line, view);
    }
    return views;
  }

  /** What a forecast needs of them. */
  async capsOf(line: string): Promise<readonly CapFacts[]> {
    const known = this.#plans.get(line);
    const view = await this.viewOf(line);
    if (known === undefined || view === null) return [];
    return PLAN_PERIODS.flatMap((period) => {
      const { cap, used } = view.periods[period];
      const endOf = (at: number) => known.calendar.periodAt(period, at).until;
      return cap === null ? [] : [{ cap: CAP_OF[period], limit: cap, used, endOf }];
    });
  }
}

/** What was counted in a period that is over is no use of this one. */
export function planView(terms: PlanTerms, use: PlanUse | null): PlanView {
  const usedIn = (period: PlanPeriod) => {
    const counted = use?.periods[period];
    return counted === undefined || counted.startsAt < terms.periods[period].startsAt ? 0 : counted.segments;
  };
  const of = (period: PlanPeriod): PeriodView => {
    const { segments, endsAt } = terms.periods[period];
    return { cap: segments, used: usedIn(period), endsAt };
  };
  const isOfMonth = use !== null && use.periods.month.startsAt >= terms.periods.month.startsAt;
  return {
    periods: { minute: of("minute"), hour: of("hour"), day: of("day"), month: of("month") },
    recipients: { cap: terms.recipients, used: isOfMonth ? use.recipients : 0 },
    warnAtPercent: terms.warnAtPercent,
  };
}

/** What keeps a broadcast of so many Segments waiting, for the longest; null: it may begin. */
export function stopOf({ periods }: PlanView, segments: number): PlanStop | null {
  let stop: PlanStop | null = null;
  for (const period of PLAN_PERIODS) {
    const { cap, used, endsAt } = periods[period];
    if (cap === null || cap - used >= Math.min(segments, cap)) continue;
    if (stop === null || endsAt > stop.until) stop = { period, cap, until: endsAt };
  }
  return stop;
}

const CAP_WORDS: Readonly<Record<PlanPeriod, string>> = {
  minute: "segments a minute",
  hour: "segments an hour",
  day: "segments a day",
  month: "segments a month",
};

/** What is near its cap, or at it, in words. A minute is a pace, and left out. */
export function nearCaps({ periods, recipients, warnAtPercent }: PlanView): readonly string[] {
  const isNear = (cap: number | null, used: number): cap is number =>
    cap !== null && used * 100 >= cap * warnAtPercent;
  const near = (["hour", "day", "month"] as const).flatMap((period) => {
    const { cap, used } = periods[period];
    return isNear(cap, used) ? [`${used} of ${cap} ${CAP_WORDS[period]} are used`] : [];
  });
  const { cap, used } = recipients;
  if (isNear(cap, used)) near.push(`${used} of ${cap} different recipients a month were written to`);
  return near;
}

export function stopText(line: string, { period, cap, until }: PlanStop): string {
  return `The SIM plan of ${line} allows ${cap} ${CAP_WORDS[period]}, which leaves no room for it: broadcasts go on at ${new Date(until).toISOString()}`;
}
