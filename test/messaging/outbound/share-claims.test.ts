import { describe, expect, test } from "vitest";
import { NumberQueue } from "../../../src/messaging/outbound/number-queue.ts";
import { shareClaims } from "../../../src/messaging/outbound/share-claims.ts";
import type { Claim } from "../../../src/store/store.ts";
import { FakeClock } from "../../harness/fake-clock.ts";

const clock = new FakeClock();
const line = { window: 50, onWire: 0, slots: Number.POSITIVE_INFINITY, turn: 0 };

function queueOf(
  options: { rate?: number; ready?: number; broadcasts?: number; onWire?: number; hasWork?: boolean } = {},
): NumberQueue {
  const queue = new NumberQueue("+33639980001", clock, () => options.rate ?? "unlimited");
  queue.push(Array.from({ length: options.ready ?? 0 }, () => ({}) as Claim));
  queue.push(Array.from({ length: options.broadcasts ?? 0 }, () => ({ lane: "broadcast" }) as Claim));
  queue.onWire = options.onWire ?? 0;
  queue.mayHaveWork = options.hasWork ?? true;
  return queue;
}

const limits = (queues: readonly NumberQueue[], more: Partial<typeof line> = {}) =>
  shareClaims(queues, { ...line, ...more }).map(({ queue, limit }) => [queues.indexOf(queue), limit]);

describe("what is claimed", () => {
  test("is a window on the wire and one behind it", () => {
    expect(limits([queueOf()])).toEqual([[0, 100]]);
    expect(limits([queueOf()], { onWire: 50 })).toEqual([[0, 50]]);
  });

  test("is half a window at a time once the window is full", () => {
    expect(limits([queueOf({ ready: 49 })], { onWire: 50 })).toEqual([]);
    expect(limits([queueOf({ ready: 26 })], { onWire: 50 })).toEqual([]);
    expect(limits([queueOf({ ready: 25 })], { onWire: 50 })).toEqual([[0, 25]]);
  });

  test("is one after the other where the window is one", () => {
    expect(limits([queueOf()], { window: 1, onWire: 1 })).toEqual([[0, 1]]);
    expect(limits([queueOf({ ready: 1 })], { window: 1, onWire: 1 })).toEqual([]);
  });

  test("is shared, and who was served last comes last", () => {
    expect(limits([queueOf(), queueOf()], { onWire: 50 })).toEqual([
      [0, 25],
      [1, 25],
    ]);
    const three = [queueOf(), queueOf(), queueOf()];
    expect(limits(three, { window: 1, onWire: 1, turn: 2 })).toEqual([[2, 1]]);
  });

  test("is nothing of a queue that has none, or waits for a claim already", () => {
    const claiming = queueOf();
    claiming.claiming = 5;
    expect(limits([queueOf({ hasWork: false }), claiming])).toEqual([]);
  });

  test("is no more than its rate lets go in two seconds", () => {
    expect(limits([queueOf({ rate: 10 })])).toEqual([[0, 21]]);
  });

  test("is one ready behind one on the wire where its rate makes it wait, whoever else is busy", () => {
    const slow = queueOf({ rate: 1, onWire: 1 });
    slow.pace.take();
    const busy = queueOf({ ready: 50 });
    expect(limits([busy, slow], { onWire: 50 })).toEqual([[1, 1]]);
  });

  test("is no more than the line as a whole lets go in two seconds", () => {
    expect(limits([queueOf(), queueOf()], { slots: 10 })).toEqual([
      [0, 5],
      [1, 5],
    ]);
    expect(limits([queueOf({ ready: 10 }), queueOf()], { slots: 10 })).toEqual([]);
  });
});

describe("what is claimed beside broadcasts that are ready", () => {
  const alone = (queues: readonly NumberQueue[], more: Partial<typeof line> = {}) =>
    shareClaims(queues, { ...line, ...more }).map(({ queue, limit, lane }) => [
      queues.indexOf(queue),
      limit,
      lane ?? "both",
    ]);

  test("is as many single messages as would go without them", () => {
    expect(alone([queueOf({ broadcasts: 1 })], { window: 1, onWire: 1 })).toEqual([[0, 1, "single"]]);
    expect(alone([queueOf({ broadcasts: 50 })], { onWire: 50 })).toEqual([[0, 50, "single"]]);
    expect(alone([queueOf({ broadcasts: 40, ready: 10 })], { onWire: 50 })).toEqual([[0, 40, "single"]]);
  });

  test("is another number's single message too", () => {
    const queues = [queueOf({ broadcasts: 1, hasWork: false }), queueOf()];
    const [sender] = queues;
    if (sender !== undefined) sender.mayHaveSingle = false;
    expect(alone(queues, { window: 1, onWire: 1 })).toEqual([[1, 1, "single"]]);
  });

  test("is nothing where single messages are ready already, or none was heard of", () => {
    expect(alone([queueOf({ broadcasts: 1, ready: 1 })], { window: 1, onWire: 1 })).toEqual([]);
    const heard = queueOf({ broadcasts: 1 });
    heard.mayHaveSingle = false;
    expect(alone([heard], { window: 1, onWire: 1 })).toEqual([]);
  });
});
