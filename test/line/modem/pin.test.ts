import { describe, expect, test } from "vitest";
import type { LineMemory } from "../../../src/line/line.ts";
import { createModemLine } from "../../../src/line/modem/modem-line.ts";
import { whyNotToSend } from "../../../src/line/modem/pin.ts";
import { SimulatedModem } from "../../../src/line/simulator/modem.ts";
import { SimulatedNetwork } from "../../../src/line/simulator/network.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import { FakeClock } from "../../harness/fake-clock.ts";
import { memoryInMemory } from "../../harness/line-memory.ts";
import { Recorder, until } from "../line-contract.ts";

const NUMBER = "+33639980001";

describe("whether a PIN may be sent", () => {
  test.each([
    { name: "never tried", remembered: null, tries: null, sent: true },
    { name: "never tried, three left", remembered: null, tries: 3, sent: true },
    { name: "never tried, one left", remembered: null, tries: 1, sent: false },
    { name: "refused", remembered: { state: "refused", digest: "a" }, tries: 3, sent: false },
    {
      name: "refused, but the configuration changed",
      remembered: { state: "refused", digest: "b" },
      tries: null,
      sent: true,
    },
    {
      name: "being tried when the power went",
      remembered: { state: "trying", digest: "a" },
      tries: null,
      sent: false,
    },
    { name: "being tried, two left", remembered: { state: "trying", digest: "a" }, tries: 2, sent: true },
    { name: "being tried, one left", remembered: { state: "trying", digest: "a" }, tries: 1, sent: false },
  ] as const)("$name: $sent", ({ remembered, tries, sent }) => {
    const why = whyNotToSend(remembered, "a", tries);
    expect(why === null).toBe(sent);
  });
});

describe("a SIM with a PIN", () => {
  function rig(options: { pin: string | null; memory?: LineMemory; counter?: boolean }) {
    const clock = new FakeClock();
    const network = new SimulatedNetwork({ clock });
    const modem = new SimulatedModem({ number: NUMBER, network, clock, pin: "1234" });
    const typed: string[] = [];
    modem.behave({
      name: "listens",
      onBytes: (bytes) => {
        typed.push(Buffer.from(bytes).toString("latin1").trim());
        return false;
      },
      onCommand: (call, answer) => {
        if (options.counter !== false || call.name !== "+CPINR") return false;
        answer({ is: "error" });
        return true;
      },
    });
    const line = createModemLine({
      name: "sim1",
      openPort: () => Promise.resolve(modem.connect()),
      clock,
      log: silentLog(),
      memory: options.memory ?? memoryInMemory(),
      pin: options.pin,
      smsc: null,
      simulated: true,
    });
    const seen = new Recorder();
    const stop = async () => {
      const stopping = line.stop(0);
      await clock.advance(0);
      await stopping;
      network.stop();
    };
    const pins = () => typed.filter((text) => text.startsWith('AT+CPIN="'));
    return { clock, modem, line, seen, stop, pins };
  }

  test("is unlocked, and what was being tried is taken back when it is ready", async () => {
    const memory = memoryInMemory();
    const { clock, line, seen, stop, pins } = rig({ pin: "1234", memory });
    line.start(seen.handlers);
    await until(clock, () => line.status.state === "ready");
    expect(pins()).toEqual(['AT+CPIN="1234"']);
    expect([...memory.entries].filter(([key]) => key.startsWith("pin "))).toMatchObject([
      [expect.anything(), ""],
    ]);
    await stop();
  });

  test("has its PIN written down as being tried before it is sent", async () => {
    const order: string[] = [];
    const memory = memoryInMemory();
    const put = memory.put;
    const watched = rig({
      pin: "1234",
      memory: {
        get: memory.get,
        put: async (key, value) => {
          if (key.startsWith("pin "))
            order.push(`put ${value.includes("trying")} after ${watched.pins().length}`);
          await put(key, value);
        },
      },
    });
    watched.line.start(watched.seen.handlers);
    await until(watched.clock, () => watched.line.status.state === "ready");
    expect(order).toEqual(["put true after 0", "put false after 1"]);
    await watched.stop();
  });

  test("needs a person when no PIN is configured", async () => {
    const { clock, line, seen, stop, pins } = rig({ pin: null });
    line.start(seen.handlers);
    await until(clock, () => line.status.state === "refused");
    expect(line.status.reason).toContain("`pin`");
    expect(pins()).toEqual([]);
    await stop();
  });

  test("is never given a wrong PIN a second time, not later, not by another start", async () => {
    const memory = memoryInMemory();
    const first = rig({ pin: "9999", memory });
    first.line.start(first.seen.handlers);
    await until(first.clock, () => first.line.status.state === "refused");
    await first.clock.advance(30 * 60_000);
    expect(first.pins()).toEqual(['AT+CPIN="9999"']);
    expect(first.seen.states.filter(({ state }) => state === "refused")).toHaveLength(1);
    await first.stop();

    const second = rig({ pin: "9999", memory });
    second.line.start(second.seen.handlers);
    await until(second.clock, () => second.line.status.state === "refused");
    expect(second.pins()).toEqual([]);
    await second.stop();

    const corrected = rig({ pin: "1234", memory });
    corrected.line.start(corrected.seen.handlers);
    await until(corrected.clock, () => corrected.line.status.state === "ready");
    await corrected.stop();
  });

  test("is not given a PIN that was being tried when the power went, where the tries cannot be read", async () => {
    const memory = memoryInMemory();
    // The power goes after the note was written, before the PIN was sent or answered.
    let interrupted = false;
    const noting: LineMemory = {
      get: memory.get,
      put: async (key, value) => {
        await memory.put(key, value);
        if (key.startsWith("pin ") && value !== "") interrupted = true;
      },
    };
    const cut = rig({ pin: "1234", memory: noting, counter: false });
    cut.modem.behave({ name: "power cut", onBytes: () => interrupted });
    cut.line.start(cut.seen.handlers);
    await until(cut.clock, () => interrupted);
    await cut.stop();

    const after = rig({ pin: "1234", memory, counter: false });
    after.line.start(after.seen.handlers);
    await until(after.clock, () => after.line.status.state === "refused");
    expect(after.pins()).toEqual([]);
    await after.stop();
  });
});
