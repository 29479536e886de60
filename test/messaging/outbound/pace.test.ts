import { describe, expect, test } from "vitest";
import { Pace } from "../../../src/messaging/outbound/pace.ts";
import { FakeClock } from "../../harness/fake-clock.ts";

describe("a Number's pace", () => {
  test("spaces Segments evenly", async () => {
    const clock = new FakeClock();
    const pace = new Pace(clock, () => 4);
    expect(pace.delayMs()).toBe(0);
    pace.take();
    expect(pace.delayMs()).toBe(250);
    expect(pace.delayMs(2)).toBe(750);
    await clock.advance(250);
    expect(pace.delayMs()).toBe(0);
  });

  test("saves up no slots while there is nothing to send", async () => {
    const clock = new FakeClock();
    const pace = new Pace(clock, () => 1);
    pace.take();
    await clock.advance(60_000);
    pace.take();
    expect(pace.delayMs()).toBe(1000);
  });

  test("makes up for a timer that was a little late", async () => {
    const clock = new FakeClock();
    const pace = new Pace(clock, () => 1);
    pace.take();
    await clock.advance(1015);
    pace.take();
    expect(pace.delayMs()).toBe(985);
  });

  test("does not move when the wall clock jumps", () => {
    const clock = new FakeClock();
    const pace = new Pace(clock, () => 1);
    pace.take();
    clock.jump(86_400_000);
    expect(pace.delayMs()).toBe(1000);
  });

  test("knows how many Segments fit into a time to come", () => {
    const clock = new FakeClock();
    const pace = new Pace(clock, () => 1);
    expect(pace.slotsWithin(2000)).toBe(3);
    pace.take();
    expect(pace.slotsWithin(2000)).toBe(2);
    expect(pace.slotsWithin(900)).toBe(0);
    expect(new Pace(clock, () => "unlimited").slotsWithin(0)).toBe(Number.POSITIVE_INFINITY);
  });
});
