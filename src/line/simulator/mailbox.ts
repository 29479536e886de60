/**
 * What the service centre keeps for one subscriber, in order, one on the air at a time (23.040 §3.2).
 *
 * A subscriber that is full or absent is left alone until it says that this has changed (`wake`: RP-SMMA or a
 * registration); one that did not acknowledge is tried again after a while. Nothing is ever dropped.
 */
import { withMoreMessages } from "./codec/tpdu.ts";
import type { Delays } from "./delays.ts";
import type { Subscriber } from "./subscriber.ts";

type Item = { readonly tpdu: Uint8Array; readonly onTaken: () => void };

export class Mailbox {
  readonly #subscriber: Subscriber;
  readonly #delays: Delays;
  readonly #timing: { readonly deliverMs: number; readonly retryMs: number };
  readonly #waiting: Item[] = [];
  #state: "idle" | "on-air" | "held" = "idle";
  #heldSince = 0;
  #woken = false;

  constructor(
    subscriber: Subscriber,
    delays: Delays,
    timing: { readonly deliverMs: number; readonly retryMs: number },
  ) {
    this.#subscriber = subscriber;
    this.#delays = delays;
    this.#timing = timing;
  }

  get length(): number {
    return this.#waiting.length;
  }

  put(tpdu: Uint8Array, onTaken: () => void = () => {}): void {
    this.#waiting.push({ tpdu, onTaken });
    if (this.#state === "idle") this.#next();
  }

  wake(): void {
    if (this.#state === "on-air") this.#woken = true;
    else if (this.#state === "held") this.#next();
  }

  #next(): void {
    const item = this.#waiting[0];
    this.#state = item === undefined ? "idle" : "on-air";
    if (item === undefined) return;
    this.#woken = false;
    this.#delays.after(this.#timing.deliverMs, () => {
      this.#subscriber.offer(withMoreMessages(item.tpdu, this.#waiting.length > 1), (verdict) => {
        if (verdict === "taken") {
          this.#waiting.shift();
          item.onTaken();
          this.#next();
        } else if (this.#woken && verdict !== "refused") this.#next();
        else this.#hold(verdict === "refused");
      });
    });
  }

  #hold(untilTime: boolean): void {
    this.#state = "held";
    this.#heldSince += 1;
    const hold = this.#heldSince;
    if (!untilTime) return;
    this.#delays.after(this.#timing.retryMs, () => {
      if (this.#state === "held" && this.#heldSince === hold) this.#next();
    });
  }
}
