/** A year of mornings, everything on a told clock: three zones, each with its two changes. */
import { afterEach, describe, expect, it } from "vitest";
import { localText } from "../../../src/messaging/broadcast/local-time.ts";
import { readCron } from "../../../src/messaging/broadcast/schedule.ts";
import { Town } from "./town.ts";

const HALF_HOUR = 1_800_000;
const DAY = 48 * HALF_HOUR;
const YEAR_DAYS = 365;
const NEW_YEAR = Date.UTC(2027, 0, 1);

let site: Town | null = null;
afterEach(() => {
  site?.close();
  site = null;
});

/** 2027's own: a gap, and an hour that exists twice. On Lord Howe it is half an hour. */
const ZONES = [
  { zone: "Europe/Paris", inGap: "30 2 * * *", twice: "30 2 * * *", changes: ["2027-03-28", "2027-10-31"] },
  {
    zone: "America/New_York",
    inGap: "30 2 * * *",
    twice: "30 1 * * *",
    changes: ["2027-03-14", "2027-11-07"],
  },
  {
    zone: "Australia/Lord_Howe",
    inGap: "0 2 * * *",
    twice: "30 1 * * *",
    changes: ["2027-10-03", "2027-04-04"],
  },
];

const SEVEN = "0 7 * * *";

type Kept = {
  readonly sid: string;
  readonly zone: string;
  readonly cron: string;
  readonly changes: readonly string[];
};

describe("a year", () => {
  it("has every morning once in each zone, with the clocks changed twice and the plug pulled each week", async () => {
    site = await Town.open({ wallMs: NEW_YEAR, members: 2, rate: "unlimited" });
    const kept: Kept[] = [];
    const planned: number[] = [];
    for (const { zone, changes, ...crons } of ZONES) {
      for (const cron of new Set([SEVEN, crons.inGap, crons.twice])) {
        kept.push({ zone, cron, changes, sid: await site.broadcast({ cron, timeZone: zone }) });
        const reading = readCron(cron, zone, NEW_YEAR);
        if (reading.is === "schedule") planned.push(...reading.schedule.next(NEW_YEAR, YEAR_DAYS + 1));
      }
    }
    // A tick when something is due, one half an hour later for what might be due twice, and one at noon.
    for (let day = 0; day < YEAR_DAYS; day++) {
      const begin = NEW_YEAR + day * DAY;
      const due = planned.filter((at) => at > begin && at <= begin + DAY);
      const later = due.map((at) => at + HALF_HOUR);
      const ticks = [...new Set([...due, ...later, begin + DAY / 2, begin + DAY])].sort((a, b) => a - b);
      for (const at of ticks.filter((tick) => tick <= begin + DAY)) {
        const ms = at - site.clock.now();
        if (day % 7 === 3 && at === begin + DAY / 2) {
          await site.powerOff(ms);
          await site.powerOn();
        } else {
          await site.pass(ms, ms);
        }
      }
    }
    for (const { sid, zone, cron, changes } of kept) {
      const runs = await site.runs(sid);
      const walls = runs.map(({ plannedAt }) => localText(plannedAt, zone));
      const days = walls.map((wall) => wall.slice(0, 10));
      expect(new Set(days).size).toBe(days.length);
      // The year is UTC's: a zone may have begun its first day, or not ended its last.
      expect(days.length).toBeGreaterThanOrEqual(YEAR_DAYS - 1);
      expect(days.length).toBeLessThanOrEqual(YEAR_DAYS);
      for (const change of changes) expect(days).toContain(change);
      expect(new Set(runs.map(({ status }) => status))).toEqual(new Set(["finished"]));
      if (cron === SEVEN)
        expect(new Set(walls.map((wall) => wall.slice(11, 16)))).toEqual(new Set(["07:00"]));
    }
    const all = await Promise.all(kept.map(({ sid }) => site?.runs(sid)));
    expect(site.line.handed).toHaveLength(all.flat().length * 2);
  }, 300_000);
});
