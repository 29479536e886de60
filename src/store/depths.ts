import type { QueueDepth } from "./reading.ts";
import type { Undo } from "./undo.ts";

/**
 * How many Segments each queue holds that nobody has taken yet. Kept in memory so that an accept need not count
 * rows; counted from the rows once, at open.
 */
export class Depths {
  readonly #undo: Undo;
  readonly #depths = new Map<string, { messages: number; segments: number }>();

  constructor(undo: Undo) {
    this.#undo = undo;
  }

  segments(queue: string): number {
    return this.#depths.get(queue)?.segments ?? 0;
  }

  /** A Message of this queue had `before` Segments waiting and now has `after`. */
  change(queue: string, before: number, after: number): void {
    if (before === after) return;
    this.#apply(queue, before, after);
    this.#undo.did(() => this.#apply(queue, after, before));
  }

  all(): readonly Omit<QueueDepth, "oldestAt">[] {
    return [...this.#depths].map(([queue, depth]) => ({ queue, ...depth }));
  }

  #apply(queue: string, before: number, after: number): void {
    const depth = this.#depths.get(queue) ?? { messages: 0, segments: 0 };
    depth.segments += after - before;
    depth.messages += (after > 0 ? 1 : 0) - (before > 0 ? 1 : 0);
    if (depth.messages === 0) this.#depths.delete(queue);
    else this.#depths.set(queue, depth);
  }
}
