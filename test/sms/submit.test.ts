import { describe, expect, test } from "vitest";
import type { Segment } from "../../src/sms/message.ts";
import { decodeSubmit, encodeSubmit } from "../../src/sms/submit.ts";

const options = { smsc: null, statusReport: true } as const;
const segment: Segment = {
  from: "+33639980001",
  to: "+33612345678",
  alphabet: "gsm7",
  text: "Gate 4 open [ok]",
  concatenation: null,
  validityMinutes: 1440,
};

describe("a Segment as an SMS-SUBMIT", () => {
  test("is what the modem is given after AT+CMGS=30", () => {
    expect(encodeSubmit(segment, options)).toEqual({
      hex: "0031000B913316325476F80000A712C730BD0CA281DEF0B21BB4E1BDD71B1F",
      tpduLength: 30,
    });
  });

  test("counts neither the SMSC nor its length", () => {
    const encoded = encodeSubmit(segment, { smsc: "+33609001390", statusReport: true });
    expect(encoded).toEqual({
      hex: "07913306091093F031000B913316325476F80000A712C730BD0CA281DEF0B21BB4E1BDD71B1F",
      tpduLength: 30,
    });
  });

  test("asks for a report, names a validity and numbers its part only when told to", () => {
    const plain = decodeSubmit(
      encodeSubmit({ ...segment, validityMinutes: null }, { smsc: null, statusReport: false }).hex,
    );
    expect(plain).toMatchObject({ tpSrr: false, tpVp: null, udh: [] });
    const concatenation = { reference: 0x1234, referenceBits: 16, total: 3, sequence: 2 } as const;
    const part = decodeSubmit(encodeSubmit({ ...segment, concatenation }, options).hex);
    expect(part).toMatchObject({ tpSrr: true, tpVp: { format: "relative", value: 167 } });
    expect(part.facts.concatenation).toEqual(concatenation);
  });

  test.each([
    ["to a name", { to: "MyBank" }],
    ["to nobody", { to: "" }],
    ["of text outside its alphabet", { text: "ж" }],
    ["of 161 septets", { text: "a".repeat(161) }],
    ["of 71 UCS-2 units", { alphabet: "ucs2", text: "ж".repeat(71) }],
    [
      "of 154 septets beside a header",
      { text: "a".repeat(154), concatenation: { reference: 1, referenceBits: 8, total: 2, sequence: 1 } },
    ],
  ] as const)("cannot be sent %s", (_, change) => {
    expect(() => encodeSubmit({ ...segment, ...change } as Segment, options)).toThrow(RangeError);
  });
});
