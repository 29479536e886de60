/** A weak supply: the first cause of modems that hang. Told once, in words that say what to buy. */
import { describe, expect, test } from "vitest";
import { PowerSupply, voltageIn } from "../../../src/line/modem/power-supply.ts";
import { segmentTo, until } from "../line-contract.ts";
import { type Posing, posing } from "./posing-modem.ts";

const HOUR = 3_600_000;

test.each([
  ["UNDER-VOLTAGE WARNNING", "low"],
  ["UNDER-VOLTAGE WARNING", "low"],
  ["UNDER_VOLTAGE WARNING", "low"],
  ["UNDER-VOLTAGE POWER DOWN", "low"],
  ['+QIND: "vbatt",-1', "low"],
  ["OVER-VOLTAGE WARNNING", "high"],
  ["OVER-VOLTAGE POWER DOWN", "high"],
  ['+QIND: "vbatt",1', "high"],
  ['+QIND: "vbatt",0', null],
  ["+QIND: SMS DONE", null],
  ["NORMAL POWER DOWN", null],
])("%s: %s", (line, voltage) => {
  expect(voltageIn(line)).toBe(voltage);
});

describe("the voltage", () => {
  test("is told of once a day, however often the modem warns", () => {
    const supply = new PowerSupply();
    expect(supply.warns("low", 0)).toMatch(/too low/);
    for (let at = 1; at < 24; at++) expect(supply.warns("low", at * HOUR)).toBeNull();
    expect(supply.warns("low", 24 * HOUR)).toMatch(/too low/);
  });

  test("too high is another thing than too low", () => {
    const supply = new PowerSupply();
    supply.warns("low", 0);
    expect(supply.warns("high", 1000)).toMatch(/too high/);
  });
});

describe("going away in mid-send", () => {
  test("is a matter of the supply at the third time within an hour", () => {
    const supply = new PowerSupply();
    expect(supply.goesAway(0)).toBeNull();
    expect(supply.goesAway(0.4 * HOUR)).toBeNull();
    expect(supply.goesAway(1.2 * HOUR)).toBeNull();
    expect(supply.goesAway(1.3 * HOUR)).toMatch(/3 times within an hour/);
    expect(supply.goesAway(1.35 * HOUR)).toBeNull();
  });
});

const power = (stage: Posing) => stage.seen.events.filter(({ type }) => type === "line.power");

describe("a line tells of", () => {
  test.each([
    ["SIMCOM_Ltd", "SIM800", "UNDER-VOLTAGE WARNNING"],
    ["Quectel_Ltd", "Quectel_M95", "UNDER_VOLTAGE WARNING"],
    ["Quectel", "EC25", '+QIND: "vbatt",-1'],
    ["Modem works", "M1", "UNDER-VOLTAGE WARNING"],
  ])("%s %s that says %s, once, and goes on", async (manufacturer, model, said) => {
    const stage = posing({ manufacturer, model });
    await stage.ready();
    for (let n = 0; n < 5; n++) stage.modem.unsolicited(said);
    await stage.clock.advance(100);
    expect(power(stage)).toMatchObject([
      { level: "warning", line: "sim1", text: expect.stringMatching(/2 A/) },
    ]);
    expect(stage.line.status.counters["low-voltage"]).toBe(5);
    expect(stage.seen.events.filter(({ type }) => type === "line.noise")).toEqual([]);
    expect(stage.line.status.state).toBe("ready");
    await stage.stop();
  });

  test("one that switches itself off for it, and sets it up again when it is back", async () => {
    const stage = posing({ manufacturer: "Modem works", model: "M1" });
    await stage.ready();
    stage.modem.unsolicited("UNDER-VOLTAGE POWER DOWN");
    await until(stage.clock, () => stage.line.status.state === "starting");
    expect(power(stage)).toHaveLength(1);
    await until(stage.clock, () => stage.line.status.state === "ready");
    await stage.stop();
  });

  test("one that starts anew in mid-send three times", async () => {
    const stage = posing({ manufacturer: "Modem works", model: "M1" });
    await stage.ready();
    stage.modem.behave({
      name: "browns out when it sends",
      onSubmit: () => {
        stage.modem.reboot();
        return true;
      },
    });
    const { signal } = new AbortController();
    for (let n = 1; n <= 3; n++) {
      await until(stage.clock, () => stage.line.status.state === "ready");
      const sending = stage.line.submit(segmentTo("+33612345678", "hi"), { submissionId: `s${n}`, signal });
      await stage.clock.advance(1000);
      expect((await sending).is).toBe("unknown");
      expect(power(stage)).toHaveLength(n === 3 ? 1 : 0);
    }
    expect(stage.line.status.counters["lost-while-sending"]).toBe(3);
    await stage.stop();
  });
});
