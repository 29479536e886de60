import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Offer } from "../../src/accounts/inventory.ts";
import { type ApiBox, OWN, openApiBox } from "./api-box.ts";

const HAWAII = "+18085550142";
const offer = (phoneNumber: string, kind: Offer["kind"], country: string, place?: Offer["place"]): Offer => ({
  phoneNumber,
  kind,
  country,
  line: "carrier",
  place,
});

let box: ApiBox;

async function numbersOf(list: object): Promise<readonly string[]> {
  const found = await (list as { list: () => Promise<{ phoneNumber: string }[]> }).list();
  return found.map(({ phoneNumber }) => phoneNumber);
}

beforeEach(async () => {
  box = await openApiBox();
  box.inventory.offer("sim1", [offer(OWN, "mobile", "FR")]);
  box.inventory.offer("carrier", [
    offer("+33639980042", "mobile", "FR"),
    offer("+33155500001", "local", "FR", { locality: "Paris" }),
    offer("+14157867655", "local", "US"),
    offer(HAWAII, "local", "US", {
      locality: "Hilo",
      rateCenter: "HILO",
      lata: "834",
      postalCode: "96720",
      latitude: 19.72,
      longitude: -155.09,
    }),
    offer("+18005550142", "toll-free", "US"),
    offer("36123", "short-code", "FR"),
  ]);
});

afterEach(() => box.close());

describe("what is for sale, through the official SDK", () => {
  it("is what a line offers and nobody has, by country and kind", async () => {
    const list = async (country: string, kind: "local" | "mobile" | "tollFree") =>
      numbersOf(box.client.availablePhoneNumbers(country)[kind]);

    expect(await list("FR", "mobile")).toEqual(["+33639980042"]);
    expect(await list("FR", "local")).toEqual(["+33155500001"]);
    expect(await list("FR", "tollFree")).toEqual([]);
    expect(await list("US", "local")).toEqual(["+14157867655", HAWAII]);
    expect(await list("US", "tollFree")).toEqual(["+18005550142"]);
    expect(await list("DE", "mobile")).toEqual([]);

    await box.client.incomingPhoneNumbers.create({ phoneNumber: "+33639980042" });
    expect(await list("FR", "mobile")).toEqual([]);
    const own = box.numbers.byNumber(OWN)?.sid ?? "";
    await box.client.incomingPhoneNumbers(own).remove();
    expect(await list("FR", "mobile")).toEqual([OWN]);
  });

  it.each([
    [{ areaCode: 415 }, 1],
    [{ areaCode: 212 }, 0],
    [{ contains: "STORM" }, 1],
    [{ contains: "%STORM%" }, 1],
    [{ contains: "+1415" }, 1],
    [{ contains: "0142$" }, 1],
    [{ contains: "9999" }, 0],
    [{ inRegion: "CA" }, 1],
    [{ inRegion: "HI" }, 1],
    [{ inRegion: "NY" }, 0],
    [{ inLocality: "hilo" }, 1],
    [{ inPostalCode: "96720" }, 1],
    [{ inRateCenter: "HILO", inLata: "834" }, 1],
    [{ nearLatLong: "19.7,-155.1" }, 1],
    [{ nearLatLong: "19.7,-155.1", distance: 1 }, 0],
    [{ nearNumber: HAWAII }, 1],
    [{ nearNumber: "+14155550199" }, 1],
    [{ nearNumber: "+33155500001" }, 0],
    [{ smsEnabled: true }, 2],
    [{ smsEnabled: false }, 0],
    [{ mmsEnabled: true }, 0],
    [{ voiceEnabled: true }, 0],
    [{ faxEnabled: true }, 0],
    [{ mmsEnabled: false, voiceEnabled: false, faxEnabled: false }, 2],
    [{ beta: false, excludeAllAddressRequired: true, excludeLocalAddressRequired: true }, 2],
    [{ limit: 1 }, 1],
    [{ areaCode: 415, inRegion: "HI" }, 0],
  ])("is narrowed by %j to %d", async (filter, count) => {
    expect(await box.client.availablePhoneNumbers("US").local.list(filter)).toHaveLength(count);
  });

  it.each([
    ["Contains=1", 20422],
    ["Contains=12*34", 20422],
    ["AreaCode=41", 21451],
    ["NearLatLong=here", 20422],
    ["Distance=501", 20422],
    ["PageSize=1001", 20007],
  ])("is refused for %s with %d", async (query, code) => {
    const answer = await box.get(box.api(`/AvailablePhoneNumbers/US/Local.json?${query}`));
    expect([answer.status, answer.body["code"]]).toEqual([400, code]);
  });

  it("is found by a plus that was not percent-encoded", async () => {
    const answer = await box.get(box.api("/AvailablePhoneNumbers/US/Local.json?Contains=+1415"));
    expect(answer.body["available_phone_numbers"]).toHaveLength(1);
  });

  it("is nothing of the kinds a line cannot have", async () => {
    const country = box.client.availablePhoneNumbers("FR");
    for (const kind of ["national", "voip", "sharedCost", "machineToMachine"] as const) {
      expect(await numbersOf(country[kind])).toEqual([]);
    }
  });
});

describe("the answer's body", () => {
  it("is a list without paging", async () => {
    const path = box.api("/AvailablePhoneNumbers/US/Local.json");
    const answer = await box.get(`${path}?InLocality=Hilo&PageSize=3`);
    expect([answer.status, answer.body]).toEqual([
      200,
      {
        uri: `${path}?InLocality=Hilo&PageSize=3`,
        available_phone_numbers: [
          {
            friendly_name: "(808) 555-0142",
            phone_number: HAWAII,
            lata: "834",
            locality: "Hilo",
            rate_center: "HILO",
            latitude: "19.720000",
            longitude: "-155.090000",
            region: "HI",
            postal_code: "96720",
            iso_country: "US",
            address_requirements: "none",
            beta: false,
            capabilities: { voice: false, SMS: true, MMS: false, fax: false },
          },
        ],
      },
    ]);
  });

  it("has null for every place nobody knows", async () => {
    const { body } = await box.get(box.api("/AvailablePhoneNumbers/FR/Mobile.json"));
    expect(body["available_phone_numbers"]).toMatchObject([
      { lata: null, locality: null, rate_center: null, latitude: null, longitude: null, region: null },
    ]);
  });

  it("is the countries", async () => {
    const path = box.api("/AvailablePhoneNumbers");
    const country = (code: string, name: string) => ({
      country_code: code,
      country: name,
      uri: `${path}/${code}.json`,
      beta: false,
      subresource_uris: {
        local: `${path}/${code}/Local.json`,
        toll_free: `${path}/${code}/TollFree.json`,
        mobile: `${path}/${code}/Mobile.json`,
      },
    });
    expect((await box.get(`${path}.json`)).body).toEqual({
      uri: `${path}.json`,
      countries: [country("FR", "France"), country("US", "United States")],
    });
    expect((await box.get(`${path}/US.json`)).body).toEqual(country("US", "United States"));
    const listed = await box.client.availablePhoneNumbers.list();
    expect(listed.map(({ countryCode }) => countryCode)).toEqual(["FR", "US"]);
    expect((await box.client.availablePhoneNumbers("FR").fetch()).country).toBe("France");
  });

  it.each(["/DE.json", "/ZZ.json", "/ZZ/Local.json", "/US/Pigeon.json", "/US/toString.json"])(
    "is 404 for %s",
    async (below) => {
      expect((await box.get(box.api(`/AvailablePhoneNumbers${below}`))).status).toBe(404);
    },
  );
});
