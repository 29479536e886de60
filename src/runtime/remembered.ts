/**
 * Answers that are dear to find and small to keep, by their question. Two generations: where the younger is full, it
 * becomes the older and that one is forgotten, so what has been asked for among the last `generation` questions is
 * always known, and never more than twice as many are kept.
 */
export class Remembered<Answer> {
  readonly #generation: number;
  #young = new Map<string, Answer>();
  #old = new Map<string, Answer>();

  constructor(generation: number) {
    this.#generation = generation;
  }

  /** At most: what stands in both generations counts twice. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(question: string): Answer | undefined {
    const known = this.#young.get(question);
    if (known !== undefined) return known;
    const older = this.#old.get(question);
    if (older !== undefined) this.set(question, older);
    return older;
  }

  set(question: string, answer: Answer): void {
    if (this.#young.size === this.#generation && !this.#young.has(question)) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(question, answer);
  }

  delete(question: string): void {
    this.#young.delete(question);
    this.#old.delete(question);
  }
}
