/**
 * One queue as the deliverer sees it: its next webhooks, read ahead while an app thinks about the one before, or told
 * by the commit that brought them, so that an answer is followed by the next request and not by a walk to the disk.
 *
 * What is known ahead may have been changed on disk by the time its turn comes, where it is about a message with gaps
 * (`isIncomplete`): that one is read again. Where webhooks have gone to another queue, everything is (`forget`).
 */
import type { Store, WebhookNotice, WebhookTask } from "../../store/store.ts";

const AHEAD = 16;

export class QueueAhead {
  readonly #queue: string;
  readonly #store: Pick<Store, "nextWebhooks">;
  /** In their order; what follows them on disk is not known where `#hasMore` says so. */
  #tasks: WebhookTask[] = [];
  /** Taken, and still on disk as far as anybody knows. */
  readonly #taken = new Set<string>();
  #reading: Promise<readonly WebhookTask[]> | null = null;
  #hasMore: boolean;
  /** What was read in an earlier one is not to be believed. */
  #era = 0;

  /** `isEmpty`: there is nothing of it on disk. */
  constructor(queue: string, store: Pick<Store, "nextWebhooks">, isEmpty: boolean) {
    this.#queue = queue;
    this.#store = store;
    this.#hasMore = !isEmpty;
  }

  /** Something came behind all there was. */
  add({ first, more }: WebhookNotice): void {
    const follows = !this.#hasMore && this.#reading === null && this.#tasks.length < AHEAD;
    if (follows && first !== null) this.#tasks.push(first);
    this.#hasMore = !follows || first === null || more;
  }

  get isEmpty(): boolean {
    return this.#tasks.length === 0 && this.#reading === null && !this.#hasMore;
  }

  /** It is not on disk as it was: all is read again. */
  forget(): void {
    this.#era++;
    this.#tasks = [];
    this.#reading = null;
    this.#hasMore = true;
  }

  /** Takes the next; null when there is none. One call at a time. */
  async take(): Promise<WebhookTask | null> {
    const isFresh = this.#tasks.length === 0 && (await this.#refill());
    if (!isFresh && isChangeable(this.#tasks[0])) {
      this.#tasks = [];
      this.#hasMore = true;
      await this.#refill();
    }
    const task = this.#tasks.shift() ?? null;
    if (task === null) return null;
    this.#taken.add(task.webhookId);
    if (this.#tasks.length === 0 && this.#hasMore) {
      this.#reading = this.#read();
      // Whoever takes the next is told.
      this.#reading.catch(() => {});
    }
    return task;
  }

  /** It is in this queue no more. */
  ended({ webhookId }: WebhookTask): void {
    this.#taken.delete(webhookId);
  }

  /** True when what is there now was read just now. */
  async #refill(): Promise<boolean> {
    const isAhead = this.#reading !== null;
    if (!isAhead && !this.#hasMore) return false;
    const era = this.#era;
    const reading = this.#reading ?? this.#read();
    this.#reading = reading;
    let found: readonly WebhookTask[];
    try {
      found = await reading;
    } finally {
      if (this.#reading === reading) this.#reading = null;
    }
    if (era !== this.#era) return this.#refill();
    this.#tasks = [...found];
    if (isAhead && this.#tasks.length === 0) return this.#refill();
    return !isAhead;
  }

  async #read(): Promise<readonly WebhookTask[]> {
    const limit = AHEAD + this.#taken.size;
    this.#hasMore = false;
    const found = await this.#store.nextWebhooks(this.#queue, limit);
    if (found.length === limit) this.#hasMore = true;
    return found.filter(({ webhookId }) => !this.#taken.has(webhookId));
  }
}

function isChangeable(task: WebhookTask | undefined): boolean {
  return task?.facts.kind === "inbound" && task.facts.isIncomplete === true;
}
