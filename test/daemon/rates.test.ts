import { expect, it } from "vitest";
import { parseConfig } from "../../src/daemon/config.ts";
import { createMaxRateOf, createRateOf } from "../../src/daemon/rates.ts";
import type { NumberKind, NumberRecord } from "../../src/store/settings-document.ts";

const { lines } = parseConfig(
  `lines:
  - { name: plain, type: modem, device: "sim:" }
  - { name: fast, type: modem, device: "sim:", segmentsPerSecond: 2.5 }
  - { name: free, type: modem, device: "sim:", segmentsPerSecond: unlimited }
  - { name: carrier, type: smpp, url: "sim:", numbers: ["36123"], maxSegmentsPerSecond: 200 }
  - { name: wide, type: smpp, url: "sim:", numbers: ["36124"] }
`,
  "test.yaml",
);

const rate = (kind: NumberKind, line: string) =>
  createRateOf(lines, (phoneNumber) => ({ phoneNumber, kind, line }) as NumberRecord)("+33639980001");

it.each([
  ["mobile", 1],
  ["local", 1],
  ["toll-free", 3],
  ["alphanumeric", 10],
  ["short-code", 100],
] as const)("sends %s numbers at %s segments per second", (kind, expected) => {
  expect(rate(kind, "plain")).toBe(expected);
});

it("goes by the line where its configuration says a rate", () => {
  expect(rate("mobile", "fast")).toBe(2.5);
  expect(rate("short-code", "free")).toBe("unlimited");
});

it("takes a number nobody knows for a mobile", () => {
  expect(createRateOf(lines, () => null)("+33639980009")).toBe(1);
});

it.each([
  ["carrier", 200],
  ["wide", "unlimited"],
  ["plain", "unlimited"],
] as const)("lets line %s as a whole go at %s", (line, expected) => {
  expect(createMaxRateOf(lines)(line)).toBe(expected);
});
