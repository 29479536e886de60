import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dayText, periodsOf, readDay, type UsageResource } from "../../src/api/usage-periods.ts";

const TODAY = Date.UTC(2026, 2, 3) / 86_400_000;
const SINCE = Date.UTC(2025, 11, 30) / 86_400_000;

function day(text: string): number {
  return readDay(text, TODAY) ?? Number.NaN;
}

function shown(resource: UsageResource, start: string | null = null, end: string | null = null) {
  const asked = {
    start: start === null ? null : day(start),
    end: end === null ? null : day(end),
    since: SINCE,
    today: TODAY,
  };
  return periodsOf(resource, asked).map(({ first, last }) => `${dayText(first)} ${dayText(last)}`);
}

describe("a usage period", () => {
  it.each<[UsageResource, string | null, string | null, readonly string[]]>([
    ["Records", null, null, ["2025-12-30 2026-03-03"]],
    ["Records", "2026-01-01", "2026-01-31", ["2026-01-01 2026-01-31"]],
    ["Records", "-30days", null, ["2026-02-01 2026-03-03"]],
    ["AllTime", null, null, ["2025-12-30 2026-03-03"]],
    ["Today", "2026-01-01", null, ["2026-03-03 2026-03-03"]],
    ["Yesterday", null, null, ["2026-03-02 2026-03-02"]],
    ["ThisMonth", null, null, ["2026-03-01 2026-03-03"]],
    ["LastMonth", null, null, ["2026-02-01 2026-02-28"]],
    ["Daily", "-1day", null, ["2026-03-03 2026-03-03", "2026-03-02 2026-03-02"]],
    [
      "Monthly",
      "2026-01-15",
      null,
      ["2026-03-01 2026-03-03", "2026-02-01 2026-02-28", "2026-01-15 2026-01-31"],
    ],
    ["Yearly", null, null, ["2026-01-01 2026-03-03", "2025-12-30 2025-12-31"]],
    ["Daily", "2026-03-03", "2026-03-01", []],
    ["Daily", "1900-01-01", "2025-12-30", ["2025-12-30 2025-12-30"]],
  ])("of %s from %s to %s", (resource, start, end, periods) => {
    expect(shown(resource, start, end)).toEqual(periods);
  });

  it.each(["2026-02-30", "yesterday", "-30", "2026/01/01", "", "-999999days"])(
    "does not begin at %j",
    (text) => {
      expect(readDay(text, TODAY)).toBeNull();
    },
  );

  it("of a list covers every day that was asked for exactly once", () => {
    const days = fc.integer({ min: SINCE - 50, max: TODAY + 50 });
    fc.assert(
      fc.property(days, days, fc.constantFrom("Daily", "Monthly", "Yearly"), (start, end, resource) => {
        const asked = { start, end, since: SINCE, today: TODAY };
        const covered = periodsOf(resource as UsageResource, asked).flatMap(({ first, last }) =>
          Array.from({ length: last - first + 1 }, (_, index) => first + index),
        );
        const [first, last] = [Math.max(start, SINCE), Math.min(end, TODAY)];
        expect(covered).toHaveLength(Math.max(0, last - first + 1));
        expect(new Set(covered).size).toBe(covered.length);
      }),
    );
  });
});
