/** Who of a messaging service's pool sends to a recipient (contract §6.3), with what the store knows of both. */
import type { PoolFacts } from "../store/recipient.ts";
import type { NumberRecord, ServiceRecord } from "../store/settings-document.ts";
import type { Address } from "./address.ts";
import { chooseSender } from "./choose-sender.ts";
import { poolFor } from "./pool-for.ts";
import type { PoolMember } from "./services.ts";

export type PoolFactsOf = (
  service: string,
  recipient: string,
  queues: readonly string[],
) => Promise<PoolFacts>;

/** Null: nobody of the pool can reach the recipient. */
export async function senderOf(
  { service, members }: { readonly service: ServiceRecord; readonly members: readonly PoolMember[] },
  to: Address,
  poolFacts: PoolFactsOf,
): Promise<NumberRecord | null> {
  const able = poolFor(members, to.country);
  const queues = able.map(({ number }) => number.phoneNumber);
  const known = await poolFacts(service.sid, to.address, queues);
  const candidates = able.map(({ number }, index) => ({
    number,
    queuedSegments: known.queuedSegments[index] ?? 0,
  }));
  return chooseSender(candidates, to, {
    sticky: service.stickySender ? known.sticky : null,
    areaCodeGeomatch: service.areaCodeGeomatch,
  });
}
