import type { Undo } from "./undo.ts";

/**
 * An instant before which nothing that waits can expire, so that looking for what is late costs nothing until
 * it is reached. It may be too early (then one look is in vain), never too late.
 */
export class Horizon {
  readonly #undo: Undo;
  #at = Number.NEGATIVE_INFINITY;

  constructor(undo: Undo) {
    this.#undo = undo;
  }

  reached(now: number): boolean {
    return now >= this.#at;
  }

  /** Something that expires then has begun to wait. */
  include(expiresAt: number): void {
    this.#at = Math.min(this.#at, expiresAt);
  }

  /** Everything that waits has been looked at; the first of it expires then. */
  moveTo(expiresAt: number): void {
    const before = this.#at;
    this.#at = expiresAt;
    this.#undo.did(() => this.include(before));
  }
}
