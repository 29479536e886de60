import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  type Accept,
  createAccept,
  type OutboundRequest,
  queueBound,
} from "../../../src/messaging/outbound/accept.ts";
import { KeySequence, keyOfSid } from "../../../src/runtime/ids.ts";
import { FakeClock } from "../../harness/fake-clock.ts";
import { openTestStore, type TestStore } from "../../harness/open-test-store.ts";
import { ACCOUNT, NUMBER, PHONE } from "../numbers.ts";

const clock = new FakeClock();
let testStore: TestStore;
let accept: Accept;
beforeEach(async () => {
  testStore = await openTestStore({ clock });
  accept = createAccept({
    store: testStore.store,
    keys: new KeySequence(clock),
    clock,
    limits: { maxQueued: 50 },
  });
});
afterEach(() => testStore.remove());

const request = (fields: Partial<OutboundRequest> = {}): OutboundRequest => ({
  accountSid: ACCOUNT,
  direction: "outbound-api",
  from: NUMBER,
  to: PHONE,
  body: "hello",
  messagingServiceSid: null,
  statusCallback: null,
  queue: NUMBER,
  lane: "single",
  validitySeconds: null,
  segmentsPerSecond: 1,
  ...fields,
});

describe("accepting a message", () => {
  test("cuts it once and puts it on disk as queued", async () => {
    const result = await accept.accept(request({ body: "a".repeat(161) }));
    if (result.is !== "accepted") throw new Error(result.is);
    const { sid } = result.message;
    expect(sid).toMatch(/^SM[0-9a-f]{32}$/);
    expect(await testStore.store.getMessage(sid)).toMatchObject({
      status: "queued",
      numSegments: 2,
      from: NUMBER,
    });
  });

  test("leaves it whole for a line that takes it so, and says what it is worth, then and for good", async () => {
    const { store } = testStore;
    const whole = createAccept({
      store,
      keys: new KeySequence(clock, 1),
      clock,
      limits: { maxQueued: 50 },
      isWhole: (queue) => queue === NUMBER,
    });
    const body = "é".repeat(400);
    const result = await whole.accept(request({ body }));
    if (result.is !== "accepted") throw new Error(result.is);
    const { sid, numSegments } = result.message;
    expect(numSegments).toBe(3);
    expect(await store.getMessage(sid)).toMatchObject({ numSegments: 3, body });
    const now = clock.now();
    const { claims } = await store.claim(NUMBER, { line: "carrier", limit: 5, now });
    expect(claims.map(({ segment }) => segment)).toMatchObject([{ text: body, concatenation: null }]);
    await store.settle(claims[0]?.submissionId ?? "", { is: "accepted", reference: "661212a3" }, now);
    const day = Math.floor(now / 86_400_000);
    expect(await store.usage(ACCOUNT, day, day)).toMatchObject([{ messages: 1, segments: 3 }]);
    expect(await store.retire({ sentBefore: now + 1, limit: 10 })).toBe(1);
    expect(await store.getMessage(sid)).toMatchObject({ numSegments: 3, status: "sent" });
    expect(await store.usage(ACCOUNT, day, day)).toMatchObject([{ messages: 1, segments: 3 }]);
    const other = await whole.accept(request({ body, queue: PHONE }));
    expect(other).toMatchObject({ message: { numSegments: 3 } });
    const cut = await store.claim(PHONE, { line: "sim1", limit: 5, now });
    expect(cut.claims).toHaveLength(3);
  });

  test("keeps it valid for ten hours, or as long as the app says", () => {
    expect(accept.prepare(request()).expiresAt).toBe(clock.now() + 36_000_000);
    expect(accept.prepare(request({ validitySeconds: 1 })).expiresAt).toBe(clock.now() + 1000);
  });

  test("gives SIDs in the order of time", () => {
    const keys = [1, 2, 3].map(() => keyOfSid(accept.prepare(request()).sid) ?? 0);
    expect([...keys].sort((a, b) => a - b)).toEqual(keys);
    expect(new Set(keys).size).toBe(3);
  });

  test("is refused when the queue is full, and takes what still fits", async () => {
    const long = request({ body: "a".repeat(49 * 153) });
    expect((await accept.accept(long)).is).toBe("accepted");
    const tooLong = request({ body: "a".repeat(161) });
    expect(await accept.accept(tooLong)).toEqual({ is: "queue-full", queuedSegments: 49 });
    expect((await accept.accept(request())).is).toBe("accepted");
  });
});

test.each([
  [1, 100_000, 36_000],
  [0.5, 100_000, 18_000],
  [100, 100_000, 100_000],
  ["unlimited", 100_000, 100_000],
  [1, 500, 500],
  [0.00001, 100_000, 1],
] as const)(
  "at %s segments a second and a limit of %i a queue holds %i segments",
  (rate, maxQueued, bound) => {
    expect(queueBound(rate, maxQueued)).toBe(bound);
  },
);
