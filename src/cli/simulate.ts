/** `pylone simulate`: a modem, an SMSC or both, with a network and handsets, as a process of their own. */
import { EXIT } from "../daemon/exit-codes.ts";
import { startSimulator } from "../line/simulator/serve.ts";
import { systemClock } from "../runtime/clock.ts";
import { reasonOf } from "../runtime/fault.ts";
import { createLog } from "../runtime/log.ts";
import type { SimulateCommand } from "./simulate-command.ts";
import type { Surroundings } from "./surroundings.ts";

export async function simulate(
  command: SimulateCommand,
  { isTerminal, print, complain }: Surroundings,
): Promise<number> {
  const { host, modem, smsc, controlPort } = command;
  const stopAsked = new Promise<void>((resolve) => {
    process.once("SIGTERM", () => resolve());
    process.once("SIGINT", () => resolve());
  });
  try {
    const simulator = await startSimulator({
      host,
      modem: modem ?? undefined,
      smsc: smsc ?? undefined,
      controlPort,
      clock: systemClock,
      log: createLog({ readable: isTerminal }),
    });
    const control = `control at http://${host}:${simulator.controlPort}`;
    if (modem !== null) print(`modem ${modem.number} at tcp://${host}:${simulator.modemPort}, ${control}\n`);
    if (smsc !== null)
      print(`smsc of ${smsc.numbers.join(", ")} at smpp://${host}:${simulator.smscPort}, ${control}\n`);
    await stopAsked;
    await simulator.stop();
    return EXIT.ok;
  } catch (error) {
    complain(`pylone simulate: ${reasonOf(error)}\n`);
    return EXIT.unavailable;
  }
}
