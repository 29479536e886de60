import type { WebhookNotice, WebhookTask } from "./store.ts";
import type { Undo } from "./undo.ts";

/** Queues that a transaction put something into, by name; told to the listeners after its commit. */
export class Notices {
  readonly #undo: Undo;
  readonly #queued: string[] = [];
  readonly #webhooks: {
    readonly queue: string;
    readonly task: WebhookTask | null;
    readonly movedFrom?: readonly string[];
  }[] = [];

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

  /** Webhooks were taken out of these queues, and put into `queue` where that is none of them. */
  moved(queue: string, movedFrom: readonly string[]): void {
    this.#webhooks.push({ queue, task: null, movedFrom });
    this.#undo.did(() => this.#webhooks.pop());
  }

  /** Each queue once, in the order of their first mention; then it is empty. */
  take(): { readonly queued: readonly string[]; readonly webhooks: readonly WebhookNotice[] } {
    const webhooks = new Map<string, WebhookNotice>();
    for (const { queue, task, movedFrom = [] } of this.#webhooks.splice(0)) {
      const known = webhooks.get(queue);
      const notice = known === undefined ? { queue, first: task, more: false } : { ...known, more: true };
      const queues = [...new Set([...(known?.movedFrom ?? []), ...movedFrom])];
      webhooks.set(queue, queues.length === 0 ? notice : { ...notice, movedFrom: queues });
    }
    return { queued: [...new Set(this.#queued.splice(0))], webhooks: [...webhooks.values()] };
  }
}
