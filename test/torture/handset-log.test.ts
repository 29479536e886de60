import { expect, it } from "vitest";
import type { Handset } from "../harness/simulator.ts";
import { HandsetLog } from "./handset-log.ts";

function handset(body: string, at = "2026-11-28T12:00:00.000Z"): Handset {
  return { direction: "to-handset", from: "36123", to: "+33612340001", body, parts: 1, at };
}

const [A, B, C, D] = ["a", "b", "c", "d"].map((body) => handset(body)) as [
  Handset,
  Handset,
  Handset,
  Handset,
];

async function logOf(...looks: readonly (readonly Handset[])[]): Promise<readonly string[]> {
  const left = [...looks];
  const log = new HandsetLog(async () => left.shift() ?? []);
  for (const _ of looks) await log.update();
  return log.all.map(({ body }) => body);
}

it("joins what the handsets remember from look to look, repetitions included", async () => {
  expect(await logOf([], [A], [A, B, B], [B, B, C, D])).toEqual(["a", "b", "b", "c", "d"]);
  expect(await logOf([A, A], [A, A, A])).toEqual(["a", "a", "a"]);
  expect(await logOf([A, handset("a", "later")], [handset("a", "later"), C])).toEqual(["a", "a", "c"]);
});

it("says so when something was forgotten between two looks", async () => {
  await expect(logOf([A, B], [C, D])).rejects.toThrow("more arrived");
});
