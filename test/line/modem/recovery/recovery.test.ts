/** The ladder climbed on a modem that speaks bytes: what is typed, what is told, and how the line comes back. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Line, SubmitOutcome } from "../../../../src/line/line.ts";
import { createModemLine } from "../../../../src/line/modem/modem-line.ts";
import type { ModemBehaviour } from "../../../../src/line/simulator/behaviour.ts";
import {
  delayPrompt,
  holdRegistration,
  mute,
  swallowResults,
} from "../../../../src/line/simulator/behaviours.ts";
import { SimulatedModem } from "../../../../src/line/simulator/modem.ts";
import { SimulatedNetwork } from "../../../../src/line/simulator/network.ts";
import { silentLog } from "../../../../src/runtime/log.ts";
import { FakeClock } from "../../../harness/fake-clock.ts";
import { memoryInMemory } from "../../../harness/line-memory.ts";
import { Recorder, segmentTo, until } from "../../line-contract.ts";

const PHONE = "+33612345678";
const MINUTE = 60_000;

type Rig = {
  readonly line: Line;
  readonly modem: SimulatedModem;
  readonly seen: Recorder;
  readonly typed: string[];
  /** The port cannot be opened, as when the device is gone. */
  gone: boolean;
  opened: number;
  resets: number;
  onReset: () => void;
};

let clock: FakeClock;
let network: SimulatedNetwork;
let rigs: Rig[];

beforeEach(() => {
  clock = new FakeClock();
  network = new SimulatedNetwork({ clock });
  rigs = [];
});

afterEach(async () => {
  for (const { line } of rigs) {
    const stopping = line.stop(0);
    await clock.advance(0);
    await stopping;
  }
  network.stop();
  expect(clock.pending, "timers left behind").toBe(0);
});

function makeRig(name: string, number: string): Rig {
  const modem = new SimulatedModem({ number, network, clock });
  const typed: string[] = [];
  const openPort = async () => {
    if (rig.gone) throw new Error("/dev/modem does not exist");
    rig.opened++;
    const port = modem.connect();
    // Heard on the wire: what a mute modem swallows was typed all the same.
    return {
      ...port,
      onData: port.onData.bind(port),
      onClose: port.onClose.bind(port),
      close: port.close.bind(port),
      write: (bytes: Uint8Array) => {
        typed.push(Buffer.from(bytes).toString("latin1").trim());
        return port.write(bytes);
      },
    };
  };
  const line = createModemLine({
    name,
    openPort,
    clock,
    log: silentLog(),
    memory: memoryInMemory(),
    pin: null,
    smsc: null,
    simulated: true,
    resetFromOutside: async () => {
      rig.resets++;
      rig.onReset();
      return "ended well";
    },
  });
  const rig: Rig = {
    line,
    modem,
    seen: new Recorder(),
    typed,
    gone: false,
    opened: 0,
    resets: 0,
    onReset: () => undefined,
  };
  rigs.push(rig);
  return rig;
}

async function readyRig(name = "sim1", number = "+33639980001"): Promise<Rig> {
  const rig = makeRig(name, number);
  rig.line.start(rig.seen.handlers);
  await until(clock, () => rig.line.status.state === "ready");
  return rig;
}

/** In small steps, so that a dialogue has its turns before the next time-out falls due. */
async function pass(ms: number, stepMs = 100): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) await clock.advance(stepMs);
}

const climbed = (rig: Rig) =>
  rig.seen.events
    .filter((event) => event.type === "line.recovery" && event.level !== "info")
    .map((event) => event.detail?.["rung"]);

/** Sends when the line can, as the dispatcher does. */
async function send(rig: Rig, text = "hello"): Promise<SubmitOutcome> {
  await until(clock, () => rig.line.status.state === "ready");
  let outcome: SubmitOutcome | null = null;
  const pending = rig.line
    .submit(segmentTo(PHONE, text), { submissionId: text, signal: new AbortController().signal })
    .then((settled) => {
      outcome = settled;
    });
  await until(clock, () => outcome !== null);
  await pending;
  return outcome as unknown as SubmitOutcome;
}

