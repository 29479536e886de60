import { afterEach, beforeEach, expect, it } from "vitest";
import { letGo } from "../../src/daemon/let-go.ts";
import { FakeClock } from "../harness/fake-clock.ts";
import { type InProcess, openInProcess, storeOver } from "../store/in-process.ts";
import { ACCOUNT, newOutbound, T0 } from "../store/new-outbound.ts";

const DAY = 86_400_000;

let opened: InProcess;
beforeEach(() => {
  opened = openInProcess();
});
afterEach(() => opened.close());

async function withFinished(count: number) {
  const store = storeOver(opened);
  for (let each = 0; each < count; each++)
    await store.accept(newOutbound({ refusal: { errorCode: 30001, why: "as the test has it" } }));
  await store.retire({ sentBefore: 0, limit: 10_000 });
  return store;
}

/** The batches with their pauses, as fast as the test's clock goes. */
async function over(clock: FakeClock, work: Promise<void>): Promise<void> {
  let isOver = false;
  void work.finally(() => {
    isOver = true;
  });
  while (!isOver) await clock.advance(1000);
  await work;
}

it("erases texts, deletes by age and deletes by number, each as configured", async () => {
  const store = await withFinished(600);
  const clock = new FakeClock(T0 + 10 * DAY);
  const go = (retention: Parameters<typeof letGo>[0]["retention"]) =>
    over(clock, letGo({ store, clock, retention }, new AbortController().signal));
  const list = () => store.listMessages({ accountSid: ACCOUNT, limit: 1000 });

  await go({ messagesDays: 400, redactBodiesAfterDays: 30 });
  expect((await list()).filter(({ body }) => body !== "")).toHaveLength(600);
  await go({ messagesDays: 400, redactBodiesAfterDays: 5, messagesMax: 100 });
  const left = await list();
  expect(left).toHaveLength(100);
  expect(left.filter(({ body }) => body !== "")).toEqual([]);
  await go({ messagesDays: 5 });
  expect(await list()).toEqual([]);
});

it("stops between two batches when the process does", async () => {
  const store = await withFinished(600);
  const clock = new FakeClock(T0 + 10 * DAY);
  const stop = new AbortController();
  const work = letGo({ store, clock, retention: { messagesDays: 5 } }, stop.signal);
  stop.abort(new Error("the process stops"));
  await expect(work).rejects.toThrow("the process stops");
  expect((await store.listMessages({ accountSid: ACCOUNT, limit: 1000 })).length).toBe(500);
});
