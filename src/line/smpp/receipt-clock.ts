/**
 * The zone of a receipt's dates, which SMPP does not carry: most SMSCs write their local time. It is found by a
 * receipt whose submit_sm_resp we saw: the two are one moment, but for a whole number of quarters of an hour. With the
 * zone the submit date says which Submission is meant where an SMSC uses its ids again. It is remembered, so that a
 * receipt that is repeated after a restart reads as it did before.
 */
import type { LineMemory } from "../line.ts";

const MEMORY_KEY = "smpp.receipt-zone";
const QUARTER_MS = 15 * 60_000;
/** Most dates have no seconds, and clocks are wrong by minutes. */
const SLACK_MS = 5 * 60_000;
const FARTHEST_QUARTERS = 14 * 4;
/** Receipts in a row: summer time begins; one alone may be about an earlier message of the same id. */
const AGAINST_IT = 3;

export class ReceiptClock {
  readonly #memory: LineMemory;
  #quarters: number | null = null;
  #against = 0;

  constructor(memory: LineMemory) {
    this.#memory = memory;
  }

  async load(): Promise<void> {
    const written = await this.#memory.get(MEMORY_KEY);
    this.#quarters = written === null || !/^-?\d+$/.test(written) ? null : Number(written);
  }

  /** `date`: ISO 8601 without a zone. */
  learn(date: string, acceptedAt: number): void {
    const ahead = Date.parse(`${date}Z`) - acceptedAt;
    const quarters = Math.round(ahead / QUARTER_MS);
    if (Math.abs(ahead - quarters * QUARTER_MS) > SLACK_MS || Math.abs(quarters) > FARTHEST_QUARTERS) return;
    if (quarters === this.#quarters) this.#against = 0;
    else if (this.#quarters === null || ++this.#against >= AGAINST_IT) this.#settle(quarters);
  }

  #settle(quarters: number): void {
    this.#quarters = quarters;
    this.#against = 0;
    // What is not on disk is found again.
    this.#memory.put(MEMORY_KEY, String(quarters)).catch(() => undefined);
  }

  /** With its zone; null where that is not known. */
  zoned(date: string | null): string | null {
    if (date === null || this.#quarters === null) return null;
    const quarters = Math.abs(this.#quarters);
    const [hours, minutes] = [quarters >> 2, (quarters & 3) * 15].map((part) =>
      String(part).padStart(2, "0"),
    );
    return `${date}${this.#quarters < 0 ? "-" : "+"}${hours}:${minutes}`;
  }
}
