import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Address,
  addressOf,
  readAddress,
  readSmsc,
  writeAddress,
  writeSmsc,
} from "../../src/sms/address.ts";
import { dataCodingOf, tpDcsOf } from "../../src/sms/dcs.ts";
import { DecodeError } from "../../src/sms/decode-error.ts";
import { fromHex, toHex } from "../../src/sms/hex.ts";
import { OctetReader } from "../../src/sms/octet-reader.ts";
import { decodeTimestamp, encodeTimestamp } from "../../src/sms/timestamp.ts";
import {
  concatenationElement,
  elementsOf,
  headerFactsOf,
  octetsOfHeader,
  portsElement,
} from "../../src/sms/udh.ts";
import { minutesOfTpVp, tpVpOf } from "../../src/sms/validity.ts";
import { alphanumericAddress, digitsAddress, timestamp } from "./arbitraries.ts";

describe("hex", () => {
  test("octets come back, in upper case", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (octets) => {
        expect(toHex(octets)).toBe(Buffer.from(octets).toString("hex").toUpperCase());
        expect(fromHex(toHex(octets))).toEqual(octets);
        expect(fromHex(toHex(octets).toLowerCase())).toEqual(octets);
      }),
    );
  });

  test("white space anywhere is skipped", () => {
    expect(fromHex(" 0A\r\n b\tC ")).toEqual(Uint8Array.of(0x0a, 0xbc));
  });

  test.each([
    ["0A0", "an odd number of hex digits", 1],
    ["0A>0", "U+003e is not a hex digit", 1],
    ["=", "U+003d is not a hex digit", 0],
    ["00é0", "U+00e9 is not a hex digit", 1],
  ])("%s is refused", (text, problem, offset) => {
    expect(() => fromHex(text)).toThrow(new DecodeError("hex", offset, problem));
  });
});

describe("addresses", () => {
  const read = (hex: string): Address => readAddress(new OctetReader(fromHex(hex)), "TP-OA");
  const write = (address: Address): string => {
    const octets: number[] = [];
    writeAddress(octets, address, "TP-DA");
    return toHex(octets);
  };

  test.each([
    ["+33612345678", 1, 1],
    ["38080", 0, 1],
    ["*123#", 0, 1],
    ["", 0, 1],
    ["MyBank", 5, 0],
    ["3G-Info", 5, 0],
    ["+", 5, 0],
  ])("%j is taken as type %i, plan %i", (text, ton, npi) => {
    expect(addressOf(text)).toEqual({ address: text, ton, npi });
  });

  test("every address comes back", () => {
    fc.assert(
      fc.property(fc.oneof(digitsAddress, alphanumericAddress), (address) => {
        expect(read(write(address))).toEqual(address);
      }),
    );
  });

  test("an address in the SMSC field comes back", () => {
    fc.assert(
      fc.property(fc.option(digitsAddress), (smsc) => {
        const octets: number[] = [];
        writeSmsc(octets, smsc);
        expect(readSmsc(new OctetReader(Uint8Array.from(octets)))).toEqual(smsc);
      }),
    );
  });

  test("seven characters written as fourteen semi-octets do not grow an @", () => {
    expect(write(addressOf("MyBank!"))).toBe("0DD0CDBC30EC5E8700");
    expect(read("0DD0CDBC30EC5E8700").address).toBe("MyBank!");
    expect(read("0ED0CDBC30EC5E8700").address).toBe("MyBank!");
  });

  test("digits stop at the filler", () => {
    expect(read("0A8121F4FFFFFF").address).toBe("124");
  });

  test("a length past twenty semi-octets is refused", () => {
    expect(() => read("159112345678901234567890FF")).toThrow(
      new DecodeError("TP-OA", 0, "an address of 21 semi-octets, 20 at most"),
    );
  });

  test.each([
    ["a sender name of twelve letters", addressOf("ABCDEFGHIJKL"), "longer than 11 septets"],
    ["a sender name outside the alphabet", addressOf("Банк"), "not in the GSM alphabet"],
    ["twenty-one digits", addressOf("123456789012345678901"), "longer than 20 digits"],
    ["a letter among digits", { address: "12x", ton: 0, npi: 1 }, "has a character that is no digit"],
  ])("%s is not written", (_, address, problem) => {
    expect(() => write(address)).toThrow(new RangeError(`TP-DA: ${problem}`));
  });
});

