/**
 * `message_id`s, and the spellings in which receipts repeat them. The number begins with the time, so that no id
 * comes twice, also after a restart: 1,000 to a millisecond, and whoever is faster runs ahead of the clock.
 */
export type IdForm = "hex" | "upper-hex" | "decimal" | "padded-decimal";

export class MessageIds {
  readonly #now: () => number;
  #last = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  next(): number {
    this.#last = Math.max(this.#last + 1, this.#now() * 1000);
    return this.#last;
  }
}

export function spelled(id: number, form: IdForm): string {
  switch (form) {
    case "hex":
      return id.toString(16);
    case "upper-hex":
      return id.toString(16).toUpperCase();
    case "decimal":
      return String(id);
    case "padded-decimal":
      return String(id).padStart(20, "0");
  }
}
