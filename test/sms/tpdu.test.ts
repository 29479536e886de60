import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DecodeError } from "../../src/sms/decode-error.ts";
import { decodeDeliver, encodeDeliver } from "../../src/sms/deliver.ts";
import { fromHex, toHex } from "../../src/sms/hex.ts";
import { textOf } from "../../src/sms/join.ts";
import { decodeStatusReport, encodeStatusReport } from "../../src/sms/status-report.ts";
import { decodeSubmit, encodeSubmitTpdu } from "../../src/sms/submit.ts";
import { decodeFromNetwork } from "../../src/sms/tpdu.ts";
import { deliverFields, statusReportFields, submitFields } from "./arbitraries.ts";
import { vectorFile } from "./vector-files.ts";

const DELIVER = "07913306091093F0040B913316325476F800005210100000000005C8329BFD06";
const REPORT = "07913306091093F0062C0B913316325476F8525050010000805250500100908000";

const pdus = [
  ...vectorFile("pdu-deliver").vectors.map(({ pdu }) => pdu),
  ...vectorFile("pdu-submit").vectors.flatMap(({ expected }) => expected.map(({ pdu }) => pdu)),
];

describe("round trips", () => {
  test("an SMS-DELIVER reads back as it was written", () => {
    fc.assert(
      fc.property(deliverFields, (fields) => {
        const { hex, tpduLength } = encodeDeliver(fields);
        const { tpMti, coding, facts, flaws, ...read } = decodeDeliver(hex);
        expect(read).toEqual({ ...fields, tpScts: positiveZero(fields.tpScts) });
        expect({ tpMti, flaws }).toEqual({ tpMti: "deliver", flaws: [] });
        expect(coding.alphabet).toBe(fields.userData.alphabet);
        const smscOctets = Number.parseInt(hex.slice(0, 2), 16) + 1;
        expect(tpduLength).toBe(hex.length / 2 - smscOctets);
      }),
    );
  });

  test("an SMS-SUBMIT reads back as it was written", () => {
    fc.assert(
      fc.property(submitFields, (fields) => {
        const { tpMti, facts, flaws, ...read } = decodeSubmit(encodeSubmitTpdu(fields).hex);
        expect(read).toEqual(fields);
        expect(flaws).toEqual([]);
      }),
    );
  });

  test("an SMS-STATUS-REPORT reads back as it was written", () => {
    fc.assert(
      fc.property(statusReportFields, (fields) => {
        const { tpMti, ...read } = decodeStatusReport(encodeStatusReport(fields).hex);
        const { tpScts, tpDt } = fields;
        expect(read).toEqual({ ...fields, tpScts: positiveZero(tpScts), tpDt: positiveZero(tpDt) });
      }),
    );
  });
});

describe("whatever the octets", () => {
  const decoders = { decodeFromNetwork, decodeDeliver, decodeStatusReport, decodeSubmit };

  /** Reads the text too: a TPDU that decodes must also join. */
  function onlyDecodeErrors(hex: string): void {
    for (const decode of Object.values(decoders)) {
      try {
        const { userData } = decode(hex);
        if (userData !== null) textOf([userData, userData]);
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        expect(error.field).not.toBe("");
        expect(error.offset).toBeLessThanOrEqual(hex.length / 2);
      }
    }
  }

  test("only a DecodeError comes out of random octets", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => onlyDecodeErrors(toHex(octets))),
      { numRuns: 3000 },
    );
  });

  test("only a DecodeError comes out of a mutated PDU", () => {
    const mutation = fc.record({
      at: fc.nat(),
      how: fc.constantFrom("set", "drop", "insert", "cut"),
      octet: fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 0x7f, 0x80, 0xff)),
    });
    fc.assert(
      fc.property(
        fc.constantFrom(...pdus),
        fc.array(mutation, { minLength: 1, maxLength: 6 }),
        (pdu, mutations) => {
          const octets = [...fromHex(pdu)];
          for (const { at, how, octet } of mutations) {
            const index = at % (octets.length + 1);
            if (how === "set") octets[Math.min(index, octets.length - 1)] = octet;
            else if (how === "insert") octets.splice(index, 0, octet);
            else octets.splice(index, how === "cut" ? octets.length : 1);
            if (octets.length === 0) octets.push(octet);
          }
          onlyDecodeErrors(toHex(octets));
        },
      ),
      { numRuns: 5000 },
    );
  });

  test("only a DecodeError comes out of text that is no hex", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => onlyDecodeErrors(text)));
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."0123456789ABCdef =p>\r\n") }), onlyDecodeErrors),
    );
  });

  test("every prefix of a valid PDU is refused or flagged, never read as whole", () => {
    for (const pdu of pdus.filter((candidate) => candidate.startsWith("079133"))) {
      const whole = decodeFromNetwork(pdu);
      for (let length = 0; length < pdu.length; length += 2) {
        try {
          const part = decodeFromNetwork(pdu.slice(0, length));
          expect(part).not.toEqual(whole);
          expect(part).toMatchObject({ flaws: ["truncated"] });
        } catch (error) {
          if (!(error instanceof DecodeError)) throw error;
        }
      }
    }
  });
});

