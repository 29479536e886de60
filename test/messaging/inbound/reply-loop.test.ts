import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createAnswer } from "../../../src/messaging/inbound/reply.ts";
import { ReplyLoop } from "../../../src/messaging/inbound/reply-loop.ts";
import { createAccept } from "../../../src/messaging/outbound/accept.ts";
import type { TwimlVerb } from "../../../src/messaging/webhook/twiml.ts";
import { KeySequence } from "../../../src/runtime/ids.ts";
import type { NewWebhook } from "../../../src/store/store.ts";
import { FakeClock } from "../../harness/fake-clock.ts";
import { openTestStore, type TestStore } from "../../harness/open-test-store.ts";
import { ACCOUNT, inventory, NUMBER, numberRecord, PHONE, parseFrench } from "../numbers.ts";

let clock: FakeClock;

beforeEach(() => {
  clock = new FakeClock();
});

describe("replies between two numbers", () => {
  const OTHER = "+33639980012";

  async function converse(loop: ReplyLoop, replies: number, everyMs: number): Promise<number> {
    let allowed = 0;
    for (let reply = 0; reply < replies; reply++) {
      if (loop.allows(NUMBER, PHONE)) allowed++;
      await clock.advance(everyMs);
    }
    return allowed;
  }

  test("end after thirty, each within thirty seconds of the one before", async () => {
    const loop = new ReplyLoop(clock);
    expect(await converse(loop, 30, 20_000)).toBe(30);
    expect(loop.allows(NUMBER, PHONE)).toBe(false);
    expect(loop.allows(PHONE, NUMBER)).toBe(false);
    expect(loop.allows(NUMBER, OTHER)).toBe(true);
  });

  test("begin again thirty seconds later, with a new count", async () => {
    const loop = new ReplyLoop(clock);
    await converse(loop, 31, 0);
    await clock.advance(29_999);
    expect(loop.allows(NUMBER, PHONE)).toBe(false);
    await clock.advance(1);
    expect(await converse(loop, 31, 0)).toBe(30);
  });

  test("go on for ever between people, who pause now and then", async () => {
    expect(await converse(new ReplyLoop(clock), 200, 30_001)).toBe(200);
  });

  test("are not forgotten when ten thousand others talk", async () => {
    const loop = new ReplyLoop(clock);
    await converse(loop, 31, 0);
    for (let phone = 0; phone < 10_100; phone++) loop.allows(NUMBER, `+3361000${phone}`);
    expect(loop.allows(NUMBER, PHONE)).toBe(false);
  });
});

describe("an app that answers a machine", () => {
  let testStore: TestStore;
  beforeEach(async () => {
    testStore = await openTestStore({ clock });
  });
  afterEach(() => testStore.remove());

  test("has its thirty-first reply fail with 14107, with an event and its callback", async () => {
    const { store } = testStore;
    const keys = new KeySequence(clock, store.newestKey);
    const { prepare } = createAccept({ store, keys, clock, limits: { maxQueued: 1000 } });
    const answer = createAnswer({
      prepare,
      clock,
      numbers: inventory([numberRecord()]),
      parseAddress: parseFrench,
      rateOf: () => 1,
      loop: new ReplyLoop(clock),
    });
    const webhook: NewWebhook = {
      queue: NUMBER,
      facts: {
        kind: "inbound",
        messageSid: keys.sid("SM"),
        accountSid: ACCOUNT,
        messagingServiceSid: null,
        from: PHONE,
        to: NUMBER,
        body: "Hello",
        numSegments: 1,
      },
      url: "http://app.example/sms",
      method: "POST",
      fallbackUrl: null,
      fallbackMethod: "POST",
      createdAt: clock.now(),
    };
    const task = { ...webhook, webhookId: "1", idempotencyToken: "t", attempts: 0, notBefore: clock.now() };
    const verb: TwimlVerb = {
      verb: "message",
      body: "Hi",
      to: null,
      from: null,
      statusCallback: "http://app.example/s",
    };
    const replies = Array.from({ length: 31 }, () => answer(task, [verb]).replies).flat();
    const results = await Promise.all(replies.map((reply) => store.accept(reply)));
    expect(results.map(({ is }) => is)).toEqual(Array.from({ length: 31 }, () => "accepted"));
    const statuses = await Promise.all(replies.map(({ sid }) => store.getMessage(sid)));
    expect(statuses.map((message) => message?.status)).toEqual([
      ...Array.from({ length: 30 }, () => "queued"),
      "failed",
    ]);
    expect(statuses[30]).toMatchObject({ errorCode: 14107, direction: "outbound-reply" });
    expect(await store.listEvents({ limit: 5 })).toMatchObject([
      { type: "message.failed", errorCode: 14107 },
    ]);
    const [queue] = await store.webhookQueues();
    expect((await store.nextWebhook(queue ?? ""))?.facts).toMatchObject({
      status: "failed",
      errorCode: 14107,
    });
  });
});
