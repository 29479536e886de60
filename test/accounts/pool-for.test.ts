import { describe, expect, it } from "vitest";
import { poolFor } from "../../src/accounts/pool-for.ts";
import type { PoolMember } from "../../src/accounts/services.ts";

const member = (phoneNumber: string, kind: PoolMember["sender"]["kind"], isoCountryCode?: string) =>
  ({
    number: { phoneNumber },
    sender: { kind, ...(isoCountryCode === undefined ? {} : { isoCountryCode }) },
  }) as unknown as PoolMember;

const POOL = [
  member("+33639980001", "phone-number"),
  member("36123", "short-code"),
  member("PYLONE", "alpha-sender"),
  member("PYLONEFR", "alpha-sender", "FR"),
  member("PYLONEBE", "alpha-sender", "BE"),
];

const sendersTo = (country: string | null, pool = POOL) =>
  poolFor(pool, country).map(({ number }) => number.phoneNumber);

describe("the senders of a pool that may send to a country", () => {
  it("are the name that is for it, instead of the name that is for all", () => {
    expect(sendersTo("FR")).toEqual(["+33639980001", "36123", "PYLONEFR"]);
    expect(sendersTo("BE")).toEqual(["+33639980001", "36123", "PYLONEBE"]);
  });

  it("are the name that is for all where there is none for it, or nobody knows the country", () => {
    expect(sendersTo("DE")).toEqual(["+33639980001", "36123", "PYLONE"]);
    expect(sendersTo(null)).toEqual(["+33639980001", "36123", "PYLONE"]);
  });

  it("are none where the only name is for another country", () => {
    expect(sendersTo("DE", POOL.slice(3))).toEqual([]);
    expect(sendersTo(null, POOL.slice(3))).toEqual([]);
  });
});
