import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseContains } from "../../src/accounts/contains.ts";

function matches(pattern: string, phoneNumber: string): boolean {
  const parsed = parseContains(pattern);
  if (parsed === null) throw new Error(`${pattern} is no pattern`);
  return parsed.matches(phoneNumber);
}

describe("Contains", () => {
  it.each([
    ["510555****", "+15105551234", true],
    ["510555****", "+1510555123", false],
    ["+1415", "+14155550142", true],
    ["+415", "+14155550142", false],
    ["1234$", "+15105551234", true],
    ["1234$", "+15105551235", false],
    ["1234$", "+12345551235", false],
    ["%STORM%", "+14157867655", true],
    ["STORM", "+14157867655", true],
    ["storm", "+14157867655", true],
    ["STORM", "+14157867755", false],
    ["+1415*******", "+14155550142", true],
    ["*0142$", "+14155550142", true],
    ["****", null, false],
    ["55", "+14155550142", true],
  ])("%s in %s: %s", (pattern, phoneNumber, found) => {
    if (phoneNumber === null) expect(parseContains(pattern)).toBeNull();
    else expect(matches(pattern, phoneNumber)).toBe(found);
  });

  it.each([
    ["one character", "5"],
    ["nothing", ""],
    ["17 characters", "12345678901234567"],
    ["a wildcard between digits", "51*55"],
    ["a run between digits", "51%55"],
    ["one digit beside a wildcard", "5*"],
    ["one digit between wildcards", "%5%"],
    ["wildcards only", "**"],
    ["anchors only", "+$"],
    ["an anchor beside a wildcard", "+*55"],
    ["a wildcard beside an anchor", "55%$"],
    ["two runs", "55%%"],
    ["two wildcards", "55*%"],
    ["a plus inside", "55+55"],
    ["a dollar inside", "55$55"],
    ["a letter with an accent", "55é5"],
    ["a space", "55 55"],
    ["a character of regular expressions", "5.5."],
    ["a line break", "5555\n"],
  ])("is no pattern with %s", (_why, pattern) => {
    expect(parseContains(pattern)).toBeNull();
  });

  const digits = fc.stringMatching(/^[1-9][0-9]{6,14}$/);
  const KEYS: Record<string, string> = {
    2: "ABCabc",
    3: "DEFdef",
    4: "GHIghi",
    5: "JKLjkl",
    6: "MNOmno",
    7: "PQRSpqrs",
    8: "TUVtuv",
    9: "WXYZwxyz",
  };
  /** A part of a number, some of its digits written as letters of their keys. */
  const spelt = digits.chain((number) =>
    fc
      .tuple(fc.nat(number.length - 2), fc.integer({ min: 2, max: 14 }), fc.infiniteStream(fc.nat(8)))
      .map(([start, length, choices]) => {
        const part = number.slice(start, start + length);
        const written = [...part].map((digit) => {
          const letters = KEYS[digit] ?? "";
          return letters[choices.next().value ?? 0] ?? digit;
        });
        return { number: `+${number}`, part, written: written.join(""), start };
      }),
  );

  it("finds every number by every part of it, in digits or letters", () => {
    fc.assert(
      fc.property(spelt, ({ number, written }) => {
        expect(matches(written, number)).toBe(true);
        expect(matches(`%${written}%`.slice(0, 16).replace(/(?<!%)$/, ""), number)).toBe(true);
      }),
    );
  });

  it("agrees with a plain search for the digits it spells", () => {
    fc.assert(
      fc.property(spelt, digits, ({ part, written }, other) => {
        expect(matches(written, `+${other}`)).toBe(other.includes(part));
      }),
    );
  });

  it("anchored is a beginning or an end", () => {
    fc.assert(
      fc.property(spelt, digits, ({ part, written }, other) => {
        expect(matches(`+${written}`, `+${other}`)).toBe(other.startsWith(part));
        expect(matches(`${written}$`, `+${other}`)).toBe(other.endsWith(part));
      }),
    );
  });

  it("with stars needs as many digits there", () => {
    fc.assert(
      fc.property(spelt, fc.integer({ min: 1, max: 2 }), ({ number, part, written }, count) => {
        const found = matches(written + "*".repeat(count), number);
        const places = [...number.slice(1)].flatMap((_, at) =>
          number.slice(1).startsWith(part, at) ? [at] : [],
        );
        expect(found).toBe(places.some((at) => at + part.length + count <= number.length - 1));
      }),
    );
  });

  it("takes any text without an error, and never one that is too long or too short", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."0159AZaz*%+$ .é") }), (text) => {
        const pattern = parseContains(text);
        if (text.length < 2 || text.length > 16) expect(pattern).toBeNull();
        pattern?.matches("+14155550142");
      }),
    );
  });
});
