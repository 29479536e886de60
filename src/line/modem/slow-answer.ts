/**
 * A PDU whose result does not come holds the modem: nothing else can be asked, so nothing is read either, for up to
 * 180 s (`commands.ts`). Usually it is a second or two; from 20 s on the line says why nothing happens.
 */
import type { Clock, Timer } from "../../runtime/clock.ts";

const SLOW_MS = 20_000;
/** Until its turn at the modem has come. */
const LOOK_AGAIN_MS = 5000;

export type SlowAnswerOptions = {
  readonly clock: Clock;
  /** How long the PDU in the modem has waited; null while none does. */
  readonly awaitedMs: () => number | null;
  /** Why the line is slow; null when it is no longer. */
  readonly onSlow: (reason: string | null) => void;
};

export class SlowAnswer {
  readonly #options: SlowAnswerOptions;
  #sends = 0;
  #timer: Timer | null = null;
  #told = false;

  constructor(options: SlowAnswerOptions) {
    this.#options = options;
  }

  begins(): void {
    this.#sends++;
    if (this.#timer === null) this.#lookIn(SLOW_MS);
  }

  ended(): void {
    this.#sends--;
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#told) this.#options.onSlow(null);
    this.#told = false;
    if (this.#sends > 0) this.#lookIn(SLOW_MS);
  }

  #lookIn(ms: number): void {
    this.#timer = this.#options.clock.timer(ms, () => {
      const waited = this.#options.awaitedMs();
      if (waited !== null && waited >= SLOW_MS) {
        this.#told = true;
        const seconds = Math.floor(waited / 1000);
        this.#options.onSlow(
          `a text has waited ${seconds} s for the network's answer, at most 180 s; nothing is read meanwhile`,
        );
        this.#lookIn(SLOW_MS);
      } else this.#lookIn(waited === null ? LOOK_AGAIN_MS : SLOW_MS - waited);
    });
  }
}
