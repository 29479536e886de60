/**
 * Switches the faults of one modem and its network, for tests, for the control port and for the appliance's own
 * API. Several may be on at once, the same one twice too; each has an id, and ends when it is switched off or its
 * time is over. Switched off, a fault lets go of what it held; what it has already delayed still comes.
 */
import type { Log } from "../../runtime/log.ts";
import { type FaultName, type FaultSettings, faultRow } from "./faults.ts";
import type { SimulatedModem } from "./modem.ts";
import type { SimulatedNetwork } from "./network.ts";
import { seededRandom } from "./random.ts";

export type SwitchedFault = FaultSettings & {
  readonly id: number;
  readonly name: FaultName;
  /** Epoch milliseconds. */
  readonly since: number;
  /** When it ends by itself; null: when it is switched off. */
  readonly until: number | null;
  /** How often it has acted, where it acts at occasions. */
  readonly acted: number;
};

type Entry = { readonly fault: SwitchedFault; readonly acted: () => number; readonly end: () => void };

const NEUTRAL: FaultSettings = { every: 1, chance: 1, times: null, ms: 0, code: 0, seed: 1 };

export class FaultBoard {
  readonly modem: SimulatedModem;
  readonly network: SimulatedNetwork;
  readonly #log: Log | null;
  readonly #entries = new Map<number, Entry>();
  #lastId = 0;

  constructor(options: {
    readonly modem: SimulatedModem;
    readonly network: SimulatedNetwork;
    readonly log?: Log;
  }) {
    this.modem = options.modem;
    this.network = options.network;
    this.#log = options.log ?? null;
  }

  on(name: FaultName, options: Partial<FaultSettings> & { readonly forMs?: number } = {}): SwitchedFault {
    const { modem, network } = this;
    const { forMs, ...given } = options;
    const settings = { ...NEUTRAL, ...faultRow(name).defaults, ...given };
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
    const effect = faultRow(name).make({ ...settings, modem, network, random, acts });
    const releases = [
      ...(effect.modem === undefined ? [] : [modem.behave({ name, ...effect.modem })]),
      ...(effect.network === undefined ? [] : [network.behave({ name, ...effect.network })]),
    ];
    effect.begin?.();
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
    const end = () => {
      for (const release of releases) release();
      effect.end?.();
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
