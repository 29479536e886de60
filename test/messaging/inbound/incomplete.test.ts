/** A message whose parts do not all come: shown with a gap, mended later, never twice. Through the real store. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createReceiver, type Receiver } from "../../../src/messaging/inbound/receive.ts";
import type { NewEvent } from "../../../src/runtime/event.ts";
import { KeySequence } from "../../../src/runtime/ids.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import type { Concatenation, InboundSegment } from "../../../src/sms/message.ts";
import type { NumberRecord } from "../../../src/store/settings-document.ts";
import type { StoredMessage, WebhookFacts } from "../../../src/store/store.ts";
import { FakeClock } from "../../harness/fake-clock.ts";
import { openTestStore, type TestStore } from "../../harness/open-test-store.ts";
import { ACCOUNT, inventory, NUMBER, numberRecord, PHONE, parseFrench } from "../numbers.ts";
import { gsm7Segment } from "./segments.ts";

const HOUR = 3_600_000;

let clock: FakeClock;
let testStore: TestStore;
let records: NumberRecord[];
let receive: Receiver;

beforeEach(async () => {
  clock = new FakeClock();
  testStore = await openTestStore({ clock });
  records = [numberRecord()];
  build();
});
afterEach(() => testStore.remove());

function build(incompleteAfterHours = 24): void {
  const { store } = testStore;
  receive = createReceiver({
    store,
    keys: new KeySequence(clock, store.newestKey),
    clock,
    log: silentLog(),
    numbers: inventory(records),
    parseAddress: parseFrench,
    siteCountry: "FR",
    incompleteAfterHours,
  });
}

/** The process ends here; what is on disk goes on. */
async function restart(): Promise<void> {
  testStore = await testStore.reopen();
  build();
  await receive.routeKept();
}

/** As the housekeeping does it, minute by minute would change nothing. */
async function afterHours(hours: number): Promise<void> {
  await clock.advance(hours * HOUR);
  await receive.publishIncomplete();
}

const part = (
  text: string,
  sequence: number,
  fields: Partial<Concatenation> = {},
  others: Partial<InboundSegment> = {},
): InboundSegment =>
  gsm7Segment(text, {
    concatenation: { reference: 7, referenceBits: 8, total: 3, sequence, ...fields },
    ...others,
  });

async function take(...segments: readonly InboundSegment[]): Promise<void> {
  for (const segment of segments) expect(await receive("sim1", segment)).toBe("kept");
}

async function messages(): Promise<readonly StoredMessage[]> {
  const newestFirst = await testStore.store.listMessages({ accountSid: ACCOUNT, limit: 50 });
  return [...newestFirst].reverse();
}

const bodies = async () => (await messages()).map(({ body }) => body);

/** What apps are told from now on; each webhook ends. */
async function told(): Promise<readonly WebhookFacts[]> {
  const { store } = testStore;
  const facts: WebhookFacts[] = [];
  for (const queue of await store.webhookQueues()) {
    for (let task = await store.nextWebhook(queue); task !== null; task = await store.nextWebhook(queue)) {
      facts.push(task.facts);
      await store.finishWebhook(task.webhookId, { replies: [], events: [] });
    }
  }
  return facts;
}

async function events(): Promise<readonly NewEvent[]> {
  return [...(await testStore.store.listEvents({ limit: 50 }))].reverse();
}