describe("timestamps", () => {
  test("every time between 1990 and 2089 comes back with its zone", () => {
    fc.assert(
      fc.property(timestamp, (iso) => {
        expect(decodeTimestamp(encodeTimestamp(iso))).toBe(iso.replace("-00:00", "+00:00"));
      }),
    );
  });

  test.each([
    ["00000000000000", null, "all zero"],
    ["FFFFFFFFFFFFFF", null, "all FF"],
    ["62203200000000", "2026-02-23T00:00:00+00:00", "a day that is"],
    ["62209200000000", null, "29 February of a common year"],
    ["42209200000000", "2024-02-29T00:00:00+00:00", "29 February of a leap year"],
    ["62401300000000", null, "31 April"],
    ["62401042000000", null, "hour 24"],
    ["62401000060000", null, "minute 60"],
    ["62401000000600", null, "second 60"],
    ["624010A0000000", null, "a nibble that is no digit"],
    ["62401000000000", "2026-04-01T00:00:00+00:00", "the first of April"],
    ["62401000000008", "2026-04-01T00:00:00+00:00", "minus zero"],
    ["6240100000008A", "2026-04-01T00:00:00-07:00", "seven hours behind"],
    ["62401000000022", "2026-04-01T00:00:00+05:30", "five and a half hours ahead"],
    ["624010000000C2", "2026-04-01T00:00:00+08:00", "a zone counted on in hexadecimal"],
  ])("%s is %s: %s", (hex, iso, _why) => {
    expect(decodeTimestamp(fromHex(hex))).toBe(iso);
  });

  test("no time is written as zeros", () => {
    expect(toHex(encodeTimestamp(null))).toBe("00000000000000");
  });

  test("a time that is no ISO 8601 with a zone is not written", () => {
    expect(() => encodeTimestamp("2026-04-01 10:00")).toThrow(RangeError);
    expect(() => encodeTimestamp("2026-04-01T10:00:00+23:00")).toThrow(RangeError);
  });
});

describe("TP-DCS", () => {
  const waiting = (store: boolean, active: boolean, type: string) => ({ store, active, type });

  test.each([
    [0x00, "gsm7", false, null, null],
    [0x03, "gsm7", false, null, null],
    [0x04, "8bit", false, null, null],
    [0x06, "8bit", false, null, null],
    [0x08, "ucs2", false, null, null],
    [0x0c, "gsm7", false, null, null],
    [0x10, "gsm7", false, 0, null],
    [0x18, "ucs2", false, 0, null],
    [0x1b, "ucs2", false, 3, null],
    [0x20, "8bit", true, null, null],
    [0x39, "8bit", true, 1, null],
    [0x48, "ucs2", false, null, null],
    [0x50, "gsm7", false, 0, null],
    [0x7b, "8bit", true, 3, null],
    [0x80, "gsm7", false, null, null],
    [0xb8, "gsm7", false, null, null],
    [0xc0, "gsm7", false, null, waiting(false, false, "voicemail")],
    [0xc8, "gsm7", false, null, waiting(false, true, "voicemail")],
    [0xd9, "gsm7", false, null, waiting(true, true, "fax")],
    [0xea, "ucs2", false, null, waiting(true, true, "email")],
    [0xe3, "ucs2", false, null, waiting(true, false, "other")],
    [0xf0, "gsm7", false, 0, null],
    [0xf2, "gsm7", false, 2, null],
    [0xf5, "8bit", false, 1, null],
    [0xfb, "gsm7", false, 3, null],
    [0xff, "8bit", false, 3, null],
  ] as const)("%i is %s", (tpDcs, alphabet, compressed, messageClass, messageWaiting) => {
    expect(dataCodingOf(tpDcs)).toEqual({ alphabet, compressed, messageClass, messageWaiting });
  });

  test("every alphabet and class we write reads back", () => {
    for (const alphabet of ["gsm7", "8bit", "ucs2"] as const) {
      for (const messageClass of [null, 0, 1, 2, 3] as const) {
        expect(dataCodingOf(tpDcsOf(alphabet, messageClass))).toMatchObject({ alphabet, messageClass });
      }
    }
  });
});

