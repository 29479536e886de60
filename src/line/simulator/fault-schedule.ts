/**
 * Faults at random moments, of random kinds and lengths, the same ones for the same seed: the soak's weather, and
 * a rehearsal's. What may happen, how long it lasts and how likely it is beside the others is the table below. A
 * fault may begin while others last.
 */
import type { Timer } from "../../runtime/clock.ts";
import type { FaultBoard, SwitchedFault } from "./fault-board.ts";
import type { FaultName, FaultSettings } from "./faults.ts";
import { between, pick, type Random, seededRandom } from "./random.ts";

export type Weather = {
  readonly name: FaultName;
  readonly weight: number;
  /** How long it stays on, in seconds, from and to. */
  readonly forSeconds: readonly [number, number];
  readonly settings?: (random: Random) => Partial<FaultSettings>;
};

/** CMS errors of each disposition but `reject`: nothing here can never go. */
const PASSING_CMS = [42, 38, 41, 331, 332, 500, 512, 322] as const;

export const ROUGH_WEATHER: readonly Weather[] = [
  { name: "hang", weight: 3, forSeconds: [5, 300] },
  { name: "no-prompt", weight: 4, forSeconds: [60, 300] },
  {
    name: "late-answer",
    weight: 3,
    forSeconds: [60, 300],
    settings: (random) => ({ ms: between(random, 500, 20_000) }),
  },
  {
    name: "cms-error",
    weight: 4,
    forSeconds: [30, 300],
    settings: (random) => ({ every: between(random, 2, 7), code: pick(random, PASSING_CMS) }),
  },
  { name: "cms-error-though-sent", weight: 2, forSeconds: [60, 300] },
  { name: "result-lost", weight: 2, forSeconds: [60, 300] },
  { name: "report-early", weight: 4, forSeconds: [30, 300] },
  {
    name: "report-lost",
    weight: 3,
    forSeconds: [30, 300],
    settings: (random) => ({ every: between(random, 1, 4) }),
  },
  {
    name: "report-late",
    weight: 3,
    forSeconds: [30, 300],
    settings: (random) => ({ ms: between(random, 1000, 600_000) }),
  },
  { name: "sim-full", weight: 2, forSeconds: [30, 600] },
  {
    name: "urc-anywhere",
    weight: 4,
    forSeconds: [30, 300],
    settings: (random) => ({ every: between(random, 1, 9) }),
  },
  { name: "unplug", weight: 3, forSeconds: [1, 120] },
  {
    name: "reboot",
    weight: 2,
    forSeconds: [1, 1],
    settings: (random) => ({ ms: between(random, 0, 20_000) }),
  },
  {
    name: "power-loss",
    weight: 3,
    forSeconds: [60, 300],
    settings: (random) => ({ ms: between(random, 500, 20_000) }),
  },
  { name: "no-network", weight: 2, forSeconds: [10, 600] },
  {
    name: "parts-late",
    weight: 3,
    forSeconds: [30, 300],
    settings: (random) => ({ ms: between(random, 500, 60_000) }),
  },
  { name: "parts-twice", weight: 3, forSeconds: [30, 300] },
  {
    name: "slow-air",
    weight: 2,
    forSeconds: [30, 300],
    settings: (random) => ({ ms: between(random, 500, 30_000) }),
  },
];

export class FaultSchedule {
  readonly #board: FaultBoard;
  readonly #random: Random;
  readonly #meanGapMs: number;
  readonly #weather: readonly Weather[];
  readonly #onFault: (fault: SwitchedFault) => void;
  #timer: Timer | null = null;
  #stopped = false;

  constructor(options: {
    readonly board: FaultBoard;
    readonly seed: number;
    /** From one fault's beginning to the next one's, on average. */
    readonly meanGapMs: number;
    readonly weather?: readonly Weather[];
    readonly onFault?: (fault: SwitchedFault) => void;
  }) {
    this.#board = options.board;
    this.#random = seededRandom(options.seed);
    this.#meanGapMs = options.meanGapMs;
    this.#weather = options.weather ?? ROUGH_WEATHER;
    this.#onFault = options.onFault ?? (() => {});
  }

  start(): void {
    if (this.#stopped) return;
    const gapMs = Math.round(-Math.log(1 - this.#random()) * this.#meanGapMs);
    this.#timer = this.#board.network.clock.timer(gapMs, () => {
      this.#strike();
      this.start();
    });
  }

  /** No further fault begins; those that last end in their time. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #strike(): void {
    const random = this.#random;
    const { name, forSeconds, settings } = pickByWeight(random, this.#weather);
    const [shortest, longest] = forSeconds;
    const options = {
      seed: between(random, 0, 2 ** 31),
      forMs: between(random, shortest * 1000, longest * 1000),
      ...settings?.(random),
    };
    this.#onFault(this.#board.on(name, options));
  }
}

function pickByWeight(random: Random, weather: readonly Weather[]): Weather {
  return pick(
    random,
    weather.flatMap((kind) => Array.from({ length: kind.weight }, () => kind)),
  );
}