describe("a message whose parts do not all come", () => {
  test("waits, then is shown with a mark in the gap, the number of parts that came, and 30009", async () => {
    await take(part("one ", 1), part(" three", 3));
    await afterHours(23.9);
    expect(await messages()).toEqual([]);
    await afterHours(0.1);
    expect(await messages()).toMatchObject([
      {
        body: "one […] three",
        status: "received",
        numSegments: 2,
        errorCode: 30009,
        errorMessage: "part 2 of 3 did not come",
      },
    ]);
    const [message] = await messages();
    expect(await told()).toMatchObject([{ messageSid: message?.sid, body: "one […] three", numSegments: 2 }]);
    expect(await events()).toMatchObject([
      {
        type: "inbound.incomplete",
        level: "warning",
        errorCode: 30009,
        messageSid: message?.sid,
        line: "sim1",
      },
    ]);
    const [event] = await events();
    expect(event?.text).not.toMatch(/one|three/);
  });

  test.each<[readonly number[], string]>([
    [[1], "1[…]"],
    [[3], "[…]3[…]"],
    [[5], "[…]5"],
    [[1, 5], "1[…]5"],
    [[2, 4], "[…]2[…]4[…]"],
    [[4, 2, 1], "12[…]4[…]"],
  ])("of which %j came reads %s", async (came, body) => {
    for (const sequence of came) await take(part(String(sequence), sequence, { total: 5 }));
    await afterHours(24);
    expect(await messages()).toMatchObject([{ body, numSegments: came.length }]);
  });

  test("is waited for as long as the configuration says, from the last part on", async () => {
    build(2);
    await take(part("one ", 1));
    await clock.advance(1.5 * HOUR);
    await take(part("two ", 2));
    build(2);
    await clock.advance(1.9 * HOUR);
    expect(await receive.publishIncomplete()).toBe(0);
    await clock.advance(0.1 * HOUR);
    expect(await receive.publishIncomplete()).toBe(1);
    expect(await bodies()).toEqual(["one two […]"]);
  });

  test("is shown once, however often it is looked at and whatever restarts there are", async () => {
    await take(part("one ", 1));
    await restart();
    await afterHours(24);
    await restart();
    await afterHours(24);
    await afterHours(24);
    expect(await bodies()).toEqual(["one […]"]);
    expect(await told()).toHaveLength(1);
  });

  test("is shown by what a power cut left of it, at any moment", async () => {
    await take(part("one ", 1));
    await clock.advance(24 * HOUR);
    const cut = await testStore.powerCut();
    await receive.publishIncomplete();
    const after = await testStore.powerCut();
    try {
      const shown = (opened: TestStore) => opened.store.listMessages({ accountSid: ACCOUNT, limit: 5 });
      expect(await shown(cut)).toEqual([]);
      expect(await cut.store.unfinishedInbound()).toHaveLength(1);
      expect(await shown(after)).toHaveLength(1);
      expect(await after.store.unfinishedInbound()).toEqual([]);
      expect(await after.store.webhookQueues()).toHaveLength(1);
    } finally {
      await Promise.all([cut.remove(), after.remove()]);
    }
  });

  test("holds nobody up meanwhile, nor when it is shown", async () => {
    await take(part("one ", 1), gsm7Segment("single"), part("a", 1, { reference: 8, total: 2 }));
    await take(part("b", 2, { reference: 8, total: 2 }));
    expect(await bodies()).toEqual(["single", "ab"]);
    await afterHours(24);
    await take(gsm7Segment("after"));
    expect(await bodies()).toEqual(["single", "ab", "one […]", "after"]);
  });

  test("whose number nobody knows is shown when the number is there", async () => {
    records.length = 0;
    await take(part("one ", 1));
    await afterHours(48);
    expect(await messages()).toEqual([]);
    records.push(numberRecord());
    await receive.publishIncomplete();
    expect(await bodies()).toEqual(["one […]"]);
  });

  test("is told apart from whole ones: those have no error", async () => {
    await take(part("a", 1, { total: 2 }), part("b", 2, { total: 2 }));
    expect(await messages()).toMatchObject([{ errorCode: null, errorMessage: null, numSegments: 2 }]);
  });

  test("that carries data calls no webhook", async () => {
    await take(part("BEGIN", 1, {}, { destinationPort: 9204 }));
    await afterHours(24);
    expect(await bodies()).toEqual(["BEGIN[…]"]);
    expect(await told()).toEqual([]);
  });
});

