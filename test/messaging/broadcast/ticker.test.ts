import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { everyMinute } from "../../../src/messaging/broadcast/ticker.ts";

const NOW = Date.UTC(2026, 10, 28, 10, 15, 30);
const METHODS = ["debug", "info", "log", "warn", "error"] as const;

let written: string[];
beforeEach(() => {
  written = [];
  vi.useFakeTimers({ now: NOW });
  for (const method of METHODS)
    vi.spyOn(console, method).mockImplementation((...words: unknown[]) => {
      written.push(words.join(" "));
    });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

it("goes on when time leaps, and writes nothing of its own into the log", async () => {
  const ticks: number[] = [];
  const ticker = everyMinute();
  ticker.start(() => ticks.push(Date.now()));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(ticks).toHaveLength(1);
  vi.setSystemTime(NOW + 3 * 3_600_000);
  await vi.advanceTimersByTimeAsync(180_000);
  expect(ticks.length).toBeGreaterThanOrEqual(3);
  await ticker.stop();
  expect(written).toEqual([]);
});
