/**
 * At most so many requests without a response; the others wait in the order they came. One that is withdrawn while
 * it waits was never written.
 */
import type { Answer } from "./session.ts";

export type WindowedAnswer = Answer | { readonly is: "withdrawn" };

type Waiting = { readonly begin: () => void; readonly withdraw: () => void };

export class SubmitWindow {
  readonly size: number;
  readonly #waiting: Waiting[] = [];
  #used = 0;
  #waited = 0;

  constructor(size: number) {
    this.size = size;
  }

  get used(): number {
    return this.#used;
  }

  /** How many found no room, since the start. */
  get waited(): number {
    return this.#waited;
  }

  /** `write` is called once there is room, and not at all when `signal` is aborted before. It does not throw. */
  submit(write: () => Promise<Answer>, signal: AbortSignal): Promise<WindowedAnswer> {
    if (signal.aborted) return Promise.resolve({ is: "withdrawn" });
    if (this.#used < this.size && this.#waiting.length === 0) return this.#begin(write);
    this.#waited++;
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        waiting.withdraw();
      };
      const waiting: Waiting = {
        begin: () => {
          signal.removeEventListener("abort", onAbort);
          this.#begin(write).then(resolve, reject);
        },
        withdraw: () => {
          signal.removeEventListener("abort", onAbort);
          resolve({ is: "withdrawn" });
        },
      };
      signal.addEventListener("abort", onAbort, { once: true });
      this.#waiting.push(waiting);
    });
  }

  /** Everything that waits was never written. */
  withdraw(): void {
    for (const waiting of this.#waiting.splice(0)) waiting.withdraw();
  }

  #begin(write: () => Promise<Answer>): Promise<Answer> {
    this.#used++;
    const answer = write();
    answer.then(this.#end, this.#end);
    return answer;
  }

  readonly #end = (): void => {
    this.#used--;
    if (this.#used < this.size) this.#waiting.shift()?.begin();
  };
}
