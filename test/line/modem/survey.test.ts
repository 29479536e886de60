/** A modem is looked at, over the wire, and left as it was. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Survey, surveyModem } from "../../../src/line/modem/survey.ts";
import type { ModemBehaviour } from "../../../src/line/simulator/behaviour.ts";
import {
  forgetSmsc,
  holdRegistration,
  mute,
  removeSim,
  weakenSignal,
} from "../../../src/line/simulator/behaviours.ts";
import { SimulatedModem } from "../../../src/line/simulator/modem.ts";
import { SimulatedNetwork } from "../../../src/line/simulator/network.ts";
import { FakeClock } from "../../harness/fake-clock.ts";
import { until } from "../line-contract.ts";

const NUMBER = "+33639980001";

let clock: FakeClock;
let network: SimulatedNetwork;
beforeEach(() => {
  clock = new FakeClock();
  network = new SimulatedNetwork({ clock });
});
afterEach(() => network.stop());

async function survey(modem: SimulatedModem, behaviour?: ModemBehaviour) {
  if (behaviour !== undefined) modem.behave(behaviour);
  const port = modem.connect();
  try {
    let found: Survey | null | undefined;
    const looking = surveyModem(port, clock).then((survey) => {
      found = survey;
    });
    await until(clock, () => found !== undefined);
    await looking;
    return found;
  } finally {
    await port.close();
  }
}

const modemOf = (options: { pin?: string } = {}) =>
  new SimulatedModem({ number: NUMBER, network, clock, ...options });

describe("the survey", () => {
  it("tells what it is, its SIM, its network, its service centre and its storage", async () => {
    expect(await survey(modemOf())).toEqual({
      manufacturer: expect.any(String),
      model: expect.any(String),
      imei: expect.stringMatching(/^\d{15}$/),
      iccid: expect.stringMatching(/^8933\d{15}$/),
      sim: "ready",
      asksFor: "",
      triesLeft: null,
      registration: { registered: true, reason: "registered" },
      operator: "Simulated",
      technology: "LTE",
      signalDbm: -67,
      isSignalPoor: false,
      smsc: expect.stringMatching(/^\+/),
      ownNumber: NUMBER,
      storage: { name: expect.any(String), used: 0, total: expect.any(Number) },
    });
  });

  it.each([
    { name: "no SIM", behaviour: removeSim(), found: { sim: "absent", iccid: null, smsc: null } },
    {
      name: "no network",
      behaviour: holdRegistration(2),
      found: { sim: "ready", registration: { registered: false, reason: "searching for a network" } },
    },
    { name: "a weak signal", behaviour: weakenSignal(-111), found: { signalDbm: -111, isSignalPoor: true } },
    { name: "no signal", behaviour: weakenSignal(null), found: { signalDbm: null, isSignalPoor: false } },
    { name: "no SMSC", behaviour: forgetSmsc(), found: { sim: "ready", smsc: null } },
  ])("tells of $name", async ({ behaviour, found }) => {
    expect(await survey(modemOf(), behaviour)).toMatchObject(found);
  });

  it("says what the SIM asks for and how many tries are left, and spends none", async () => {
    const modem = modemOf({ pin: "1234" });
    expect(await survey(modem)).toMatchObject({ sim: "asks", asksFor: "SIM PIN", triesLeft: 3, smsc: null });
    expect(modem.card).toEqual({ state: "pin", triesLeft: 3 });
  });

  it("finds no modem where nothing answers", async () => {
    expect(await survey(modemOf(), mute())).toBeNull();
  });
});
