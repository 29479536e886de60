/**
 * Switches the faults of one modem and its network, or of one SMSC, for tests, for the control port and for the
 * appliance's own API. Several may be on at once, the same one twice too; each has an id, and ends when it is switched
 * off or its time is over. Switched off, a fault lets go of what it held; what it has already delayed still comes.
 */
import type { Log } from "../../runtime/log.ts";
import { type FaultDescription, type FaultSet, type FaultSettings, NEUTRAL } from "./fault-settings.ts";
import { type FaultName, modemFaults } from "./faults.ts";
import type { SimulatedModem } from "./modem.ts";
import type { SimulatedNetwork } from "./network.ts";
import { seededRandom } from "./random.ts";
import type { SimulatedSmsc } from "./smsc.ts";
import { type SmscFaultName, smscFaults } from "./smsc-faults.ts";

/** Of a modem's table or of an SMSC's. */
export type AnyFaultName = FaultName | SmscFaultName;

export type SwitchedFault = FaultSettings & {
  readonly id: number;
  readonly name: AnyFaultName;
  /** Epoch milliseconds. */
  readonly since: number;
  /** When it ends by itself; null: when it is switched off. */
  readonly until: number | null;
  /** How often it has acted, where it acts at occasions. */
  readonly acted: number;
};

type Entry = { readonly fault: SwitchedFault; readonly acted: () => number; readonly end: () => void };

/** Whose faults they are. */
type Faulty = { readonly modem: SimulatedModem } | { readonly smsc: SimulatedSmsc };

export class FaultBoard {
  readonly network: SimulatedNetwork;
  /** What it is that fails here. */
  readonly kind: "modem" | "smsc";
  readonly #faults: FaultSet;
  readonly #log: Log | null;
  readonly #entries = new Map<number, Entry>();
  #lastId = 0;

  constructor(options: Faulty & { readonly network: SimulatedNetwork; readonly log?: Log }) {
    this.network = options.network;
    this.kind = "modem" in options ? "modem" : "smsc";
    this.#faults = "modem" in options ? modemFaults(options) : smscFaults(options.smsc);
    this.#log = options.log ?? null;
  }

  get names(): readonly string[] {
    return this.#faults.names;
  }

  knows(name: string): name is AnyFaultName {
    return this.#faults.describe(name) !== null;
  }

  describe(name: AnyFaultName): FaultDescription {
    const description = this.#faults.describe(name);
    if (description === null) throw new Error(`${name} is no fault of a simulated ${this.kind}`);
    return description;
  }

  on(name: AnyFaultName, options: Partial<FaultSettings> & { readonly forMs?: number } = {}): SwitchedFault {
    const { network } = this;
    const { forMs, ...given } = options;
    const settings = { ...NEUTRAL, ...this.describe(name).defaults, ...given };
    const random = seededRandom(settings.seed);
    let occasions = 0;
    let acted = 0;
    const acts = () => {
      occasions += 1;
      if (settings.times !== null && acted >= settings.times) return false;
      if (occasions % settings.every !== 0 || random() >= settings.chance) return false;
      acted += 1;
      return true;
    };
    const end = this.#faults.begin(name, { ...settings, random, acts });
    this.#lastId += 1;
    const id = this.#lastId;
    const since = network.clock.now();
    const fault = {
      ...settings,
      id,
      name,
      since,
      until: forMs === undefined ? null : since + forMs,
      acted: 0,
    };
    this.#entries.set(id, { fault, acted: () => acted, end });
    this.#log?.info({ fault: name, id, forMs }, "a fault is switched on");
    if (forMs !== undefined) network.delays.after(forMs, () => this.off(id));
    return fault;
  }

  /** False when it is not on. */
  off(id: number): boolean {
    const entry = this.#entries.get(id);
    if (entry === undefined) return false;
    this.#entries.delete(id);
    entry.end();
    this.#log?.info({ fault: entry.fault.name, id, acted: entry.acted() }, "a fault is switched off");
    return true;
  }

  allOff(): void {
    for (const id of [...this.#entries.keys()]) this.off(id);
  }

  /** Oldest first. */
  list(): readonly SwitchedFault[] {
    return [...this.#entries.values()].map(({ fault, acted }) => ({ ...fault, acted: acted() }));
  }
}
