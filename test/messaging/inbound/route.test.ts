import { describe, expect, test } from "vitest";
import { parseAddress } from "../../../src/accounts/address.ts";
import { kindOfContent } from "../../../src/messaging/inbound/content.ts";
import { numberFor, routeOf } from "../../../src/messaging/inbound/route.ts";
import { applicationRecord, inventory, NUMBER, numberRecord, parseFrench } from "../numbers.ts";
import { ascii, gsm7Segment } from "./segments.ts";

describe("the webhook of a Number", () => {
  test("is its SmsUrl with its method and fallback", () => {
    const number = numberRecord({ smsMethod: "GET", smsFallbackUrl: "https://app.example/fallback" });
    expect(routeOf(number)).toEqual({
      is: "webhook",
      target: {
        url: "http://app.example/sms",
        method: "GET",
        fallbackUrl: "https://app.example/fallback",
        fallbackMethod: "POST",
      },
    });
  });

  test("is none where none is set", () => {
    expect(routeOf(numberRecord({ smsUrl: "" }))).toEqual({ is: "none", of: "number" });
  });

  test.each(["not a url", "ftp://app.example/sms", "javascript:alert(1)", "/sms"])(
    "is never %s",
    (smsUrl) => {
      expect(routeOf(numberRecord({ smsUrl }))).toEqual({ is: "bad-url", of: "number", url: smsUrl });
    },
  );

  test("is its application's, whatever its own URLs say", () => {
    const application = applicationRecord({ smsUrl: "http://app.example/application", smsMethod: "GET" });
    const number = numberRecord({ smsFallbackUrl: "https://app.example/fallback" });
    expect(routeOf(number, application)).toEqual({
      is: "webhook",
      target: {
        url: "http://app.example/application",
        method: "GET",
        fallbackUrl: null,
        fallbackMethod: "POST",
      },
    });
    expect(routeOf(number, applicationRecord({ smsUrl: "" }))).toEqual({ is: "none", of: "application" });
  });

  test("a fallback that is no URL is as good as none", () => {
    expect(routeOf(numberRecord({ smsFallbackUrl: "nowhere" }))).toMatchObject({
      target: { fallbackUrl: null },
    });
  });
});

describe("the Number of a segment", () => {
  const find = (to: string | null, records = [numberRecord()]) =>
    numberFor("sim1", to, inventory(records), parseFrench, "FR")?.phoneNumber ?? null;

  test("is the Line's own when the network names none", () => {
    expect(find(null)).toBe(NUMBER);
    expect(find(null, [])).toBeNull();
    expect(find(null, [numberRecord({ line: "sim2" })])).toBeNull();
  });

  test("of several on a Line is the one provisioned last", () => {
    const newer = numberRecord({ phoneNumber: "+33639980002", createdAt: 1 });
    expect(find(null, [newer, numberRecord()])).toBe("+33639980002");
  });

  test.each([NUMBER, "33639980001", "0639980001"])("is the one the network names: %s", (to) => {
    expect(find(to)).toBe(NUMBER);
  });

  describe("on an SMPP line", () => {
    const own = [
      numberRecord({ phoneNumber: "+33755500001", line: "carrier", createdAt: 1 }),
      numberRecord({ phoneNumber: "+447700900123", line: "carrier", country: "GB" }),
      numberRecord({ phoneNumber: "36123", kind: "short-code", line: "carrier" }),
      numberRecord({ phoneNumber: "PYLONE", kind: "alphanumeric", line: "carrier" }),
      numberRecord({ phoneNumber: "+33755500009", line: "other" }),
    ];
    const named = (to: string | null) =>
      numberFor("carrier", to, inventory(own), parseAddress, "FR")?.phoneNumber ?? null;

    test.each([
      ["+33755500001", "+33755500001"],
      ["33755500001", "+33755500001"],
      ["0755500001", "+33755500001"],
      ["0033755500001", "+33755500001"],
      ["447700900123", "+447700900123"],
      ["07700900123", "+447700900123"],
      ["36123", "36123"],
      ["PYLONE", "PYLONE"],
      // Another line's: the carrier may have more than one way to us.
      ["33755500009", "+33755500009"],
      ["0799999999", null],
      ["36124", null],
    ])("%s is %s", (to, phoneNumber) => {
      expect(named(to)).toBe(phoneNumber);
    });
  });

  test("is none when the network names a stranger", () => {
    expect(find("+33639980099")).toBeNull();
  });
});

describe("what came in", () => {
  test.each([
    ["ordinary text", {}, "text"],
    ["a flash message", { messageClass: 0 }, "text"],
    ["text for an application port", { destinationPort: 2948 }, "data"],
    ["octets", { userData: { alphabet: "8bit", octets: ascii("x") } }, "data"],
    ["a silent message", { tpPid: 0x40 }, "signal"],
    ["data for the SIM", { tpPid: 0x7f, userData: { alphabet: "8bit", octets: ascii("x") } }, "signal"],
    ["a message that replaces an older one", { tpPid: 0x41 }, "text"],
  ] as const)("%s", (_what, fields, kind) => {
    expect(kindOfContent([gsm7Segment("x", fields)])).toBe(kind);
  });
});
