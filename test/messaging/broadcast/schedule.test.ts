/** Cron expressions through the days on which clocks change. Offsets as the tz database has had them for 2026. */
import { describe, expect, it } from "vitest";
import { localText } from "../../../src/messaging/broadcast/local-time.ts";
import { isTimeZone, once, readCron, type Schedule } from "../../../src/messaging/broadcast/schedule.ts";

const JANUARY = Date.UTC(2026, 0, 1);

function read(expression: string, zone: string): Schedule {
  const reading = readCron(expression, zone, JANUARY);
  if (reading.is === "wrong") throw new Error(reading.why);
  return reading.schedule;
}

/** What the wall shows at each run from that instant on. */
function walls(expression: string, zone: string, from: string, count: number): string[] {
  return read(expression, zone)
    .next(Date.parse(from), count)
    .map((at) => `${localText(at, zone)} = ${new Date(at).toISOString().slice(11, 16)}Z`);
}

const ZONES = [
  { zone: "Europe/Paris", changes: ["2026-03-29", "2026-10-25"] },
  { zone: "America/New_York", changes: ["2026-03-08", "2026-11-01"] },
  { zone: "Australia/Lord_Howe", changes: ["2026-04-05", "2026-10-04"] },
];

describe.each(ZONES)("a year of mornings in $zone", ({ zone, changes }) => {
  it.each(["0 7 * * *", "30 2 * * *", "15 2 * * *", "45 1 * * *", "0 0 * * *"])(
    "has one run on each of 366 days for %s",
    (expression) => {
      const days = read(expression, zone)
        .next(JANUARY, 366)
        .map((at) => localText(at, zone).slice(0, 10));
      expect(new Set(days).size).toBe(366);
      expect(days).toEqual([...days].sort());
      for (const change of changes) expect(days).toContain(change);
    },
  );

  it("runs at 07:00 on the wall every one of them", () => {
    const times = read("0 7 * * *", zone)
      .next(JANUARY, 366)
      .map((at) => localText(at, zone).slice(11, 16));
    expect(new Set(times)).toEqual(new Set(["07:00"]));
  });
});

describe("an hour that does not exist", () => {
  it("runs once, when the gap is over: Paris", () => {
    expect(walls("30 2 * * *", "Europe/Paris", "2026-03-28T12:00Z", 2)).toEqual([
      "2026-03-29 03:00 GMT+2 = 01:00Z",
      "2026-03-30 02:30 GMT+2 = 00:30Z",
    ]);
  });

  it("runs once, when the gap is over: New York", () => {
    expect(walls("30 2 * * *", "America/New_York", "2026-03-07T12:00Z", 2)).toEqual([
      "2026-03-08 03:00 GMT-4 = 07:00Z",
      "2026-03-09 02:30 GMT-4 = 06:30Z",
    ]);
  });

  it("is half an hour on Lord Howe", () => {
    expect(walls("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00Z", 2)).toEqual([
      "2026-10-04 02:30 GMT+11 = 15:30Z",
      "2026-10-05 02:15 GMT+11 = 15:15Z",
    ]);
  });
});

describe("an hour that exists twice", () => {
  it("runs the first time and not the second: Paris, New York, Lord Howe", () => {
    expect(walls("30 2 * * *", "Europe/Paris", "2026-10-24T12:00Z", 2)).toEqual([
      "2026-10-25 02:30 GMT+2 = 00:30Z",
      "2026-10-26 02:30 GMT+1 = 01:30Z",
    ]);
    expect(walls("30 1 * * *", "America/New_York", "2026-10-31T12:00Z", 2)).toEqual([
      "2026-11-01 01:30 GMT-4 = 05:30Z",
      "2026-11-02 01:30 GMT-5 = 06:30Z",
    ]);
    expect(walls("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T12:00Z", 2)).toEqual([
      "2026-04-05 01:45 GMT+11 = 14:45Z",
      "2026-04-06 01:45 GMT+10:30 = 15:15Z",
    ]);
  });

  it("is asked between the two and waits for tomorrow", () => {
    const between = Date.parse("2026-10-25T00:45Z");
    expect(walls("30 2 * * *", "Europe/Paris", new Date(between).toISOString(), 1)).toEqual([
      "2026-10-26 02:30 GMT+1 = 01:30Z",
    ]);
    expect(read("30 2 * * *", "Europe/Paris").newestIn(between, between + 3_600_000)).toBeNull();
  });

  it.each(["0,30 2 * * *", "*/30 2 * * *", "*/30 2-2 * * *"])("runs once for %s too", (expression) => {
    expect(walls(expression, "Europe/Paris", "2027-10-30T12:00Z", 3)).toEqual([
      "2027-10-31 02:00 GMT+2 = 00:00Z",
      "2027-10-31 02:30 GMT+2 = 00:30Z",
      "2027-11-01 02:00 GMT+1 = 01:00Z",
    ]);
  });

  it("is passed over the second time where each hour is named", () => {
    expect(walls("*/30 * * * *", "Europe/Paris", "2026-10-25T00:10Z", 2)).toEqual([
      "2026-10-25 02:30 GMT+2 = 00:30Z",
      "2026-10-25 03:00 GMT+1 = 02:00Z",
    ]);
  });
});

