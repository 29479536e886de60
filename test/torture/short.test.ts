import { expect, test } from "vitest";
import { torture } from "./torture.ts";

test("ten lives that end by SIGKILL lose nothing, double nothing untold, keep the order and tell how it ended", async () => {
  const { problems, particulars, logs, counts } = await torture({ rounds: 10, seed: 1 });
  expect({ problems, particulars, logs }).toEqual({ problems: [], particulars: [], logs: [] });
  expect(counts["kills"]).toBe(10);
  for (const what of ["accepted", "texts", "compared"])
    expect([what, counts[what]]).toSatisfy(isMoreThan(20));
  for (const what of ["inDoubt", "replies", "toldAgain", "appRestarts"])
    expect([what, counts[what]]).toSatisfy(isMoreThan(0));
}, 240_000);

function isMoreThan(least: number) {
  return ([, count]: readonly [string, number]) => count > least;
}
