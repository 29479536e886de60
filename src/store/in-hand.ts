import type { Undo } from "./undo.ts";

/** A window of a large bind and what is claimed behind it; long texts and all, a few megabytes. */
const BOUND = 2000;

/**
 * Rows as they were written last. A Message's row is written three times between its acceptance and its answer, and
 * making an object of thirty columns costs more than finding them: what was written a moment ago is not read again.
 * The worker is the only writer, so what it wrote is what is there; what a rollback takes back is forgotten.
 */
export class InHand<Key, Row> {
  readonly #undo: Undo;
  readonly #rows = new Map<Key, Row>();

  constructor(undo: Undo) {
    this.#undo = undo;
  }

  get(key: Key): Row | undefined {
    return this.#rows.get(key);
  }

  keep(key: Key, row: Row): void {
    if (this.#rows.size >= BOUND) this.#rows.clear();
    this.#rows.set(key, row);
    this.#undo.did(() => this.#rows.delete(key));
  }

  forget(key: Key): void {
    this.#rows.delete(key);
  }

  /** The tables were changed behind it. */
  forgetAll(): void {
    this.#rows.clear();
  }
}
