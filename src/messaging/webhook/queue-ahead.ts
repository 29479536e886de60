/**
 * One queue as the deliverer sees it: its next webhooks, read ahead while an app thinks about the one before, so that
 * an answer is followed by the next request and not by a walk to the disk.
 *
 * What is read ahead may have been changed on disk by the time its turn comes, where it is about a message with gaps
 * (`isIncomplete`): that one is read again.
 */
import type { Store, WebhookTask } from "../../store/store.ts";

const AHEAD = 16;

export class QueueAhead {
  readonly #queue: string;
  readonly #store: Pick<Store, "nextWebhooks">;
  #tasks: readonly WebhookTask[] = [];
  /** Taken, and still on disk as far as anybody knows. */
  readonly #taken = new Set<string>();
  #reading: Promise<readonly WebhookTask[]> | null = null;
  /** There may be more on disk than was read. */
  #hasMore = true;

  constructor(queue: string, store: Pick<Store, "nextWebhooks">) {
    this.#queue = queue;
    this.#store = store;
  }

  /** Something came behind what is known. */
  grew(): void {
    this.#hasMore = true;
  }

  get isEmpty(): boolean {
    return this.#tasks.length === 0 && this.#reading === null && !this.#hasMore;
  }

  /** Takes the next; null when there is none. One call at a time. */
  async take(): Promise<WebhookTask | null> {
    const ahead = this.#tasks.length > 0 ? this.#tasks : ((await this.#reading) ?? []);
    this.#reading = null;
    const usable = ahead[0] !== undefined && !isChangeable(ahead[0]);
    const tasks = usable || (ahead.length === 0 && !this.#hasMore) ? ahead : await this.#read();
    const [task = null, ...rest] = tasks;
    this.#tasks = rest;
    if (task !== null) this.#taken.add(task.webhookId);
    if (task !== null && rest.length === 0 && this.#hasMore) {
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

  async #read(): Promise<readonly WebhookTask[]> {
    const limit = AHEAD + this.#taken.size;
    this.#hasMore = false;
    const found = await this.#store.nextWebhooks(this.#queue, limit);
    if (found.length === limit) this.#hasMore = true;
    return found.filter(({ webhookId }) => !this.#taken.has(webhookId));
  }
}

function isChangeable({ facts }: WebhookTask): boolean {
  return facts.kind === "inbound" && facts.isIncomplete === true;
}
