import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Ages } from "../../../src/messaging/webhook/ages.ts";
import { FakeClock } from "../../harness/fake-clock.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;

describe("the age of a stamp", () => {
  it.each([DAY, -DAY, 20_000 * DAY])("is not changed by a wall clock that jumps by %i ms", async (jump) => {
    const clock = new FakeClock();
    const ages = new Ages(clock);
    await clock.advance(10 * MINUTE);
    const stamp = clock.now();
    await clock.advance(MINUTE);
    clock.jump(jump);
    await clock.advance(MINUTE);
    expect(ages.of(stamp)).toBe(2 * MINUTE);
  });

  it("of what came between the jump and the first look is right", async () => {
    const clock = new FakeClock();
    const ages = new Ages(clock);
    await clock.advance(MINUTE);
    const before = clock.now();
    clock.jump(DAY);
    const after = clock.now();
    await clock.advance(MINUTE);
    expect([ages.of(before), ages.of(after)]).toEqual([MINUTE, MINUTE]);
  });

  it("of an earlier process is the wall clock's, and nothing is younger than now", async () => {
    const clock = new FakeClock();
    const [yesterday, tomorrow] = [clock.now() - DAY, clock.now() + DAY];
    const ages = new Ages(clock);
    await clock.advance(MINUTE);
    expect([ages.of(yesterday), ages.of(tomorrow)]).toEqual([DAY + MINUTE, 0]);
  });

  it("is right after any number of jumps forward that were looked at, to a second and a half", async () => {
    const steps = fc.array(
      fc.record({ jump: fc.integer({ min: 0, max: 3 * DAY }), pause: fc.integer({ min: 0, max: DAY }) }),
      {
        maxLength: 20,
      },
    );
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const clock = new FakeClock();
        const ages = new Ages(clock);
        const born: { stamp: number; at: number }[] = [];
        for (const { jump, pause } of all) {
          clock.jump(jump);
          ages.look();
          born.push({ stamp: clock.now(), at: clock.monotonicMs() });
          await clock.advance(pause);
        }
        return born.every(({ stamp, at }) => Math.abs(ages.of(stamp) - (clock.monotonicMs() - at)) <= 1_500);
      }),
      { numRuns: 50 },
    );
  });
});
