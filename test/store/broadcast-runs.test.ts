/** What the worker does to runs by itself: they are let go of with the messages they were about, a bounded piece at a time. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { KeySequence } from "../../src/runtime/ids.ts";
import type { BroadcastDefinition, NewRun } from "../../src/store/broadcast-commands.ts";
import { FakeClock } from "../harness/fake-clock.ts";
import { openTestStore, type TestStore } from "../harness/open-test-store.ts";

const DAY = 86_400_000;
let opened: TestStore;
const clock = new FakeClock();
beforeEach(async () => {
  opened = await openTestStore({ clock });
});
afterEach(() => opened.remove());

it("runs that are older than messages may be are deleted with their ledgers, the open and the younger ones stay", async () => {
  const { store } = opened;
  const keys = new KeySequence(clock, store.newestKey);
  const definition = { name: "Morning" } as BroadcastDefinition;
  const now = clock.now();
  const broadcastSid = keys.sid("BC");
  await store.createBroadcast({
    sid: broadcastSid,
    state: "active",
    judgedTo: now,
    createdAt: now,
    updatedAt: now,
    definition,
  });
  const run = (plannedAt: number, status: NewRun["status"]): NewRun => ({
    sid: keys.sid("BR"),
    broadcastSid,
    plannedAt,
    cause: "schedule",
    status,
    reason: null,
    definition,
    createdAt: clock.now(),
  });
  const old = run(1, "planned");
  expect((await store.planRun(old, { judgedTo: null, events: [] })).is).toBe("planned");
  expect((await store.planRun(run(2, "planned"), { judgedTo: null, events: [] })).is).toBe("busy");
  expect((await store.planRun({ ...run(1, "planned") }, { judgedTo: null, events: [] })).is).toBe("known");
  await store.startRun(old.sid, { at: now, members: 5, segments: 5, text: null, events: [] });
  const items = [1, 2, 3, 4, 5].map((n) => ({ phoneNumber: `+3363998000${n}`, skipped: "no-text" as const }));
  await store.acceptSlice(old.sid, items, null);
  await store.endRun(old.sid, { status: "finished", reason: null, at: now, events: [] });
  clock.jump(10 * DAY);
  const young = run(3, "planned");
  await store.planRun(young, { judgedTo: null, events: [] });

  const kept = clock.now() - 5 * DAY;
  const before = {
    messages: kept,
    events: 0,
    undecodable: 0,
    shownParts: 0,
    parkedReports: 0,
    fingerprints: 0,
  };
  let rounds = 0;
  while (!(await store.prune(before, 2)).isDone) rounds++;
  expect(rounds).toBe(3);
  expect(await store.getRun(old.sid)).toBeNull();
  expect(await store.listRunMembers(old.sid, { limit: 10 })).toEqual([]);
  expect(await store.openRuns()).toMatchObject([{ sid: young.sid }]);
  expect(await store.deleteBroadcast(broadcastSid)).toBe("busy");
});
