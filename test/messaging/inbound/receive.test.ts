import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { InboundService } from "../../../src/messaging/inbound/numbers.ts";
import { createReceiver, type Receiver } from "../../../src/messaging/inbound/receive.ts";
import { KeySequence } from "../../../src/runtime/ids.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import type { Concatenation, InboundSegment } from "../../../src/sms/message.ts";
import type { ApplicationRecord, NumberRecord } from "../../../src/store/settings-document.ts";
import type { StoredMessage, WebhookTask } from "../../../src/store/store.ts";
import { FakeClock } from "../../harness/fake-clock.ts";
import { openTestStore, type TestStore } from "../../harness/open-test-store.ts";
import {
  ACCOUNT,
  applicationRecord,
  inventory,
  NUMBER,
  numberRecord,
  PHONE,
  parseFrench,
} from "../numbers.ts";
import { ascii, gsm7Segment } from "./segments.ts";

let clock: FakeClock;
let testStore: TestStore;
let records: NumberRecord[];
let receive: Receiver;
let application: ApplicationRecord;
let service: InboundService | null;
let active: boolean;

beforeEach(async () => {
  clock = new FakeClock();
  testStore = await openTestStore({ clock });
  records = [numberRecord()];
  active = true;
  application = APPLICATION;
  service = null;
  build();
});
afterEach(() => testStore.remove());

const APPLICATION = applicationRecord({ smsUrl: "http://app.example/application" });

const serviceRecord = (fields: Partial<InboundService>): InboundService => ({
  sid: `MG${"0".repeat(32)}`,
  senders: [NUMBER],
  inboundRequestUrl: "",
  inboundMethod: "POST",
  fallbackUrl: "",
  fallbackMethod: "POST",
  useInboundWebhookOnNumber: false,
  ...fields,
});

/** A new process on the same disk. */
function build(): void {
  const { store } = testStore;
  receive = createReceiver({
    store,
    keys: new KeySequence(clock, store.newestKey),
    clock,
    log: silentLog(),
    numbers: inventory(records),
    parseAddress: parseFrench,
    siteCountry: "FR",
    applicationOf: (sid) => (sid === application.sid ? application : null),
    serviceOf: () => service,
    isActive: () => active,
  });
}

async function restart(): Promise<void> {
  testStore = await testStore.reopen();
  build();
}

const part = (text: string, sequence: number, fields: Partial<Concatenation> = {}): InboundSegment =>
  gsm7Segment(text, { concatenation: { reference: 7, referenceBits: 8, total: 3, sequence, ...fields } });

async function messages(): Promise<readonly StoredMessage[]> {
  const newestFirst = await testStore.store.listMessages({ accountSid: ACCOUNT, limit: 50 });
  return [...newestFirst].reverse();
}

async function webhooks(): Promise<readonly WebhookTask[]> {
  const { store } = testStore;
  const tasks: WebhookTask[] = [];
  for (const queue of await store.webhookQueues()) {
    for (let task = await store.nextWebhook(queue); task !== null; task = await store.nextWebhook(queue)) {
      tasks.push(task);
      await store.finishWebhook(task.webhookId, { replies: [], events: [] });
    }
  }
  return tasks;
}

async function eventTypes(): Promise<readonly string[]> {
  return (await testStore.store.listEvents({ limit: 50 })).map(({ type }) => type).reverse();
}

describe("a message to a Number with an application", () => {
  test("goes to the application's webhook", async () => {
    records.splice(0, 1, numberRecord({ smsApplicationSid: APPLICATION.sid }));
    expect(await receive("sim1", gsm7Segment("hello"))).toBe("kept");
    expect((await webhooks()).map(({ url }) => url)).toEqual(["http://app.example/application"]);
  });
});

describe("a message to a Number of an account that is not active", () => {
  test("is stored with an event, and no webhook is called", async () => {
    active = false;
    expect(await receive("sim1", gsm7Segment("hello"))).toBe("kept");
    expect((await messages()).map(({ body }) => body)).toEqual(["hello"]);
    expect(await webhooks()).toEqual([]);
    const [event] = await testStore.store.listEvents({ limit: 1 });
    expect(event).toMatchObject({ type: "inbound.unrouted", errorCode: 20005, accountSid: ACCOUNT });
  });
});

