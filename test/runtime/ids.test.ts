import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { firstKeyAt, KeySequence, keyOfSid, randomSid, randomToken, sidOf } from "../../src/runtime/ids.ts";
import { FakeClock } from "../harness/fake-clock.ts";

describe("a time-ordered SID", () => {
  it("is two letters and 32 hex digits, as every Twilio identifier", () => {
    expect(new KeySequence(new FakeClock()).sid("SM")).toMatch(/^SM[0-9a-f]{32}$/);
  });

  it("gives its key back, whatever the case of its digits", () => {
    fc.assert(
      fc.property(fc.nat(Number.MAX_SAFE_INTEGER), (key) => {
        const sid = sidOf("SM", key, "0123456789abcdef01");
        expect(keyOfSid(sid)).toBe(key);
        expect(keyOfSid(`SM${sid.slice(2).toUpperCase()}`)).toBe(key);
      }),
    );
  });

  it("sorts as text in the order it was made", () => {
    const clock = new FakeClock();
    const keys = new KeySequence(clock);
    const sids = Array.from({ length: 5_000 }, () => keys.sid("SM"));
    expect([...sids].sort()).toEqual(sids);
  });

  it("ends in random digits that never repeat, however many are made and by whom", () => {
    const made = [0, 1].flatMap(() => {
      const keys = new KeySequence(new FakeClock());
      return Array.from({ length: 2_000 }, () => keys.sid("SM").slice(16));
    });
    expect(new Set(made).size).toBe(made.length);
    for (const digits of made) expect(digits).toMatch(/^[0-9a-f]{18}$/);
  });

  it("never repeats and never goes back when the wall clock does", () => {
    const clock = new FakeClock();
    const keys = new KeySequence(clock);
    const before = keys.next();
    clock.jump(-3_600_000);
    expect(keys.next()).toBe(before + 1);
  });

  it("goes on after the newest key on disk", () => {
    const future = firstKeyAt(Date.UTC(2040, 0, 1));
    expect(new KeySequence(new FakeClock(), future).next()).toBe(future + 1);
  });

  it("is refused as a key when it is not one", () => {
    for (const text of [
      "",
      "SM",
      "SM12",
      `SM${"g".repeat(32)}`,
      `S${"0".repeat(33)}`,
      `SM${"f".repeat(32)}`,
    ]) {
      expect(keyOfSid(text)).toBeNull();
    }
  });
});

describe("what is only random", () => {
  it("uses the characters that every SDK accepts", () => {
    expect(randomSid("AC")).toMatch(/^AC[0-9a-f]{32}$/);
    expect(randomToken()).toMatch(/^[0-9a-f]{32}$/);
    expect(randomToken()).not.toBe(randomToken());
  });
});
