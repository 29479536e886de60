/** Texts and TPDU fields for the properties. */
import fc from "fast-check";
import { type Address, TON_ALPHANUMERIC } from "../../src/sms/address.ts";
import type { DeliverFields } from "../../src/sms/deliver.ts";
import { fillBitsAfter } from "../../src/sms/gsm7.ts";
import type { UserData } from "../../src/sms/message.ts";
import type { StatusReportFields } from "../../src/sms/status-report.ts";
import type { SubmitFields, TpVp } from "../../src/sms/submit.ts";
import { headerFactsOf, type InformationElement } from "../../src/sms/udh.ts";
import { vectorFile } from "./vector-files.ts";

const { basic, extension } = vectorFile("gsm7-default");
export const BASIC_CHARACTERS = Object.values(basic);
export const EXTENSION_CHARACTERS = Object.values(extension);
export const GSM_CHARACTERS = [...BASIC_CHARACTERS, ...EXTENSION_CHARACTERS];

const zalgo = (marks: number) => `a${"\u0301".repeat(marks)}`;

/** What cutting can go wrong on: pairs, joined emoji, flags, accents, CR LF, syllables, a grapheme past all limits. */
const AWKWARD = [
  "😀",
  "👨‍👩‍👧‍👦",
  "🏳️‍🌈",
  "🇫🇷",
  "🇩🇪🇪🇸",
  "e\u0301",
  "한",
  "각",
  "नि",
  "\r\n",
  "ж",
  "`",
  "\u200d",
  zalgo(20),
  zalgo(90),
];

export const gsmText = (max: number) =>
  fc
    .array(fc.constantFrom(...GSM_CHARACTERS, "\r\n", "€", "{"), { maxLength: max })
    .map((pieces) => pieces.join(""));

export const anyText = (max: number) =>
  fc
    .array(
      fc.oneof(
        fc.constantFrom(...AWKWARD),
        fc.constantFrom(...GSM_CHARACTERS),
        fc.string({ unit: "binary" }),
      ),
      {
        maxLength: max,
      },
    )
    .map((pieces) => pieces.join(""));

/** Any code units at all, halves of pairs included. */
export const brokenText = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 300 })
  .map((units) => String.fromCharCode(...units));

export const timestamp = fc
  .record({
    ms: fc.integer({ min: Date.UTC(1990, 0, 1), max: Date.UTC(2089, 11, 31) }),
    quarters: fc.integer({ min: -79, max: 79 }),
  })
  .map(({ ms, quarters }) => {
    const local = new Date(ms - (ms % 1000)).toISOString().slice(0, 19);
    const minutes = Math.abs(quarters) * 15;
    const zone = [Math.floor(minutes / 60), minutes % 60].map((part) => `${part}`.padStart(2, "0")).join(":");
    return `${local}${quarters < 0 ? "-" : "+"}${zone}`;
  });

const digits = fc.string({ unit: fc.constantFrom(..."0123456789*#abc"), maxLength: 20 });

export const digitsAddress: fc.Arbitrary<Address> = fc
  .record({ digits, ton: fc.constantFrom(0, 1, 2, 3, 4, 6, 7), npi: fc.integer({ min: 0, max: 15 }) })
  .map(({ digits, ton, npi }) => ({ address: ton === 1 && digits !== "" ? `+${digits}` : digits, ton, npi }));

/** At most 11 septets; `@` at the eighth place is the one name that does not survive (see `address.ts`). */
export const alphanumericAddress: fc.Arbitrary<Address> = fc
  .string({ unit: fc.constantFrom(...BASIC_CHARACTERS), maxLength: 11 })
  .filter((name) => !(name.length === 8 && name.endsWith("@")))
  .map((address) => ({ address, ton: TON_ALPHANUMERIC, npi: 0 }));

const address = fc.oneof(digitsAddress, alphanumericAddress);
const smsc = fc.option(digitsAddress);
const octet = fc.integer({ min: 0, max: 255 });

const element: fc.Arbitrary<InformationElement> = fc.record({
  iei: octet,
  data: fc.uint8Array({ maxLength: 8 }),
});

/** A body that fits beside its header, in the alphabet `tpDcs` names. */
const coded = fc
  .record({
    udh: fc.array(element, { maxLength: 4 }),
    alphabet: fc.constantFrom("gsm7" as const, "8bit" as const, "ucs2" as const),
    length: fc.nat({ max: 160 }),
    fill: fc.uint8Array({ minLength: 160, maxLength: 160 }),
  })
  .map(({ udh, alphabet, length, fill }) => {
    const headerOctets = udh.reduce((sum, { data }) => sum + 2 + data.length, udh.length > 0 ? 1 : 0);
    const { lockingShift, singleShift } = headerFactsOf(udh);
    const room = 140 - headerOctets;
    const septets = Math.floor((room * 8 - fillBitsAfter(headerOctets)) / 7);
    const userData: UserData =
      alphabet === "gsm7"
        ? {
            alphabet,
            septets: fill.subarray(0, Math.min(length, septets)).map((value) => value & 0x7f),
            lockingShift,
            singleShift,
          }
        : { alphabet, octets: fill.subarray(0, Math.min(length, room)) };
    return { udh, userData, tpDcs: { gsm7: 0x00, "8bit": 0x04, ucs2: 0x08 }[alphabet] };
  });

const tpVp: fc.Arbitrary<TpVp | null> = fc.option(
  fc.oneof(
    octet.map((value) => ({ format: "relative" as const, value })),
    timestamp.map((at) => ({ format: "absolute" as const, at: at.replace("-00:00", "+00:00") })),
    fc.uint8Array({ minLength: 7, maxLength: 7 }).map((octets) => ({ format: "enhanced" as const, octets })),
  ),
);

export const deliverFields: fc.Arbitrary<DeliverFields> = fc
  .record({
    smsc,
    tpMms: fc.boolean(),
    tpLp: fc.boolean(),
    tpSri: fc.boolean(),
    tpRp: fc.boolean(),
    tpOa: address,
    tpPid: octet,
    tpScts: fc.option(timestamp),
    coded,
  })
  .map(({ coded: { udh, userData, tpDcs }, ...fields }) => ({ ...fields, udh, userData, tpDcs }));

export const submitFields: fc.Arbitrary<SubmitFields> = fc
  .record({
    smsc,
    tpRd: fc.boolean(),
    tpRp: fc.boolean(),
    tpSrr: fc.boolean(),
    tpMr: octet,
    tpDa: address,
    tpPid: octet,
    tpVp,
    coded,
  })
  .map(({ coded: { udh, userData, tpDcs }, ...fields }) => ({ ...fields, udh, userData, tpDcs }));

export const statusReportFields: fc.Arbitrary<StatusReportFields> = fc
  .record({
    smsc,
    tpMms: fc.boolean(),
    tpLp: fc.boolean(),
    tpSrq: fc.boolean(),
    tpMr: octet,
    tpRa: address,
    tpScts: fc.option(timestamp),
    tpDt: fc.option(timestamp),
    tpSt: octet,
    tpPid: fc.option(octet),
    body: fc.option(coded),
  })
  .map(({ body, ...fields }) => ({
    ...fields,
    tpDcs: body?.tpDcs ?? null,
    udh: body?.udh ?? [],
    userData: body?.userData ?? null,
  }));
