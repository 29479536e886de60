import { describe, expect, it } from "vitest";
import { regionOfNumber } from "../../src/accounts/area-codes.ts";
import type { Offer } from "../../src/accounts/inventory.ts";
import { type OfferSearch, searchOffers } from "../../src/accounts/search-offers.ts";

const HILO: Offer = {
  phoneNumber: "+18085550142",
  line: "a",
  kind: "local",
  country: "US",
  place: { locality: "Hilo", rateCenter: "HILO", latitude: 19.72, longitude: -155.09, postalCode: "96720" },
};
const HONOLULU: Offer = {
  ...HILO,
  phoneNumber: "+18085550143",
  place: { latitude: 21.31, longitude: -157.86 },
};
const NOWHERE: Offer = { ...HILO, phoneNumber: "+18085550144", place: undefined };
const MOVED: Offer = { ...HILO, phoneNumber: "+18085550145", place: { region: "CA" } };
const ALL = [HILO, HONOLULU, NOWHERE, MOVED];

function found(search: Partial<OfferSearch>): readonly Offer[] {
  return searchOffers(ALL, {
    country: "US",
    kind: "local",
    areaCode: null,
    contains: null,
    place: {},
    near: null,
    ...search,
  });
}

describe("a search", () => {
  it("is of one country and one kind", () => {
    expect(found({})).toEqual(ALL);
    expect(found({ country: "CA" })).toEqual([]);
    expect(found({ kind: "mobile" })).toEqual([]);
  });

  it("by region believes the configuration before the area code", () => {
    expect(found({ place: { region: "hi" } })).toEqual([HILO, HONOLULU, NOWHERE]);
    expect(found({ place: { region: "CA" } })).toEqual([MOVED]);
  });

  it("by any other place finds only who says where it is", () => {
    expect(found({ place: { locality: "hilo" } })).toEqual([HILO]);
    expect(found({ place: { postalCode: "96720", rateCenter: "HILO" } })).toEqual([HILO]);
    expect(found({ place: { lata: "834" } })).toEqual([]);
  });

  it("by distance counts miles along the ground", () => {
    const center = { latitude: 19.72, longitude: -155.09 };
    expect(found({ near: { center, miles: 25 } })).toEqual([HILO]);
    expect(found({ near: { center, miles: 210 } })).toEqual([HILO]);
    expect(found({ near: { center, miles: 214 } })).toEqual([HILO, HONOLULU]);
  });
});

it.each([
  ["+14155550142", "CA"],
  ["+12125550142", "NY"],
  ["+14165550142", "ON"],
  ["+18675550142", null],
  ["+18005550142", null],
  ["+33155500001", null],
  ["+1415555", null],
])("the region of %s is %s", (phoneNumber, region) => {
  expect(regionOfNumber(phoneNumber)).toBe(region);
});

it("no area code is in two regions", () => {
  const placed = Array.from({ length: 800 }, (_, index) => regionOfNumber(`+1${index + 200}5550142`));
  expect(placed.filter((region) => region !== null).length).toBeGreaterThan(370);
});
