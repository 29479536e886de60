import { firstKeyAt } from "../runtime/ids.ts";

/**
 * Time-ordered keys for rows that the store itself creates (events, webhooks, kept segments). A key is at least
 * the first one its instant can give and always greater than the last, so order of keys is order of insertion.
 */
export class RowKeys {
  #last: number;

  /** `after`: the newest key on disk, of any of the tables that draw from this sequence. */
  constructor(after: number) {
    this.#last = after;
  }

  next(at: number): number {
    this.#last = Math.max(this.#last + 1, firstKeyAt(at));
    return this.#last;
  }
}

/** The name a row goes by outside the store, and the way back; null when the text is not such a name. */
export function idOfKey(key: number): string {
  return key.toString(36);
}

export function keyOfId(id: string): number | null {
  if (!/^[0-9a-z]{1,11}$/.test(id)) return null;
  const key = Number.parseInt(id, 36);
  return Number.isSafeInteger(key) ? key : null;
}