describe("user data headers", () => {
  const facts = (hex: string) => headerFactsOf(elementsOf(fromHex(hex))!);
  const concatenation = (reference: number, referenceBits: 8 | 16, total: number, sequence: number) => ({
    reference,
    referenceBits,
    total,
    sequence,
  });

  test("elements come back", () => {
    const element = fc.record({ iei: fc.nat({ max: 255 }), data: fc.uint8Array({ maxLength: 20 }) });
    fc.assert(
      fc.property(fc.array(element, { minLength: 1, maxLength: 5 }), (elements) => {
        const header = octetsOfHeader(elements);
        expect(header[0]).toBe(header.length - 1);
        expect(elementsOf(header.subarray(1))).toEqual(elements);
      }),
    );
  });

  test.each([
    ["0003AA0201", concatenation(0xaa, 8, 2, 1)],
    ["080401020302", concatenation(0x0102, 16, 3, 2)],
    ["7F0199E0020000 0003AA0201", concatenation(0xaa, 8, 2, 1)],
    ["0003AA0201 0003BB0302", concatenation(0xbb, 8, 3, 2)],
    ["0003AA0201 08040001FF02", concatenation(1, 16, 255, 2)],
    ["0003AA0201 0003BB0000", concatenation(0xaa, 8, 2, 1)],
    ["0003AA0001", null],
    ["0003AA0200", null],
    ["0003AA0203", null],
    ["0002AA02", null],
    ["0004AA020100", null],
    ["0803010201", null],
    ["", null],
  ])("%s: concatenation %j", (hex, expected) => {
    expect(facts(hex).concatenation).toEqual(expected);
  });

  test("ports of either width are read, and too short ones left alone", () => {
    expect(facts("0402F0F1")).toMatchObject({ destinationPort: 0xf0, originatorPort: 0xf1 });
    expect(facts("05040B8423F0")).toMatchObject({ destinationPort: 2948, originatorPort: 9200 });
    expect(facts("05020B84 0401F0")).toMatchObject({ destinationPort: null, originatorPort: null });
  });

  test("of repeated shifts the last counts", () => {
    expect(facts("240101 250103 240102")).toMatchObject({ singleShift: 2, lockingShift: 3 });
    expect(facts("2400 2500")).toMatchObject({ singleShift: 0, lockingShift: 0 });
  });

  test("elements that do not add up are no elements", () => {
    expect(elementsOf(fromHex("0003AA02"))).toBeNull();
    expect(elementsOf(fromHex("0003AA020124"))).toBeNull();
  });

  test("what we write reads back", () => {
    for (const written of [concatenation(200, 8, 255, 255), concatenation(0xbeef, 16, 2, 1)]) {
      expect(headerFactsOf([concatenationElement(written)]).concatenation).toEqual(written);
    }
    expect(headerFactsOf([portsElement(2948, 9200)])).toMatchObject({
      destinationPort: 2948,
      originatorPort: 9200,
    });
  });

  test.each([
    [0, 1],
    [256, 1],
    [2, 0],
    [2, 3],
  ])("a part cannot be number %2$i of %1$i", (total, sequence) => {
    expect(() => concatenationElement(concatenation(1, 8, total, sequence))).toThrow(RangeError);
  });
});

describe("validity", () => {
  test("every TP-VP stands for more than the one before, and reads back", () => {
    for (let tpVp = 0; tpVp < 256; tpVp++) {
      expect(tpVpOf(minutesOfTpVp(tpVp))).toBe(tpVp);
      if (tpVp > 0) expect(minutesOfTpVp(tpVp)).toBeGreaterThan(minutesOfTpVp(tpVp - 1));
    }
  });

  test("a validity is rounded up to the nearest step, never down", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 635_040 }), (minutes) => {
        const tpVp = tpVpOf(minutes);
        expect(minutesOfTpVp(tpVp)).toBeGreaterThanOrEqual(minutes);
        if (tpVp > 0) expect(minutesOfTpVp(tpVp - 1)).toBeLessThan(minutes);
      }),
    );
  });
});
