import type { Clock } from "../../runtime/clock.ts";
import type { Fault } from "../../runtime/fault.ts";
import { holdMs } from "./retry.ts";

/** The rest a Line takes after a fault of its own: the longer, the more of them came in a row. */
export class LineRest {
  readonly #clock: Clock;
  #faults = 0;
  #untilMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** At most 0 when it is over. */
  get leftMs(): number {
    return this.#untilMs - this.#clock.monotonicMs();
  }

  /**
   * How long it rests, and whether this fault is the first of its row. Null when it rests already: a bind has many
   * Segments on the wire, and what their answers say was found out by the first of them.
   */
  begin(fault: Fault): { readonly restMs: number; readonly isFirst: boolean } | null {
    if (this.leftMs > 0) return null;
    this.#faults++;
    const restMs = holdMs(this.#faults, fault);
    this.#untilMs = this.#clock.monotonicMs() + restMs;
    return { restMs, isFirst: this.#faults === 1 };
  }

  /** The Line became ready anew: it is tried at once. */
  end(): void {
    this.#untilMs = Number.NEGATIVE_INFINITY;
  }

  /** It has answered as it should. */
  forget(): void {
    this.#faults = 0;
  }
}
