/**
 * One after the other for one phone. A report that names nothing but its recipient settles one Submission in doubt:
 * who looks for it and who writes it down must not be overtaken in between, or one report settles two, and a text that
 * was never sent is believed delivered.
 */

/** Written nationally or internationally, it is the same phone (`likenessOf`). */
const TELLING_DIGITS = 7;

export class PhoneTurns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** `work` begins when all that was asked for before it, for this phone on this line, has ended. */
  async take<T>(line: string, phone: string, work: () => Promise<T>): Promise<T> {
    const key = `${line} ${phone.slice(-TELLING_DIGITS)}`;
    const before = this.#last.get(key);
    const turn = before === undefined ? work() : before.then(work);
    // Its failure is its caller's to hear of; the next one has its turn all the same.
    const over = turn.catch(() => undefined);
    this.#last.set(key, over);
    try {
      return await turn;
    } finally {
      if (this.#last.get(key) === over) this.#last.delete(key);
    }
  }
}
