/** `pylone simulate`: a modem, an SMSC or both, with a network and handsets, as a process of their own. */
import { EXIT } from "../daemon/exit-codes.ts";
import { startSimulator } from "../line/simulator/serve.ts";
import { systemClock } from "../runtime/clock.ts";
import { reasonOf } from "../runtime/fault.ts";
import { createLog } from "../runtime/log.ts";
import type { Surroundings } from "./surroundings.ts";

/** What was asked; `commands/simulate.ts` reads it. */
export type Simulate = {
  readonly host: string;
  readonly modem: { readonly port: number; readonly number: string; readonly pin?: string } | null;
  readonly smsc: {
    readonly port: number;
    readonly numbers: readonly string[];
    /** null: any is taken. */
    readonly systemId: string | null;
    readonly password: string | null;
  } | null;
  readonly controlPort: number;
  readonly json: boolean;
};

export async function simulate(
  asked: Simulate,
  { isTerminal, print, complain }: Surroundings,
): Promise<number> {
  const { host, modem, smsc, controlPort, json } = asked;
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
    const control = `http://${host}:${simulator.controlPort}`;
    if (modem !== null) {
      const { number } = modem;
      const device = `tcp://${host}:${simulator.modemPort}`;
      if (json) print(`${JSON.stringify({ modem: { number, device }, control })}\n`);
      else print(`modem ${number} at ${device}, control at ${control}\n`);
    }
    if (smsc !== null) {
      const { numbers } = smsc;
      const url = `smpp://${host}:${simulator.smscPort}`;
      if (json) print(`${JSON.stringify({ smsc: { numbers, url }, control })}\n`);
      else print(`smsc of ${numbers.join(", ")} at ${url}, control at ${control}\n`);
    }
    await stopAsked;
    await simulator.stop();
    return EXIT.ok;
  } catch (error) {
    complain(`pylone simulate: ${reasonOf(error)}\n`);
    return EXIT.unavailable;
  }
}
