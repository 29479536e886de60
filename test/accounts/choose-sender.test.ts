import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Address } from "../../src/accounts/address.ts";
import { type Candidate, chooseSender } from "../../src/accounts/choose-sender.ts";
import { numberRecord } from "../messaging/numbers.ts";

type Fields = Parameters<typeof numberRecord>[0];

const FRENCH_PHONE: Address = { kind: "e164", address: "+33612345678", country: "FR" };
const US_PHONE: Address = { kind: "e164", address: "+14155550123", country: "US" };
const NO_PREFERENCE = { sticky: null, areaCodeGeomatch: true };

function candidate(phoneNumber: string, fields: Fields = {}, queuedSegments = 0): Candidate {
  return { number: numberRecord({ phoneNumber, ...fields }), queuedSegments };
}

const french = candidate("+33639980001");
const secondFrench = candidate("+33639980002");
const german = candidate("+4915112345678", { country: "DE" });
const us212 = candidate("+12125550100", { country: "US", kind: "local" });
const us415 = candidate("+14155550100", { country: "US", kind: "local" });
const shortCode = candidate("36123", { kind: "short-code" });
const alpha = candidate("PYLONE", { kind: "alphanumeric" });

function choose(pool: readonly Candidate[], to: Address, preferences = {}) {
  return chooseSender(pool, to, { ...NO_PREFERENCE, ...preferences })?.phoneNumber ?? null;
}

describe("the sender of a service", () => {
  const everybody = [german, french, us212, us415, shortCode, alpha];

  it.each([
    ["an alphanumeric sender first, where they work", everybody, FRENCH_PHONE, "PYLONE"],
    ["a short code of the country next", [german, french, shortCode], FRENCH_PHONE, "36123"],
    ["a number of the country next", [german, us212, french], FRENCH_PHONE, "+33639980001"],
    ["no name and no foreign short code to the United States", everybody, US_PHONE, "+14155550100"],
    ["a number of the area code before the others", [us212, us415], US_PHONE, "+14155550100"],
    ["a number of the United States where none is at home", [german, us212], FRENCH_PHONE, "+12125550100"],
    ["any number at last", [german], FRENCH_PHONE, "+4915112345678"],
    ["nobody, where nobody can reach them", [shortCode, alpha], US_PHONE, null],
    ["nobody, in an empty pool", [], FRENCH_PHONE, null],
  ] as const)("is %s", (_what, pool, to, expected) => expect(choose(pool, to)).toBe(expected));

  it("is not matched by area code where the service does not want it", () => {
    const chosen = choose([us212, { ...us415, queuedSegments: 1 }], US_PHONE, { areaCodeGeomatch: false });
    expect(chosen).toBe("+12125550100");
  });

  it("is who wrote to the recipient before, whatever the class and the load", () => {
    const busy = { ...german, queuedSegments: 1000 };
    expect(choose([alpha, french, busy], FRENCH_PHONE, { sticky: "+4915112345678" })).toBe("+4915112345678");
  });

  it("is chosen anew when who wrote before has left the pool, or cannot reach them", () => {
    expect(choose([french], FRENCH_PHONE, { sticky: "+33639980009" })).toBe("+33639980001");
    expect(choose([us212, alpha], US_PHONE, { sticky: "PYLONE" })).toBe("+12125550100");
  });

  it("is never the recipient itself", () => {
    const to: Address = { kind: "e164", address: "+33639980001", country: "FR" };
    expect(choose([french, german], to)).toBe("+4915112345678");
  });

  it("is the one with the shortest queue among equals", () => {
    const loaded = (one: number, two: number) => [
      { ...french, queuedSegments: one },
      { ...secondFrench, queuedSegments: two },
    ];
    expect(choose(loaded(3, 2), FRENCH_PHONE)).toBe("+33639980002");
    expect(choose(loaded(2, 3), FRENCH_PHONE)).toBe("+33639980001");
  });

  it("spreads a quiet pool over its recipients, each of whom meets the same one", () => {
    const counts = new Map<string | null, number>();
    for (let index = 0; index < 200; index++) {
      const to: Address = { kind: "e164", address: `+3361234${1000 + index}`, country: "FR" };
      const chosen = choose([french, secondFrench], to);
      expect(choose([secondFrench, french], to)).toBe(chosen);
      counts.set(chosen, (counts.get(chosen) ?? 0) + 1);
    }
    for (const count of counts.values()) expect(count).toBeGreaterThan(60);
    expect(counts.size).toBe(2);
  });

  it("is in the pool and can reach the recipient, or there is none that can", () => {
    const all = [french, secondFrench, german, us212, us415, shortCode, alpha];
    fc.assert(
      fc.property(
        fc.subarray(all),
        fc.constantFrom(FRENCH_PHONE, US_PHONE),
        fc.array(fc.nat(5), { minLength: 7, maxLength: 7 }),
        fc.constantFrom(null, ...all.map(({ number }) => number.phoneNumber)),
        (pool, to, loads, sticky) => {
          const loaded = pool.map((each, index) => ({ ...each, queuedSegments: loads[index] ?? 0 }));
          const chosen = choose(loaded, to, { sticky });
          const able = pool.filter(
            ({ number }) => to === FRENCH_PHONE || !["PYLONE", "36123"].includes(number.phoneNumber),
          );
          if (able.length === 0) expect(chosen).toBeNull();
          else expect(able.map(({ number }) => number.phoneNumber)).toContain(chosen);
          if (sticky !== null && able.some(({ number }) => number.phoneNumber === sticky)) {
            expect(chosen).toBe(sticky);
          }
        },
      ),
    );
  });
});
