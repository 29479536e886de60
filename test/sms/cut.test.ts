import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cut, forcedBy } from "../../src/sms/cut.ts";
import { septetsOf } from "../../src/sms/gsm7.ts";
import { textOf } from "../../src/sms/join.ts";
import { decodeSubmit, encodeSubmit } from "../../src/sms/submit.ts";
import { anyText, brokenText, GSM_CHARACTERS, gsmText } from "./arbitraries.ts";

const texts = fc.oneof(
  { arbitrary: anyText(400), weight: 4 },
  { arbitrary: gsmText(900), weight: 3 },
  { arbitrary: brokenText, weight: 1 },
);
const runs = { numRuns: 400 };

/** Where a text may be cut, by running over the whole of it. */
function graphemeBounds(text: string): Set<number> {
  const bounds = new Set([0, text.length]);
  for (const { index } of new Intl.Segmenter("und", { granularity: "grapheme" }).segment(text))
    bounds.add(index);
  return bounds;
}

function lengthOf(part: string, alphabet: string): number {
  return alphabet === "gsm7" ? septetsOf(part)!.length : part.length;
}

/** The offsets at which a text was cut. */
function cutsOf(parts: readonly string[]): number[] {
  let at = 0;
  return parts.slice(0, -1).map((part) => {
    at += part.length;
    return at;
  });
}

describe("every text", () => {
  test("is the sum of its parts", () => {
    fc.assert(
      fc.property(texts, (text) => cut(text).parts.join("") === text),
      runs,
    );
  });

  test("is in the GSM alphabet when all of its characters are, and says which one forced UCS-2 when not", () => {
    fc.assert(
      fc.property(texts, (text) => {
        const foreign = [...text].find((character) => !GSM_CHARACTERS.includes(character)) ?? null;
        expect(cut(text).alphabet).toBe(foreign === null ? "gsm7" : "ucs2");
        expect(forcedBy(text)).toBe(foreign);
      }),
      runs,
    );
  });

  test("is cut into parts that fit, none of them empty", () => {
    fc.assert(
      fc.property(texts, (text) => {
        const { alphabet, parts } = cut(text);
        const [alone, ofSeveral] = alphabet === "gsm7" ? [160, 153] : [70, 67];
        if (parts.length === 1) expect(lengthOf(parts[0]!, alphabet)).toBeLessThanOrEqual(alone!);
        else {
          for (const part of parts) {
            expect(part).not.toBe("");
            expect(lengthOf(part, alphabet)).toBeLessThanOrEqual(ofSeveral!);
          }
        }
      }),
      runs,
    );
  });

  test("is cut between graphemes, and inside one only between the code points of one too long for a part", () => {
    fc.assert(
      fc.property(texts, (text) => {
        const { parts } = cut(text);
        const bounds = [...graphemeBounds(text)].sort((one, other) => one - other);
        for (const at of cutsOf(parts)) {
          expect(text.slice(at - 1, at + 1)).not.toMatch(/^[\ud800-\udbff][\udc00-\udfff]$/);
          const next = bounds.findIndex((bound) => bound >= at);
          if (bounds[next] !== at) expect(bounds[next]! - bounds[next - 1]!).toBeGreaterThan(67);
        }
      }),
      runs,
    );
  });

  test("has no more parts than it needs: the next grapheme never fitted", () => {
    fc.assert(
      fc.property(texts, (text) => {
        const { alphabet, parts } = cut(text);
        const bounds = [...graphemeBounds(text)].sort((one, other) => one - other);
        const starts = [0, ...cutsOf(parts)];
        starts.slice(1).forEach((at, index) => {
          const next = bounds.find((bound) => bound > at)!;
          const longer = text.slice(starts[index], next);
          expect(lengthOf(longer, alphabet)).toBeGreaterThan(alphabet === "gsm7" ? 153 : 67);
        });
      }),
      runs,
    );
  });

  test("travels as SMS-SUBMITs and joins again", () => {
    const wellFormed = fc
      .oneof(gsmText(600), anyText(200))
      .filter((text) => !/^\ufeff|\0$|[\ud800-\udfff]/u.test(text));
    fc.assert(
      fc.property(wellFormed, (text) => {
        const { alphabet, parts } = cut(text);
        const bodies = parts.map((part, index) => {
          const { hex } = encodeSubmit(
            {
              from: "+33639980001",
              to: "+33612345678",
              alphabet,
              text: part,
              concatenation:
                parts.length === 1
                  ? null
                  : { reference: 7, referenceBits: 8, total: parts.length, sequence: index + 1 },
              validityMinutes: null,
            },
            { smsc: null, statusReport: true },
          );
          return decodeSubmit(hex).userData;
        });
        expect(textOf(bodies)).toBe(text);
      }),
    );
  });
});

describe("part counts of contract §4.2", () => {
  test.each([
    ["a", 0, 1],
    ["a", 160, 1],
    ["a", 161, 2],
    ["a", 306, 2],
    ["a", 307, 3],
    ["a", 1600, 11],
    ["€", 80, 1],
    ["€", 81, 2],
    ["€", 152, 2],
    ["€", 153, 3],
    ["ж", 70, 1],
    ["ж", 71, 2],
    ["ж", 134, 2],
    ["ж", 135, 3],
    ["ж", 1600, 24],
    ["😀", 35, 1],
    ["😀", 36, 2],
    ["😀", 66, 2],
    ["😀", 67, 3],
  ])("%s × %i makes %i", (character, times, parts) => {
    expect(cut(character.repeat(times)).parts).toHaveLength(parts);
  });
});

describe("awkward places", () => {
  test("an escape pair at the border goes to the next part whole", () => {
    expect(cut(`${"y".repeat(152)}€zzzzzzzz`).parts.map((part) => part.length)).toEqual([152, 9]);
  });

  test("CR LF at the border goes to the next part whole", () => {
    expect(cut(`${"y".repeat(152)}\r\nzzzzzzzz`).parts.map((part) => part.length)).toEqual([152, 10]);
  });

  test("what moved to the next part counts there", () => {
    const { parts } = cut(`${"y".repeat(152)}\r\n${"z".repeat(152)}`);
    expect(parts.map((part) => part.length)).toEqual([152, 153, 1]);
  });

  test("a joined emoji at the border goes to the next part whole", () => {
    const family = "👨‍👩‍👧‍👦";
    expect(cut(`${"y".repeat(60)}${family}${"z".repeat(20)}`).parts).toEqual([
      "y".repeat(60),
      `${family}${"z".repeat(20)}`,
    ]);
  });

  test("a grapheme longer than a part is cut between code points", () => {
    const tower = `a${"\u0301".repeat(150)}`;
    expect(cut(tower).parts.map((part) => part.length)).toEqual([67, 67, 17]);
    const pairs = `😀${"\u{e0061}".repeat(60)}`;
    expect(cut(pairs).parts.map((part) => part.length)).toEqual([66, 56]);
  });
});
