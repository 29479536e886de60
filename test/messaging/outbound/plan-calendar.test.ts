import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PlanCalendar } from "../../../src/messaging/outbound/plan-calendar.ts";
import type { PlanPeriod } from "../../../src/store/plan-commands.ts";

const iso = (period: PlanPeriod, zone: string, at: string, monthStartsOn = 1) => {
  const { from, until } = new PlanCalendar(zone, monthStartsOn).periodAt(period, Date.parse(at));
  return [new Date(from).toISOString(), new Date(until).toISOString()].map((text) =>
    text.replace(":00.000Z", "Z"),
  );
};

describe("a day", () => {
  test("begins at midnight of the site", () => {
    expect(iso("day", "Europe/Paris", "2026-11-28T23:30:00Z")).toEqual([
      "2026-11-28T23:00Z",
      "2026-11-29T23:00Z",
    ]);
    expect(iso("day", "Asia/Kolkata", "2026-11-28T18:30:00Z")).toEqual([
      "2026-11-28T18:30Z",
      "2026-11-29T18:30Z",
    ]);
  });

  test("has 23 hours in March and 25 in October", () => {
    expect(iso("day", "Europe/Paris", "2026-03-29T12:00:00Z")).toEqual([
      "2026-03-28T23:00Z",
      "2026-03-29T22:00Z",
    ]);
    expect(iso("day", "Europe/Paris", "2026-10-25T12:00:00Z")).toEqual([
      "2026-10-24T22:00Z",
      "2026-10-25T23:00Z",
    ]);
  });

  test("begins when there is no midnight: Beirut goes from 23:59 to 01:00", () => {
    expect(iso("day", "Asia/Beirut", "2026-03-29T12:00:00Z")).toEqual([
      "2026-03-28T22:00Z",
      "2026-03-29T21:00Z",
    ]);
  });
});

describe("an hour", () => {
  test("is the one on the wall, where zones are half an hour off", () => {
    expect(iso("hour", "Asia/Kolkata", "2026-11-28T12:40:00Z")).toEqual([
      "2026-11-28T12:30Z",
      "2026-11-28T13:30Z",
    ]);
  });

  test("that comes twice is one of two hours", () => {
    expect(iso("hour", "Europe/Paris", "2026-10-25T01:10:00Z")).toEqual([
      "2026-10-25T00:00Z",
      "2026-10-25T02:00Z",
    ]);
  });
});

describe("a month", () => {
  test("begins on the first, or on the day that is set", () => {
    expect(iso("month", "Europe/Paris", "2026-11-28T12:00:00Z")).toEqual([
      "2026-10-31T23:00Z",
      "2026-11-30T23:00Z",
    ]);
    expect(iso("month", "Europe/Paris", "2026-11-28T12:00:00Z", 15)).toEqual([
      "2026-11-14T23:00Z",
      "2026-12-14T23:00Z",
    ]);
    expect(iso("month", "Europe/Paris", "2026-01-03T12:00:00Z", 28)).toEqual([
      "2025-12-27T23:00Z",
      "2026-01-27T23:00Z",
    ]);
  });
});

test("periods follow one another without a gap, in every zone", () => {
  const zones = [
    "Europe/Paris",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Asia/Beirut",
  ];
  const instants = fc.date({ min: new Date("2026-01-01"), max: new Date("2027-12-31"), noInvalidDate: true });
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      fc.constantFrom("hour", "day", "month"),
      instants,
      (zone, period, date) => {
        const at = date.getTime();
        const calendar = new PlanCalendar(zone, 5);
        const { from, until } = calendar.periodAt(period, at);
        expect(from <= at && at < until).toBe(true);
        expect(calendar.periodAt(period, until).from).toBe(until);
        expect(calendar.periodAt(period, from - 1).until).toBe(from);
      },
    ),
    { numRuns: 200 },
  );
});
