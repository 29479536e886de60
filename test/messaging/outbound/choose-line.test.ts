import { describe, expect, test } from "vitest";
import { type SpillFacts, spillOf } from "../../../src/messaging/outbound/choose-line.ts";

const down: SpillFacts = {
  own: "opening",
  downMs: 300_000,
  afterMs: 300_000,
  fallback: "ready",
  isCarrying: false,
};

describe("a Number whose line has a fallback", () => {
  test.each([
    ["stays with its own line while that is ready", { own: "ready" }, "unused"],
    ["returns to it at once", { own: "ready", isCarrying: true }, "unused"],
    ["waits for the time that is set", { downMs: 299_999 }, "waiting"],
    ["moves when it is over", {}, "carrying"],
    ["moves at once where no time is set", { downMs: 0, afterMs: 0 }, "carrying"],
    ["moves whatever keeps its line down", { own: "refused" }, "carrying"],
    ["does not move to a line that is down too", { fallback: "opening" }, "blocked"],
    ["stays where it is when that goes down as well", { fallback: "opening", isCarrying: true }, "carrying"],
  ] as const)("%s", (_what, facts, spill) => {
    expect(spillOf({ ...down, ...facts })).toBe(spill);
  });
});