function refusing(code: number): ModemBehaviour {
  return {
    name: `refuses with ${code}`,
    onSubmit: (answer) => {
      answer({ is: "cms", code });
      return true;
    },
  };
}

describe("a modem that falls silent", () => {
  test("has its port opened again, is told to restart, and loses its power, in this order", async () => {
    const rig = await readyRig();
    const { line, modem } = rig;
    const release = modem.behave(mute());
    await until(clock, () => rig.typed.includes("AT+CFUN=1,1"));
    expect(climbed(rig)).toEqual(["reopen", "reset"]);
    expect(line.status.recovery).toMatchObject({
      trouble: "silence",
      lastStep: "reset",
      nextStep: "external",
    });
    rig.onReset = () => {
      release();
      modem.reboot();
    };
    await until(clock, () => line.status.state === "ready");
    expect(climbed(rig)).toEqual(["reopen", "reset", "external"]);
    expect(rig.resets).toBe(1);
    expect(line.status.recovery).toBeNull();
    expect(line.status.counters).toMatchObject({
      "recovery.reopen.climbed": 1,
      "recovery.reset.climbed": 1,
      "recovery.external.climbed": 1,
      "recovery.external.cured": 1,
    });
    expect(line.status.counters["recovery.reset.cured"]).toBeUndefined();
    expect(await send(rig)).toMatchObject({ is: "accepted" });
  });

  test("is restarted in its maker's words", async () => {
    const rig = makeRig("sim1", "+33639980001");
    rig.modem.behave({
      name: "a SIM7600",
      onCommand: (call, answer) => {
        const says = { "+CGMI": "SIMCOM INCORPORATED", "+CGMM": "SIMCOM_SIM7600E-H" }[call.name];
        if (says !== undefined) answer({ is: "ok", lines: [says] });
        return says !== undefined;
      },
    });
    rig.line.start(rig.seen.handlers);
    await until(clock, () => rig.line.status.state === "ready");
    rig.modem.behave(mute());
    await until(clock, () => rig.typed.includes("AT+CRESET"));
    expect(rig.typed).not.toContain("AT+CFUN=1,1");
  });

  test("for good is told of once, and comes back by itself whenever it wakes", async () => {
    const rig = await readyRig();
    const release = rig.modem.behave(mute());
    await clock.advance(10 * MINUTE);
    const alerts = rig.seen.events.filter((event) => event.level === "error");
    expect(alerts).toHaveLength(1);
    expect(alerts[0]?.text).toMatch(/^sim1: .*nothing is left but a person.*\(alert\)$/);
    await clock.advance(6 * 60 * MINUTE);
    expect(rig.typed.filter((line) => line === "AT+CFUN=1,1").length).toBeLessThanOrEqual(7);
    release();
    const woken = clock.monotonicMs();
    await until(clock, () => rig.line.status.state === "ready");
    expect(clock.monotonicMs() - woken).toBeLessThan(2 * MINUTE);
  });

  test("shows the last seconds of the wire in the event, and nothing of a text or a number", async () => {
    const rig = await readyRig();
    await send(rig, "nobody's business");
    const release = rig.modem.behave(mute());
    await until(clock, () => climbed(rig).length === 1);
    const wire = rig.seen.events.find((event) => event.type === "line.recovery")?.detail?.["wire"];
    expect(wire).toMatch(/→ AT\+CNMI\?/);
    expect(wire).not.toMatch(/[0-9A-F]{16}|612345678|business/);
    release();
    await until(clock, () => rig.line.status.state === "ready");
  });
});

