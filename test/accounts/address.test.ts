import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeNumber, nationalFormatOf, parseAddress } from "../../src/accounts/address.ts";

describe("an address", () => {
  it("is read in the country that is asked for, whatever it was read in before", () => {
    expect(parseAddress("0639980001", "FR")?.address).toBe("+33639980001");
    expect(parseAddress("0639980001", "IT")?.address).toBe("+390639980001");
    expect(parseAddress("0639980001", "FR")?.address).toBe("+33639980001");
  });

  it("is read the same after more of them than are remembered", () => {
    const last = () => parseAddress("+33 6 39 98 00 01", "FR");
    const first = last();
    for (let number = 0; number < 12_000; number++)
      parseAddress(`+3363998${1000 + (number % 9000)}`, `F${number}`);
    expect(last()).toEqual(first);
  });

  it.each([
    // E.164 and the ways people write it
    ["+33639980001", "FR", "e164", "+33639980001", "FR"],
    ["+33 6 39 98 00 01", "FR", "e164", "+33639980001", "FR"],
    ["+33 (0)6 39 98 00 01", "US", "e164", "+33639980001", "FR"],
    ["+1 (415) 555-1212", "FR", "e164", "+14155551212", "US"],
    ["+1.415.555.1212", "FR", "e164", "+14155551212", "US"],
    [" +33639980001\n", "FR", "e164", "+33639980001", "FR"],
    // national forms, in the country they are read in
    ["0639980001", "FR", "e164", "+33639980001", "FR"],
    ["06 39 98 00 01", "FR", "e164", "+33639980001", "FR"],
    ["0033639980001", "FR", "e164", "+33639980001", "FR"],
    ["33639980001", "FR", "e164", "+33639980001", "FR"],
    ["(415) 555-1212", "US", "e164", "+14155551212", "US"],
    ["07400123456", "GB", "e164", "+447400123456", "GB"],
    ["0612345678", "IT", "e164", "+390612345678", "IT"],
    // possible, not valid: fictional ranges, and what was opened after the tables were made
    ["+15558675310", "FR", "e164", "+15558675310", null],
    ["5558675310", "US", "e164", "+15558675310", "US"],
    ["+491512345", "FR", "e164", "+491512345", "DE"],
    // no country: satellite phones
    ["+88210012345", "FR", "e164", "+88210012345", null],
    // short codes: 3 to 8 digits
    ["36123", "FR", "short-code", "36123", null],
    ["36123", "DE", "short-code", "36123", null],
    ["118", "US", "short-code", "118", null],
    ["5551212", "US", "short-code", "5551212", null],
    ["12345678", "FR", "short-code", "12345678", null],
    // … unless they are a whole national number
    ["41234567", "NO", "e164", "+4741234567", "NO"],
    // alphanumeric senders
    ["PYLONE", "FR", "alphanumeric", "PYLONE", null],
    ["Cafe & Co_1", "FR", "alphanumeric", "Cafe & Co_1", null],
    ["+a-b", "FR", "alphanumeric", "+a-b", null],
    ["3rd Floor", "FR", "alphanumeric", "3rd Floor", null],
  ])("%j, read in %s, is a %s: %s", (text, country, kind, address, of) => {
    expect(parseAddress(text, country)).toEqual({ kind, address, country: of });
  });

  it.each([
    "",
    " ",
    "+",
    "12",
    "555-1212",
    "123456789012",
    "+123",
    "+336399800",
    "+3363998000112",
    "+1234567890123456",
    "+99912345678",
    "+33639980001;ext=5",
    "tel:+33639980001",
    "whatsapp:+33639980001",
    "+33639980001 +33639980002",
    "+1-800-FLOWERS",
    "Twelve chars",
    "Météo",
    "a\nb",
    "<script>",
    "-+ &",
  ])("is not %j", (text) => {
    expect(parseAddress(text, "FR")).toBeNull();
  });

  it("reads its own answer as the same address, and never throws", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: "binary" }), fc.stringMatching(/^\+?[0-9 ().-]{0,20}$/)),
        fc.constantFrom("FR", "US", "NO", "DE", "XX"),
        (text, country) => {
          const address = parseAddress(text, country);
          if (address === null) return;
          expect(parseAddress(address.address, country)).toMatchObject({
            kind: address.kind,
            address: address.address,
          });
          if (address.kind === "e164") expect(address.address).toMatch(/^\+[1-9]\d{1,14}$/);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("a line's number", () => {
  it.each([
    ["+33612345678", "modem", "mobile", "FR", "06 12 34 56 78"],
    ["+33142685300", "modem", "local", "FR", "01 42 68 53 00"],
    ["+18005551234", "smpp", "toll-free", "US", "(800) 555-1234"],
    // kinds the tables do not know: fictional, and all of North America
    ["+33639980001", "modem", "mobile", "FR", "06 39 98 00 01"],
    ["+33639980001", "smpp", "local", "FR", "06 39 98 00 01"],
    ["+15017122661", "modem", "mobile", "US", "(501) 712-2661"],
    ["+15017122661", "smpp", "local", "US", "(501) 712-2661"],
    // countries the tables do not know: the calling code rules the site out, or there is none
    ["+15558675310", "smpp", "local", "US", "(555) 867-5310"],
    ["+88210012345", "modem", "mobile", "FR", "10012345"],
    ["+99912345678", "modem", "mobile", "FR", "+99912345678"],
  ] as const)("%s on a %s line in France is %s, of %s: %s", (number, lineKind, kind, country, national) => {
    expect(describeNumber(number, { lineKind, siteCountry: "FR" })).toEqual({ kind, country, national });
  });

  it("with a calling code of many countries is of the site's where that is one of them", () => {
    expect(describeNumber("+15558675310", { lineKind: "smpp", siteCountry: "CA" }).country).toBe("CA");
  });

  it("is named in its national form; a short code or a word by itself", () => {
    expect(["+33639980001", "36123", "PYLONE", "+999"].map(nationalFormatOf)).toEqual([
      "06 39 98 00 01",
      "36123",
      "PYLONE",
      "+999",
    ]);
  });
});