describe("which TPDU it is", () => {
  test("TP-MTI 11 is read as an SMS-DELIVER", () => {
    const reserved = decodeFromNetwork(DELIVER.replace("F0040B", "F0070B"));
    expect(reserved).toEqual(decodeFromNetwork(DELIVER));
  });

  test("TP-MTI 01 is not for us", () => {
    expect(() => decodeFromNetwork(DELIVER.replace("F0040B", "F0050B"))).toThrow(
      new DecodeError("TP-MTI", 8, "is an SMS-SUBMIT-REPORT, or a message stored for sending"),
    );
  });

  test("a decoder refuses the TPDU of another", () => {
    expect(() => decodeDeliver(REPORT)).toThrow(DecodeError);
    expect(() => decodeStatusReport(DELIVER)).toThrow(DecodeError);
    expect(() => decodeSubmit(DELIVER)).toThrow(DecodeError);
  });

  test("an empty line is refused", () => {
    expect(() => decodeFromNetwork("")).toThrow(new DecodeError("SMSC", 0, "the PDU ends here"));
  });
});

describe("damage", () => {
  test("octets after TP-UD are ignored", () => {
    expect(decodeFromNetwork(`${DELIVER}FFFF0000`)).toEqual(decodeFromNetwork(DELIVER));
  });

  test("a body shorter than TP-UDL is read as far as it goes", () => {
    const deliver = decodeDeliver(DELIVER.slice(0, -4));
    expect(deliver.flaws).toEqual(["truncated"]);
    expect(textOf([deliver.userData])).toBe("Hel");
  });

  test("a header whose elements do not add up is skipped whole, and the text kept", () => {
    // UDHL 05, then IE 00 of length 9.
    const deliver = decodeDeliver("00440B913316325476F8000452101000000000080500090102034869");
    expect(deliver.flaws).toEqual(["bad-header"]);
    expect(deliver.udh).toEqual([]);
    expect(textOf([deliver.userData])).toBe("Hi");
  });

  test("a header longer than the body is refused", () => {
    expect(() => decodeDeliver("00440B913316325476F8000452101000000000020500")).toThrow(
      new DecodeError("TP-UD.UDHL", 20, "the header is longer than the 2 octets there are"),
    );
  });

  test("a compressed text is kept as data", () => {
    const deliver = decodeDeliver("00040B913316325476F8002052101000000000021234");
    expect(deliver.flaws).toEqual(["compressed"]);
    expect(deliver.userData).toEqual({ alphabet: "8bit", octets: Uint8Array.of(0x12, 0x34) });
  });

  test.each([
    ["FF padding", "FFFFFFFF"],
    ["a TP-PI of reserved bits, whatever follows", "FF3F0402CAFE"],
    ["an empty TP-PI", "00"],
    ["a TP-PI whose fields are missing", "07"],
    ["a TP-PI whose text is cut off", "06000548"],
  ])("a status report keeps its facts before %s", (_, tail) => {
    expect(decodeFromNetwork(REPORT + tail)).toEqual(decodeFromNetwork(REPORT));
  });

  test("a status report's tail is read when it makes sense", () => {
    expect(decodeFromNetwork(`${REPORT}073F0402CAFE`)).toMatchObject({
      tpPid: 0x3f,
      tpDcs: 0x04,
      userData: { alphabet: "8bit", octets: Uint8Array.of(0xca, 0xfe) },
    });
  });
});

describe("what an encoder refuses", () => {
  const fields = decodeDeliver(DELIVER);

  test("a body in another alphabet than TP-DCS names", () => {
    expect(() => encodeDeliver({ ...fields, tpDcs: 8 })).toThrow(
      new RangeError("TP-UD is gsm7, TP-DCS says ucs2"),
    );
  });

  test("a body of more than 140 octets", () => {
    const userData = { alphabet: "8bit", octets: new Uint8Array(141) } as const;
    expect(() => encodeDeliver({ ...fields, tpDcs: 4, userData })).toThrow(
      new RangeError("TP-UD has 141 octets, 140 fit"),
    );
  });
});

/** The wire has a minus zero, ISO 8601 does not. */
function positiveZero(iso: string | null): string | null {
  return iso === null ? null : iso.replace("-00:00", "+00:00");
}
