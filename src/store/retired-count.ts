import type { Undo } from "./undo.ts";

/**
 * How many Messages rest. Counting a million rows takes seconds on a card, so it is done in steps, from the oldest on,
 * and only where somebody wants to know; what comes and goes behind the step is counted as it happens.
 */
export class RetiredCount {
  readonly #undo: Undo;
  #count = 0;
  #countedTo = -1;

  constructor(undo: Undo) {
    this.#undo = undo;
  }

  get countedTo(): number {
    return this.#countedTo;
  }

  get count(): number {
    return this.#count;
  }

  /** The next keys, in their order; none: that was all, and what comes is counted from now on. */
  step(keys: readonly number[]): void {
    const before = this.#countedTo;
    this.#count += keys.length;
    this.#countedTo = keys.at(-1) ?? Number.MAX_SAFE_INTEGER;
    this.#undo.did(() => {
      this.#count -= keys.length;
      this.#countedTo = before;
    });
  }

  get isComplete(): boolean {
    return this.#countedTo === Number.MAX_SAFE_INTEGER;
  }

  came(key: number): void {
    if (key <= this.#countedTo) this.#change(1);
  }

  went(key: number): void {
    if (key <= this.#countedTo) this.#change(-1);
  }

  #change(by: 1 | -1): void {
    this.#count += by;
    this.#undo.did(() => {
      this.#count -= by;
    });
  }
}
