/** The store's door, as far as it is about SIM plans: what a plan allows, and what was used of it. */

export const PLAN_PERIODS = ["minute", "hour", "day", "month"] as const;
export type PlanPeriod = (typeof PLAN_PERIODS)[number];

/** A period that holds an instant, in epoch milliseconds; `segments`: the cap, null where there is none. */
export type PeriodTerms = {
  readonly startsAt: number;
  readonly endsAt: number;
  readonly segments: number | null;
};

/** What a Line's plan allows at an instant. */
export type PlanTerms = {
  readonly periods: Readonly<Record<PlanPeriod, PeriodTerms>>;
  /** Different recipients in the month; null where there is no cap. */
  readonly recipients: number | null;
  /** An event is written when so much of a cap is used. */
  readonly warnAtPercent: number;
};

/** Segments that a Line has handed over, or is trying to, by the period in which it began to. */
export type PlanUse = {
  readonly periods: Readonly<Record<PlanPeriod, { readonly startsAt: number; readonly segments: number }>>;
  /** Different ones in the month; 0 where the plan does not cap them. */
  readonly recipients: number;
};

export type ClaimOptions = {
  readonly line: string;
  readonly limit: number;
  readonly now: number;
  /** Absent: both lanes, single messages first. */
  readonly lane?: "single";
  /** Absent: the Line has no plan, and nothing is counted. Broadcasts begin only as far as it allows. */
  readonly plan?: PlanTerms;
};

export interface PlanCommands {
  /** Null when nothing was counted yet. What belongs to a period that is over is still there. */
  planUse(line: string): Promise<PlanUse | null>;
}