describe("a modem that is gone", () => {
  test("for less than a minute is only waited for", async () => {
    const rig = await readyRig();
    rig.gone = true;
    rig.modem.unplug();
    await clock.advance(45_000);
    expect(rig.line.status).toMatchObject({ state: "opening", recovery: { trouble: "absent" } });
    rig.gone = false;
    await until(clock, () => rig.line.status.state === "ready");
    expect(climbed(rig)).toEqual([]);
  });

  test("for longer has its power cut, where the operator gave a command for it", async () => {
    const rig = await readyRig();
    rig.gone = true;
    rig.onReset = () => {
      rig.gone = false;
    };
    rig.modem.unplug();
    await until(clock, () => rig.line.status.state === "ready");
    expect(climbed(rig)).toEqual(["external"]);
    expect(rig.line.status.counters["recovery.external.cured"]).toBe(1);
  });
});

describe("sends the modem refuses though it answers everything else", () => {
  test("climb from set-up to radio to port to restart, and a send that is accepted is the cure", async () => {
    const rig = await readyRig();
    const release = rig.modem.behave(refusing(300));
    rig.typed.length = 0;
    for (let n = 0; n < 3; n++) await send(rig);
    expect(climbed(rig)).toEqual(["re-init"]);
    await until(clock, () => rig.typed.includes("ATE0") && rig.typed.includes("AT+CIMI"));
    // It is up again, and that is no proof of anything.
    await until(clock, () => rig.line.status.state === "ready");
    expect(rig.line.status.recovery).toMatchObject({ trouble: "refusals", nextStep: "radio" });
    await pass(MINUTE);
    await send(rig);
    await until(clock, () => rig.typed.includes("AT+CFUN=4") && rig.typed.includes("AT+CFUN=1"));
    await pass(2 * MINUTE);
    await send(rig);
    await until(clock, () => rig.opened === 2);
    await pass(MINUTE);
    await send(rig);
    await until(clock, () => rig.typed.includes("AT+CFUN=1,1"));
    release();
    expect(await send(rig)).toMatchObject({ is: "accepted" });
    expect(climbed(rig)).toEqual(["re-init", "radio", "reopen", "reset"]);
    expect(rig.line.status).toMatchObject({ recovery: null, counters: { "recovery.reset.cured": 1 } });
    expect(rig.seen.events.at(-1)?.text).toMatch(
      /^sim1 is well again after \d+ s \(refusals\); last step: reset$/,
    );
  });

  test("climb as well when results never come", async () => {
    const rig = await readyRig();
    const release = rig.modem.behave(swallowResults(3));
    for (let n = 0; n < 3; n++) expect(await send(rig)).toMatchObject({ is: "unknown" });
    expect(climbed(rig)).toEqual(["re-init"]);
    expect(rig.line.status.recovery).toMatchObject({ trouble: "stuck", lastStep: "re-init" });
    release();
    expect(await send(rig)).toMatchObject({ is: "accepted" });
    expect(rig.line.status.counters).toMatchObject({
      "recovery.re-init.cured": 1,
      // Each of the three found its place again first.
      "recovery.resync.climbed": 3,
      "recovery.resync.cured": 3,
    });
  });

  test("that hang the modem at the prompt end where its power is cut", async () => {
    const rig = await readyRig();
    const release = rig.modem.behave(delayPrompt(null, clock));
    rig.onReset = () => {
      release();
      rig.modem.reboot();
    };
    expect(await send(rig)).toMatchObject({ is: "rejected", fault: { disposition: "line" } });
    expect(await send(rig)).toMatchObject({ is: "accepted" });
    expect(climbed(rig)).toEqual(["reopen", "reset", "external"]);
  });

  test.each([
    [8, "no credit"],
    [310, "no SIM"],
    [322, "a full storage"],
    [331, "no network"],
    [38, "a network out of order"],
    [21, "a recipient who is refused"],
  ])("climb nothing when the answer is %i, %s", async (code) => {
    const rig = await readyRig();
    const release = rig.modem.behave(refusing(code));
    for (let n = 0; n < 6; n++) await send(rig);
    await pass(30 * MINUTE, 300);
    expect(climbed(rig)).toEqual([]);
    expect(rig.opened).toBe(1);
    release();
  });

  test("wait with the climb until the result of what is on the air is there", async () => {
    const rig = await readyRig();
    const refuse = rig.modem.behave(refusing(300));
    await send(rig, "one");
    await send(rig, "two");
    refuse();
    let proceed: () => void = () => undefined;
    let held = 0;
    rig.modem.behave({
      name: "refuses the first, holds the second",
      onSubmit: (answer, goOn) => {
        held++;
        if (held === 1) answer({ is: "cms", code: 300 });
        else proceed = goOn;
        return held <= 2;
      },
    });
    const signal = new AbortController().signal;
    const three = rig.line.submit(segmentTo(PHONE, "three"), { submissionId: "three", signal });
    const four = rig.line.submit(segmentTo(PHONE, "four"), { submissionId: "four", signal });
    await until(clock, () => held === 2);
    expect(await three).toMatchObject({ is: "rejected", fault: { status: 300 } });
    rig.typed.length = 0;
    await clock.advance(170_000);
    expect(climbed(rig)).toEqual(["re-init"]);
    expect(rig.typed).toEqual([]);
    proceed();
    await until(clock, () => rig.typed.includes("ATE0"));
    expect(await four).toMatchObject({ is: "accepted" });
    await until(clock, () => rig.line.status.state === "ready");
  });
});

