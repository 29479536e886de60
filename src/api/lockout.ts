/**
 * Holds off an address that keeps guessing. Ten wrong passwords within five minutes close the API to it for one
 * minute: 429/20429 with `Retry-After`, to everything it sends, so that a locked-out operator reads "too many
 * requests" and not "wrong password". A success forgets the failures. The address is the socket's own, never a
 * forwarded header's; IPv6 counts by /64, which one machine can fill.
 *
 * Bounded: past 10,000 addresses the ones not heard of for longest are forgotten.
 */
import type { Clock } from "../runtime/clock.ts";

const FAILURES = 10;
const WITHIN_MS = 5 * 60_000;
const LOCKED_MS = 60_000;
const ADDRESSES = 10_000;

type Record = { failures: number; since: number; lockedUntil: number };

export class Lockout {
  readonly #clock: Clock;
  readonly #records = new Map<string, Record>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds until this address may try again; 0 when it may now. */
  waitMs(address: string): number {
    const record = this.#records.get(networkOf(address));
    return record === undefined ? 0 : Math.max(0, record.lockedUntil - this.#clock.monotonicMs());
  }

  failed(address: string): void {
    const key = networkOf(address);
    const now = this.#clock.monotonicMs();
    const known = this.#records.get(key);
    const record =
      known === undefined || now - known.since > WITHIN_MS
        ? { failures: 0, since: now, lockedUntil: 0 }
        : known;
    record.failures += 1;
    if (record.failures >= FAILURES) {
      record.lockedUntil = now + LOCKED_MS;
      record.failures = 0;
      record.since = now;
    }
    this.#records.delete(key);
    this.#records.set(key, record);
    this.#forgetOldest();
  }

  succeeded(address: string): void {
    this.#records.delete(networkOf(address));
  }

  #forgetOldest(): void {
    if (this.#records.size <= ADDRESSES) return;
    const oldest = this.#records.keys().next().value;
    if (oldest !== undefined) this.#records.delete(oldest);
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
