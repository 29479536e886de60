/** What goes wrong around a modem, and how the line comes back from it. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Line, SubmitOutcome } from "../../../src/line/line.ts";
import { createModemLine } from "../../../src/line/modem/modem-line.ts";
import { openSerialPort } from "../../../src/line/modem/serial-port.ts";
import { SimulatedModem } from "../../../src/line/simulator/modem.ts";
import { SimulatedNetwork } from "../../../src/line/simulator/network.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import { FakeClock } from "../../harness/fake-clock.ts";
import { memoryInMemory } from "../../harness/line-memory.ts";
import { Recorder, segmentTo, textOf, until } from "../line-contract.ts";

const NUMBER = "+33639980001";
const PHONE = "+33612345678";

let clock: FakeClock;
let network: SimulatedNetwork;
let modem: SimulatedModem;
let line: Line;
let seen: Recorder;
let opened: number;
let typed: string[];

beforeEach(() => {
  clock = new FakeClock();
  network = new SimulatedNetwork({ clock });
  modem = new SimulatedModem({ number: NUMBER, network, clock });
  seen = new Recorder();
  opened = 0;
  typed = [];
  modem.behave({
    name: "listens",
    onBytes: (bytes) => {
      typed.push(Buffer.from(bytes).toString("latin1").trim());
      return false;
    },
  });
  line = createModemLine({
    name: "sim1",
    openPort: () => {
      opened++;
      return Promise.resolve(modem.connect());
    },
    clock,
    log: silentLog(),
    memory: memoryInMemory(),
    pin: null,
    smsc: null,
    simulated: true,
  });
});

afterEach(async () => {
  const stopping = line.stop(0);
  await clock.advance(0);
  await stopping;
  network.stop();
  expect(clock.pending, "timers left behind").toBe(0);
});

test("a supervisor that is stuck shows it, though its port is open", async () => {
  const memory = { get: () => new Promise<never>(() => undefined), put: () => Promise.resolve() };
  const stuck = createModemLine({
    name: "sim1",
    openPort: () => Promise.resolve(modem.connect()),
    clock,
    log: silentLog(),
    memory,
    pin: null,
    smsc: null,
    simulated: true,
  });
  stuck.start(seen.handlers);
  await clock.advance(1_800_000);
  expect(stuck.status.state).toBe("starting");
  expect(clock.monotonicMs() - (stuck.pulse.dueBy ?? Number.NaN)).toBeGreaterThan(0);
  const stopping = stuck.stop(0);
  await clock.advance(0);
  await stopping;
});

async function ready(): Promise<void> {
  line.start(seen.handlers);
  await until(clock, () => line.status.state === "ready");
}

function submit(text: string): { outcome: SubmitOutcome | null } {
  const settled: { outcome: SubmitOutcome | null } = { outcome: null };
  line
    .submit(segmentTo(PHONE, text), { submissionId: text, signal: new AbortController().signal })
    .then((outcome) => {
      settled.outcome = outcome;
    })
    .catch((error: unknown) => {
      throw error;
    });
  return settled;
}

function phoneTexts(body: string): void {
  network.text({ from: PHONE, to: NUMBER, body });
}

describe("what the line learns about itself", () => {
  test("identity, SIM, network and number", async () => {
    await ready();
    expect(line.status.simulated).toBe(true);
    expect(line.status.facts).toMatchObject({
      manufacturer: expect.stringMatching(/./),
      model: expect.stringMatching(/./),
      imei: expect.stringMatching(/^\d{15}$/),
      iccid: expect.stringMatching(/^\d{18,20}$/),
      imsi: expect.stringMatching(/^\d{14,15}$/),
      operator: expect.stringMatching(/./),
      signalDbm: expect.any(Number),
      smsc: network.smsc,
      ownNumber: NUMBER,
    });
  });

  test("and when: the network each minute, the SIM's service centre once", async () => {
    const started = clock.now();
    await ready();
    const first = line.status.facts;
    expect(first.smscAskedAt).toBeGreaterThanOrEqual(started);
    await clock.advance(180_000);
    await until(clock, () => (line.status.facts.networkAskedAt ?? 0) >= started + 120_000);
    expect(line.status.facts.smscAskedAt).toBe(first.smscAskedAt);
  });
});

describe("a device that is not there", () => {
  test("is named with its mend, and tried for ever", async () => {
    const missing = createModemLine({
      name: "sim2",
      openPort: openSerialPort("/dev/pylone-test-no-such-device", 115200),
      clock,
      log: silentLog(),
      memory: memoryInMemory(),
      pin: null,
      smsc: null,
      simulated: false,
    });
    const states = new Recorder();
    let told: () => void = () => undefined;
    const reason = new Promise<void>((resolve) => {
      told = resolve;
    });
    missing.start({
      ...states.handlers,
      onState: (state, why) => {
        states.handlers.onState(state, why);
        told();
      },
    });
    await reason;
    expect(missing.status.state).toBe("opening");
    expect(missing.status.reason).toBe(
      "/dev/pylone-test-no-such-device does not exist: plug the modem in or correct `device`",
    );
    const stopping = missing.stop(0);
    await clock.advance(0);
    await stopping;
  });
});

describe("a modem that restarts", () => {
  test("is set up again on the same port, and what came meanwhile is read", async () => {
    await ready();
    typed.length = 0;
    modem.reboot();
    phoneTexts("during the restart");
    await until(clock, () => seen.states.at(-1)?.state === "ready" && typed.includes("AT+CMGF=0"));
    await until(clock, () => seen.inbound.length === 1);
    expect(textOf(seen.inbound[0])).toBe("during the restart");
    expect(seen.states.map(({ state }) => state)).toContain("starting");
    expect(opened).toBe(1);
  });

  test("and is silent for a while is waited for", async () => {
    await ready();
    modem.reboot({ silentMs: 25_000 });
    await until(clock, () => line.status.state !== "ready");
    await until(clock, () => line.status.state === "ready");
    const settled = submit("back");
    await until(clock, () => settled.outcome !== null);
    expect(settled.outcome).toMatchObject({ is: "accepted" });
  });

  test("in the middle of a send leaves the outcome unknown", async () => {
    await ready();
    modem.behave({ name: "brown-out", onSubmit: () => true });
    const settled = submit("maybe");
    await clock.advance(1000);
    modem.reboot();
    await until(clock, () => settled.outcome !== null);
    expect(settled.outcome).toMatchObject({ is: "unknown", fault: { code: "modem.link-lost" } });
  });
});

describe("the watchdog", () => {
  test("sets a modem up again that has stopped announcing", async () => {
    await ready();
    typed.length = 0;
    const release = modem.behave({
      name: "CNMI switched off",
      onCommand: (call, answer) => {
        if (call.name !== "+CNMI" || call.kind !== "read") return false;
        answer({ is: "ok", lines: ["+CNMI: 2,0,0,0,0"] });
        return true;
      },
    });
    await until(clock, () => line.status.state === "starting");
    release();
    expect(seen.states.map(({ reason }) => reason)).toContain(
      "the modem has forgotten how to announce messages",
    );
    await until(clock, () => line.status.state === "ready");
    expect(typed).toContain("ATE0");
  });

  test("finds what was never announced", async () => {
    await ready();
    modem.store("ME", "07913306091093F0040B913316325476F800005250500110218010CDB27C9C6681C4E9B21B242F27EA");
    await until(clock, () => seen.inbound.length === 1);
    expect(modem.stored("ME")).toBe(0);
  });

  test("opens the port again when the modem answers nothing", async () => {
    await ready();
    const release = modem.behave({ name: "mute", onBytes: () => true });
    await until(clock, () => opened === 2);
    expect(seen.states.at(-1)).toMatchObject({ state: "starting" });
    release();
    await until(clock, () => line.status.state === "ready");
  });
});

describe("registration", () => {
  test("that is lost holds the line with its reason, and fails no message", async () => {
    await ready();
    const release = modem.behave({ name: "no coverage", registration: () => 2 });
    await until(clock, () => line.status.state === "starting");
    expect(line.status.reason).toBe("searching for a network");
    const held = submit("later");
    await clock.advance(0);
    expect(held.outcome).toMatchObject({
      is: "rejected",
      fault: { code: "line.not-ready", disposition: "line" },
    });
    release();
    await until(clock, () => line.status.state === "ready");
    expect(opened).toBe(1);
  });

  test("is waited for at start, and what is stored is read meanwhile", async () => {
    modem.store("SM", "07913306091093F0040B913316325476F800005250500110218010CDB27C9C6681C4E9B21B242F27EA");
    const release = modem.behave({ name: "no coverage", registration: () => 3 });
    line.start(seen.handlers);
    await until(clock, () => seen.inbound.length === 1);
    await clock.advance(30_000);
    expect(line.status).toMatchObject({ state: "starting", reason: expect.stringContaining("denied") });
    release();
    await until(clock, () => line.status.state === "ready");
  });
});

describe("what is received", () => {
  test("is handed over one at a time, also in a burst, and deleted", async () => {
    seen.answer = async () => {
      await clock.sleep(20);
      return "kept";
    };
    await ready();
    for (let index = 0; index < 30; index++) phoneTexts(`text ${index}`);
    await until(clock, () => seen.inbound.length === 30 && modem.stored("ME") === 0);
    expect(seen.mostAtOnce).toBe(1);
    expect(new Set(seen.inbound.map((segment) => textOf(segment))).size).toBe(30);
    expect(line.status.counters["received"]).toBe(30);
  });

  test("is kept raw when nobody can read it, and only then deleted", async () => {
    seen.answer = () => Promise.resolve("refused");
    await ready();
    modem.store("ME", "07913306091093F0FF");
    await until(clock, () => seen.undecodable.length === 1);
    await clock.advance(1000);
    expect(modem.stored("ME")).toBe(1);
    seen.answer = () => Promise.resolve("kept");
    await until(clock, () => modem.stored("ME") === 0);
    expect(seen.undecodable[0]).toBe("07913306091093F0FF");
    expect(line.status.counters["undecodable"]).toBe(1);
  });

  test("does not hold up the rest when one of it is refused", async () => {
    await ready();
    seen.answer = () => Promise.resolve(seen.inbound.length === 1 ? "refused" : "kept");
    modem.store("ME", "07913306091093F0040B913316325476F800005250500110218010CDB27C9C6681C4E9B21B242F27EA");
    phoneTexts("second");
    await until(clock, () => seen.inbound.length >= 2);
    await until(clock, () => modem.stored("ME") === 0);
  });

  test("leaves nothing that was stored for sending", async () => {
    modem.store("SM", "0011000B914316565811F90000AA04E8373B0C", 3);
    await ready();
    expect(modem.stored("SM")).toBe(0);
    expect(seen.inbound).toEqual([]);
    expect(seen.undecodable).toEqual([]);
  });

  test("is not handed over twice when it cannot be deleted, and after three failures a person is told", async () => {
    const release = modem.behave({
      name: "the SIM cannot be written",
      onCommand: (call, answer) => {
        if (call.name !== "+CMGD") return false;
        answer({ is: "cms", code: 320 });
        return true;
      },
    });
    await ready();
    phoneTexts("once");
    await until(clock, () => seen.events.some((event) => event.type === "line.refused"));
    expect(seen.inbound).toHaveLength(1);
    release();
    await until(clock, () => modem.stored("ME") === 0);
    expect(seen.inbound).toHaveLength(1);
  });
});

describe("lines nobody understands", () => {
  test("are counted, told once each by name, and never with their text", async () => {
    await ready();
    for (let time = 0; time < 3; time++) modem.unsolicited("+XYZZY: somebody's secret");
    modem.unsolicited("dear Anna, the code is 1234");
    await clock.advance(0);
    const noise = seen.events.filter((event) => event.type === "line.noise");
    expect(noise.map((event) => event.text)).toEqual([
      "sim1: +XYZZY was not understood (unknown); it is counted and ignored",
      "sim1: a line without a name was not understood (unknown); it is counted and ignored",
    ]);
    expect(line.status.counters["noise"]).toBe(4);
    expect(line.status.state).toBe("ready");
  });
});

describe("a subscription that refuses", () => {
  test("is told once, until it has sent again", async () => {
    await ready();
    const refuse = () =>
      modem.behave({
        name: "no credit",
        onSubmit: (answer) => {
          answer({ is: "cms", code: 8 });
          return true;
        },
      });
    const send = async (text: string) => {
      const settled = submit(text);
      await until(clock, () => settled.outcome !== null);
      return settled.outcome;
    };
    const told = () => seen.events.filter((event) => event.type === "line.refused");
    let release = refuse();
    expect(await send("one")).toMatchObject({ is: "rejected", fault: { status: 8, disposition: "line" } });
    await send("two");
    expect(told().map((event) => event.text)).toEqual([
      "sim1: +CMS ERROR 8 Operator determined barring: the subscription refuses texts (no credit, barred, or not provisioned); ask the operator",
    ]);
    release();
    expect(await send("three")).toMatchObject({ is: "accepted" });
    release = refuse();
    await send("four");
    expect(told()).toHaveLength(2);
    release();
  });
});

describe("a segment that cannot be encoded", () => {
  test("is rejected for good, and blames nobody else", async () => {
    await ready();
    const outcome = await line.submit(segmentTo("Anna", "hello"), {
      submissionId: "s1",
      signal: new AbortController().signal,
    });
    expect(outcome).toMatchObject({ is: "rejected", fault: { disposition: "reject" } });
  });
});
