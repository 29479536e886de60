/** Who sends a broadcast's Messages: one Number, or for each recipient one of a messaging service's pool. */

import type { Accounts } from "../../accounts/accounts.ts";
import { type Address, parseAddress } from "../../accounts/address.ts";
import { maySend } from "../../accounts/may-send.ts";
import type { Numbers } from "../../accounts/numbers.ts";
import { type PoolFactsOf, senderOf } from "../../accounts/sender-of.ts";
import type { PoolMember, Services } from "../../accounts/services.ts";
import type { BroadcastDefinition } from "../../store/broadcast-commands.ts";
import type { NumberRecord, ServiceRecord } from "../../store/settings-document.ts";
import type { Store } from "../../store/store.ts";
import type { OutboundRequest, Rate } from "../outbound/accept.ts";

export type SenderDeps = {
  /** The main account's SID: broadcasts are nobody else's. */
  readonly accountSid: string;
  readonly accounts: Pick<Accounts, "bySid">;
  readonly numbers: Pick<Numbers, "byNumber">;
  readonly services: Pick<Services, "bySid" | "pool" | "ofNumber">;
  readonly siteCountry: string;
  /** Where texts may go; null: everywhere. */
  readonly countries: readonly string[] | null;
  readonly receiveOnly: ReadonlySet<string>;
  readonly rateOf: (number: string) => Rate;
};

/** `code`: Twilio's. */
export type SenderRefusal = { readonly is: "no"; readonly code: 21606 | 21701 | 21704; readonly why: string };

export type Sender = {
  readonly is: "sender";
  readonly service: ServiceRecord | null;
  /** The queues its Messages join. */
  readonly queues: readonly string[];
  /** `facts`: who wrote to them last, and whose queue is the shortest. Null: nobody can reach them. */
  readonly for: (phoneNumber: string, facts: PoolFactsOf) => Promise<NumberRecord | null>;
};

export function senderFor(
  { from, messagingServiceSid }: Pick<BroadcastDefinition, "from" | "messagingServiceSid">,
  deps: SenderDeps,
): Sender | SenderRefusal {
  const { accounts, accountSid, numbers, services, receiveOnly } = deps;
  const account = accounts.bySid(accountSid);
  if (account === null) return no(21606, "the account is gone");
  if (messagingServiceSid !== null) {
    const service = services.bySid(messagingServiceSid);
    if (service === null || service.accountSid !== accountSid) {
      return no(21701, `the messaging service ${messagingServiceSid} does not exist`);
    }
    const members = services.pool(service).filter(({ number }) => !receiveOnly.has(number.line));
    if (members.length === 0) return no(21704, `the messaging service ${service.friendlyName} has no sender`);
    return poolSender(service, members, deps);
  }
  const number = numbers.byNumber(from ?? "");
  if (number === null || number.accountSid !== accountSid)
    return no(21606, `${from} is no number of this account`);
  if (receiveOnly.has(number.line)) return no(21606, `the line ${number.line} of ${from} only receives`);
  return {
    is: "sender",
    service: null,
    queues: [number.phoneNumber],
    for: async (phoneNumber) => {
      const to = reachable(phoneNumber, deps);
      const allowed = to === null ? null : maySend(account, { text: number.phoneNumber, number }, to);
      return allowed?.is === "yes" ? number : null;
    },
  };
}

/** Who of the sender's service wrote to each of them last; null: nobody, or it does not matter. */
export function stickyOf(
  phoneNumbers: readonly string[],
  { service }: Sender,
  store: Pick<Store, "poolFacts">,
): Promise<readonly (string | null)[]> {
  return Promise.all(
    phoneNumbers.map(async (phoneNumber) =>
      service?.stickySender ? (await store.poolFacts(service.sid, phoneNumber, [])).sticky : null,
    ),
  );
}

/** Everything of the request that is the sender's: the text and the times are the run's. */
export function requestFrom(
  number: NumberRecord,
  { service }: Sender,
  { accountSid, services, rateOf }: SenderDeps,
): Omit<OutboundRequest, "to" | "body"> {
  return {
    accountSid,
    direction: "outbound-api",
    from: number.phoneNumber,
    messagingServiceSid: service?.sid ?? null,
    statusCallback: service?.statusCallback || null,
    queue: number.phoneNumber,
    lane: "broadcast",
    validitySeconds: service?.validityPeriod ?? null,
    segmentsPerSecond: rateOf(number.phoneNumber),
    optOutScope: service?.sid ?? services.ofNumber(number)?.sid ?? null,
    sticky: service?.stickySender ?? false,
  };
}

function poolSender(service: ServiceRecord, members: readonly PoolMember[], deps: SenderDeps): Sender {
  return {
    is: "sender",
    service,
    queues: members.map(({ number }) => number.phoneNumber),
    for: async (phoneNumber, facts) => {
      const to = reachable(phoneNumber, deps);
      return to === null ? null : senderOf({ service, members }, to, facts);
    },
  };
}

function reachable(phoneNumber: string, { siteCountry, countries }: SenderDeps): Address | null {
  const to = parseAddress(phoneNumber, siteCountry);
  if (to?.kind !== "e164") return null;
  if (countries !== null && (to.country === null || !countries.includes(to.country))) return null;
  return to;
}

function no(code: SenderRefusal["code"], why: string): SenderRefusal {
  return { is: "no", code, why };
}