/** The zones' clocks read minute by minute: what the schedule computes is found here by looking. */
describe("every wall time that is named runs once", () => {
  const MINUTE = 60_000;
  const DAYS = [
    { zone: "Europe/Paris", around: ["2027-03-28", "2027-10-31"] },
    { zone: "America/New_York", around: ["2027-03-14", "2027-11-07"] },
    { zone: "Australia/Lord_Howe", around: ["2027-04-04", "2027-10-03"] },
    { zone: "Africa/Cairo", around: ["2027-04-30", "2027-10-29"] },
    { zone: "Antarctica/Troll", around: ["2027-03-28", "2027-10-31"] },
    { zone: "Asia/Kolkata", around: ["2027-03-28"] },
  ].flatMap(({ zone, around }) => around.map((day) => ({ zone, day })));
  const PATTERNS: [string, (hour: number, minute: number) => boolean][] = [
    ["*/30 1-3 * * *", (hour, minute) => hour >= 1 && hour <= 3 && minute % 30 === 0],
    ["0,30 2 * * *", (hour, minute) => hour === 2 && minute % 30 === 0],
    ["15 0,2,23 * * *", (hour, minute) => [0, 2, 23].includes(hour) && minute === 15],
    ["*/7 * * * *", (_hour, minute) => minute % 7 === 0],
    ["59 * * * *", (_hour, minute) => minute === 59],
  ];

  it.each(DAYS)("in $zone around $day", ({ zone, day }) => {
    const format = new Intl.DateTimeFormat("en", {
      timeZone: zone,
      dateStyle: "short",
      timeStyle: "short",
      hourCycle: "h23",
    });
    const from = Date.parse(`${day}T00:00Z`) - 1440 * MINUTE;
    const minutes = Array.from({ length: 3 * 1440 }, (_, at) => from + at * MINUTE);
    const shown = minutes.map((at) => Date.parse(`${format.format(at)} Z`));
    for (const [expression, isNamed] of PATTERNS) {
      const fits = (wall: number) => isNamed(new Date(wall).getUTCHours(), new Date(wall).getUTCMinutes());
      let latest = (shown[0] ?? 0) - MINUTE;
      const expected: number[] = [];
      for (const [index, at] of minutes.entries()) {
        const wall = shown[index] ?? 0;
        let isDue = false;
        for (; latest < wall; latest += MINUTE) isDue ||= fits(latest + MINUTE);
        if (isDue) expected.push(at);
      }
      const until = from + minutes.length * MINUTE;
      const runs = read(expression, zone).next(from - 1, expected.length + 1);
      expect(
        runs.filter((at) => at < until),
        expression,
      ).toEqual(expected);
    }
  });
});

describe("what was missed", () => {
  const zone = "Europe/Paris";
  const daily = read("0 7 * * *", zone);
  const seven = Date.parse("2026-06-10T05:00Z");

  it("is nothing while no instant has come", () => {
    expect(daily.newestIn(seven, seven)).toBeNull();
    expect(daily.newestIn(seven, seven + 86_399_999)).toBeNull();
  });

  it("is the newest, with how many there were", () => {
    expect(daily.newestIn(seven - 1, seven)).toEqual({ at: seven, count: 1 });
    expect(daily.newestIn(seven - 10 * 86_400_000, seven + 600_000)).toEqual({ at: seven, count: 10 });
    expect(daily.newestIn(seven - 30 * 86_400_000, seven - 43_200_000)).toEqual({
      at: seven - 86_400_000,
      count: 29,
    });
  });

  it("is found at once after a year without power, though every minute was named", () => {
    const until = Date.parse("2026-12-31T12:00Z");
    expect(read("* * * * *", zone).newestIn(JANUARY, until)).toEqual({ at: until, count: 1000 });
  });

  it("of one instant is that instant", () => {
    expect(once(seven).newestIn(seven - 1, seven)).toEqual({ at: seven, count: 1 });
    expect(once(seven).newestIn(seven, seven + 1)).toBeNull();
    expect(once(seven).next(seven - 1, 10)).toEqual([seven]);
    expect(once(seven).next(seven, 10)).toEqual([]);
  });
});

describe("what cannot be read", () => {
  it.each([
    ["0 0 30 2 *", "no day there is ever fits it"],
    ["0 25 * * *", "Invalid value for hour: 25"],
    ["0 7 * * 8", "Invalid value for dayOfWeek: 8"],
    ["0 0 7 * * *", "it has 6 fields where five are wanted"],
    ["seven", "it has 1 fields where five are wanted"],
    ["@daily", "it has 1 fields where five are wanted"],
    ["a b c d e", "illegal characters"],
  ])("%s: %s", (expression, why) => {
    const reading = readCron(expression, "Europe/Paris", JANUARY);
    expect(reading).toMatchObject({ is: "wrong", why: expect.stringContaining(why) });
  });

  it("is no zone", () => {
    for (const zone of ["Europe/Paris", "Australia/Lord_Howe", "UTC", "Asia/Kolkata"])
      expect(isTimeZone(zone)).toBe(true);
    for (const zone of ["Europe/Pari", "Paris", "+01:00", "", "Mars/Olympus"])
      expect(isTimeZone(zone)).toBe(false);
  });
});
