/** Tells that the queue of a Number has come to its bound: the app gets 21611 each time, the operator an event an hour. */
import type { Clock } from "../../runtime/clock.ts";
import type { NewEvent } from "../../runtime/event.ts";
import { maskNumber } from "../../runtime/log.ts";

const EVERY_MS = 3_600_000;

export class FullQueues {
  readonly #clock: Clock;
  readonly #onEvent: (event: NewEvent) => void;
  /** Queue → when (monotonic) it was told of last. */
  readonly #told = new Map<string, number>();

  constructor(clock: Clock, onEvent: (event: NewEvent) => void) {
    this.#clock = clock;
    this.#onEvent = onEvent;
  }

  refused(queue: string, queuedSegments: number): void {
    const now = this.#clock.monotonicMs();
    if (now - (this.#told.get(queue) ?? Number.NEGATIVE_INFINITY) < EVERY_MS) return;
    this.#told.set(queue, now);
    this.#onEvent({
      type: "queue.full",
      level: "warning",
      at: this.#clock.now(),
      errorCode: 21611,
      text: `The queue of ${maskNumber(queue)} is full with ${queuedSegments} segments: what is posted is refused (21611) until some have gone. Post more slowly, or send from more numbers.`,
    });
  }
}
