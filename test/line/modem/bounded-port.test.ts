/** A kernel that does not come back from opening or closing a port (seen with USB hubs) must not hold the line. */
import { describe, expect, test } from "vitest";
import type { BytePort } from "../../../src/line/byte-port.ts";
import { openedInTime } from "../../../src/line/modem/bounded-port.ts";
import { createModemLine } from "../../../src/line/modem/modem-line.ts";
import { SimulatedModem } from "../../../src/line/simulator/modem.ts";
import { SimulatedNetwork } from "../../../src/line/simulator/network.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import { FakeClock } from "../../harness/fake-clock.ts";
import { memoryInMemory } from "../../harness/line-memory.ts";
import { Recorder, until } from "../line-contract.ts";

const never = <T>() => new Promise<T>(() => undefined);

function rig(port: (modem: SimulatedModem, times: number) => Promise<BytePort>) {
  const clock = new FakeClock();
  const network = new SimulatedNetwork({ clock });
  const modem = new SimulatedModem({ number: "+33639980001", network, clock });
  let times = 0;
  const line = createModemLine({
    name: "sim1",
    openPort: () => port(modem, ++times),
    clock,
    log: silentLog(),
    memory: memoryInMemory(),
    pin: null,
    smsc: null,
    simulated: true,
  });
  const seen = new Recorder();
  line.start(seen.handlers);
  const stop = async () => {
    const stopping = line.stop(0);
    await clock.advance(0);
    await stopping;
    network.stop();
  };
  return { clock, modem, line, stop };
}

describe("a port", () => {
  test("that never opens is given up after two minutes, and tried again", async () => {
    const { clock, line, stop } = rig((modem, times) =>
      times === 1 ? never() : Promise.resolve(modem.connect()),
    );
    await until(clock, () => line.status.reason.includes("was not opened within 120 s"), 121_000);
    await until(clock, () => line.status.state === "ready", 60_000);
    await stop();
    expect(clock.pending, "timers left behind").toBe(0);
  });

  test("that opens after all is closed again", async () => {
    const clock = new FakeClock();
    let closed = 0;
    let open: (port: BytePort) => void = () => undefined;
    const opening = openedInTime(
      () => new Promise((resolve) => (open = resolve)),
      clock,
    )(new AbortController().signal).catch((error: Error) => error.message);
    await clock.advance(120_000);
    expect(await opening).toMatch(/not opened within 120 s/);
    open({ close: async () => void closed++ } as unknown as BytePort);
    await clock.advance(0);
    expect(closed).toBe(1);
  });

  test("that never opens does not hold up a line that stops", async () => {
    const { clock, line, stop } = rig(() => never());
    await clock.advance(1000);
    await stop();
    expect(line.status.state).toBe("stopped");
    expect(clock.pending, "timers left behind").toBe(0);
  });

  test("that never closes is left behind, and opened anew", async () => {
    let opened = 0;
    const { clock, modem, line, stop } = rig((sim) => {
      opened++;
      const port = sim.connect();
      return Promise.resolve({
        write: port.write.bind(port),
        onData: port.onData.bind(port),
        onClose: port.onClose.bind(port),
        close: () => (opened === 1 ? never() : port.close()),
      });
    });
    await until(clock, () => line.status.state === "ready");
    const release = modem.behave({ name: "mute", onBytes: () => true, onOutput: () => true });
    await until(clock, () => line.status.state === "opening");
    release();
    await until(clock, () => line.status.state === "ready", 120_000);
    expect(opened).toBeGreaterThan(1);
    await stop();
    expect(clock.pending, "timers left behind").toBe(0);
  });
});
