import { expect, test } from "vitest";
import { createModemLine } from "../../../src/line/modem/modem-line.ts";
import { SimulatedModem } from "../../../src/line/simulator/modem.ts";
import { SimulatedNetwork } from "../../../src/line/simulator/network.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import { FakeClock, settle } from "../../harness/fake-clock.ts";
import { memoryInMemory } from "../../harness/line-memory.ts";

/** Found by the soak: the restart's own lines are lost, and the next send meets a modem in text mode. */
test("a modem that restarted unheard and is in text mode costs no message, and is set up again", async () => {
  const clock = new FakeClock();
  const network = new SimulatedNetwork({ clock, airTime: { submitMs: 100, deliverMs: 100, reportMs: 100 } });
  const modem = new SimulatedModem({ number: "+33639980001", network, clock });
  const line = createModemLine({
    name: "sim1",
    openPort: async () => modem.connect(),
    clock,
    log: silentLog(),
    memory: memoryInMemory(),
    pin: null,
    smsc: null,
    simulated: true,
  });
  line.start({
    onInbound: async () => "kept",
    onReport: async () => "kept",
    onUndecodable: async () => "kept",
    onState: () => {},
    onEvent: () => {},
    onNetworkTime: () => {},
  });
  await clock.advance(5000);
  await settle(400);
  expect(line.status.state).toBe("ready");
  const release = modem.behave({ name: "unheard", onOutput: (text) => /RDY|CFUN|CPIN/.test(text) });
  modem.reboot();
  await settle();
  release();
  const send = async () => {
    const answer = line.submit(
      {
        from: "+33639980001",
        to: "+33639980011",
        alphabet: "gsm7",
        text: "x",
        concatenation: null,
        validityMinutes: null,
      },
      { submissionId: "s", signal: new AbortController().signal },
    );
    await clock.advance(1000);
    return await answer;
  };
  expect(await send()).toMatchObject({
    is: "rejected",
    fault: { code: "modem.cms", status: 305, disposition: "line" },
  });
  await clock.advance(5000);
  await settle(400);
  expect(line.status.state).toBe("ready");
  expect(await send()).toMatchObject({ is: "accepted" });
  await line.stop(0);
});
