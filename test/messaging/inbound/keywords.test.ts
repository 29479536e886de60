/** STOP, START and HELP as they come over the air: what the store holds, what the app is told, what is answered. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BUILT_IN_LANGUAGES, DEFAULT_OPT_OUT, optOutPolicy } from "../../../src/accounts/opt-out.ts";
import { createKeywords } from "../../../src/messaging/inbound/keywords.ts";
import type { InboundService } from "../../../src/messaging/inbound/numbers.ts";
import { createReceiver, type Receiver } from "../../../src/messaging/inbound/receive.ts";
import { createAccept } from "../../../src/messaging/outbound/accept.ts";
import { parametersOf } from "../../../src/messaging/webhook/payload.ts";
import { KeySequence } from "../../../src/runtime/ids.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import type { NumberRecord } from "../../../src/store/settings-document.ts";
import type { AcceptResult } from "../../../src/store/store.ts";
import { FakeClock } from "../../harness/fake-clock.ts";
import { openTestStore, type TestStore } from "../../harness/open-test-store.ts";
import { ACCOUNT, inventory, NUMBER, numberRecord, PHONE, parseFrench } from "../numbers.ts";
import { gsm7Segment } from "./segments.ts";

const SECOND = "+33639980002";
const SERVICE = `MG${"0".repeat(32)}`;

let clock: FakeClock;
let testStore: TestStore;
let receive: Receiver;
let send: (from?: string) => Promise<AcceptResult["is"]>;
let service: InboundService | null;

beforeEach(async () => {
  clock = new FakeClock();
  testStore = await openTestStore({ clock });
  service = null;
  build();
});
afterEach(() => testStore.remove());

function build(): void {
  const { store } = testStore;
  const keys = new KeySequence(clock, store.newestKey);
  const accept = createAccept({ store, keys, clock, limits: { maxQueued: 1000 } });
  const serviceOf = (number: NumberRecord) =>
    service?.senders.includes(number.phoneNumber) ? service : null;
  const policy = optOutPolicy(DEFAULT_OPT_OUT);
  if (policy === null) throw new Error("keywords are off");
  const keywords = createKeywords({
    policy,
    prepare: accept.prepare,
    rateOf: () => 1,
    serviceOf,
    countryOf: (address) => (address.startsWith("+33") ? "FR" : null),
    clock,
  });
  receive = createReceiver({
    store,
    keys,
    clock,
    log: silentLog(),
    numbers: inventory([numberRecord(), numberRecord({ phoneNumber: SECOND, line: "sim2" })]),
    parseAddress: parseFrench,
    siteCountry: "FR",
    serviceOf,
    keywords,
  });
  send = async (from = NUMBER) => {
    const request = {
      accountSid: ACCOUNT,
      direction: "outbound-api",
      from,
      to: PHONE,
      body: "Sunny",
      messagingServiceSid: null,
      statusCallback: null,
      queue: from,
      lane: "single",
      validitySeconds: null,
      segmentsPerSecond: 1,
      optOutScope: service?.sid ?? null,
    } as const;
    return (await accept.accept(request)).is;
  };
}

async function answers(queue = NUMBER): Promise<readonly string[]> {
  const { claims } = await testStore.store.claim(queue, { line: "sim1", limit: 10, now: clock.now() });
  return claims.map(({ segment }) => segment.text);
}

async function told(): Promise<Record<string, string>> {
  const [queue] = await testStore.store.webhookQueues();
  const task = await testStore.store.nextWebhook(queue ?? "");
  if (task === null) throw new Error("no webhook");
  return Object.fromEntries(parametersOf(task.facts));
}

function inService(fields: Partial<InboundService> = {}): InboundService {
  return {
    sid: SERVICE,
    senders: [NUMBER, SECOND],
    inboundRequestUrl: "http://app.example/service",
    inboundMethod: "POST",
    fallbackUrl: "",
    fallbackMethod: "POST",
    useInboundWebhookOnNumber: false,
    ...fields,
  };
}

describe("STOP", () => {
  test("blocks the pair, is answered in the recipient's language, and reaches the app all the same", async () => {
    await receive("sim1", gsm7Segment(" stop\n"));
    expect(await send()).toBe("opted-out");
    expect(await send(SECOND)).toBe("accepted");
    expect(await answers()).toEqual([BUILT_IN_LANGUAGES["fr"]?.replies.stop]);
    expect(await told()).toMatchObject({ Body: " stop\n", From: PHONE });
    expect(await told()).not.toHaveProperty("OptOutType");
    const events = await testStore.store.listEvents({ limit: 5 });
    expect(events).toMatchObject([{ type: "optout.changed" }]);
    expect(events[0]?.text).not.toContain(PHONE);
  });

  test("holds after a restart", async () => {
    await receive("sim1", gsm7Segment("STOP"));
    testStore = await testStore.reopen();
    build();
    expect(await send()).toBe("opted-out");
  });

  test("that comes in two parts counts when it is whole", async () => {
    const part = (text: string, sequence: number) =>
      gsm7Segment(text, { concatenation: { reference: 1, referenceBits: 8, total: 2, sequence } });
    await receive("sim1", part("ST", 1));
    expect(await send()).toBe("accepted");
    await receive("sim1", part("OP", 2));
    expect(await send()).toBe("opted-out");
  });

  test("that the network delivers twice is answered once", async () => {
    const segment = gsm7Segment("STOP");
    await receive("sim1", segment);
    await receive("sim1", segment);
    expect(await answers()).toHaveLength(1);
  });

  test("from a name is a message and nothing more", async () => {
    await receive("sim1", gsm7Segment("STOP", { from: "COLIS" }));
    expect(await answers()).toEqual([]);
    expect(await send()).toBe("accepted");
  });
});

describe("START and HELP", () => {
  test("START lifts the block and says so", async () => {
    await receive("sim1", gsm7Segment("STOP"));
    await receive("sim1", gsm7Segment("START"));
    expect(await send()).toBe("accepted");
    const { stop, start } = BUILT_IN_LANGUAGES["fr"]?.replies ?? {};
    expect((await answers()).slice(0, 2)).toEqual([stop, start]);
  });

  test.each(["START", "unstop"])(
    "%s from someone who never said STOP is answered each time",
    async (word) => {
      await receive("sim1", gsm7Segment(word));
      await receive("sim1", gsm7Segment(word));
      expect(await answers()).toHaveLength(2);
      expect(await testStore.store.listEvents({ limit: 5, type: "optout.changed" })).toEqual([]);
    },
  );

  test("START between two machines ends after one answer each", async () => {
    const from = "+14155550142";
    await receive("sim1", gsm7Segment("START", { from }));
    const [answer = "", ...more] = await answers();
    expect([answer, more]).toEqual([BUILT_IN_LANGUAGES["en"]?.replies.start, []]);
    await receive("sim1", gsm7Segment(answer, { from }));
    expect(await answers()).toEqual([]);
  });

  test("YES from someone who never said STOP is for the app alone", async () => {
    await receive("sim1", gsm7Segment("Yes"));
    expect(await answers()).toEqual([]);
    expect(await told()).toMatchObject({ Body: "Yes" });
  });

  test("HELP is answered and changes nothing", async () => {
    await receive("sim1", gsm7Segment("AIDE"));
    expect(await answers()).toEqual([BUILT_IN_LANGUAGES["fr"]?.replies.help]);
    expect(await send()).toBe("accepted");
  });
});

describe("a Number in a messaging service", () => {
  test("leaves its messages to the service, and the app is told which", async () => {
    service = inService({ inboundMethod: "GET", fallbackUrl: "http://app.example/fallback" });
    await receive("sim1", gsm7Segment("Paris"));
    const [queue] = await testStore.store.webhookQueues();
    expect(await testStore.store.nextWebhook(queue ?? "")).toMatchObject({
      url: "http://app.example/service",
      method: "GET",
      fallbackUrl: "http://app.example/fallback",
      facts: { messagingServiceSid: SERVICE },
    });
    const [message] = await testStore.store.listMessages({ accountSid: ACCOUNT, limit: 1 });
    expect(message?.messagingServiceSid).toBe(SERVICE);
    expect(await told()).toMatchObject({ MessagingServiceSid: SERVICE });
  });

  test.each([
    ["that defers to its senders", { useInboundWebhookOnNumber: true }, ["http://app.example/sms"]],
    ["without a URL, which tells nobody", { inboundRequestUrl: "" }, []],
    ["whose URL is none", { inboundRequestUrl: "app" }, []],
  ])("may be in one %s", async (_what, fields, urls) => {
    service = inService(fields);
    await receive("sim1", gsm7Segment("Paris"));
    const queues = await testStore.store.webhookQueues();
    const tasks = await Promise.all(queues.map((queue) => testStore.store.nextWebhook(queue)));
    expect(tasks.map((task) => task?.url)).toEqual(urls);
  });

  test.each([
    ["STOP", "STOP"],
    ["START", "START"],
    ["info", "HELP"],
  ])("tells the app the type of %s: %s", async (text, type) => {
    service = inService();
    await receive("sim1", gsm7Segment(text));
    expect(await told()).toMatchObject({ OptOutType: type });
  });

  test("stands for the whole service", async () => {
    service = inService();
    await receive("sim1", gsm7Segment("STOP"));
    expect(await send(SECOND)).toBe("opted-out");
    await receive("sim2", gsm7Segment("START"));
    expect(await send(NUMBER)).toBe("accepted");
    expect(await send(SECOND)).toBe("accepted");
  });
});
