import type { Undo } from "./undo.ts";

/** Names of queues that a transaction put something into; told to the listeners after its commit. */
export class Notices {
  readonly #undo: Undo;
  readonly #queued: string[] = [];
  readonly #webhooks: string[] = [];

  constructor(undo: Undo) {
    this.#undo = undo;
  }

  queued(queue: string): void {
    this.#queued.push(queue);
    this.#undo.did(() => this.#queued.pop());
  }

  webhook(queue: string): void {
    this.#webhooks.push(queue);
    this.#undo.did(() => this.#webhooks.pop());
  }

  /** Each name once, in the order of their first mention; then it is empty. */
  take(): { readonly queued: readonly string[]; readonly webhooks: readonly string[] } {
    return {
      queued: [...new Set(this.#queued.splice(0))],
      webhooks: [...new Set(this.#webhooks.splice(0))],
    };
  }
}
