/**
 * Two machines that answer each other would never stop (contract §4.4, 14107): after thirty replies between two
 * numbers, each within thirty seconds of the one before, further ones fail for thirty seconds. People do not write
 * that fast; half a minute of silence begins the count anew.
 *
 * Kept in memory: a restart lets a loop have thirty more replies, and is itself a pause.
 */
import type { Clock } from "../../runtime/clock.ts";

const WITHIN_MS = 30_000;
const MOST = 30;
const BLOCKED_MS = 30_000;
/** Pairs that are remembered before those that have long been silent are dropped. */
const SWEEP_AT = 10_000;

type Exchange = { readonly count: number; readonly lastMs: number; readonly blockedUntilMs: number };

export class ReplyLoop {
  readonly #clock: Clock;
  readonly #exchanges = new Map<string, Exchange>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether one more reply between the two, in whichever direction, may be sent; counts it. */
  allows(one: string, other: string): boolean {
    const now = this.#clock.monotonicMs();
    const pair = [one, other].sort().join(" ");
    const before = this.#exchanges.get(pair);
    if (before !== undefined && now < before.blockedUntilMs) return false;
    const goesOn = before !== undefined && before.blockedUntilMs === 0 && now - before.lastMs <= WITHIN_MS;
    const count = goesOn ? before.count + 1 : 1;
    const allowed = count <= MOST;
    if (this.#exchanges.size >= SWEEP_AT) this.#sweep(now);
    this.#exchanges.set(pair, { count, lastMs: now, blockedUntilMs: allowed ? 0 : now + BLOCKED_MS });
    return allowed;
  }

  #sweep(now: number): void {
    for (const [pair, { lastMs, blockedUntilMs }] of this.#exchanges) {
      if (now - lastMs > WITHIN_MS && now >= blockedUntilMs) this.#exchanges.delete(pair);
    }
  }
}
