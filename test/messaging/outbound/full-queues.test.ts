import { afterEach, beforeEach, expect, test } from "vitest";
import { type Accept, createAccept } from "../../../src/messaging/outbound/accept.ts";
import { FullQueues } from "../../../src/messaging/outbound/full-queues.ts";
import type { NewEvent } from "../../../src/runtime/event.ts";
import { KeySequence } from "../../../src/runtime/ids.ts";
import { FakeClock } from "../../harness/fake-clock.ts";
import { openTestStore, type TestStore } from "../../harness/open-test-store.ts";
import { ACCOUNT, NUMBER, PHONE } from "../numbers.ts";

const HOUR = 3_600_000;
const OTHER = "36123";

let clock: FakeClock;
let events: NewEvent[];
let opened: TestStore;
let accept: Accept;
beforeEach(async () => {
  clock = new FakeClock();
  events = [];
  opened = await openTestStore({ clock });
  const full = new FullQueues(clock, (event) => events.push(event));
  accept = createAccept({
    store: opened.store,
    keys: new KeySequence(clock),
    clock,
    limits: { maxQueued: 2 },
    onFull: (queue, segments) => full.refused(queue, segments),
  });
});
afterEach(() => opened.remove());

async function post(count: number, from = NUMBER): Promise<string[]> {
  const results: string[] = [];
  for (let n = 0; n < count; n++) {
    const { is } = await accept.accept({
      accountSid: ACCOUNT,
      direction: "outbound-api",
      from,
      to: PHONE,
      body: "hello",
      messagingServiceSid: null,
      statusCallback: null,
      queue: from,
      lane: "single",
      validitySeconds: null,
      segmentsPerSecond: 1,
    });
    results.push(is);
  }
  return results;
}

test("a queue that is full is told of once an hour, each by itself", async () => {
  expect(await post(2)).toEqual(["accepted", "accepted"]);
  expect(events).toEqual([]);
  expect(await post(3)).toEqual(["queue-full", "queue-full", "queue-full"]);
  expect(events).toMatchObject([
    {
      type: "queue.full",
      level: "warning",
      errorCode: 21611,
      text: expect.stringMatching(/of \+33•••••\d+ is full with 2/),
    },
  ]);
  await post(3, OTHER);
  expect(events).toHaveLength(2);
  await clock.advance(HOUR - 1);
  await post(1);
  expect(events).toHaveLength(2);
  await clock.advance(1);
  await post(2);
  expect(events).toHaveLength(3);
});
