import type { Lane, WebhookNotice, WebhookTask } from "./store.ts";
import type { Undo } from "./undo.ts";

/** A queue that a transaction put Messages into; `single`: one of them at least was no broadcast. */
export type QueuedNotice = { readonly queue: string; readonly lane: Lane };

/** Queues that a transaction put something into, by name; told to the listeners after its commit. */
export class Notices {
  readonly #undo: Undo;
  readonly #queued: QueuedNotice[] = [];
  readonly #webhooks: {
    readonly queue: string;
    readonly task: WebhookTask | null;
    readonly movedFrom?: readonly string[];
  }[] = [];

  constructor(undo: Undo) {
    this.#undo = undo;
  }

  queued(queue: string, lane: Lane): void {
    this.#queued.push({ queue, lane });
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
  take(): { readonly queued: readonly QueuedNotice[]; readonly webhooks: readonly WebhookNotice[] } {
    const webhooks = new Map<string, WebhookNotice>();
    for (const { queue, task, movedFrom = [] } of this.#webhooks.splice(0)) {
      const known = webhooks.get(queue);
      const notice = known === undefined ? { queue, first: task, more: false } : { ...known, more: true };
      const queues = [...new Set([...(known?.movedFrom ?? []), ...movedFrom])];
      webhooks.set(queue, queues.length === 0 ? notice : { ...notice, movedFrom: queues });
    }
    const queued = new Map<string, QueuedNotice>();
    for (const notice of this.#queued.splice(0)) {
      if (notice.lane === "single" || !queued.has(notice.queue)) queued.set(notice.queue, notice);
    }
    return { queued: [...queued.values()], webhooks: [...webhooks.values()] };
  }
}
