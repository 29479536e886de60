/**
 * The stretches of time usage is told for (contract §7.4), in UTC days since 1970-01-01. Pure: what was asked and
 * today in, periods out. Nothing lies before the account or after today, so a period never does either.
 */

/** Both days included. */
export type Period = { readonly first: number; readonly last: number };

export const USAGE_RESOURCES = [
  "Daily",
  "Monthly",
  "Yearly",
  "AllTime",
  "Today",
  "Yesterday",
  "ThisMonth",
  "LastMonth",
] as const;

/** `Records` itself: one record for the whole stretch that was asked for. */
export type UsageResource = (typeof USAGE_RESOURCES)[number] | "Records";

const DAY_MS = 86_400_000;

export function dayOfInstant(epochMs: number): number {
  return Math.floor(epochMs / DAY_MS);
}

export function dayText(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** `2024-01-31`, or days from today: `-30days`, `+1day`. Null for anything else. */
export function readDay(text: string, today: number): number | null {
  const offset = /^([+-]?\d{1,5})days?$/.exec(text.replace(/^ /, "+"));
  if (offset !== null) return today + Number(offset[1]);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return null;
  const day = dayOfInstant(Date.parse(`${text}T00:00:00Z`));
  return Number.isNaN(day) || dayText(day) !== text ? null : day;
}

export type Asked = {
  /** Null where nothing was said. */
  readonly start: number | null;
  readonly end: number | null;
  /** The day the account was made. */
  readonly since: number;
  readonly today: number;
};

/** Newest first. */
export function periodsOf(resource: UsageResource, asked: Asked): readonly Period[] {
  const { today } = asked;
  const first = Math.max(asked.start ?? asked.since, asked.since);
  const last = Math.min(asked.end ?? today, today);
  switch (resource) {
    case "Records":
    case "AllTime":
      return [{ first: asked.start ?? asked.since, last: asked.end ?? today }];
    case "Today":
      return [{ first: today, last: today }];
    case "Yesterday":
      return [{ first: today - 1, last: today - 1 }];
    case "ThisMonth":
      return [{ first: beginning(today, "month"), last: today }];
    case "LastMonth": {
      const end = beginning(today, "month") - 1;
      return [{ first: beginning(end, "month"), last: end }];
    }
    case "Daily":
      return stretches(first, last, (day) => day);
    case "Monthly":
      return stretches(first, last, (day) => beginning(day, "month"));
    case "Yearly":
      return stretches(first, last, (day) => beginning(day, "year"));
  }
}

function stretches(first: number, last: number, beginningOf: (day: number) => number): readonly Period[] {
  const periods: Period[] = [];
  for (let end = last; end >= first; ) {
    const start = Math.max(first, beginningOf(end));
    periods.push({ first: start, last: end });
    end = start - 1;
  }
  return periods;
}

function beginning(day: number, of: "month" | "year"): number {
  const date = new Date(day * DAY_MS);
  return dayOfInstant(Date.UTC(date.getUTCFullYear(), of === "year" ? 0 : date.getUTCMonth(), 1));
}
