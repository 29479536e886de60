/** A modem on a UART that is set to another speed than the port. */
import { afterEach, describe, expect, test } from "vitest";
import type { BytePort } from "../../../src/line/byte-port.ts";
import type { Line } from "../../../src/line/line.ts";
import { openAtRightSpeed } from "../../../src/line/modem/find-speed.ts";
import { createModemLine } from "../../../src/line/modem/modem-line.ts";
import { ok } from "../../../src/line/simulator/call.ts";
import { SimulatedModem } from "../../../src/line/simulator/modem.ts";
import { SimulatedNetwork } from "../../../src/line/simulator/network.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import { FakeClock } from "../../harness/fake-clock.ts";
import { memoryInMemory } from "../../harness/line-memory.ts";
import { Recorder, until } from "../line-contract.ts";

let stop: () => Promise<void> = () => Promise.resolve();
afterEach(() => stop());

/** A modem that hears and says gibberish at any speed but its own. */
function uart(options: { speed: number; obeys?: boolean }) {
  const clock = new FakeClock();
  const network = new SimulatedNetwork({ clock });
  const modem = new SimulatedModem({ number: "+33639980001", network, clock });
  let speed = options.speed;
  let kept: number | null = null;
  const opened: number[] = [];
  modem.behave({
    name: "a speed of its own",
    onCommand: (call, answer) => {
      if (call.name === "&W") kept = speed;
      else if (call.name !== "+IPR") return false;
      answer(ok());
      if (call.name === "+IPR" && options.obeys !== false) speed = Number(call.parameters[0]);
      return true;
    },
  });
  const openAt = (baudRate: number) => async (): Promise<BytePort> => {
    opened.push(baudRate);
    const port = modem.connect();
    return {
      write: (bytes) => port.write(baudRate === speed ? bytes : bytes.map((byte) => byte ^ 0x5a)),
      onData: (listener) =>
        port.onData((bytes) => listener(baudRate === speed ? bytes : bytes.map((byte) => byte ^ 0xa5))),
      onClose: (listener) => port.onClose(listener),
      close: () => port.close(),
    };
  };
  const line: Line = createModemLine({
    name: "sim1",
    openPort: openAtRightSpeed({ openAt, baudRate: 115_200, clock, log: silentLog() }),
    clock,
    log: silentLog(),
    memory: memoryInMemory(),
    pin: null,
    smsc: null,
    simulated: true,
  });
  const seen = new Recorder();
  line.start(seen.handlers);
  stop = async () => {
    const stopping = line.stop(0);
    await clock.advance(2000);
    await stopping;
    network.stop();
    expect(clock.pending, "timers left behind").toBe(0);
  };
  return { clock, line, seen, opened, speed: () => speed, kept: () => kept };
}

describe("a modem on a UART", () => {
  test("at the configured speed is opened once, and asked nothing more", async () => {
    const { clock, line, opened } = uart({ speed: 115_200 });
    await until(clock, () => line.status.state === "ready");
    expect(opened).toEqual([115_200]);
  });

  test.each([57_600, 38_400, 19_200, 9600])(
    "at %i is found, and set to the configured speed for good",
    async (found) => {
      const { clock, line, opened, speed, kept } = uart({ speed: found });
      await until(clock, () => line.status.state === "ready");
      expect(speed()).toBe(115_200);
      expect(kept()).toBe(115_200);
      expect(opened.at(-1)).toBe(115_200);
      expect(line.status.facts.imei).toMatch(/^\d{15}$/);
    },
  );

  test("that keeps its speed whatever it is told is talked to at its own", async () => {
    const { clock, line, opened } = uart({ speed: 9600, obeys: false });
    await until(clock, () => line.status.state === "ready");
    expect(opened.at(-1)).toBe(9600);
  });

  test("that answers at no speed is opened at the configured one, and searched for every five minutes", async () => {
    const { clock, opened, seen } = uart({ speed: 1200 });
    const searched = () => opened.filter((speed) => speed === 9600).length;
    await until(clock, () => searched() === 1);
    expect(opened).toEqual([115_200, 115_200, 57_600, 38_400, 19_200, 9600]);
    const since = clock.monotonicMs();
    await until(clock, () => searched() === 2);
    expect(clock.monotonicMs() - since).toBeGreaterThan(300_000);
    expect(opened.slice(6, -5).every((speed) => speed === 115_200)).toBe(true);
    expect(seen.states.some(({ reason }) => reason.includes("no answer to AT"))).toBe(true);
  });
});
