/** The signal in dBm, also of LTE modems, which answer `+CSQ: 99,99` while all is well. */
import { describe, expect, test } from "vitest";
import { isPoor, type Signal, signalOfCesq, signalOfCsq } from "../../../src/line/modem/signal.ts";
import { until } from "../line-contract.ts";
import { posing } from "./posing-modem.ts";

test.each([
  ["+CSQ: 0,99", -113],
  ["+CSQ: 17,99", -79],
  ["+CSQ:31,0", -51],
  ["+CSQ: 99,99", null],
  ["+CSQ: 116,99", -100],
  ["+CSQ: ,", null],
])("%s is %s dBm", (line, dbm) => {
  expect(signalOfCsq(line)?.dbm ?? null).toBe(dbm);
});

test.each<[string, Signal | null]>([
  ["+CESQ: 99,99,255,255,20,55", { dbm: -86, of: "rsrp" }],
  ["+CESQ: 99,99,255,255,255,0", { dbm: -141, of: "rsrp" }],
  ["+CESQ: 99,99,40,30,255,255", { dbm: -81, of: "rscp" }],
  ["+CESQ: 31,0,255,255,255,255", { dbm: -80, of: "rxlev" }],
  ["+CESQ: 99,99,255,255,255,255", null],
  ["+CESQ: 99,99,255,255,255,255,255,255,255", null],
  ["+CESQ: 99,99", null],
])("%s is %j", (line, signal) => {
  expect(signalOfCesq(line)).toEqual(signal);
});

test.each<[Signal, boolean]>([
  [{ dbm: -105, of: "rssi" }, true],
  [{ dbm: -103, of: "rssi" }, false],
  // What is little on 2G is plenty on LTE, where one carrier of many is measured.
  [{ dbm: -105, of: "rsrp" }, false],
  [{ dbm: -116, of: "rsrp" }, true],
  [{ dbm: -110, of: "rscp" }, true],
  [{ dbm: -108, of: "rxlev" }, true],
])("%j is poor: %s", (signal, poor) => {
  expect(isPoor(signal)).toBe(poor);
});

describe("an LTE modem that answers +CSQ: 99,99", () => {
  const LTE = { manufacturer: "Quectel", model: "EC25" };

  test("shows the signal it tells with +CESQ", async () => {
    const stage = posing({
      ...LTE,
      answers: { "+CSQ": ["+CSQ: 99,99"], "+CESQ": ["+CESQ: 99,99,255,255,20,55"] },
    });
    await stage.ready();
    expect(stage.line.status.facts.signalDbm).toBe(-86);
    await stage.stop();
  });

  test("and has no +CESQ shows none", async () => {
    const stage = posing({ ...LTE, answers: { "+CSQ": ["+CSQ: 99,99"] } });
    await stage.ready();
    expect(stage.line.status.facts.signalDbm).toBeNull();
    await stage.stop();
  });

  test("is asked by +CSQ alone where that tells", async () => {
    const stage = posing(LTE);
    await stage.ready();
    expect(stage.line.status.facts.signalDbm).toBe(-67);
    expect(stage.typed).not.toContain("AT+CESQ");
    await stage.stop();
  });
});

test("+CEREG that changes is a reason to look, because +CREG alone does not speak for LTE", async () => {
  const stage = posing({ manufacturer: "Quectel", model: "EC25" });
  await stage.ready();
  expect(stage.typed).toContain("AT+CEREG=1");
  const before = stage.typed.length;
  stage.modem.unsolicited("+CEREG: 2");
  await until(stage.clock, () => stage.typed.slice(before).includes("AT+CREG?"), 5000);
  await stage.stop();
});
