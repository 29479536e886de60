import { describe, expect, test } from "vitest";
import { KeySequence, keyOfSid } from "../../src/runtime/ids.ts";
import { SteadyClock } from "../../src/runtime/steady-clock.ts";
import { FakeClock } from "../harness/fake-clock.ts";

const HOUR = 3_600_000;
const YEAR = 365 * 24 * HOUR;
const NOW = Date.UTC(2026, 10, 28);

function steady(now = NOW, builtAt = NOW - YEAR) {
  const system = new FakeClock(now);
  return { system, clock: new SteadyClock(system, builtAt) };
}

describe("the clock of the process", () => {
  test.each([3 * YEAR, -5 * HOUR])(
    "goes on over a step of %i ms until the step is followed",
    async (step) => {
      const { system, clock } = steady();
      system.jump(step);
      await system.advance(60_000);
      expect(clock.now()).toBe(NOW + 60_000);
      expect(clock.stepMs).toBe(step);
      expect(clock.follow()).toBe(step);
      expect(clock.now()).toBe(NOW + 60_000 + step);
      expect(clock.stepMs).toBe(0);
      await system.advance(1_000);
      expect(clock.now()).toBe(NOW + 61_000 + step);
    },
  );

  test("is the system's while that is slewed", async () => {
    const { system, clock } = steady();
    for (let n = 0; n < 100; n++) {
      system.jump(1_000);
      expect(clock.now()).toBe(system.now());
    }
    expect(clock.stepMs).toBe(0);
  });

  test("starts at the program's own date where the system shows a time that cannot be, and never follows there", () => {
    const { clock } = steady(Date.UTC(2099, 0, 1));
    expect(clock.isBelievable).toBe(false);
    expect(clock.now()).toBe(NOW - YEAR);
    // Keys are safe integers until 2089 only.
    expect(keyOfSid(new KeySequence(clock).sid("SM"))).not.toBeNull();
  });

  test("believes a board that starts in 1970", () => {
    const { clock } = steady(0);
    expect(clock.isBelievable).toBe(true);
    expect(clock.now()).toBe(0);
  });
});
