import { describe, expect, it } from "vitest";
import {
  readAttributeName,
  readAttributeValue,
  readLanguage,
  readPhoneNumber,
} from "../../../src/accounts/audience/member-fields.ts";

describe("a phone number", () => {
  it.each([
    ["06 39 98 00 02", "+33639980002"],
    ["+33 6 39 98 00 02", "+33639980002"],
    ["0033639980002", "+33639980002"],
    ["33639980002", "+33639980002"],
    ["639980002", "+33639980002"],
    ["+1 501 712 2661", "+15017122661"],
  ])("%j is %s in France", (text, value) => {
    expect(readPhoneNumber(text, "FR")).toEqual({ is: "read", value });
  });

  it("is read in the country of the site", () => {
    expect(readPhoneNumber("0478 12 34 56", "BE")).toEqual({ is: "read", value: "+32478123456" });
  });

  it.each([
    ["06 39", "is no phone number: write it with its country"],
    ["3.3639980002E+10", "what a spreadsheet makes of a number: format the column as text"],
    ["3,36E+10", "what a spreadsheet makes of a number: format the column as text"],
    ["36123", "is a short code"],
    ["PYLONE", "is no phone number"],
  ])("%j is none: %s", (text, why) => {
    expect(readPhoneNumber(text, "FR")).toEqual({ is: "wrong", why: expect.stringContaining(why) });
  });
});

describe("a language", () => {
  it.each([
    ["fr", "fr"],
    ["FR", "fr"],
    ["pt-br", "pt-BR"],
    ["zh-hant-tw", "zh-Hant-TW"],
  ])("%j is %s", (text, value) => expect(readLanguage(text)).toEqual({ is: "read", value }));

  it.each([["french"], ["f"], ["fr_FR"], ["fr-"], ["12"]])("%j is none", (text) => {
    expect(readLanguage(text)).toMatchObject({ is: "wrong" });
  });
});

describe("an attribute", () => {
  it.each([["town"], ["Code postal"], ["Prénom"], ["house-no. 2"], ["名前"]])("may be called %s", (name) => {
    expect(readAttributeName(` ${name} `)).toEqual({ is: "read", value: name });
  });

  it.each([["=name"], ["2nd"], ["__proto__"], ["a{b}"], ["x".repeat(41)], ["Phone Number"], ["joined_at"]])(
    "may not be called %s",
    (name) => expect(readAttributeName(name)).toMatchObject({ is: "wrong" }),
  );

  it("is a line of at most 255 characters, without white space around it", () => {
    expect(readAttributeValue("  Brest \n")).toEqual({ is: "read", value: "Brest" });
    expect(readAttributeValue("x".repeat(255))).toMatchObject({ is: "read" });
    expect(readAttributeValue("x".repeat(256))).toMatchObject({ why: expect.stringContaining("256") });
    expect(readAttributeValue("a\nb")).toMatchObject({ why: expect.stringContaining("on one line") });
    expect(readAttributeValue("a\u0000b")).toMatchObject({ is: "wrong" });
  });
});