describe("a modem that does not register", () => {
  test("though the signal is good has its radio switched off and on after twenty minutes, not before", async () => {
    const rig = await readyRig();
    const release = rig.modem.behave(holdRegistration());
    rig.typed.length = 0;
    await clock.advance(19 * MINUTE);
    expect(climbed(rig)).toEqual([]);
    await until(clock, () => rig.typed.includes("AT+CFUN=4"));
    release();
    await until(clock, () => rig.line.status.state === "ready");
    expect(rig.line.status.counters["recovery.radio.cured"]).toBe(1);
  });

  test("because the signal is poor is left alone", async () => {
    const rig = await readyRig();
    rig.modem.behave(holdRegistration());
    rig.modem.behave({
      name: "in the cellar",
      onCommand: (call, answer) => {
        if (call.name !== "+CSQ") return false;
        answer({ is: "ok", lines: ["+CSQ: 3,99"] });
        return true;
      },
    });
    await pass(120 * MINUTE, 300);
    expect(climbed(rig)).toEqual([]);
    expect(rig.opened).toBe(1);
    expect(rig.line.status.reason).toBe("searching for a network");
  });
});

describe("a modem that answers and sends and hears nothing any more", () => {
  test("is set up again after ten texts and an hour without a report", async () => {
    const rig = await readyRig();
    await send(rig, "heard");
    await until(clock, () => rig.seen.reports.length === 1);
    const deaf = network.behave({ name: "no reports", onReport: () => "never" });
    for (let n = 0; n < 9; n++) await send(rig);
    await clock.advance(61 * MINUTE);
    expect(climbed(rig)).toEqual([]);
    await send(rig);
    expect(climbed(rig)).toEqual(["re-init"]);
    deaf();
    await send(rig);
    await until(clock, () => rig.seen.reports.length === 2);
    expect(rig.line.status.recovery).toBeNull();
  });
});

describe("a dead modem", () => {
  test("costs another line not one second", async () => {
    const dead = await readyRig("sim1", "+33639980001");
    const healthy = await readyRig("sim2", "+33639980002");
    dead.modem.behave(mute());
    healthy.seen.states.length = 0;
    const minutes = 30;
    for (let n = 0; n < minutes; n++) {
      const started = clock.monotonicMs();
      expect(await send(healthy, `text ${n}`)).toMatchObject({ is: "accepted" });
      expect(clock.monotonicMs() - started).toBeLessThan(1000);
      await clock.advance(MINUTE);
    }
    expect(climbed(dead)).toEqual(expect.arrayContaining(["reopen", "reset", "external", "alert"]));
    expect(new Set(healthy.seen.states.map(({ state }) => state))).toEqual(new Set());
    expect(healthy.line.status.state).toBe("ready");
    expect(healthy.opened).toBe(1);
    expect(climbed(healthy)).toEqual([]);
  });
});
