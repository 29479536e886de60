/**
 * A carrier that sends faster than the app answers: what came in waits on disk. What the process holds of it is bounded
 * by how many the line may hand over at once, however many have come.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createReceiver, type Receiver } from "../../../src/messaging/inbound/receive.ts";
import { WebhookDeliverer } from "../../../src/messaging/webhook/deliverer.ts";
import { webhookQueueOf } from "../../../src/messaging/webhook/webhook-queue-of.ts";
import { KeySequence } from "../../../src/runtime/ids.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import { FakeClock } from "../../harness/fake-clock.ts";
import { openTestStore, type TestStore } from "../../harness/open-test-store.ts";
import { never, says, WebhookSink } from "../../harness/webhook-sink.ts";
import { inventory, NUMBER, numberRecord, parseFrench } from "../numbers.ts";
import { gsm7Segment } from "./segments.ts";

const AT_ONCE = 50;
const RAW_BYTES = 8192;

let clock: FakeClock;
let home: TestStore;
let sink: WebhookSink;
let deliverer: WebhookDeliverer;
let receive: Receiver;

beforeEach(async () => {
  clock = new FakeClock();
  home = await openTestStore({ clock });
  sink = await WebhookSink.start();
  const { store } = home;
  deliverer = new WebhookDeliverer({
    store,
    clock,
    log: silentLog(),
    authTokenOf: () => "0123456789abcdef0123456789abcdef",
    answer: () => ({ replies: [], events: [] }),
    options: { timeoutMs: 15_000, retryForHours: 48, replyWithinMinutes: 60 },
    isOwnAddress: () => false,
  });
  receive = createReceiver({
    store,
    keys: new KeySequence(clock, store.newestKey),
    clock,
    log: silentLog(),
    numbers: inventory([numberRecord({ smsUrl: sink.url("/sms") })]),
    parseAddress: parseFrench,
    siteCountry: "FR",
  });
  deliverer.start();
});
afterEach(async () => {
  const stopping = deliverer.stop(0);
  await clock.advance(0);
  await stopping;
  await sink.stop();
  await home.remove();
});

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function heapMegabytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed / 1e6;
}

async function flood(count: number): Promise<void> {
  for (let sent = 0; sent < count; sent += AT_ONCE) {
    const kept = await Promise.all(
      Array.from({ length: AT_ONCE }, (_, at) =>
        receive(
          "carrier",
          gsm7Segment(`m${sent + at}`, {
            to: NUMBER,
            raw: String.fromCharCode(97 + (at % 26)).repeat(RAW_BYTES - 1) + (sent + at),
          }),
        ),
      ),
    );
    expect(new Set(kept)).toEqual(new Set(["kept"]));
  }
}

test("an app that does not answer costs disk and no memory, and is asked one message at a time, in order", async () => {
  sink.at("/sms", never);
  await flood(500);
  const before = heapMegabytes();
  await flood(4000);
  // 4,000 messages of 8 KB each: 32 MB that must not be there.
  expect(heapMegabytes() - before).toBeLessThan(6);

  const [first] = await sink.received(1);
  expect(first?.params["Body"]).toBe("m0");
  expect(sink.mostOpen).toBe(1);
  const { store } = home;
  expect(await store.webhookQueues()).toEqual([webhookQueueOf(NUMBER, sink.url("/sms"))]);
  const newest = await store.listMessages({ accountSid: numberRecord().accountSid, limit: 1 });
  expect(newest).toMatchObject([{ body: "m3999", status: "received" }]);
}, 60_000);

test("an app that is quick again gets everything", async () => {
  sink.at("/sms", never, says(204, "text/plain", ""));
  await flood(200);
  await sink.received(1);
  // It is given 15 s to answer, then asked again; from there on it answers.
  for (let second = 0; sink.requests.length < 201 && second < 5000; second++) {
    await clock.advance(1000);
    await home.store.webhookQueues();
  }
  const bodies = sink.requests.map(({ params }) => params["Body"]);
  expect(new Set(bodies).size).toBe(200);
  expect(bodies.slice(-199)).toEqual(Array.from({ length: 199 }, (_, at) => `m${at + 1}`));
}, 60_000);
