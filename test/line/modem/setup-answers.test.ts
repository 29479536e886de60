/** The shapes in which modems answer what bring-up asks, collected from many of them. */
import { describe, expect, test } from "vitest";
import { fingerprintOf } from "../../../src/line/modem/fingerprint.ts";
import { indicationChoices, sameIndications } from "../../../src/line/modem/indications.ts";
import { registrationOf } from "../../../src/line/modem/registration.ts";
import { storageChoices, storagesOffered } from "../../../src/line/modem/storage.ts";
import { fromHex } from "../../../src/sms/hex.ts";

describe("+CPMS=?", () => {
  test.each([
    { line: '+CPMS: ("ME","SM"),("ME","SM"),("ME","SM")', choices: ["ME", "SM"] },
    { line: '+CPMS: (("SM","ME"),("SM"),("SM"))', choices: ["SM"] },
    { line: '+CPMS: ("ME","MT","SM","SR"),("ME","MT","SM"),("ME","MT","SM")', choices: ["ME", "SM", "MT"] },
    { line: '+CPMS: "ME","MT","SM"', choices: ["ME", "SM", "MT"] },
    { line: '+CPMS: ("SM"),("SM")', choices: ["SM"] },
    { line: "+CPMS: (),(),()", choices: ["ME", "SM"] },
    { line: "", choices: ["ME", "SM"] },
  ])("$line is tried as $choices", ({ line, choices }) => {
    expect(storageChoices(storagesOffered(line))).toEqual(choices);
  });
});

describe("+CNMI", () => {
  test.each([
    { offered: "+CNMI: (0-2),(0-3),(0,2),(0-2),(0,1)", first: "2,1,0,2,0" },
    { offered: "+CNMI: (0,1,2),(0,1,2,3),(0,2,3),(0,1,2),(0,1)", first: "2,1,0,2,0" },
    { offered: "+CNMI: (0-2),(0-3),(0,2),(0-1),(0,1)", first: "2,1,0,1,0" },
    { offered: "+CNMI: (0-2),(0-3),(0,2),(0,1),(0,1)", first: "2,1,0,1,0" },
    { offered: null, first: "2,1,0,1,0" },
    { offered: "gibberish", first: "2,1,0,1,0" },
  ])("$offered: $first comes first", ({ offered, first }) => {
    const choices = indicationChoices(offered);
    expect(choices[0]).toBe(first);
    expect(new Set(choices).size).toBe(choices.length);
  });

  test.each([
    { before: "+CNMI: 2,1,0,1,0", now: "+CNMI: 2,1,0,1,0", same: true },
    { before: "+CNMI: 2,1,0,1,0", now: "+CNMI: 2,1,0,1,1", same: true },
    { before: "+CNMI: 2,1,0,1", now: "+CNMI:2,1,0,1", same: true },
    { before: "+CNMI: 2,1,0,1,0", now: "+CNMI: 2,0,0,0,0", same: false },
    { before: "+CNMI: 2,1,0,1,0", now: "+CNMI: 0,0,0,0,0", same: false },
  ])("$now after $before: unchanged is $same", ({ before, now, same }) => {
    expect(sameIndications(before, now)).toBe(same);
  });
});

test.each([
  [0, false],
  [1, true],
  [2, false],
  [3, false],
  [4, false],
  [5, true],
  [6, true],
  [7, true],
  [8, false],
  [9, true],
  [10, true],
  [11, false],
])("registration state %i carries texts: %s", (stat, registered) => {
  const registration = registrationOf(stat);
  expect(registration.registered).toBe(registered);
  expect(registration.reason).not.toBe("");
});

describe("the fingerprint", () => {
  const first = "07913306091093F0040B913316325476F800005250500110218010CDB27C9C6681C4E9B21B242F27EA";
  // Another service centre, and TP-MMS turned.
  const again = "07913306091093F1000B913316325476F800005250500110218010CDB27C9C6681C4E9B21B242F27EA";
  const other = "07913306091093F0040B913316325476F800005250500110219010CDB27C9C6681C4E9B21B242F27EA";
  const of = (hex: string, sim = "8933010000000000017") => fingerprintOf(fromHex(hex), sim);

  test("is the same for a repetition through another service centre", () => {
    expect(of(again)).toBe(of(first));
    expect(of(first)).toMatch(/^[0-9a-f]{64}$/);
  });

  test("differs for another timestamp and for another SIM", () => {
    expect(of(other)).not.toBe(of(first));
    expect(of(first, "8933010000000000025")).not.toBe(of(first));
  });
});
