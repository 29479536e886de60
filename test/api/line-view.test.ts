/** What a Line's state looks like to whoever looks after it. */
import { describe, expect, it } from "vitest";
import { type LineTraffic, lineView } from "../../src/api/appliance-views.ts";
import type { Line, LineStatus } from "../../src/line/line.ts";
import { FakeClock } from "../harness/fake-clock.ts";
import { FakeLine } from "../harness/fake-line.ts";

const clock = new FakeClock();

function viewOf(more: Partial<LineStatus>, traffic: Partial<LineTraffic> = {}): Record<string, unknown> {
  const status = { ...new FakeLine({ clock }).status, ...more };
  const line: Line = {
    name: "sim1",
    kind: "modem",
    window: 1,
    pulse: { dueBy: null },
    status,
    start: () => undefined,
    submit: () => Promise.reject(new Error("only looked at")),
    stop: () => Promise.resolve(),
  };
  const usual: LineTraffic = {
    numbers: [],
    rateOf: () => 1,
    fallback: null,
    carries: [],
    throttledTo: null,
    secondsPerSegment: null,
    plan: null,
    port: null,
  };
  return lineView(line, { ...usual, ...traffic });
}

describe("a line", () => {
  it("shows the trouble it has, and what is done about it next", () => {
    const now = clock.now();
    const recovery = {
      trouble: "silence",
      reason: "no answer to AT",
      since: now,
      lastStep: "reopen",
      nextStep: "reset",
      nextStepAt: now + 30_000,
    };
    expect(viewOf({ recovery })).toMatchObject({
      recovery: {
        trouble: "silence",
        reason: "no answer to AT",
        since: "Sun, 04 Jan 2026 10:15:30 +0000",
        last_step: "reopen",
        next_step: "reset",
        next_step_not_before: "Sun, 04 Jan 2026 10:16:00 +0000",
      },
    });
    expect(viewOf({})).toMatchObject({ recovery: null });
  });

  it("shows which line stands in for it, and whether it does", () => {
    const fallback = {
      line: "carrier",
      afterMs: 300_000,
      since: null,
      inMs: 1000,
      isActive: false,
      refuses: [],
    };
    expect(viewOf({}, { fallback: { ...fallback, spill: "waiting" } })).toMatchObject({
      fallback: "carrier",
      fallback_active: false,
      fallback_since: null,
    });
    const carrying = {
      ...fallback,
      spill: "carrying",
      isActive: true,
      since: clock.now(),
      inMs: null,
    } as const;
    const refuses = ["+33639980001"];
    expect(viewOf({}, { fallback: { ...carrying, isActive: false, refuses } })).toMatchObject({
      fallback_active: false,
      fallback_refuses: refuses,
    });
    expect(viewOf({}, { fallback: carrying })).toMatchObject({
      fallback: "carrier",
      fallback_active: true,
      fallback_since: "Sun, 04 Jan 2026 10:15:30 +0000",
    });
    expect(viewOf({})).toMatchObject({ fallback: null, fallback_active: false, carries: [] });
  });

  it("shows what was used of its SIM plan, until when, and how long its broadcasts wait", () => {
    const endsAt = Date.UTC(2026, 0, 4, 23);
    const free = { cap: null, used: 3, endsAt };
    const plan = {
      periods: { minute: free, hour: free, day: { cap: 200, used: 200, endsAt }, month: free },
      recipients: { cap: null, used: 0 },
      warnAtPercent: 80,
    };
    const ends = "Sun, 04 Jan 2026 23:00:00 +0000";
    expect(viewOf({}, { plan, secondsPerSegment: 3.4567 })).toMatchObject({
      seconds_per_segment: 3.46,
      plan: {
        segments_per_day: { cap: 200, used: 200, ends },
        segments_per_month: { cap: null, used: 3, ends },
        recipients_per_month: { cap: null, used: 0, ends },
        warn_at_percent: 80,
        broadcasts_wait_until: ends,
      },
    });
    expect(viewOf({})).toMatchObject({ seconds_per_segment: null, plan: null });
  });

  it("shows whose queues it carries, and how fast its carrier lets it go", () => {
    expect(viewOf({}, { carries: ["sim1"], throttledTo: 39.2041, port: "/dev/ttyUSB2" })).toMatchObject({
      carries: ["sim1"],
      throttled_to: 39.2,
      port: "/dev/ttyUSB2",
    });
    expect(viewOf({})).toMatchObject({ throttled_to: null, port: null });
  });
});
