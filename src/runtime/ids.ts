/**
 * Twilio identifiers: two letters and 32 hex digits (contract §1.4). Ours begin with a time-ordered key, so
 * that rows created together lie together on disk and a SID finds its row without a second index:
 *
 *   SM  kkkkkkkkkkkkkk  rrrrrrrrrrrrrrrrrr
 *       14 digits: key  18 digits: random
 *
 * The key is (milliseconds since 2020) × 4096 + a counter, a safe integer until 2089. It never repeats and
 * never goes back, whatever the wall clock does: after a jump back it counts on from the last key.
 */
import { randomBytes } from "node:crypto";
import type { Clock } from "./clock.ts";

export type SidPrefix =
  | "AC"
  | "SM"
  | "PN"
  | "NO"
  | "SK"
  | "MG"
  | "AP"
  | "SC"
  | "RQ"
  | "AU"
  | "MB"
  | "BC"
  | "BR";

const EPOCH_MS = Date.UTC(2020, 0, 1);
const PER_MS = 4096;

const RANDOM_OCTETS = 9;
/** A call to the random source costs far more than its octets, so they are fetched for many SIDs at once. */
const POOL_OCTETS = RANDOM_OCTETS * 512;

export class KeySequence {
  readonly #clock: Clock;
  #last: number;
  #pool = Buffer.alloc(0);
  #used = 0;

  /** `after`: the newest key already used, so that keys stay unique across restarts and clock jumps. */
  constructor(clock: Clock, after = 0) {
    this.#clock = clock;
    this.#last = after;
  }

  next(): number {
    this.#last = Math.max(this.#last + 1, firstKeyAt(this.#clock.now()));
    return this.#last;
  }

  sid(prefix: SidPrefix): string {
    return sidOf(prefix, this.next(), this.#randomHex());
  }

  /** Octets of the pool are used once and never shown otherwise. */
  #randomHex(): string {
    if (this.#used >= this.#pool.length) {
      this.#pool = randomBytes(POOL_OCTETS);
      this.#used = 0;
    }
    const from = this.#used;
    this.#used += RANDOM_OCTETS;
    return this.#pool.toString("hex", from, this.#used);
  }
}

/** The first key that an instant (epoch ms) can give: a bound for queries by time. */
export function firstKeyAt(epochMs: number): number {
  return Math.max(0, Math.floor(epochMs - EPOCH_MS)) * PER_MS;
}

/** When a key was made, epoch milliseconds; a key that counted on after the clock went back is of before. */
export function epochOfKey(key: number): number {
  return EPOCH_MS + Math.floor(key / PER_MS);
}

export function sidOf(prefix: SidPrefix, key: number, randomHex: string): string {
  return prefix + key.toString(16).padStart(14, "0") + randomHex;
}

/** The key inside a time-ordered SID, or null when the text is not one. Case of the hex digits is ignored. */
export function keyOfSid(sid: string): number | null {
  if (!/^[A-Z]{2}[0-9a-fA-F]{32}$/.test(sid)) return null;
  const key = Number.parseInt(sid.slice(2, 16), 16);
  return Number.isSafeInteger(key) ? key : null;
}

/** A SID with nothing but randomness in it, for things that live in the settings document. */
export function randomSid(prefix: SidPrefix): string {
  return prefix + randomBytes(16).toString("hex");
}

/** 32 lowercase hex digits: SDKs refuse tokens with other characters (contract §1.2). */
export function randomToken(): string {
  return randomBytes(16).toString("hex");
}
