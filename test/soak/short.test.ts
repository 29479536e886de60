import { expect, test } from "vitest";
import { runSoak } from "./soak.ts";

test("three simulated hours of rough weather lose nothing, double nothing unasked, and keep the order", async () => {
  const report = await runSoak({ hours: 3, seed: 1, messageEverySeconds: 15, faultEverySeconds: 180 });
  expect(report.problems).toEqual([]);
  expect(report.outbound).toBeGreaterThan(1000);
  expect(report.inbound).toBeGreaterThan(1000);
  expect(report.accidents).toBeGreaterThan(0);
  expect(report.crashes).toBeGreaterThan(0);
  expect(Object.keys(report.faults).length).toBeGreaterThan(12);
}, 60_000);
