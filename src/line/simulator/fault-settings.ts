/**
 * What every fault has, of a modem or of an SMSC. Where it acts at occasions (a send, a prompt, a part), it acts at
 * every `every`-th, with `chance`, and at most `times` times. `seed` makes what is left to chance the same each time.
 */
import type { Random } from "./random.ts";

export type FaultSettings = {
  /** Acts at every so many-th occasion. */
  readonly every: number;
  /** Of those, how often: 0 to 1. */
  readonly chance: number;
  /** At most so often; null: without end. */
  readonly times: number | null;
  /** How long, where the fault has a length. */
  readonly ms: number;
  /** The CMS error or `command_status`, where it has one. */
  readonly code: number;
  /** How many a second are taken, where it is about that. */
  readonly perSecond: number;
  readonly seed: number;
};

export const NEUTRAL: FaultSettings = {
  every: 1,
  chance: 1,
  times: null,
  ms: 0,
  code: 0,
  perSecond: 0,
  seed: 1,
};

export type FaultOccasions = FaultSettings & {
  readonly random: Random;
  /** Asked at each occasion; counts it, and says whether the fault acts now. */
  readonly acts: () => boolean;
};

export type FaultDescription = { readonly text: string; readonly defaults?: Partial<FaultSettings> };

/** The faults of one modem or one SMSC. */
export type FaultSet = {
  readonly names: readonly string[];
  readonly describe: (name: string) => FaultDescription | null;
  /** Switches one on; what it returns switches it off. */
  readonly begin: (name: string, occasions: FaultOccasions) => () => void;
};