describe("a message of one part", () => {
  test("is a Message with its webhook before the Line may acknowledge it", async () => {
    expect(await receive("sim1", gsm7Segment("Paris"))).toBe("kept");
    const [message] = await messages();
    expect(message).toMatchObject({
      direction: "inbound",
      status: "received",
      from: PHONE,
      to: NUMBER,
      body: "Paris",
      numSegments: 1,
      line: "sim1",
    });
    const [webhook] = await webhooks();
    expect(webhook).toMatchObject({ url: "http://app.example/sms", method: "POST", fallbackUrl: null });
    expect(webhook?.facts).toMatchObject({ kind: "inbound", messageSid: message?.sid, body: "Paris" });
  });

  test("that the network delivers again is kept once", async () => {
    const segment = gsm7Segment("Paris");
    expect(await receive("sim1", segment)).toBe("kept");
    expect(await receive("sim1", segment)).toBe("kept");
    expect(await messages()).toHaveLength(1);
    expect(await webhooks()).toHaveLength(1);
    expect(await eventTypes()).toEqual(["inbound.duplicate"]);
  });

  test("that the modem still held at a restart is kept once, and is no event", async () => {
    const segment = gsm7Segment("Paris");
    expect(await receive("sim1", segment)).toBe("kept");
    await restart();
    expect(await receive("sim1", segment)).toBe("kept");
    expect(await messages()).toHaveLength(1);
    expect(await webhooks()).toHaveLength(1);
    expect(await eventTypes()).toEqual([]);
    expect(await receive("sim1", segment)).toBe("kept");
    expect(await eventTypes()).toEqual(["inbound.duplicate"]);
  });

  test("that the network delivers again and again is told once, then every ten minutes with a count", async () => {
    const duplicates = async () =>
      (await testStore.store.listEvents({ limit: 50 }))
        .filter(({ type }) => type === "inbound.duplicate")
        .map(({ line, detail }) => [line, detail])
        .reverse();
    const segment = gsm7Segment("Paris");
    for (let times = 0; times < 100; times++) await receive("sim1", segment);
    await receive("sim2", segment);
    await receive("sim2", segment);
    expect(await duplicates()).toEqual([
      ["sim1", { count: 1 }],
      ["sim2", { count: 1 }],
    ]);
    await clock.advance(600_000);
    await receive("sim1", segment);
    expect((await duplicates()).slice(2)).toEqual([["sim1", { count: 99 }]]);
    await receive("sim1", segment);
    await clock.advance(600_000);
    await receive.publishIncomplete();
    expect((await duplicates()).slice(3)).toEqual([["sim1", { count: 1 }]]);
  });

  test("may have no text", async () => {
    await receive("sim1", gsm7Segment(""));
    expect(await messages()).toMatchObject([{ body: "", numSegments: 1 }]);
  });

  test.each([
    ["0639980011", PHONE],
    [PHONE, PHONE],
    ["COLIS", "COLIS"],
    ["36123", "36123"],
    ["", ""],
  ])("from %s names its sender as %s", async (from, named) => {
    await receive("sim1", gsm7Segment("x", { from }));
    expect(await messages()).toMatchObject([{ from: named }]);
  });

  test("is refused when it cannot be kept, so that the network offers it again", async () => {
    await testStore.store.close();
    expect(await receive("sim1", gsm7Segment("Paris"))).toBe("refused");
  });
});

describe("a message of several parts", () => {
  test("is delivered when all are there, in whatever order they come", async () => {
    for (const segment of [part("three", 3), part("one ", 1)]) {
      expect(await receive("sim1", segment)).toBe("kept");
    }
    expect(await messages()).toEqual([]);
    await receive("sim1", part("two ", 2));
    expect(await messages()).toMatchObject([{ body: "one two three", numSegments: 3 }]);
    expect(await webhooks()).toHaveLength(1);
    expect(await testStore.store.unfinishedInbound()).toEqual([]);
  });

  test("outlives restarts between its parts", async () => {
    await receive("sim1", part("two ", 2));
    await restart();
    await receive("sim1", part("three", 3));
    await restart();
    await receive.routeKept();
    await receive("sim1", part("one ", 1));
    expect(await messages()).toMatchObject([{ body: "one two three" }]);
  });

  test("is delivered once when its last parts come at the same time", async () => {
    await receive("sim1", part("one ", 1));
    await Promise.all([receive("sim1", part("two ", 2)), receive("sim1", part("three", 3))]);
    expect(await messages()).toMatchObject([{ body: "one two three" }]);
    expect(await webhooks()).toHaveLength(1);
  });

  test("that was kept whole just before a power cut is completed at the next start", async () => {
    for (const segment of [part("one ", 1), part("two ", 2), part("three", 3)]) {
      await testStore.store.keepInbound({ line: "sim1", receivedAt: clock.now(), segment }, null);
    }
    await restart();
    expect(await receive.routeKept()).toBe(1);
    expect(await messages()).toMatchObject([{ body: "one two three" }]);
    expect(await receive.routeKept()).toBe(0);
  });

  test("does not wait behind one that is never completed", async () => {
    await receive("sim1", part("lost ", 1, { reference: 1 }));
    await receive("sim1", gsm7Segment("single"));
    expect(await messages()).toMatchObject([{ body: "single" }]);
  });
});

