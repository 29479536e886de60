/**
 * A segment that is kept already came again. It is dropped, and the operator hears of it: once for a line, then at
 * most every ten minutes with how many there were, because a network that misses acknowledgements repeats each one.
 *
 * What this process sees for the first time, and is kept, was kept before it started: the modem still held it, for
 * its deletion was cut short. That is the order of things (kept first, then deleted), no event.
 */
import type { Clock } from "../../runtime/clock.ts";
import type { NewEvent } from "../../runtime/event.ts";

const TOLD_EVERY_MS = 600_000;
/** A network repeats within hours. What is older is forgotten, and its repetition is no event. */
const REMEMBERED = 5000;

type Tally = { toldAt: number; untold: number };

export class Duplicates {
  readonly #clock: Clock;
  readonly #seen = new Set<string>();
  readonly #lines = new Map<string, Tally>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The segment is on disk. */
  kept(line: string, fingerprint: string): void {
    const key = `${line} ${fingerprint}`;
    this.#seen.delete(key);
    this.#seen.add(key);
    if (this.#seen.size <= REMEMBERED) return;
    for (const oldest of this.#seen) {
      this.#seen.delete(oldest);
      return;
    }
  }

  /** It was there already. The event, when it is time for one. */
  again(line: string, fingerprint: string): NewEvent | null {
    const isRepeated = this.#seen.has(`${line} ${fingerprint}`);
    this.kept(line, fingerprint);
    if (!isRepeated) return null;
    const tally = this.#lines.get(line) ?? { toldAt: Number.NEGATIVE_INFINITY, untold: 0 };
    tally.untold += 1;
    this.#lines.set(line, tally);
    return this.#news(line, tally);
  }

  /** What was held back and may be told now. */
  due(): readonly NewEvent[] {
    return [...this.#lines].flatMap(([line, tally]) => this.#news(line, tally) ?? []);
  }

  #news(line: string, tally: Tally): NewEvent | null {
    const now = this.#clock.monotonicMs();
    const { untold: count } = tally;
    if (count === 0 || now - tally.toldAt < TOLD_EVERY_MS) return null;
    tally.toldAt = now;
    tally.untold = 0;
    const what = count === 1 ? "A segment" : `${count} segments`;
    return {
      type: "inbound.duplicate",
      level: "info",
      at: this.#clock.now(),
      text: `${what} came to ${line} again and ${count === 1 ? "is" : "are"} kept already: the network delivered again, or the modem had not let go of it. Dropped; told at most every ten minutes.`,
      line,
      detail: { count },
    };
  }
}
