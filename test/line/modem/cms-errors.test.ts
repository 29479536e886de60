import { describe, expect, test } from "vitest";
import { CME_ERRORS, cmeErrorOf } from "../../../src/line/modem/cme-errors.ts";
import { CMS_ERRORS, cmsErrorOf, cmsErrorOfText } from "../../../src/line/modem/cms-errors.ts";

describe("+CMS ERROR", () => {
  test("holds each number once for each family of makers", () => {
    expect(CMS_ERRORS).toHaveLength(106);
    expect(new Set(CMS_ERRORS.map((row) => `${row.code} ${row.family}`)).size).toBe(CMS_ERRORS.length);
    for (const row of CMS_ERRORS) expect(row.family === null, `${row.code}`).toBe(row.code < 512);
  });

  test.each(CMS_ERRORS)("$code $text is dealt with as its class $class asks", (row) => {
    const allowed = {
      temporary: ["retry", "line"],
      permanent: ["reject"],
      account: ["line"],
      sim: ["line"],
      config: ["line"],
      modem: ["line"],
      storage: ["line"],
      unknown: ["unknown"],
    } as const;
    expect(allowed[row.class]).toContain(row.disposition);
  });

  test.each([
    { codes: [17, 21, 22, 27, 38, 41, 42, 47, 81, 98, 111, 127, 192, 194, 212, 213, 255], is: "retry" },
    { codes: [1, 29, 69, 95, 96, 97, 99, 128, 144, 159, 176, 195, 196, 304], is: "reject" },
    { codes: [8, 10, 28, 30, 50, 193], is: "line" },
    { codes: [208, 209, 211, 320, 322, 300, 302, 305, 210, 303, 330, 340], is: "line" },
    { codes: [301, 314, 331, 527, 528, 529, 522, 532, 535, 310, 311, 313, 316, 318], is: "line" },
    { codes: [332, 500, 513, 521], is: "unknown" },
    { codes: [143, 145, 175, 198, 199], is: "reject" },
  ])("$codes: $is", ({ codes, is }) => {
    expect(codes.map((code) => `${code} ${cmsErrorOf(code, null).disposition}`)).toEqual(
      codes.map((code) => `${code} ${is}`),
    );
  });

  test.each([
    { code: 15, is: "retry" },
    { code: 63, is: "retry" },
    { code: 64, is: "reject" },
    { code: 254, is: "reject" },
    { code: 399, is: "unknown" },
    { code: 9999, is: "unknown" },
  ])("$code, in no table: $is", ({ code, is }) => {
    expect(cmsErrorOf(code, null).disposition).toBe(is);
  });

  test("takes the meaning of the maker, and without one the meaning that loses least", () => {
    expect(cmsErrorOf(515, "Sierra Wireless").disposition).toBe("line");
    expect(cmsErrorOf(515, "SIMCOM INCORPORATED").disposition).toBe("reject");
    expect(cmsErrorOf(515, "Quectel").disposition).toBe("line");
    expect(cmsErrorOf(512, null).disposition).toBe("retry");
  });

  test("knows the texts of CMEE=2, whatever their case", () => {
    expect(cmsErrorOfText("network timeout", null)?.code).toBe(332);
    expect(cmsErrorOfText("Nobody Says This", null)).toBeNull();
  });
});

describe("+CME ERROR on a text", () => {
  test("holds each number once, in order", () => {
    const codes = CME_ERRORS.map((row) => row.code);
    expect(codes).toEqual([...new Set(codes)].sort((a, b) => a - b));
  });

  test.each([
    { what: "the SIM", codes: [5, 10, 11, 12, 13, 14, 15, 16, 40, 48, 262, 772], is: "line" },
    { what: "the subscription", codes: [32, 54, 55, 62, 102, 103, 106, 107, 111, 113, 133, 257], is: "line" },
    { what: "no network", codes: [30, 53, 57, 116, 117, 118, 134], is: "line" },
    { what: "the modem", codes: [1, 2, 3, 4, 50, 51, 256, 258, 515], is: "line" },
    { what: "the storage", codes: [20, 23], is: "line" },
    { what: "congestion", codes: [122, 126], is: "retry" },
    { what: "the text itself", codes: [24, 25, 26, 27, 56, 58], is: "reject" },
    { what: "nobody knows what", codes: [0, 31, 60, 100, 148, 9999], is: "unknown" },
  ])("is about $what: $codes $is", ({ codes, is }) => {
    expect(codes.map((code) => `${code} ${cmeErrorOf(code).disposition}`)).toEqual(
      codes.map((code) => `${code} ${is}`),
    );
  });
});
