/** What a Line's state looks like to whoever looks after it. */
import { describe, expect, it } from "vitest";
import { lineView } from "../../src/api/appliance-views.ts";
import type { Line, LineStatus } from "../../src/line/line.ts";
import { FakeClock } from "../harness/fake-clock.ts";
import { FakeLine } from "../harness/fake-line.ts";

const clock = new FakeClock();

function viewOf(more: Partial<LineStatus>): Record<string, unknown> {
  const status = { ...new FakeLine({ clock }).status, ...more };
  const line: Line = {
    name: "sim1",
    kind: "modem",
    window: 1,
    status,
    start: () => undefined,
    submit: () => Promise.reject(new Error("only looked at")),
    stop: () => Promise.resolve(),
  };
  return lineView(line, [], () => 1);
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
});