describe("a part that comes late", () => {
  test("completes the Message that was shown without it, and an event says so", async () => {
    await take(part("one ", 1), part("three", 3));
    await afterHours(24);
    await told();
    const [shown] = await messages();
    await clock.advance(HOUR);
    await take(part("two ", 2));
    expect(await messages()).toMatchObject([
      { sid: shown?.sid, body: "one two three", numSegments: 3, errorCode: null, errorMessage: null },
    ]);
    const [mended] = await messages();
    expect(mended?.updatedAt).toBe(clock.now());
    expect(mended?.createdAt).toBe(shown?.createdAt);
    expect((await events()).at(-1)).toMatchObject({ type: "inbound.mended", messageSid: shown?.sid });
  });

  test("does not have the app called again", async () => {
    await take(part("one ", 1), part("three", 3));
    await afterHours(24);
    expect(await told()).toHaveLength(1);
    await take(part("two ", 2));
    await afterHours(48);
    expect(await told()).toEqual([]);
    expect(await messages()).toHaveLength(1);
  });

  test("reaches the app with the rest where the app has not been told yet", async () => {
    await take(part("one ", 1), part("three", 3));
    await afterHours(24);
    await take(part("two ", 2));
    expect(await told()).toMatchObject([{ body: "one two three", numSegments: 3 }]);
  });

  test("mends what it can while others are still missing", async () => {
    await take(part("three", 3));
    await afterHours(24);
    await take(part("one ", 1));
    expect(await messages()).toMatchObject([
      { body: "one […]three", numSegments: 2, errorCode: 30009, errorMessage: "part 2 of 3 did not come" },
    ]);
    await restart();
    await take(part("two ", 2));
    expect(await messages()).toMatchObject([{ body: "one two three", errorCode: null }]);
    await afterHours(48);
    expect(await messages()).toHaveLength(1);
  });

  test("mends at the next start when the power went between its keeping and the mending", async () => {
    await take(part("one ", 1), part("three", 3));
    await afterHours(24);
    const segment = part("two ", 2);
    await testStore.store.keepInbound({ line: "sim1", receivedAt: clock.now(), segment }, null);
    await restart();
    expect(await bodies()).toEqual(["one two three"]);
    expect(await testStore.store.unfinishedInbound()).toEqual([]);
  });

  test("of another message with the same reference begins a message of its own", async () => {
    await take(part("one ", 1), part("three", 3));
    await afterHours(24);
    await take(part("uno ", 1), part("tres", 3), part("dos ", 2));
    expect(await bodies()).toEqual(["one […]three", "uno dos tres"]);
    await take(part("two ", 2));
    expect(await bodies()).toEqual(["one two three", "uno dos tres"]);
  });

  test.each(["redact", "deleteMessage"] as const)(
    "brings nothing back that the app erased (%s)",
    async (how) => {
      await take(part("one ", 1), part("three", 3));
      await afterHours(24);
      const [shown] = await messages();
      await testStore.store[how](shown?.sid ?? "", clock.now());
      await take(part("two ", 2));
      expect(await bodies()).toEqual(how === "redact" ? [""] : []);
      await afterHours(24);
      expect((await bodies()).at(-1)).toBe("[…]two […]");
    },
  );

  test("more than three days later is a message of its own", async () => {
    await take(part("one ", 1), part("three", 3));
    await afterHours(24);
    await afterHours(73);
    await take(part("two ", 2));
    expect(await bodies()).toEqual(["one […]three"]);
    await afterHours(24);
    expect(await bodies()).toEqual(["one […]three", "[…]two […]"]);
  });
});

describe("a part that comes again", () => {
  test("after its message was shown with a gap changes nothing", async () => {
    await take(part("one ", 1), part("three", 3));
    await afterHours(24);
    await take(part("three", 3));
    expect(await testStore.store.unfinishedInbound()).toEqual([]);
    await afterHours(48);
    expect(await bodies()).toEqual(["one […]three"]);
    expect((await events()).at(-1)).toMatchObject({ type: "inbound.duplicate" });
  });

  test("after its message was whole is not shown a second time, a day later", async () => {
    await take(part("one ", 1), part("two ", 2), part("three", 3));
    // The telephone repeats it: another time stamp, so another fingerprint.
    await take(part("two ", 2));
    await restart();
    await afterHours(24);
    expect(await bodies()).toEqual(["one two three"]);
    expect((await events()).at(-1)).toMatchObject({ type: "inbound.duplicate" });
    expect(await testStore.store.unfinishedInbound()).toEqual([]);
  });

  test("after its message was mended is not shown a second time", async () => {
    await take(part("one ", 1), part("three", 3));
    await afterHours(24);
    await take(part("two ", 2), part("two ", 2), part("one ", 1));
    await afterHours(24);
    expect(await bodies()).toEqual(["one two three"]);
  });

  test("with all of its message is the same text sent again, and is shown", async () => {
    for (let time = 0; time < 2; time++) await take(part("one ", 1), part("two ", 2), part("three", 3));
    expect(await bodies()).toEqual(["one two three", "one two three"]);
  });
});

test("the sender and the number are named as in any message", async () => {
  await take(part("one ", 1, {}, { from: "0639980011" }));
  await afterHours(24);
  expect(await messages()).toMatchObject([{ from: PHONE, to: NUMBER, line: "sim1" }]);
});
