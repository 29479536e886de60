/**
 * What waits for the ESME: texts from phones and receipts, in order, while nobody is bound to receive them, while as
 * many as may be are on their way, or until they are tried again. Nothing is dropped but what the ESME asks to be:
 * ESME_RX_P_APPN and ESME_RX_R_APPN mean never (SMPP 3.4 §5.1.3).
 */
import { STATUS } from "./codec/command-status.ts";
import type { DeliveredMessage } from "./codec/short-message.ts";
import type { SmppAddress } from "./codec/smpp-address.ts";
import type { Delays } from "./delays.ts";

export type DeliverSm = {
  readonly source: SmppAddress;
  readonly destination: SmppAddress;
  readonly message: DeliveredMessage;
  readonly receipt: { readonly id: string; readonly state: number; readonly error: Uint8Array } | null;
};

export type Delivery = { readonly pdu: DeliverSm; readonly onTaken: () => void };

/** `lost`: no answer will come. */
export type DeliverResult = number | "lost";

export interface Receiver {
  /** How many deliver_sm it has not answered. */
  readonly outstanding: number;
  deliver(pdu: DeliverSm, settled: (result: DeliverResult) => void): void;
}

export class Deliveries {
  readonly #delays: Delays;
  readonly #window: number;
  readonly #retryMs: number;
  readonly #receivers = new Set<Receiver>();
  /** What is tried again goes before what was never tried. */
  readonly #again = new Fifo<Delivery>();
  readonly #waiting = new Fifo<Delivery>();
  /** Handed over and not answered, or held until it is tried again. */
  #elsewhere = 0;

  constructor(options: { readonly delays: Delays; readonly window: number; readonly retryMs: number }) {
    this.#delays = options.delays;
    this.#window = options.window;
    this.#retryMs = options.retryMs;
  }

  /** How many the ESME has not taken. */
  get length(): number {
    return this.#again.length + this.#waiting.length + this.#elsewhere;
  }

  put(delivery: Delivery): void {
    this.#waiting.put(delivery);
    this.#pump();
  }

  add(receiver: Receiver): void {
    this.#receivers.add(receiver);
    this.#pump();
  }

  remove(receiver: Receiver): void {
    this.#receivers.delete(receiver);
  }

  #pump(): void {
    for (;;) {
      const receiver = this.#freest();
      if (receiver === null) return;
      const delivery = this.#again.take() ?? this.#waiting.take();
      if (delivery === undefined) return;
      this.#hand(delivery, receiver);
    }
  }

  #freest(): Receiver | null {
    let freest: Receiver | null = null;
    for (const receiver of this.#receivers)
      if (receiver.outstanding < (freest?.outstanding ?? this.#window)) freest = receiver;
    return freest;
  }

  #hand(delivery: Delivery, receiver: Receiver): void {
    this.#elsewhere += 1;
    receiver.deliver(delivery.pdu, (result) => {
      if (result === "lost") this.#back(delivery);
      else if (result === STATUS.ok) {
        this.#elsewhere -= 1;
        delivery.onTaken();
      } else if (result === STATUS.permanentReceiverError || result === STATUS.receiverRejects)
        this.#elsewhere -= 1;
      else {
        this.#delays.after(this.#retryMs, () => this.#back(delivery));
      }
      this.#pump();
    });
  }

  #back(delivery: Delivery): void {
    this.#elsewhere -= 1;
    this.#again.put(delivery);
    this.#pump();
  }
}

/** First in, first out, at the same cost however many there are. */
class Fifo<T> {
  #items: T[] = [];
  #next = 0;

  get length(): number {
    return this.#items.length - this.#next;
  }

  put(item: T): void {
    this.#items.push(item);
  }

  take(): T | undefined {
    const item = this.#items[this.#next];
    if (item === undefined) return undefined;
    this.#next += 1;
    if (this.#next * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#next);
      this.#next = 0;
    }
    return item;
  }
}
