/**
 * Faults at random moments, of random kinds and lengths, the same ones for the same seed: the soak's weather, and
 * a rehearsal's. What may happen, how long it lasts and how likely it is beside the others says `weather.ts`. A
 * fault may begin while others last.
 */
import type { Timer } from "../../runtime/clock.ts";
import type { FaultBoard, SwitchedFault } from "./fault-board.ts";
import { between, pick, type Random, seededRandom } from "./random.ts";
import { ROUGH_SMSC_WEATHER, ROUGH_WEATHER, type Weather } from "./weather.ts";

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
    this.#weather = options.weather ?? (options.board.kind === "smsc" ? ROUGH_SMSC_WEATHER : ROUGH_WEATHER);
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
