import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeSmsc, isAddress } from "../../../../src/line/simulator/codec/address.ts";
import { hexOf, OctetReader, octetsOf, UnreadableTpdu } from "../../../../src/line/simulator/codec/octets.ts";
import {
  decodeSubmit,
  encodeDeliver,
  encodeStatusReport,
  withMoreMessages,
} from "../../../../src/line/simulator/codec/tpdu.ts";
import { cutText, isForTheSim, partOf, textOf } from "../../../../src/line/simulator/codec/user-data.ts";
import { DELIVERS, STATUS_REPORTS, SUBMITS } from "./composed-pdus.ts";

const octets = (hex: string) => octetsOf(hex) as Uint8Array;
const submitOf = (pdu: string) => decodeSubmit(octets(pdu).slice(1));

describe("DELIVER", () => {
  test.each(DELIVERS)(
    "$id is encoded as composed",
    ({ smsc, originator, text, epochMs, utcOffsetMinutes, pdu }) => {
      const [data] = cutText(text, 0) ?? [];
      // c14 is a text that GSM-7 could not carry; the alphabet follows from the text in every entry.
      const sentAt = { epochMs, utcOffsetMinutes };
      const tpdu = encodeDeliver({ ...(data as NonNullable<typeof data>), originator, tpPid: 0, sentAt });
      expect(hexOf(encodeSmsc(smsc)) + hexOf(tpdu)).toBe(pdu);
    },
  );

  test("says with TP-MMS whether more waits", () => {
    expect(hexOf(withMoreMessages(octets("0405"), true))).toBe("0005");
    expect(hexOf(withMoreMessages(octets("0005"), false))).toBe("0405");
    expect(hexOf(withMoreMessages(octets(""), false))).toBe("");
  });
});

test.each(STATUS_REPORTS)("STATUS-REPORT $id is encoded as composed", (vector) => {
  const at = (iso: string) => ({ epochMs: Date.parse(iso), utcOffsetMinutes: 120 });
  const { tpMr, recipient, tpSt, pdu } = vector;
  const tpdu = encodeStatusReport({
    tpMr,
    recipient,
    tpSt,
    sentAt: at(vector.sentAt),
    doneAt: at(vector.doneAt),
  });
  expect(`07913306091093F0${hexOf(tpdu)}`).toBe(pdu);
});

describe("SUBMIT", () => {
  test.each(SUBMITS)("$id is decoded to the text that was sent", ({ to, text, statusReport, pdus }) => {
    const submits = pdus.map(submitOf);
    expect(textOf(submits)).toBe(text);
    for (const submit of submits) expect(submit).toMatchObject({ destination: to, statusReport });
    const parts = submits.map(partOf);
    if (pdus.length === 1) expect(parts).toEqual([null]);
    else expect(parts.map((part) => part?.sequence)).toEqual(pdus.map((_, index) => index + 1));
  });

  test.each([
    ["a DELIVER", "040B913316325476F800005250500110218010CDB27C9C6681C4E9B21B242F27EA"],
    ["a command", "020000"],
    ["nothing", ""],
    ["an empty destination", "0100008100000000"],
    ["a destination of 21 digits", "010015813316325476F8000000000000000000000000"],
    ["a filler inside the destination", "01000B9133163254F6F8000004E8373B0C"],
    ["a TP-VP that is missing", "11000B913316325476F80000"],
    ["user data cut short", "01000B913316325476F8000004E8373B"],
    ["an octet after the user data", "01000B913316325476F8000004E8373B0C00"],
    ["a header longer than the data", "41000B913316325476F800040509000003"],
  ])("%s is refused", (_what, hex) => {
    expect(() => decodeSubmit(octets(hex))).toThrow(UnreadableTpdu);
  });

  test("user data of more than 140 octets is refused", () => {
    const hex = `01000B913316325476F800048D${"41".repeat(141)}`;
    expect(() => decodeSubmit(octets(hex))).toThrow("141 octets");
  });

  test("any bytes are decoded or refused, never anything else", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 180 }), fc.boolean(), (bytes, begun) => {
        const tpdu = begun
          ? Uint8Array.of(0x41, 0, 11, 0x91, 0x33, 0x16, 0x32, 0x54, 0x76, 0xf8, 0, ...bytes)
          : bytes;
        try {
          const submit = decodeSubmit(tpdu);
          partOf(submit);
          textOf([submit]);
        } catch (error) {
          if (!(error instanceof UnreadableTpdu)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("a phone's text", () => {
  const gsm7 = fc.string({
    unit: fc.constantFrom(..."abc @£Δ_Φ\nÇ0123456789€[]{}~^|\\"),
    maxLength: 700,
  });
  const unicode = fc.string({ unit: "binary", maxLength: 400 });

  test("comes back whole from its parts, each of which fits one SMS", () => {
    fc.assert(
      fc.property(fc.oneof(gsm7, unicode), fc.nat(255), (text, reference) => {
        const parts = cutText(text, reference) ?? [];
        expect(textOf(parts)).toBe(text);
        for (const [index, part] of parts.entries()) {
          expect(part.tpUd.length).toBeLessThanOrEqual(140);
          const expected = { reference, total: parts.length, sequence: index + 1 };
          expect(partOf(part)).toEqual(parts.length === 1 ? null : expected);
        }
      }),
    );
  });

  test.each([
    ["160 septets", "x".repeat(160), [160]],
    ["161 septets", "x".repeat(161), [153, 8]],
    ["an escape pair at the border", `${"x".repeat(152)}€${"x".repeat(10)}`, [152, 11]],
    ["70 UTF-16 units", "ж".repeat(70), [70]],
    ["71 UTF-16 units", "ж".repeat(71), [67, 4]],
    ["a surrogate pair at the border", `${"ж".repeat(66)}😀${"ж".repeat(10)}`, [66, 12]],
    ["nothing", "", [0]],
  ])("%s is cut where it should be", (_what, text, lengths) => {
    expect((cutText(text, 7) ?? []).map((part) => textOf([part]).length)).toEqual(lengths);
  });

  test("of more than 255 parts is none", () => {
    expect(cutText("x".repeat(153 * 255), 1)).toHaveLength(255);
    expect(cutText("x".repeat(153 * 255 + 1), 1)).toBeNull();
  });
});

test.each([
  ["+33612345678", true],
  ["38080", true],
  ["*123#", true],
  ["MyBank!", true],
  ["Twelve chars", false],
  ["", false],
  ["+33 6", false],
  ["名前", false],
  ["+123456789012345678901", false],
])("%j as an address: %j", (text, expected) => {
  expect(isAddress(text)).toBe(expected);
});

test.each([
  [0x00, false],
  [0x11, false],
  [0x12, true],
  [0xf2, true],
  [0xf6, true],
  [0xf1, false],
  [0x02, false],
])("TP-DCS %i for the SIM: %j", (tpDcs, expected) => {
  expect(isForTheSim(tpDcs)).toBe(expected);
});

test("hex is digits in pairs", () => {
  expect(octetsOf("00fF")).toEqual(Uint8Array.of(0, 255));
  expect(octetsOf("0")).toBeNull();
  expect(octetsOf("0g")).toBeNull();
  expect(() => new OctetReader(Uint8Array.of()).octet("it")).toThrow("it is missing");
});
