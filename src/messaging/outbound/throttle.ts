/**
 * How fast a Line may go whose carrier says *slower* (`ESME_RTHROTTLED`, `ESME_RMSGQFUL`: SMPP 3.4 §5.1.3). Pure: what
 * was accepted lately and the time in, segments per second out.
 *
 * The rate is learnt, is not configured: nobody knows a carrier's limit, and it changes by the hour. A refusal sets
 * the rate a little below what the carrier has just accepted; from there it creeps up by a hundredth each second until
 * the next refusal, so the line stays within a few parts in a hundred of the limit and is refused every few seconds.
 * When nothing was refused for a while the limit has moved: the rate doubles every half second until it is refused or
 * matters no more. The same doubling leads out of a rate that is only a guess, because too little was accepted to tell.
 *
 * Waiting a fixed time instead (Kannel: 60 s) leaves most of the carrier's rate unused and is refused again all the
 * same, because what follows the wait is a burst.
 */
import type { Fault } from "../../runtime/fault.ts";

/** Segments per second, from `at` (monotonic) on; null: the carrier accepts what comes. */
export type Throttle = {
  readonly rate: number;
  readonly at: number;
  /** The rate is what the carrier was seen to accept; else it is a guess, and left quickly. */
  readonly isLearnt: boolean;
} | null;

/** A carrier that accepts nothing at all is asked about once a second. */
export const SLOWEST = 1;
/** Where to begin when nothing was accepted yet. */
const FIRST_GUESS = 10;
/** Faster than any carrier lets anybody send: nothing is held back any more. */
export const FREE = 10_000;

const LITTLE_LESS = 0.98;
const LEAST_CUT = 0.95;
/** What was accepted is so much less than the rate that the rate said nothing. */
const COLLAPSE = 3;
const CREEP_PER_SECOND = 0.01;
const QUIET_S = 5;
const DOUBLING_S = 0.5;

const RMSGQFUL = 0x14;
const RTHROTTLED = 0x58;

export function isThrottling(fault: Fault): boolean {
  return fault.code === "smpp.status" && (fault.status === RTHROTTLED || fault.status === RMSGQFUL);
}

/** Segments per second at `now`; infinite when nothing holds the line back. */
export function rateAt(throttle: Throttle, now: number): number {
  if (throttle === null) return Number.POSITIVE_INFINITY;
  const seconds = Math.max(0, now - throttle.at) / 1000;
  const quiet = throttle.isLearnt ? QUIET_S : 0;
  const crept = throttle.rate * (1 + CREEP_PER_SECOND * Math.min(seconds, quiet));
  const rate = crept * 2 ** (Math.max(0, seconds - quiet) / DOUBLING_S);
  return rate < FREE ? rate : Number.POSITIVE_INFINITY;
}

/**
 * The carrier has refused a Segment that was handed over after the rate was last set. `accepted`: what it accepted
 * per second lately, null when that was too little to tell.
 */
export function afterRefusal(throttle: Throttle, accepted: number | null, now: number): Throttle {
  const current = rateAt(throttle, now);
  if (accepted === null) {
    const wasFree = throttle === null || current === Number.POSITIVE_INFINITY;
    const guess = wasFree ? FIRST_GUESS : throttle.rate / 2;
    return { rate: Math.max(SLOWEST, guess), at: now, isLearnt: false };
  }
  const seen = accepted * LITTLE_LESS;
  const isLearnt = current <= accepted * COLLAPSE;
  const rate = isLearnt ? Math.min(current, Math.max(current * LEAST_CUT, seen)) : seen;
  return { rate: Math.max(SLOWEST, rate), at: now, isLearnt };
}

/** Enough to tell a rate from. */
const ENOUGH = 5;
const SECOND_MS = 1000;
const MEMORY_MS = 10_000;
const REMEMBERED = 4096;

/** What a Line accepted lately. */
export class AcceptedLately {
  readonly #at = new Float64Array(REMEMBERED).fill(Number.NEGATIVE_INFINITY);
  #count = 0;

  add(now: number): void {
    this.#at[this.#count++ % REMEMBERED] = now;
  }

  /** In the last second; when that was next to nothing, over the time that the last five took. */
  perSecond(now: number): number | null {
    let within = 0;
    while (within < REMEMBERED && now - this.#ago(within) < SECOND_MS) within++;
    if (within === REMEMBERED) return (REMEMBERED * 1000) / Math.max(1, now - this.#ago(REMEMBERED - 1));
    if (within >= ENOUGH) return within;
    const took = now - this.#ago(ENOUGH - 1);
    return took <= MEMORY_MS ? (ENOUGH * 1000) / took : null;
  }

  /** When the `nth` last one was accepted; 0 is the last. */
  #ago(nth: number): number {
    return this.#at[(this.#count - 1 - nth + 2 * REMEMBERED) % REMEMBERED] ?? Number.NEGATIVE_INFINITY;
  }
}
