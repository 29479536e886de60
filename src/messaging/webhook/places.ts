/**
 * Who may be asked now. Every app (an origin) has places of its own, so that one that is dead, with all its numbers'
 * queues waiting fifteen seconds for nothing, takes no place of another's. There is a bound on all of them together,
 * for the sake of memory and sockets; an app with nothing under way is served beyond it. Queues of one app take
 * turns: one webhook, then to the end of the row.
 */
export type PlaceLimits = { readonly perApp: number; readonly total: number };

export class Places {
  readonly #limits: PlaceLimits;
  /** By app, its queues in the order in which they are served. */
  readonly #ready = new Map<string, Set<string>>();
  readonly #taken = new Map<string, number>();
  #total = 0;

  constructor(limits: PlaceLimits) {
    this.#limits = limits;
  }

  /** A queue that has something to deliver; one that is ready already stays where it stands. */
  add(queue: string): void {
    const app = appOf(queue);
    const queues = this.#ready.get(app);
    if (queues === undefined) this.#ready.set(app, new Set([queue]));
    else queues.add(queue);
  }

  /** Takes places for as many queues as may go now. */
  take(): readonly string[] {
    const going: string[] = [];
    for (const [app, queues] of this.#ready) {
      for (const queue of queues) {
        if (!this.#hasRoomFor(app)) break;
        queues.delete(queue);
        this.#change(app, 1);
        going.push(queue);
      }
      if (queues.size === 0) this.#ready.delete(app);
    }
    return going;
  }

  /** What was taken for this queue is free again. */
  free(queue: string): void {
    this.#change(appOf(queue), -1);
  }

  clear(): void {
    this.#ready.clear();
  }

  #hasRoomFor(app: string): boolean {
    const taken = this.#taken.get(app) ?? 0;
    return taken === 0 || (taken < this.#limits.perApp && this.#total < this.#limits.total);
  }

  #change(app: string, by: 1 | -1): void {
    const taken = (this.#taken.get(app) ?? 0) + by;
    if (taken === 0) this.#taken.delete(app);
    else this.#taken.set(app, taken);
    this.#total += by;
  }
}

/** `+33639980001 http://192.168.1.20:5000`, with `~id` behind it for a webhook put aside. A sender may hold spaces. */
export function appOf(queue: string): string {
  const origin = queue.slice(queue.lastIndexOf(" ") + 1);
  const aside = origin.indexOf("~");
  return aside < 0 ? origin : origin.slice(0, aside);
}
