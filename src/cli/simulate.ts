/** `pylone simulate`: a modem, its network and handsets as a process of their own, for rehearsals and tests. */
import { EXIT } from "../daemon/exit-codes.ts";
import { startSimulator } from "../line/simulator/serve.ts";
import { systemClock } from "../runtime/clock.ts";
import { reasonOf } from "../runtime/fault.ts";
import { createLog } from "../runtime/log.ts";
import type { Surroundings } from "./surroundings.ts";

export async function simulate(
  command: {
    readonly host: string;
    readonly modemPort: number;
    readonly controlPort: number;
    readonly number: string;
  },
  { isTerminal, print, complain }: Surroundings,
): Promise<number> {
  const { host, modemPort, controlPort, number } = command;
  const stopAsked = new Promise<void>((resolve) => {
    process.once("SIGTERM", () => resolve());
    process.once("SIGINT", () => resolve());
  });
  try {
    const log = createLog({ readable: isTerminal });
    const simulator = await startSimulator({ host, modemPort, controlPort, number, clock: systemClock, log });
    print(
      `modem ${number} at tcp://${host}:${simulator.modemPort}, control at http://${host}:${simulator.controlPort}\n`,
    );
    await stopAsked;
    await simulator.stop();
    return EXIT.ok;
  } catch (error) {
    complain(`pylone simulate: ${reasonOf(error)}\n`);
    return EXIT.unavailable;
  }
}
