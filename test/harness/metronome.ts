/**
 * How long this machine did not let this process run: a tick every 20 ms, and what it was late by. Whoever judges another
 * process's time on a shared machine takes off what the machine itself was away; a process that holds up nobody but itself
 * gets nothing off.
 */
const EVERY_MS = 20;
/** A tick may be that late on a busy machine, and nothing follows from it. */
const LATE_MS = 50;

export class Metronome {
  /** Epoch milliseconds: when a tick was due, and when it came. */
  readonly #heldUp: { readonly due: number; readonly came: number }[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor() {
    let last = Date.now();
    this.#timer = setInterval(() => {
      const came = Date.now();
      const due = last + EVERY_MS;
      if (came - due > LATE_MS) this.#heldUp.push({ due, came });
      last = came;
    }, EVERY_MS);
  }

  /** Milliseconds between `from` and `until` in which it could not run. */
  heldUpMs(from: number, until: number): number {
    return this.#heldUp.reduce(
      (sum, { due, came }) => sum + Math.max(0, Math.min(came, until) - Math.max(due, from)),
      0,
    );
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
