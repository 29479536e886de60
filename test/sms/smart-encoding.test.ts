import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { septetsOf } from "../../src/sms/gsm7.ts";
import { smartEncode } from "../../src/sms/smart-encoding.ts";

/** Contract §4.3, a character of each group, with its first and last where the group is a range. */
const VECTORS: readonly (readonly [written: string, sent: string])[] = [
  [
    "\u00AB \u00BB \u201C \u201D \u201E \u201F \u02BA \u02EE \u275D \u275E \u301D \u301E \uFF02",
    '" " " " " " " " " " " " "',
  ],
  [
    "\u2018\u2019\u201B\u02BB\u02BC\u02BD\u02B9\u02C8\u02CA\u02CB\u00B4`\u275B\u275C\uFF07",
    "'''''''''''''''",
  ],
  ["\u2010\u2013\u2014\u2015\u2022\u2043\u23BC\u23BD\uFE63\uFF0D", "----------"],
  ["wait\u2026", "wait..."],
  ["\u203C", "!!"],
  ["\u00BC \u00BD \u00BE", "1/4 1/2 3/4"],
  ["\u201A\u3001\uFE50\uFE51\uFF0C\uFF64", ",,,,,,"],
  ["\u3002\uFE52\uFF0E\uFF61", "...."],
  ["\u204F\uFE14\uFE54\uFF1B", ";;;;"],
  ["\u02D0\u02F8\uFE13\uFF1A", "::::"],
  ["\u00F7\u2044\u2215\uFF0F", "////"],
  ["\uFE68\uFF3C\u29F5\u29F9", "\\\\\\\\"],
  ["\u2017\uFF3F", "__"],
  ["\u2223\uFF5C\u23B8\u23B9", "||||"],
  ["\u204E\u2217\u2731\u2733\u273A\u273D\uFF0A", "*******"],
  ["\u02D6\uFE62\uFF0B", "+++"],
  ["\u02DC\u223C\uFF5E", "~~~"],
  ["\u02C6\uFF3E", "^^"],
  ["\uFF21\uFF3A\uFF41\uFF5A\uFF10\uFF19\uFF20", "AZaz09@"],
  ["\u1D00\u0299\u1D04", "ABC"],
  ["\uFE56\uFE57\uFE6B", "?!@"],
  ["a\u00A0b\u2000c\u200Ad\u202Fe\u205Ff\u3000g\u2028h\u2029i\tj", "a b c d e f g h i j"],
  ["a\u200Bb\u2060c\uFEFFd\u0000e\u001Ff", "abcdef"],
];

describe("smart encoding", () => {
  it.each(VECTORS)("sends %j as %j", (written, sent) => expect(smartEncode(written)).toBe(sent));

  it("leaves a text alone in which one character has no twin", () => {
    expect(smartEncode("l\u2019\u00EAtre")).toBe("l\u2019\u00EAtre");
    expect(smartEncode("\u201Cok\u201D \u{1F600}")).toBe("\u201Cok\u201D \u{1F600}");
  });

  it("leaves a text alone that fits already, its line breaks and extension characters too", () => {
    const text = "D\u00E9j\u00E0 vu\r\n[10 \u20AC] ~ \u00A7\f";
    expect(smartEncode(text)).toBe(text);
  });

  it("either changes nothing or ends with a text of the GSM alphabet, and doing it twice is doing it once", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
        const encoded = smartEncode(text);
        expect(encoded === text || septetsOf(encoded) !== null).toBe(true);
        expect(smartEncode(encoded)).toBe(encoded);
      }),
    );
    for (let point = 1; point < 0x10000; point++) {
      const character = String.fromCharCode(point);
      const encoded = smartEncode(character);
      expect(encoded === character || septetsOf(encoded) !== null).toBe(true);
    }
  });
});
