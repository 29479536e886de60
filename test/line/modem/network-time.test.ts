/** The network's time, in whatever way the modem tells it (NITZ; 27.007 §8.15, §8.40, §8.41). */
import { describe, expect, test } from "vitest";
import { networkTimeIn } from "../../../src/line/modem/network-time.ts";
import { until } from "../line-contract.ts";
import { posing } from "./posing-modem.ts";

const AT = Date.UTC(2026, 0, 4, 10, 15, 30);

test.each<[string, string, number | null]>([
  ["SIMCom tells it in UTC", '*PSUTTZ: 2026,1,4,10,15,30,"+4",0', AT],
  ["of two digits", '*PSUTTZ: 26,1,4,10,15,30,"+4",0', AT],
  ["local, with the zone in quarters of an hour", '+CTZE: "+04",0,"2026/01/04,11:15:30"', AT],
  ["west of Greenwich", '+CTZE: "-20",0,"2026/01/04,05:15:30"', AT],
  ["without quotes around the zone", '+CTZE: +04,0,"2026/01/04,11:15:30"', AT],
  ["universal", '+CTZEU: "+04",0,"2026/01/04,10:15:30"', AT],
  ["the modem's clock", '+CCLK: "26/01/04,11:15:30+04"', AT],
  ["the modem's clock, summer time of half-hour zones", '+CCLK: "26/01/04,15:45:30+22"', AT],
  ["a clock without a zone says nothing sure", '+CCLK: "26/01/04,11:15:30"', null],
  ["a zone alone is no time", '+CTZV: "+04"', null],
  ["a clock nobody set: 1980", '+CCLK: "80/01/06,00:01:02+00"', null],
  ["a clock nobody set: 1970", '+CCLK: "70/01/01,00:01:02+00"', null],
  ["a clock nobody set: 2004", '+CCLK: "04/01/01,00:01:02+00"', null],
  ["no date", '+CCLK: "26/13/41,11:15:30+04"', null],
  ["rubbish", "*PSUTTZ: x", null],
  ["another line", "+CREG: 1", null],
])("%s: %s", (_what, line, time) => {
  expect(networkTimeIn(line)).toBe(time);
});

describe("the line passes on the network's time", () => {
  test("which the modem's clock shows at start", async () => {
    const stage = posing({
      manufacturer: "Quectel",
      model: "EC25",
      answers: { "+CTZU=1": [], "+CCLK?": ['+CCLK: "26/01/04,11:15:30+04"'] },
    });
    await stage.ready();
    expect(stage.typed).toContain("AT+CTZR=2");
    expect(stage.seen.networkTimes).toEqual([AT]);
    await stage.stop();
  });

  test("but not the clock of a modem that does not set it by the network", async () => {
    const stage = posing({
      manufacturer: "Quectel",
      model: "EC25",
      answers: { "+CCLK?": ['+CCLK: "26/01/04,11:15:30+04"'] },
      refuses: { "+CTZU=1": "ERROR" },
    });
    await stage.ready();
    expect(stage.seen.networkTimes).toEqual([]);
    await stage.stop();
  });

  test.each(['*PSUTTZ: 2026,1,4,10,15,30,"+4",0', '+CTZE: "+04",0,"2026/01/04,11:15:30"'])(
    "when it says %s",
    async (said) => {
      const stage = posing({ manufacturer: "SIMCOM_Ltd", model: "SIM800" });
      await stage.ready();
      const before = stage.seen.networkTimes.length;
      stage.modem.unsolicited(said);
      await stage.clock.advance(100);
      expect(stage.seen.networkTimes.slice(before)).toEqual([AT]);
      await stage.stop();
    },
  );

  test("when it says the zone alone, by asking its clock", async () => {
    const clock: string[] = [];
    const stage = posing({
      manufacturer: "Quectel",
      model: "EC25",
      answers: { "+CTZU=1": [], "+CCLK?": clock },
    });
    await stage.ready();
    expect(stage.seen.networkTimes).toEqual([]);
    clock.push('+CCLK: "26/01/04,11:15:30+04"');
    stage.modem.unsolicited('+CTZV: "+04"');
    await until(stage.clock, () => stage.seen.networkTimes.length > 0, 5000);
    expect(stage.seen.networkTimes).toEqual([AT]);
    await stage.stop();
  });

  test("to which SIM800 modules have to be told to listen", async () => {
    const stage = posing({ manufacturer: "SIMCOM_Ltd", model: "SIMCOM_SIM800L" });
    await stage.ready();
    expect(stage.typed).toContain("AT+CLTS=1");
    await stage.stop();
  });
});
