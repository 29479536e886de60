/**
 * Holds off who keeps guessing, and nobody else. An app with a stale password asks again and again beside others
 * that are in order, often from the same address; somebody who guesses asks with a new password each time. So:
 *
 * - ten times the same wrong credentials within five minutes close the API to those credentials for a minute;
 * - ten different ones close it to the address, except to credentials that have been right from there before.
 *
 * Closed means 429/20429 with `Retry-After`, so that an operator reads "too many requests" and not "wrong
 * password". The address is the socket's own, never a forwarded header's; IPv6 counts by /64, which one machine
 * can fill. Credentials are told apart by their digests, which is what is given here. Bounded: past 10,000 addresses the ones not heard of for
 * longest are forgotten.
 */
import type { Clock } from "../runtime/clock.ts";

const FAILURES = 10;
const WITHIN_MS = 5 * 60_000;
const LOCKED_MS = 60_000;
const ADDRESSES = 10_000;
const RIGHT_ONES = 100;

type Wrong = { failures: number; lockedUntil: number };
type Neighbour = { since: number; lockedUntil: number; wrong: Map<string, Wrong>; right: Set<string> };

export class Lockout {
  readonly #clock: Clock;
  readonly #neighbours = new Map<string, Neighbour>();
  /** Heard of last, so the last of the neighbours. */
  #newest: string | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds until these credentials may be tried again from this address; 0 when they may now. */
  waitMs(address: string, digest: string): number {
    const neighbour = this.#neighbours.get(networkOf(address));
    if (neighbour === undefined) return 0;
    if (neighbour.right.has(digest)) return 0;
    const lockedUntil = Math.max(neighbour.lockedUntil, neighbour.wrong.get(digest)?.lockedUntil ?? 0);
    return Math.max(0, lockedUntil - this.#clock.monotonicMs());
  }

  failed(address: string, digest: string): void {
    const neighbour = this.#hearFrom(address);
    const now = this.#clock.monotonicMs();
    if (now - neighbour.since > WITHIN_MS) {
      neighbour.since = now;
      neighbour.wrong.clear();
    }
    neighbour.right.delete(digest);
    const wrong = neighbour.wrong.get(digest) ?? { failures: 0, lockedUntil: 0 };
    neighbour.wrong.set(digest, wrong);
    wrong.failures += 1;
    if (wrong.failures >= FAILURES) {
      wrong.failures = 0;
      wrong.lockedUntil = now + LOCKED_MS;
    }
    if (neighbour.wrong.size >= FAILURES) {
      neighbour.wrong.clear();
      neighbour.lockedUntil = now + LOCKED_MS;
    }
  }

  succeeded(address: string, digest: string): void {
    const { right } = this.#hearFrom(address);
    if (right.has(digest)) return;
    right.add(digest);
    const [oldest] = right;
    if (right.size > RIGHT_ONES && oldest !== undefined) right.delete(oldest);
  }

  #hearFrom(address: string): Neighbour {
    const key = networkOf(address);
    const neighbour = this.#neighbours.get(key) ?? {
      since: this.#clock.monotonicMs(),
      lockedUntil: 0,
      wrong: new Map(),
      right: new Set(),
    };
    if (key === this.#newest) return neighbour;
    this.#newest = key;
    this.#neighbours.delete(key);
    this.#neighbours.set(key, neighbour);
    const oldest = this.#neighbours.keys().next().value;
    if (this.#neighbours.size > ADDRESSES && oldest !== undefined) this.#neighbours.delete(oldest);
    return neighbour;
  }
}

function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.[1] !== undefined) return mapped[1];
  if (!address.includes(":")) return address;
  const [head = "", tail] = (address.split("%")[0] ?? "").split("::");
  const groups = head === "" ? [] : head.split(":");
  const last = tail === undefined || tail === "" ? [] : tail.split(":");
  while (groups.length + last.length < 8) groups.push("0");
  return [...groups, ...last].slice(0, 4).join(":");
}
