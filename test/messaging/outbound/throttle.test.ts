import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  AcceptedLately,
  afterRefusal,
  FREE,
  isThrottling,
  rateAt,
  SLOWEST,
  type Throttle,
} from "../../../src/messaging/outbound/throttle.ts";
import { Fault } from "../../../src/runtime/fault.ts";

const learnt: Throttle = { rate: 40, at: 0, isLearnt: true };
const guessed: Throttle = { rate: 40, at: 0, isLearnt: false };

describe("what a refusal means", () => {
  test.each([
    ["ESME_RTHROTTLED", 0x58, true],
    ["ESME_RMSGQFUL", 0x14, true],
    ["ESME_RSYSERR", 0x08, false],
    ["ESME_RINVDSTADR", 0x0b, false],
  ])("%s: slower, or something else", (_name, status, isSlower) => {
    const fault = new Fault({ code: "smpp.status", disposition: "line", status, message: "no" });
    expect(isThrottling(fault)).toBe(isSlower);
  });

  test("a modem's error of the same number is none of it", () => {
    const fault = new Fault({ code: "modem.cms", disposition: "retry", status: 0x58, message: "no" });
    expect(isThrottling(fault)).toBe(false);
  });
});

describe("the rate", () => {
  test.each([
    ["is not held back before a refusal", null, 0, Number.POSITIVE_INFINITY],
    ["is what was learnt", learnt, 0, 40],
    ["creeps up by a hundredth a second", learnt, 3000, 41.2],
    ["doubles every half second when nothing was refused for five", learnt, 5500, 84],
    ["that is a guess doubles at once", guessed, 1000, 160],
    ["matters no more in the end", learnt, 15_000, Number.POSITIVE_INFINITY],
    ["does not fall when time does not pass", learnt, -1, 40],
  ])("%s", (_what, throttle, now, rate) => {
    expect(rateAt(throttle, now)).toBeCloseTo(rate, 6);
  });

  test.each([
    ["the first refusal: a little less than was accepted", null, 40, 0, { rate: 39.2, isLearnt: false }],
    ["the first refusal, nothing accepted: a guess", null, null, 0, { rate: 10, isLearnt: false }],
    ["at the limit: a little less again", learnt, 40, 2000, { rate: 39.2, isLearnt: true }],
    ["little accepted: not more than a twentieth off", learnt, 30, 0, { rate: 38, isLearnt: true }],
    ["never up", learnt, 80, 0, { rate: 40, isLearnt: true }],
    ["far above what is accepted: straight to that", learnt, 10, 0, { rate: 9.8, isLearnt: false }],
    ["nothing accepted any more: half", learnt, null, 500, { rate: 20, isLearnt: false }],
  ] as const)("after %s", (_what, before, accepted, now, expected) => {
    const after = afterRefusal(before, accepted, now);
    expect(after?.rate).toBeCloseTo(expected.rate, 6);
    expect(after?.isLearnt).toBe(expected.isLearnt);
    expect(after?.at).toBe(now);
  });

  const throttles = fc.record({
    rate: fc.double({ min: SLOWEST, max: FREE, noNaN: true }),
    at: fc.integer({ min: 0, max: 1e9 }),
    isLearnt: fc.boolean(),
  });
  const times = fc.integer({ min: 0, max: 600_000 });

  test("never falls by itself, and is free of every limit within a minute", () => {
    fc.assert(
      fc.property(throttles, times, times, (throttle, one, other) => {
        const [early, late] = one <= other ? [one, other] : [other, one];
        expect(rateAt(throttle, throttle.at + late)).toBeGreaterThanOrEqual(
          rateAt(throttle, throttle.at + early),
        );
        expect(rateAt(throttle, throttle.at + 60_000)).toBe(Number.POSITIVE_INFINITY);
      }),
    );
  });

  test("a refusal never makes it faster, nor slower than the slowest", () => {
    const accepted = fc.option(fc.double({ min: 0, max: FREE, noNaN: true }));
    fc.assert(
      fc.property(throttles, times, accepted, (throttle, after, seen) => {
        const now = throttle.at + after;
        const next = afterRefusal(throttle, seen, now);
        expect(rateAt(next, now)).toBeLessThanOrEqual(Math.max(SLOWEST, rateAt(throttle, now)));
        expect(rateAt(next, now)).toBeGreaterThanOrEqual(SLOWEST);
      }),
    );
  });
});

describe("what was accepted lately", () => {
  test("is counted over the last second", () => {
    const lately = new AcceptedLately();
    for (let ms = 0; ms < 3000; ms += 25) lately.add(ms);
    expect(lately.perSecond(2999)).toBe(40);
  });

  test("counts a burst for what it is", () => {
    const lately = new AcceptedLately();
    for (let at = 0; at < 40; at++) lately.add(10);
    expect(lately.perSecond(10)).toBe(40);
    expect(lately.perSecond(900)).toBe(40);
  });

  test("of a slow carrier is told from its last five", () => {
    const lately = new AcceptedLately();
    for (let ms = 0; ms <= 10_000; ms += 500) lately.add(ms);
    expect(lately.perSecond(10_000)).toBeCloseTo(2.5, 6);
  });

  test("says nothing of what is long ago, or too little", () => {
    const lately = new AcceptedLately();
    expect(lately.perSecond(0)).toBeNull();
    for (let at = 0; at < 4; at++) lately.add(at);
    expect(lately.perSecond(10)).toBeNull();
    lately.add(5);
    expect(lately.perSecond(10)).toBe(5);
    expect(lately.perSecond(20_000)).toBeNull();
  });

  test("holds at any rate", () => {
    const lately = new AcceptedLately();
    for (let at = 0; at < 100_000; at++) lately.add(at / 20);
    expect(lately.perSecond(5000)).toBeGreaterThan(19_000);
  });
});
