import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fillBitsAfter, pack, septetsOf, textOfSeptets, unpack } from "../../src/sms/gsm7.ts";
import { anyText, GSM_CHARACTERS, gsmText } from "./arbitraries.ts";
import { vectorFile } from "./vector-files.ts";

const basic = vectorFile("gsm7-default");
const { languages } = vectorFile("gsm7-national");
const septet = fc.integer({ min: 0, max: 127 });

describe("the tables", () => {
  test("every septet of the default alphabet reads as in 23.038 §6.2.1", () => {
    for (let code = 0; code < 128; code++) {
      if (code === 0x1b) continue;
      expect([code, textOfSeptets(Uint8Array.of(code), 0, 0)]).toEqual([code, basic.basic[hex(code)]]);
    }
  });

  test("every escape pair reads as in 23.038 §6.2.1.1, or as the basic character where nothing is assigned", () => {
    for (let code = 0; code < 128; code++) {
      const expected = code === 0x1b ? " " : (basic.extension[hex(code)] ?? basic.basic[hex(code)]);
      expect([code, textOfSeptets(Uint8Array.of(0x1b, code), 0, 0)]).toEqual([code, expected]);
    }
  });

  test.each(Object.entries(languages))(
    "language %s reads as in 23.038 Annex A",
    (id, { locking, single }) => {
      const language = Number(id);
      for (let code = 0; code < 128; code++) {
        if (code !== 0x1b) {
          const locked = (locking ?? basic.basic)[hex(code)] ?? " ";
          expect([code, textOfSeptets(Uint8Array.of(code), language, 0)]).toEqual([code, locked]);
        }
        const shifted = code === 0x1b ? " " : (single[hex(code)] ?? basic.basic[hex(code)]);
        expect([code, textOfSeptets(Uint8Array.of(0x1b, code), 0, language)]).toEqual([code, shifted]);
      }
    },
  );

  test("what a single shift table lacks is looked up in the locking table in force", () => {
    expect(textOfSeptets(Uint8Array.of(0x1b, 0x07), 1, 1)).toBe("ı");
  });

  test("a language nobody has defined is the default alphabet", () => {
    expect(textOfSeptets(Uint8Array.of(0x40, 0x1b, 0x65), 99, 99)).toBe("¡€");
  });

  test("an escape at the very end is a space", () => {
    expect(textOfSeptets(Uint8Array.of(0x41, 0x1b), 0, 0)).toBe("A ");
  });
});

describe("text to septets", () => {
  test("text of the alphabet comes back unchanged", () => {
    fc.assert(fc.property(gsmText(200), (text) => textOfSeptets(septetsOf(text)!, 0, 0) === text));
  });

  test("exactly the characters of the alphabet fit it", () => {
    const known = new Set(GSM_CHARACTERS);
    for (let unit = 0; unit <= 0xffff; unit++) {
      const character = String.fromCharCode(unit);
      if (known.has(character) !== (septetsOf(character) !== null)) throw new Error(`U+${unit.toString(16)}`);
    }
  });

  test("one foreign character refuses the whole text", () => {
    fc.assert(
      fc.property(gsmText(50), anyText(50), gsmText(50), (before, middle, after) => {
        const fits = [...middle].every((character) => GSM_CHARACTERS.includes(character));
        expect(septetsOf(before + middle + after) !== null).toBe(fits);
      }),
    );
  });
});

describe("packing", () => {
  test("septets come back whatever the fill bits", () => {
    fc.assert(
      fc.property(fc.array(septet, { maxLength: 170 }), fc.nat({ max: 6 }), (values, fillBits) => {
        const septets = Uint8Array.from(values);
        const octets = pack(septets, fillBits);
        expect(octets.length).toBe(Math.ceil((fillBits + septets.length * 7) / 8));
        expect(unpack(octets, septets.length, fillBits)).toEqual(septets);
      }),
    );
  });

  test("what stands in the fill bits does not matter", () => {
    fc.assert(
      fc.property(
        fc.array(septet, { minLength: 1, maxLength: 40 }),
        fc.nat({ max: 6 }),
        (values, fillBits) => {
          const octets = pack(Uint8Array.from(values), fillBits);
          octets[0]! |= (1 << fillBits) - 1;
          expect(unpack(octets, values.length, fillBits)).toEqual(Uint8Array.from(values));
        },
      ),
    );
  });

  test("no more septets come out than the octets hold", () => {
    expect(unpack(Uint8Array.of(0xff, 0xff), 160, 0)).toHaveLength(2);
    expect(unpack(new Uint8Array(0), 5, 1)).toHaveLength(0);
    expect(unpack(Uint8Array.of(0xff), -3, 0)).toHaveLength(0);
  });

  test("text after a header starts at a septet boundary", () => {
    for (let headerOctets = 0; headerOctets <= 140; headerOctets++) {
      const fillBits = fillBitsAfter(headerOctets);
      expect(fillBits).toBeGreaterThanOrEqual(0);
      expect(fillBits).toBeLessThan(7);
      expect((headerOctets * 8 + fillBits) % 7).toBe(0);
    }
  });
});

function hex(code: number): string {
  return code.toString(16).toUpperCase().padStart(2, "0");
}
