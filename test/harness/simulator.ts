/** `pylone simulate` as a process, and its control port. */
import { eventually, type Program, type Site } from "./program.ts";

export type Handset = {
  direction: string;
  from: string;
  to: string;
  body: string;
  parts: number;
  /** ISO 8601. */
  at: string;
};
/** `registration`, `sim`, `signal`, `smsc` of a modem, `binds` of an SMSC. */
export type Hold = "mute" | "registration" | "binds" | "sends" | "results" | "sim" | "signal" | "smsc";

export class SimulatorClient {
  /** For `device:`. */
  readonly device: string;
  readonly port: number;
  readonly #control: string;

  constructor(device: string, control: string) {
    this.device = device;
    this.port = Number(new URL(device).port);
    this.#control = control;
  }

  /** What has arrived on handsets, oldest first. */
  async arrived(): Promise<Handset[]> {
    const answer = await fetch(`${this.#control}/Messages`);
    const { messages } = (await answer.json()) as { messages: Handset[] };
    return messages.filter(({ direction }) => direction === "to-handset");
  }

  /** Waits for a text with this body on a handset. */
  arrival(body: string): Promise<Handset> {
    return eventually(async () => (await this.arrived()).find((message) => message.body === body) ?? null);
  }

  async text(from: string, to: string, body: string): Promise<void> {
    await this.#post("Messages", { From: from, To: to, Body: body });
  }

  hold(what: Hold): Promise<void> {
    return this.#post("Control", { hold: what });
  }

  release(what: Hold): Promise<void> {
    return this.#post("Control", { release: what });
  }

  /** Switches a fault on: `Fault`, `Seconds`, … as in the simulator's README. */
  fault(fields: Record<string, string>): Promise<void> {
    return this.#post("Faults", fields);
  }

  /** Waits until a fault that is on has done what it does so many times. */
  async acted(fault: string, times = 1): Promise<void> {
    await eventually(async () => {
      const answer = await fetch(`${this.#control}/Faults`);
      const { faults } = (await answer.json()) as { faults: { fault: string; acted: number }[] };
      return faults.some((on) => on.fault === fault && on.acted >= times) ? true : null;
    });
  }

  async faultsOver(): Promise<void> {
    const answer = await fetch(`${this.#control}/Faults`, { method: "DELETE" });
    if (!answer.ok) throw new Error(await answer.text());
  }

  async #post(path: string, fields: Record<string, string>): Promise<void> {
    const answer = await fetch(`${this.#control}/${path}`, {
      method: "POST",
      body: new URLSearchParams(fields),
    });
    if (!answer.ok) throw new Error(await answer.text());
  }
}

export async function startSimulator(
  site: Site,
  number: string,
  port = 0,
): Promise<{ simulator: SimulatorClient; process: Program }> {
  const process = site.run("main.js", ["simulate", "--modem", `tcp:${port}`, "--number", number]);
  const [device = "", control = ""] = await process.line((line) => {
    const found = / at (tcp:\S+), control at (\S+)$/.exec(line);
    return found === null ? null : found.slice(1);
  });
  return { simulator: new SimulatorClient(device, control), process };
}
