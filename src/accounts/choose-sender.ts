/**
 * Which Number of a messaging service's pool sends to whom (contract §6.3). Pure: the pool, the recipient and what
 * is known of both in, a Number out. Classes go before loads: within a class the shortest queue wins, and among
 * queues of one length the recipient decides, so that a quiet pool is used evenly and one person still meets one
 * sender.
 *
 * The order: who sent to this recipient last (sticky), an alphanumeric sender where the destination takes them, a
 * short code of its country, a number of its country (of its area code first, in North America), a number of the
 * United States, any number.
 */
import type { NumberRecord } from "../store/settings-document.ts";
import type { Address } from "./address.ts";
import { takesNames } from "./takes-names.ts";

export type Candidate = { readonly number: NumberRecord; readonly queuedSegments: number };

export type Preferences = {
  /** Who sent to this recipient last; null where nobody did, or the service does not care. */
  readonly sticky: string | null;
  readonly areaCodeGeomatch: boolean;
};

/** Null: nobody in the pool can reach the recipient. */
export function chooseSender(
  pool: readonly Candidate[],
  to: Address,
  preferences: Preferences,
): NumberRecord | null {
  const able = pool.filter(({ number }) => canReach(number, to));
  const sticky = able.find(({ number }) => number.phoneNumber === preferences.sticky);
  if (sticky !== undefined) return sticky.number;
  const ranked = able.map((candidate) => ({ candidate, rank: rankOf(candidate.number, to, preferences) }));
  const best = Math.min(...ranked.map(({ rank }) => rank));
  const [first, ...others] = ranked.flatMap(({ candidate, rank }) => (rank === best ? [candidate] : []));
  if (first === undefined) return null;
  return others.reduce((one, other) => lighter(one, other, to.address), first).number;
}

function canReach(number: NumberRecord, to: Address): boolean {
  if (number.phoneNumber === to.address) return false;
  if (number.kind === "alphanumeric") return takesNames(to.country);
  if (number.kind === "short-code") return to.country === null || to.country === number.country;
  return true;
}

/** The smaller the better. */
function rankOf(number: NumberRecord, to: Address, { areaCodeGeomatch }: Preferences): number {
  if (number.kind === "alphanumeric") return 0;
  const home = to.country !== null && number.country === to.country;
  if (number.kind === "short-code") return home ? 1 : 6;
  if (home && areaCodeGeomatch && sameAreaCode(number.phoneNumber, to.address)) return 2;
  if (home) return 3;
  return number.country === "US" ? 4 : 5;
}

/** `+1` and three digits; elsewhere an area is no part of the number one could tell. */
function sameAreaCode(one: string, other: string): boolean {
  return one.startsWith("+1") && other.startsWith("+1") && one.slice(2, 5) === other.slice(2, 5);
}

function lighter(one: Candidate, other: Candidate, to: string): Candidate {
  if (one.queuedSegments !== other.queuedSegments) {
    return one.queuedSegments < other.queuedSegments ? one : other;
  }
  return mixOf(one.number.phoneNumber + to) <= mixOf(other.number.phoneNumber + to) ? one : other;
}

/** FNV-1a: only has to fall differently for different recipients. */
function mixOf(text: string): number {
  let mix = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    mix = Math.imul(mix ^ text.charCodeAt(index), 0x01000193);
  }
  return mix >>> 0;
}