describe("a Line whose number is not known", () => {
  test("keeps everything, says so once, and delivers in order when the number is there", async () => {
    records.length = 0;
    for (const text of ["first", "second"]) expect(await receive("sim1", gsm7Segment(text))).toBe("kept");
    expect(await messages()).toEqual([]);
    expect(await eventTypes()).toEqual(["inbound.unrouted"]);
    await restart();
    records.push(numberRecord());
    expect(await receive.routeKept()).toBe(2);
    expect((await messages()).map(({ body }) => body)).toEqual(["first", "second"]);
    expect((await webhooks()).map(({ facts }) => "body" in facts && facts.body)).toEqual(["first", "second"]);
  });

  test("keeps parts, too", async () => {
    records.length = 0;
    for (const segment of [part("two ", 2), part("one ", 1), part("three", 3)])
      await receive("sim1", segment);
    records.push(numberRecord());
    expect(await receive.routeKept()).toBe(1);
    expect(await messages()).toMatchObject([{ body: "one two three" }]);
  });
});

describe("a Number without a webhook", () => {
  test("has its messages stored, and the operator told once", async () => {
    records[0] = numberRecord({ smsUrl: "" });
    await receive("sim1", gsm7Segment("one"));
    await receive("sim1", gsm7Segment("two"));
    expect(await messages()).toHaveLength(2);
    expect(await webhooks()).toEqual([]);
    expect(await eventTypes()).toEqual(["inbound.unrouted"]);
  });

  test("says whose URL is missing: the number's, its application's, or its messaging service's", async () => {
    records[0] = numberRecord({ smsUrl: "" });
    await receive("sim1", gsm7Segment("one"));
    records[0] = numberRecord({ smsApplicationSid: APPLICATION.sid });
    application = applicationRecord({ smsUrl: "" });
    await receive("sim1", gsm7Segment("two"));
    service = serviceRecord({ inboundRequestUrl: "" });
    await receive("sim1", gsm7Segment("three"));
    await receive("sim1", gsm7Segment("four"));
    service = serviceRecord({ inboundRequestUrl: "nowhere" });
    await receive("sim1", gsm7Segment("five"));
    expect(await webhooks()).toEqual([]);
    const texts = (await testStore.store.listEvents({ limit: 9 })).map(({ text }) => text).reverse();
    expect(texts).toEqual([
      expect.stringMatching(/^\S+ has no SmsUrl: /),
      expect.stringMatching(/^The application of \S+ has no SmsUrl: /),
      expect.stringMatching(
        /^The messaging service of \S+ has no InboundRequestUrl \(.*UseInboundWebhookOnNumber/,
      ),
      expect.stringMatching(/^The InboundRequestUrl of the messaging service of \S+ is no http\(s\) URL: /),
    ]);
    expect(texts.join()).not.toContain(NUMBER);
  });

  test("whose SmsUrl is no URL says so each time, with Twilio's code", async () => {
    records[0] = numberRecord({ smsUrl: "app" });
    await receive("sim1", gsm7Segment("one"));
    expect(await webhooks()).toEqual([]);
    const [event] = await testStore.store.listEvents({ limit: 1 });
    expect(event).toMatchObject({ type: "inbound.unrouted", errorCode: 11100 });
  });
});

describe("what is not text for people", () => {
  test("a message for an application port is stored and calls no webhook", async () => {
    await receive("sim1", gsm7Segment("BEGIN:VCARD", { destinationPort: 9204 }));
    expect(await messages()).toMatchObject([{ body: "BEGIN:VCARD" }]);
    expect(await webhooks()).toEqual([]);
    expect(await eventTypes()).toEqual(["inbound.unrouted"]);
  });

  test("octets are stored in a readable form and call no webhook", async () => {
    const octets = Uint8Array.of(0x01, 0x06, 0xff, 0x00);
    await receive("sim1", gsm7Segment("", { userData: { alphabet: "8bit", octets } }));
    await receive("sim1", gsm7Segment("", { userData: { alphabet: "8bit", octets: ascii("plain") } }));
    expect((await messages()).map(({ body }) => body)).toEqual(["AQb/AA==", "plain"]);
    expect(await webhooks()).toEqual([]);
  });

  test("a silent message is kept raw and shown to nobody", async () => {
    expect(await receive("sim1", gsm7Segment("", { tpPid: 0x40 }))).toBe("kept");
    expect(await messages()).toEqual([]);
    expect(await eventTypes()).toEqual(["inbound.unrouted"]);
  });

  test("holds up nothing behind it", async () => {
    await receive("sim1", gsm7Segment("", { tpPid: 0x40 }));
    await receive("sim1", gsm7Segment("after"));
    expect(await messages()).toMatchObject([{ body: "after" }]);
    expect(await webhooks()).toHaveLength(1);
  });
});
