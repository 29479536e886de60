/**
 * What the worker remembers besides its tables (queue depths, names to notify) follows the fate of the
 * SAVEPOINT it was changed in: each change leaves the step that takes it back.
 */
export class Undo {
  #steps: (() => void)[] = [];

  get mark(): number {
    return this.#steps.length;
  }

  did(takeBack: () => void): void {
    this.#steps.push(takeBack);
  }

  /** Takes back everything since `mark`, newest first. */
  rollbackTo(mark: number): void {
    while (this.#steps.length > mark) this.#steps.pop()?.();
  }

  /** What was done stays done. */
  forget(): void {
    this.#steps = [];
  }
}
