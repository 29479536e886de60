/** USSD, incoming calls and the SIM's PIN, as a modem line meets them, and the control port that plays them. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Line } from "../../../src/line/line.ts";
import { createModemLine } from "../../../src/line/modem/modem-line.ts";
import { SimulatedModem } from "../../../src/line/simulator/modem.ts";
import { SimulatedNetwork } from "../../../src/line/simulator/network.ts";
import { startSimulator } from "../../../src/line/simulator/serve.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import { FakeClock } from "../../harness/fake-clock.ts";
import { memoryInMemory } from "../../harness/line-memory.ts";
import { Recorder, until } from "../line-contract.ts";

let clock: FakeClock;
let network: SimulatedNetwork;
let modem: SimulatedModem;
let line: Line;
let seen: Recorder;

beforeEach(async () => {
  clock = new FakeClock();
  network = new SimulatedNetwork({ clock });
  modem = new SimulatedModem({ number: "+33639980001", network, clock });
  seen = new Recorder();
  line = createModemLine({
    name: "sim1",
    openPort: () => Promise.resolve(modem.connect()),
    clock,
    log: silentLog(),
    memory: memoryInMemory(),
    pin: null,
    smsc: null,
    simulated: true,
  });
  line.start(seen.handlers);
  await until(clock, () => line.status.state === "ready");
});

afterEach(async () => {
  const stopping = line.stop(0);
  await clock.advance(0);
  await stopping;
  network.stop();
});

describe("USSD", () => {
  async function asked(code: string) {
    let result: unknown = null;
    line.ussd?.(code).then(
      (answer) => {
        result = answer;
      },
      () => undefined,
    );
    await until(clock, () => result !== null);
    return result;
  }

  test("answers *100# with a balance", async () => {
    expect(await asked("*100#")).toEqual({
      is: "answered",
      text: "Your balance is 12.50 EUR.",
      expectsAnswer: false,
    });
  });

  test("says of another code that it is not known, and refuses those of calls", async () => {
    expect(await asked("*123*4#")).toMatchObject({ text: expect.stringContaining("does not know the code") });
    expect(await asked("#31#")).toMatchObject({ is: "failed", why: "refused" });
  });
});

describe("a call", () => {
  const calls = () => seen.events.filter(({ type }) => type === "line.call");

  test("is rung off, and the caller told of", async () => {
    expect(modem.ring("+33612345678")).toBe(true);
    expect(modem.ring("+33612345679"), "while it rings").toBe(false);
    await until(clock, () => calls().length === 1);
    await clock.advance(60_000);
    expect(calls()).toMatchObject([{ detail: { from: "+33612345678" } }]);
    expect(modem.ring("")).toBe(true);
    await until(clock, () => calls().length === 2);
    expect(calls()[1]).toMatchObject({ detail: { from: null } });
  });
});

describe("the control port", () => {
  test("lets somebody ring, and shows the SIM's tries", async () => {
    const simulator = await startSimulator({
      host: "127.0.0.1",
      modem: { port: 0, number: "+33639980001", pin: "1234" },
      controlPort: 0,
      clock,
      log: silentLog(),
    });
    const control = async (body?: unknown) => {
      const response = await fetch(`http://127.0.0.1:${simulator.controlPort}/Control`, {
        method: body === undefined ? "GET" : "POST",
        headers: { "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: response.status, body: await response.json() };
    };
    const shown = (state: string, triesLeft: number) => ({
      status: 200,
      body: { lines: { modem: { held: [], card: { state, triesLeft } } } },
    });
    try {
      expect(await control()).toEqual(shown("pin", 3));
      expect(await control({ ring: "+33612345678" })).toMatchObject({ status: 400 });
      const port = simulator.modem?.connect();
      const type = async (text: string) => {
        await port?.write(Buffer.from(`${text}\r`));
        await clock.advance(100);
      };
      await type('AT+CPIN="0000"');
      expect(await control()).toEqual(shown("pin", 2));
      await type('AT+CPIN="1234"');
      expect(await control()).toEqual(shown("ready", 3));
      expect(await control({ ring: "+33612345678" })).toEqual({ status: 200, body: { ringing: true } });
      expect(await control({ ring: "somebody" })).toMatchObject({ status: 400 });
      await port?.close();
    } finally {
      await simulator.stop();
    }
  });
});
