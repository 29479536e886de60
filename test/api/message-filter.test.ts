import { describe, expect, it } from "vitest";
import { readMessageFilter } from "../../src/api/message-filter.ts";
import { parseDate } from "../../src/api/parse-date.ts";

const at = (text: string) => Date.parse(text);
const read = (query: string) => readMessageFilter(new URLSearchParams(query), "FR");

describe("the date filters of a list", () => {
  const day = { sentFrom: at("2024-02-01T00:00:00Z"), sentBefore: at("2024-02-02T00:00:00Z") };
  const instant = at("2024-02-01T12:30:00Z");

  it.each([
    ["DateSent=2024-02-01", day],
    ["DateSent=2024-02-01T12%3A30%3A00Z", day],
    ["DateSent=2024-02-01T00:00:00Z", day],
    ["DateSent%3C=2024-02-01", { sentBefore: day.sentBefore }],
    ["DateSent<=2024-02-01", { sentBefore: day.sentBefore }],
    ["DateSent=<=2024-02-01", { sentBefore: day.sentBefore }],
    ["DateSent%3C%3D2024-02-01", { sentBefore: day.sentBefore }],
    ["DateSent<2024-02-01", { sentBefore: day.sentBefore }],
    ["DateSent%3E=2024-02-01", { sentFrom: day.sentFrom }],
    ["DateSent>=2024-02-01", { sentFrom: day.sentFrom }],
    ["DateSent=>=2024-02-01", { sentFrom: day.sentFrom }],
    ["DateSent=%3E%3D2024-02-01", { sentFrom: day.sentFrom }],
    ["DateSent=>2024-02-01", { sentFrom: day.sentFrom }],
    ["DateSent>=2024-02-01T12:30:00Z", { sentFrom: instant }],
    // A message shown as sent at 12:30:00 was sent in that second.
    ["DateSent<=2024-02-01T12:30:00Z", { sentBefore: instant + 1000 }],
    ["DateSent>=2024-02-01&DateSent<=2024-02-01", day],
    ["DateSent>=2024-01-01&DateSent>=2024-02-01", { sentFrom: day.sentFrom }],
    ["DateSent=", {}],
    ["DateSent<=", {}],
    ["DateSentAround=2024-02-01", {}],
    ["dateSent=2024-02-01", {}],
  ])("read %s", (query, expected) => {
    expect(read(query)).toEqual(expected);
  });

  it.each([
    "DateSent=yesterday",
    "DateSent>=2024-13-01",
    "DateSent<=2024-02-30",
    "DateSent=2024-02-01T25:00:00Z",
  ])("refuse %s", (query) => {
    expect(() => read(query)).toThrow(expect.objectContaining({ code: 20422, status: 400 }));
  });
});

describe("the address filters of a list", () => {
  it.each([
    ["To=%2B33639980002", { to: "+33639980002" }],
    ["To=+33639980002", { to: "+33639980002" }],
    ["To=0639980002", { to: "+33639980002" }],
    ["From=36123", { from: "36123" }],
    ["From=Meteo France", { from: "Meteo France" }],
    ["From=What?!%20a%20very%20long%20sender", { from: "What?! a very long sender" }],
    ["To=&From=", {}],
  ])("read %s", (query, expected) => {
    expect(read(query)).toEqual(expected);
  });
});

describe("a date in a filter", () => {
  it.each([
    ["2023-08-24", "2023-08-24T00:00:00.000Z", 86_400_000],
    ["2023-08-24T05:01Z", "2023-08-24T05:01:00.000Z", 60_000],
    ["2023-08-24T05:01:45Z", "2023-08-24T05:01:45.000Z", 1000],
    ["2023-08-24t05:01:45z", "2023-08-24T05:01:45.000Z", 1000],
    ["2023-08-24T05:01:45", "2023-08-24T05:01:45.000Z", 1000],
    ["2023-08-24T05:01:45+02:00", "2023-08-24T03:01:45.000Z", 1000],
    ["2023-08-24T05:01:45 02:00", "2023-08-24T03:01:45.000Z", 1000],
    ["2023-08-24T05:01:45-0330", "2023-08-24T08:31:45.000Z", 1000],
    ["2023-08-24 05:01:45.123", "2023-08-24T05:01:45.123Z", 1],
    ["2023-08-24T05:01:45.123456Z", "2023-08-24T05:01:45.123Z", 1],
    ["Thu, 24 Aug 2023 05:01:45 +0000", "2023-08-24T05:01:45.000Z", 1000],
    ["Thu, 24 Aug 2023 05:01:45 GMT", "2023-08-24T05:01:45.000Z", 1000],
    ["24 Aug 2023", "2023-08-24T00:00:00.000Z", 86_400_000],
    ["08/24/2023 05:01:45 UTC", "2023-08-24T05:01:45.000Z", 1000],
    ["8/24/2023 05:01:45 PDT", "2023-08-24T12:01:45.000Z", 1000],
    ["08/24/2023", "2023-08-24T00:00:00.000Z", 86_400_000],
  ])("may be written %s", (text, from, ms) => {
    const start = at(from);
    expect(parseDate(text)).toEqual({ from: start, until: start + ms });
  });

  it.each([
    "",
    "2023",
    "2023-8-24",
    "2023-00-10",
    "2023-02-29",
    "24/08/2023",
    "05:01:45",
    "2023-08-24T05:60:00Z",
    "2023-08-24T05:01:45 XYZ",
    "Thu, 24 Foo 2023",
    "1692853305",
  ])("is not %j", (text) => {
    expect(parseDate(text)).toBeNull();
  });
});
