import { expect, it } from "vitest";
import { Chores } from "../../src/daemon/chores.ts";
import { silentLog } from "../../src/runtime/log.ts";
import { FakeClock, settle } from "../harness/fake-clock.ts";

it("runs each chore by its own interval, and goes on after one failed", async () => {
  const clock = new FakeClock();
  let quick = 0;
  let failing = 0;
  const chores = new Chores({
    clock,
    log: silentLog(),
    chores: [
      { name: "quick", everyMs: 10, run: async () => void quick++ },
      {
        name: "failing",
        everyMs: 30,
        run: async () => {
          failing++;
          throw new Error("the disk is busy");
        },
      },
    ],
  });
  chores.start();
  await clock.advance(60);
  expect([quick, failing]).toEqual([6, 2]);
  await chores.stop();
  expect(clock.pending).toBe(0);
});

it("never runs a chore twice at once, and waits for the run under way when it stops", async () => {
  const clock = new FakeClock();
  let runs = 0;
  let finish = () => {};
  const chores = new Chores({
    clock,
    log: silentLog(),
    chores: [
      {
        name: "slow",
        everyMs: 10,
        run: () => {
          runs++;
          return new Promise((resolve) => {
            finish = resolve;
          });
        },
      },
    ],
  });
  chores.start();
  await clock.advance(100);
  expect(runs).toBe(1);
  let stopped = false;
  const stopping = chores.stop().then(() => {
    stopped = true;
  });
  await settle();
  expect(stopped).toBe(false);
  finish();
  await stopping;
});

it("can be stopped without a start", async () => {
  await new Chores({ clock: new FakeClock(), log: silentLog(), chores: [] }).stop();
});
