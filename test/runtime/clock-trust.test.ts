import { describe, expect, test } from "vitest";
import { type ClockFacts, whyUntrusted } from "../../src/runtime/clock-trust.ts";

const NOW = Date.UTC(2026, 10, 25, 12);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const facts: ClockFacts = {
  now: NOW,
  builtAt: NOW - 30 * DAY,
  newestRowAt: NOW - DAY,
  ntp: "unknown",
  networkNow: null,
  vouchedNow: null,
  hasBattery: false,
};

describe("the wall clock", () => {
  test("is trusted while nothing speaks against it", () => {
    expect(whyUntrusted(facts)).toBeNull();
    expect(whyUntrusted({ ...facts, newestRowAt: null })).toBeNull();
  });

  test.each<[string, Partial<ClockFacts>, RegExp]>([
    ["earlier than the newest row", { newestRowAt: NOW + HOUR }, /newest message .*2026-11-25/],
    ["earlier than the build", { now: 0, newestRowAt: null }, /program was built/],
    ["not synchronised yet", { ntp: "unsynchronised" }, /NTP service/],
  ])("is not when it is %s", (_what, more, why) => {
    expect(whyUntrusted({ ...facts, ...more })).toMatch(why);
  });

  test("may be a minute behind what it was", () => {
    expect(whyUntrusted({ ...facts, newestRowAt: NOW + 59_000 })).toBeNull();
    expect(whyUntrusted({ ...facts, builtAt: NOW + 59_000 })).toBeNull();
  });

  test.each<[string, Partial<ClockFacts>]>([
    ["an NTP service that has synchronised it", { ntp: "synchronised" }],
    ["the mobile network's time", { networkNow: NOW + HOUR }],
    ["the mobile network's time, off by a zone", { networkNow: NOW - 14 * HOUR }],
    ["the operator", { vouchedNow: NOW + 30_000 }],
  ])("is vouched for by %s", (_what, more) => {
    const doubtful: ClockFacts = { ...facts, newestRowAt: NOW + 365 * DAY, ...more };
    expect(whyUntrusted(doubtful)).toBeNull();
    expect(whyUntrusted({ ...doubtful, builtAt: NOW + DAY })).toBeNull();
  });

  test("is not vouched for by an operator who meant another time", () => {
    expect(whyUntrusted({ ...facts, ntp: "unsynchronised", vouchedNow: NOW - HOUR })).toMatch(/NTP service/);
  });

  test("that has a battery needs no NTP service, but is held to what happened here before", () => {
    const battery: ClockFacts = { ...facts, ntp: "unsynchronised", hasBattery: true };
    expect(whyUntrusted(battery)).toBeNull();
    expect(whyUntrusted({ ...battery, newestRowAt: NOW + HOUR })).toMatch(/newest message/);
  });

  test("is not vouched for by another day", () => {
    const doubtful: ClockFacts = { ...facts, newestRowAt: NOW + 365 * DAY };
    expect(whyUntrusted({ ...doubtful, networkNow: NOW + 365 * DAY })).toMatch(/newest message/);
  });
});
