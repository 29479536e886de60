/**
 * How long each Line takes for a Segment, measured from its being handed over to its acceptance: a moving mean over
 * about the last thirty. What a Line has learnt survives a restart; it is written when it has changed by a tenth, and
 * every ten minutes at most.
 */
import type { Clock } from "../../runtime/clock.ts";
import type { Store } from "../../store/store.ts";

const MEMORY_KEY = "air-time-ms";
const WEIGHT = 1 / 16;
const WRITE_AGAIN_MS = 600_000;
const WORTH_WRITING = 0.1;

type Air = { ms: number; writtenMs: number | null; writtenAt: number };

export class AirTimes {
  readonly #store: Pick<Store, "getMemory" | "putMemory">;
  readonly #clock: Clock;
  readonly #known = new Map<string, Air>();

  constructor(store: Pick<Store, "getMemory" | "putMemory">, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** What a former process measured; what this one has measured by now is newer. */
  async recall(lines: readonly string[]): Promise<void> {
    for (const line of lines) {
      const ms = Number(await this.#store.getMemory(line, MEMORY_KEY));
      if (!(ms > 0) || this.#known.has(line)) continue;
      this.#known.set(line, { ms, writtenMs: ms, writtenAt: Number.NEGATIVE_INFINITY });
    }
  }

  accepted(line: string, tookMs: number): void {
    const air = this.#known.get(line);
    if (air === undefined)
      this.#known.set(line, { ms: tookMs, writtenMs: null, writtenAt: Number.NEGATIVE_INFINITY });
    else air.ms += (tookMs - air.ms) * WEIGHT;
  }

  /** Of a Line that has `window` of them on the wire at once; null: nothing was measured. */
  secondsPerSegment(line: string, window: number): number | null {
    const air = this.#known.get(line);
    return air === undefined ? null : air.ms / 1000 / window;
  }

  /** Writes down what is worth it. Never rejects: what a full disk refused is written down later. */
  async keep(): Promise<void> {
    const now = this.#clock.monotonicMs();
    for (const [line, air] of this.#known) {
      const change = air.writtenMs === null ? 1 : Math.abs(air.ms - air.writtenMs) / air.writtenMs;
      if (change < WORTH_WRITING || now - air.writtenAt < WRITE_AGAIN_MS) continue;
      air.writtenMs = air.ms;
      air.writtenAt = now;
      await this.#store.putMemory(line, MEMORY_KEY, air.ms.toFixed(1)).catch(() => {
        air.writtenMs = null;
      });
    }
  }
}
