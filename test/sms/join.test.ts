import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { septetsOf } from "../../src/sms/gsm7.ts";
import { fromHex } from "../../src/sms/hex.ts";
import { textOf, textWithGaps } from "../../src/sms/join.ts";
import type { UserData } from "../../src/sms/message.ts";
import { octetsOfUcs2 } from "../../src/sms/ucs2.ts";
import { anyText, gsmText } from "./arbitraries.ts";

const gsm7 = (septets: Uint8Array, lockingShift = 0, singleShift = 0): UserData => ({
  alphabet: "gsm7",
  septets,
  lockingShift,
  singleShift,
});
const gsmPart = (text: string): UserData => gsm7(septetsOf(text)!);
const ucs2 = (hex: string): UserData => ({ alphabet: "ucs2", octets: fromHex(hex) });
const data = (octets: Uint8Array): UserData => ({ alphabet: "8bit", octets });

const places = fc.array(fc.nat(), { maxLength: 5 });

function slicesAt(octets: Uint8Array, at: readonly number[]): Uint8Array[] {
  const cuts = [...new Set(at.map((place) => place % (octets.length + 1)))].sort((one, other) => one - other);
  return [0, ...cuts].map((start, index) => octets.subarray(start, cuts[index] ?? octets.length));
}

describe("parts of one alphabet", () => {
  test("septets cut anywhere, escape pairs included, make the text", () => {
    fc.assert(
      fc.property(gsmText(300), places, (text, at) => {
        const parts = slicesAt(septetsOf(text)!, at).map((septets) => gsm7(septets));
        expect(textOf(parts)).toBe(text);
      }),
    );
  });

  test("UCS-2 octets cut anywhere, surrogate pairs and characters included, make the text", () => {
    const texts = anyText(100).filter((text) => !/^\ufeff|\0$|[\ud800-\udfff]/u.test(text));
    fc.assert(
      fc.property(texts, places, (text, at) => {
        const parts = slicesAt(octetsOfUcs2(text), at).map(
          (octets): UserData => ({ alphabet: "ucs2", octets }),
        );
        expect(textOf(parts)).toBe(text);
      }),
    );
  });

  test("no parts, and empty parts, are no text", () => {
    expect(textOf([])).toBe("");
    expect(textOf([gsmPart(""), gsmPart("a"), gsmPart("")])).toBe("a");
  });
});

describe("UCS-2", () => {
  test.each([
    ["a byte order mark at the start", "FEFF00410042", "AB"],
    ["a second byte order mark is text", "FEFFFEFF0041", "\ufeffA"],
    ["NUL padding at the end", "0041000000420000 0000", "A\0B"],
    ["a stray last octet", "0041004200", "AB"],
    ["a high surrogate alone", "D83D0041", "\ufffdA"],
    ["a low surrogate alone", "0041DE00", "A\ufffd"],
    ["nothing but a stray octet", "00", ""],
  ])("%s", (_, hex, text) => {
    expect(textOf([ucs2(hex)])).toBe(text);
  });

  test("a stray octet in one part does not shift the next", () => {
    expect(textOf([ucs2("004100"), ucs2("00420043")])).toBe("ABC");
  });

  test("a text of a hundred thousand characters is joined", () => {
    const long = "ж".repeat(100_000);
    expect(textOf([{ alphabet: "ucs2", octets: octetsOfUcs2(long) }])).toBe(long);
  });
});

describe("national tables", () => {
  test("shifts named in the first part only hold for all", () => {
    const parts = [
      gsm7(Uint8Array.of(0x1c), 1, 1),
      gsm7(Uint8Array.of(0x1d)),
      gsm7(Uint8Array.of(0x1b, 0x69)),
    ];
    expect(textOf(parts)).toBe("Şşı");
  });

  test("shifts named in a later part hold for that part", () => {
    expect(textOf([gsm7(Uint8Array.of(0x40)), gsm7(Uint8Array.of(0x40), 1, 0)])).toBe("¡İ");
  });
});

describe("8-bit data", () => {
  test("reads as text where it is printable UTF-8", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        fc.pre(!/^\ufeff|[^\P{Cc}\t\r\n]/u.test(text));
        expect(textOf([data(Buffer.from(text))])).toBe(text);
      }),
    );
  });

  test("is base64 where it is not", () => {
    expect(textOf([data(fromHex("DEADBEEF"))])).toBe("3q2+7w==");
    expect(textOf([data(fromHex("480069"))])).toBe("SABp");
  });

  test("is joined before it is read", () => {
    expect(textOf([data(fromHex("C3")), data(fromHex("A9"))])).toBe("é");
  });
});

test("parts of different alphabets are read apart, in order", () => {
  const parts = [gsmPart("one "), gsmPart("two "), ucs2("0436"), data(Buffer.from(" four")), gsmPart("{}")];
  expect(textOf(parts)).toBe("one two ж four{}");
});

describe("a message that lacks parts", () => {
  test.each<[string, (UserData | null)[], string]>([
    ["nothing at all", [], ""],
    ["nothing missing", [gsmPart("a"), gsmPart("b")], "ab"],
    ["one mark for neighbours that are missing", [null, null, gsmPart("c"), null], "~c~"],
    ["neighbours joined before they are read", [null, ucs2("0041D83D"), ucs2("DE000042")], "~A😀B"],
    ["half a character at the gap", [ucs2("0041D83D"), null, ucs2("0042")], "A\ufffd~B"],
    ["an escape at the gap", [gsm7(Uint8Array.of(0x41, 0x1b)), null, gsm7(Uint8Array.of(0x65))], "A ~e"],
    [
      "shifts named in the first part that came",
      [null, gsm7(Uint8Array.of(0x40), 1, 0), null, gsm7(Uint8Array.of(0x40))],
      "~İ~İ",
    ],
  ])("reads: %s", (_what, parts, text) => {
    expect(textWithGaps(parts, "~")).toBe(text);
  });
});
