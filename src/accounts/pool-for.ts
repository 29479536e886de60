/**
 * The part of a pool that may send to a country (contract §6.2): an alphanumeric sender that was added for one
 * country sends there and nowhere else, and there it takes the place of those that were added for all of them.
 */
import type { PoolMember } from "./services.ts";

export function poolFor(members: readonly PoolMember[], country: string | null): readonly PoolMember[] {
  const isForHere = ({ sender }: PoolMember) => sender.isoCountryCode === country && country !== null;
  const hasOwn = members.some(isForHere);
  return members.filter((member) => {
    if (member.sender.kind !== "alpha-sender") return true;
    return isForHere(member) || (member.sender.isoCountryCode === undefined && !hasOwn);
  });
}
