/** `pylone simulate --smsc` as a process, and its control port. */
import type { Program, Site } from "./program.ts";
import { SimulatorClient } from "./simulator.ts";

export async function startSmsc(
  site: Site,
  options: { readonly port?: number; readonly password?: string; readonly numbers: readonly string[] },
): Promise<{ smsc: SimulatorClient; process: Program }> {
  const { port = 0, password, numbers } = options;
  const process = site.run("main.js", [
    "simulate",
    "--smsc",
    String(port),
    ...(password === undefined ? [] : ["--password", password]),
    ...numbers.flatMap((number) => ["--number", number]),
  ]);
  const [url = "", control = ""] = await process.line((line) => {
    const found = / at (smpp:\S+), control at (\S+)$/.exec(line);
    return found === null ? null : found.slice(1);
  });
  return { smsc: new SimulatorClient(url, control), process };
}
