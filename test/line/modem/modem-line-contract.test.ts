import { createModemLine } from "../../../src/line/modem/modem-line.ts";
import { SimulatedModem } from "../../../src/line/simulator/modem.ts";
import { SimulatedNetwork } from "../../../src/line/simulator/network.ts";
import { Fault } from "../../../src/runtime/fault.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import { FakeClock } from "../../harness/fake-clock.ts";
import { memoryInMemory } from "../../harness/line-memory.ts";
import { describeLine, type LineRig } from "../line-contract.ts";

const NUMBER = "+33639980001";
const PHONE = "+33612345678";

describeLine("a modem", async (): Promise<LineRig> => {
  const clock = new FakeClock();
  const network = new SimulatedNetwork({ clock });
  const modem = new SimulatedModem({ number: NUMBER, network, clock });
  let reachable = true;
  const line = createModemLine({
    name: "sim1",
    openPort: () =>
      reachable
        ? Promise.resolve(modem.connect())
        : Promise.reject(
            new Fault({ code: "line.closed", disposition: "line", message: "/dev/ttyUSB0 does not exist" }),
          ),
    clock,
    log: silentLog(),
    memory: memoryInMemory(),
    pin: null,
    smsc: null,
    simulated: true,
  });
  return {
    line,
    clock,
    phoneTexts: (body) => {
      network.text({ from: PHONE, to: NUMBER, body });
    },
    taken: () =>
      network
        .messages()
        .filter((message) => message.direction === "to-handset")
        .map((message) => message.body),
    unacknowledged: () =>
      network.waitingFor(NUMBER) + modem.stored("ME") + modem.stored("SM") + modem.stored("SR"),
    hold: () => {
      const held: (() => void)[] = [];
      const release = modem.behave({
        name: "the network takes its time",
        onSubmit: (_answer, proceed) => {
          held.push(proceed);
          return true;
        },
      });
      return () => {
        release();
        for (const proceed of held.splice(0)) proceed();
      };
    },
    refuse: () =>
      modem.behave({
        name: "unassigned number",
        onSubmit: (answer) => {
          answer({ is: "cms", code: 1 });
          return true;
        },
      }),
    cut: () => modem.unplug(),
    unreachable: () => {
      reachable = false;
      return () => {
        reachable = true;
      };
    },
    close: () => {
      network.stop();
      return Promise.resolve();
    },
  };
});
