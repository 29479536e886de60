import type { WebhookNotice, WebhookTask } from "./store.ts";
import type { Undo } from "./undo.ts";

/** Queues that a transaction put something into, by name; told to the listeners after its commit. */
export class Notices {
  readonly #undo: Undo;
  readonly #queued: string[] = [];
  readonly #webhooks: { readonly queue: string; readonly task: WebhookTask | null }[] = [];

  constructor(undo: Undo) {
    this.#undo = undo;
  }

  queued(queue: string): void {
    this.#queued.push(queue);
    this.#undo.did(() => this.#queued.pop());
  }

  /** `task`: null when it is not new, but comes from another queue. */
  webhook(queue: string, task: WebhookTask | null): void {
    this.#webhooks.push({ queue, task });
    this.#undo.did(() => this.#webhooks.pop());
  }

  /** Each queue once, in the order of their first mention; then it is empty. */
  take(): { readonly queued: readonly string[]; readonly webhooks: readonly WebhookNotice[] } {
    const webhooks = new Map<string, WebhookNotice>();
    for (const { queue, task } of this.#webhooks.splice(0)) {
      const known = webhooks.get(queue);
      webhooks.set(
        queue,
        known === undefined ? { queue, first: task, more: false } : { ...known, more: true },
      );
    }
    return { queued: [...new Set(this.#queued.splice(0))], webhooks: [...webhooks.values()] };
  }
}
