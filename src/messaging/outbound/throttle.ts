/**
 * How fast a Line may go whose carrier says *slower* (`ESME_RTHROTTLED`, `ESME_RMSGQFUL`: SMPP 3.4 §5.1.3). Pure: what
 * was accepted lately and the time in, segments per second out.
 *
 * The rate is learnt, is not configured: nobody knows a carrier's limit, and it changes by the hour. A refusal sets
 * the rate a little below what the carrier has just accepted; from there it creeps up by a hundredth each second until
 * the next refusal, so the line stays within a few parts in a hundred of the limit and is refused every few seconds.
 * When nothing was refused for a while the limit has moved: the rate doubles every half second until it is refused or
 * matters no more. A rate that is only a guess, because too little was accepted to tell, is doubled at once and faster.
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
  /** When the first Segment was accepted at this rate; null: none yet. A guess is not left before that. */
  readonly acceptedAt: number | null;
} | null;

/** A carrier that accepts nothing at all is asked about once a second. */
export const SLOWEST = 1;
/** Where to begin at the least: what came before the first refusal was a burst, or nothing. */
const FIRST_GUESS = 20;
/** Faster than any carrier lets anybody send: nothing is held back any more. */
export const FREE = 10_000;

const LITTLE_LESS = 0.99;
const LEAST_CUT = 0.95;
/** What was accepted is so much less than the rate that the rate said nothing. */
const COLLAPSE = 3;
const CREEP_PER_SECOND = 0.01;
const QUIET_S = 5;
const DOUBLING_S = 0.5;
/** A guess is left sooner. */
const GUESS_DOUBLING_S = 0.25;

const RMSGQFUL = 0x14;
const RTHROTTLED = 0x58;

export function isThrottling(fault: Fault): boolean {
  return fault.code === "smpp.status" && (fault.status === RTHROTTLED || fault.status === RMSGQFUL);
}

/** Segments per second at `now`; infinite when nothing holds the line back. */
export function rateAt(throttle: Throttle, now: number): number {
  if (throttle === null) return Number.POSITIVE_INFINITY;
  const seconds = Math.max(0, now - throttle.at) / 1000;
  const quiet = throttle.isLearnt ? QUIET_S : quietOfGuess(throttle);
  const crept = throttle.rate * (1 + CREEP_PER_SECOND * Math.min(seconds, quiet));
  const doubling = throttle.isLearnt ? DOUBLING_S : GUESS_DOUBLING_S;
  const rate = crept * 2 ** (Math.max(0, seconds - quiet) / doubling);
  return rate < FREE ? rate : Number.POSITIVE_INFINITY;
}

function quietOfGuess({ at, acceptedAt }: NonNullable<Throttle>): number {
  return acceptedAt === null ? QUIET_S : Math.min(QUIET_S, (acceptedAt - at) / 1000);
}

/** The carrier has accepted a Segment that was handed over after the rate was last set. */
export function afterAcceptance(throttle: Throttle, now: number): Throttle {
  if (throttle === null || throttle.isLearnt || throttle.acceptedAt !== null) return throttle;
  return { ...throttle, acceptedAt: now };
}

/**
 * The carrier has refused a Segment that was handed over after the rate was last set. `accepted`: what it accepted
 * per second lately, null when that was too little to tell.
 */
export function afterRefusal(throttle: Throttle, accepted: number | null, now: number): Throttle {
  const current = rateAt(throttle, now);
  const seen = (accepted ?? 0) * LITTLE_LESS;
  if (throttle === null || current === Number.POSITIVE_INFINITY)
    return { rate: Math.max(FIRST_GUESS, seen), at: now, isLearnt: false, acceptedAt: null };
  if (accepted === null)
    return { rate: Math.max(SLOWEST, throttle.rate / 2), at: now, isLearnt: false, acceptedAt: null };
  const isLearnt = current <= accepted * COLLAPSE;
  const rate = isLearnt ? Math.min(current, Math.max(current * LEAST_CUT, seen)) : seen;
  return { rate: Math.max(SLOWEST, rate), at: now, isLearnt, acceptedAt: null };
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

  /**
   * In the last second, or two: counting whole Segments in one takes up to one too few. When that was next to nothing,
   * over the time that the last five took.
   */
  perSecond(now: number): number | null {
    const within = this.#within(now, SECOND_MS);
    if (within === REMEMBERED) return (REMEMBERED * 1000) / Math.max(1, now - this.#ago(REMEMBERED - 1));
    if (within >= ENOUGH) return Math.max(within, this.#within(now, 2 * SECOND_MS) / 2);
    const took = now - this.#ago(ENOUGH - 1);
    return took <= MEMORY_MS ? (ENOUGH * 1000) / took : null;
  }

  #within(now: number, ms: number): number {
    let count = 0;
    while (count < REMEMBERED && now - this.#ago(count) < ms) count++;
    return count;
  }

  /** When the `nth` last one was accepted; 0 is the last. */
  #ago(nth: number): number {
    return this.#at[(this.#count - 1 - nth + 2 * REMEMBERED) % REMEMBERED] ?? Number.NEGATIVE_INFINITY;
  }
}
