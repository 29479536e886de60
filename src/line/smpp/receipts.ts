/**
 * A receipt as a Report under the reference that its submit_sm_resp gave. While nothing shows yet how this SMSC's
 * receipts write ids, one that fits nothing may be quicker than the response it belongs to: it waits for the responses
 * that are due, a few seconds at the most.
 */
import type { Clock } from "../../runtime/clock.ts";
import type { Report } from "../../sms/message.ts";
import type { LineMemory } from "../line.ts";
import { MessageIdBook } from "./message-id-book.ts";
import { ReceiptClock } from "./receipt-clock.ts";
import type { MessageIds } from "./smpp-line-options.ts";

const WAIT_AT_MOST_MS = 5000;

export class Receipts {
  readonly #book: MessageIdBook;
  readonly #zone: ReceiptClock;
  readonly #clock: Clock;

  constructor(options: {
    readonly setting: MessageIds;
    readonly memory: LineMemory;
    readonly clock: Clock;
  }) {
    this.#book = new MessageIdBook(options);
    this.#zone = new ReceiptClock(options.memory);
    this.#clock = options.clock;
  }

  async load(): Promise<void> {
    await Promise.all([this.#book.load(), this.#zone.load()]);
  }

  accepted(messageId: string, recipient: string): void {
    this.#book.accepted(messageId, recipient, this.#clock.now());
  }

  /** `due`: waits for the responses that are due now; null when it should not wait. */
  async reportOf(
    report: Report,
    submitDate: string | null,
    due: (() => Promise<unknown>) | null,
  ): Promise<Report> {
    const { reference: receiptId, recipient } = report;
    let found = this.#book.find(receiptId, recipient);
    if (!found.certain && due !== null) {
      await this.#within(due());
      found = this.#book.find(receiptId, recipient);
    }
    if (submitDate !== null && found.acceptedAt !== null) this.#zone.learn(submitDate, found.acceptedAt);
    return { ...report, reference: found.reference, tpScts: this.#zone.zoned(submitDate) };
  }

  async #within(due: Promise<unknown>): Promise<void> {
    const over = new AbortController();
    const limit = this.#clock.sleep(WAIT_AT_MOST_MS, { signal: over.signal }).catch(() => undefined);
    await Promise.race([due, limit]);
    over.abort();
  }
}
