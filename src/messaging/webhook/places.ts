/**
 * Who may be asked now. Every app (an origin) has places of its own, so that one that is dead, with all its numbers'
 * queues waiting fifteen seconds for nothing, takes no place of another's. There is a bound on all of them together,
 * for the sake of memory and sockets; an app with nothing under way is served beyond it. Queues of one app take
 * turns: one webhook, then to the end of the row.
 */
export type PlaceLimits = { readonly perApp: number; readonly total: number };

export class Places {
  readonly #limits: PlaceLimits;
  /** By app, its queues in the order in which they are served; an app without any is not in it. */
  readonly #ready = new Map<string, Set<string>>();
  readonly #taken = new Map<string, number>();
  /** Ready apps with nothing under way: they go whatever the others do. */
  readonly #fresh = new Set<string>();
  /** Ready apps with something under way and room for more. */
  readonly #sharing = new Set<string>();
  #total = 0;

  constructor(limits: PlaceLimits) {
    this.#limits = limits;
  }

  /** A queue that has something to deliver; one that is ready already stays where it stands. */
  add(queue: string): void {
    const app = appOf(queue);
    const queues = this.#ready.get(app);
    if (queues !== undefined) queues.add(queue);
    else {
      this.#ready.set(app, new Set([queue]));
      this.#sort(app);
    }
  }

  /** Takes places for as many queues as may go now. Looks at those only, not at the apps that have no room. */
  take(): readonly string[] {
    const going: string[] = [];
    for (const app of this.#fresh) going.push(...this.#go(app));
    for (const app of this.#sharing) {
      while (this.#total < this.#limits.total && this.#sharing.has(app)) going.push(...this.#go(app));
      if (this.#total >= this.#limits.total) break;
    }
    return going;
  }

  /** What was taken for this queue is free again. */
  free(queue: string): void {
    this.#change(appOf(queue), -1);
  }

  clear(): void {
    this.#ready.clear();
    this.#fresh.clear();
    this.#sharing.clear();
  }

  #go(app: string): readonly string[] {
    const queues = this.#ready.get(app);
    const [queue] = queues ?? [];
    if (queues === undefined || queue === undefined) return [];
    queues.delete(queue);
    if (queues.size === 0) this.#ready.delete(app);
    this.#change(app, 1);
    return [queue];
  }

  #change(app: string, by: 1 | -1): void {
    const taken = (this.#taken.get(app) ?? 0) + by;
    if (taken === 0) this.#taken.delete(app);
    else this.#taken.set(app, taken);
    this.#total += by;
    this.#sort(app);
  }

  #sort(app: string): void {
    this.#fresh.delete(app);
    const taken = this.#taken.get(app) ?? 0;
    if (!this.#ready.has(app) || taken >= this.#limits.perApp) this.#sharing.delete(app);
    else if (taken > 0) this.#sharing.add(app);
    else {
      this.#sharing.delete(app);
      this.#fresh.add(app);
    }
  }
}

/** `+33639980001 http://192.168.1.20:5000`, with `~id` behind it for a webhook put aside. A sender may hold spaces. */
export function appOf(queue: string): string {
  const origin = queue.slice(queue.lastIndexOf(" ") + 1);
  const aside = origin.indexOf("~");
  return aside < 0 ? origin : origin.slice(0, aside);
}
