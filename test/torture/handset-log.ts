/** All that ever arrived on a simulator's handsets, which remember the last thousand texts only. */
import type { Handset } from "../harness/simulator.ts";

export class HandsetLog {
  readonly #all: Handset[] = [];
  readonly #ask: () => Promise<readonly Handset[]>;

  /** `ask` gives the newest there are, oldest first. To be called often enough for two answers to overlap. */
  constructor(ask: () => Promise<readonly Handset[]>) {
    this.#ask = ask;
  }

  get all(): readonly Handset[] {
    return this.#all;
  }

  async update(): Promise<void> {
    const now = await this.#ask();
    const known = overlapOf(this.#all, now);
    if (known === 0 && this.#all.length > 0 && now.length > 0)
      throw new Error("more arrived on the handsets between two looks than they remember");
    this.#all.push(...now.slice(known));
  }
}

/** How many of `now` are the last ones of `before`: the most that fit. */
function overlapOf(before: readonly Handset[], now: readonly Handset[]): number {
  const same = (a: Handset | undefined, b: Handset | undefined) =>
    a !== undefined && b !== undefined && a.at === b.at && a.body === b.body && a.to === b.to;
  for (let length = Math.min(before.length, now.length); length > 0; length--) {
    const from = before.length - length;
    if (now.slice(0, length).every((each, at) => same(before[from + at], each))) return length;
  }
  return 0;
}
