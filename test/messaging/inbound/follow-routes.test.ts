import { afterEach, beforeEach, expect, it } from "vitest";
import { type FollowedSettings, followRoutes } from "../../../src/messaging/inbound/follow-routes.ts";
import { routeOf } from "../../../src/messaging/inbound/route.ts";
import { KeySequence } from "../../../src/runtime/ids.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import { EMPTY_SETTINGS, type NumberRecord, type Settings } from "../../../src/store/settings-document.ts";
import type { Store } from "../../../src/store/store.ts";
import { FakeClock } from "../../harness/fake-clock.ts";
import { openTestStore, type TestStore } from "../../harness/open-test-store.ts";
import { numberRecord } from "../numbers.ts";
import { AC, NUMBER, receiveText } from "../webhook/receive-text.ts";

const OLD = "http://old.lan/sms";
const NEW = "http://new.lan/sms";

let clock: FakeClock;
let keys: KeySequence;
let home: TestStore;
let document: Settings["document"];
let settings: FollowedSettings;
/** The store has no room left. */
let isFull: boolean;

beforeEach(async () => {
  clock = new FakeClock();
  keys = new KeySequence(clock);
  home = await openTestStore();
  isFull = false;
  document = { ...EMPTY_SETTINGS, numbers: [numberRecord({ accountSid: AC, smsUrl: OLD })] };
  const inMemory: Settings = {
    get document() {
      return document;
    },
    change: async (change) => {
      document = change(document);
    },
  };
  const store: Pick<Store, "redirectInbound" | "webhookQueues"> = {
    webhookQueues: () => home.store.webhookQueues(),
    redirectInbound: (redirection) =>
      isFull ? Promise.reject(new Error("no room left")) : home.store.redirectInbound(redirection),
  };
  settings = followRoutes({
    settings: inMemory,
    store,
    routeOf: (number) => routeOf(number),
    clock,
    log: silentLog(),
  });
});
afterEach(() => home.remove());

const receive = (body: string) => receiveText(home.store, { keys, clock }, { body, url: OLD });
const withNumber = (fields: Partial<NumberRecord>) => (before: Settings["document"]) => ({
  ...before,
  numbers: before.numbers.map((number) => ({ ...number, ...fields })),
});
const queues = () => home.store.webhookQueues();

it("what waits for a Number is where the Number points when the change of its settings is done", async () => {
  await receive("one");
  await settings.change(withNumber({ smsUrl: NEW }));
  expect(await queues()).toEqual([`${NUMBER} http://new.lan`]);
});

it("a text that comes as the settings change is not left behind", async () => {
  const [, received] = await Promise.all([settings.change(withNumber({ smsUrl: NEW })), receive("one")]);
  expect(received).toMatch(/^SM/);
  expect(await queues()).toEqual([`${NUMBER} http://new.lan`]);
});

it("a change of anything else asks nothing of the store", async () => {
  await receive("one");
  isFull = true;
  await settings.change(withNumber({ friendlyName: "Door", voiceUrl: NEW }));
  expect(await queues()).toEqual([`${NUMBER} http://old.lan`]);
});

it("a URL that is none ends what waits, with Twilio's code and a masked number", async () => {
  const sid = await receive("one");
  await settings.change(withNumber({ smsUrl: "nowhere" }));
  const [event] = await home.store.listEvents({ limit: 1 });
  expect(event).toMatchObject({ type: "webhook.failed", errorCode: 11100, messageSid: sid, accountSid: AC });
  expect(event?.text).not.toContain(NUMBER);
});

it("what the store would not do is said, and done with the next change", async () => {
  await receive("one");
  isFull = true;
  await expect(settings.change(withNumber({ smsUrl: NEW }))).rejects.toThrow("no room left");
  isFull = false;
  await settings.change(withNumber({ smsUrl: NEW }));
  expect(await queues()).toEqual([`${NUMBER} http://new.lan`]);
});

it("what a power cut left between the settings and the store is caught up with", async () => {
  await receive("one");
  document = withNumber({ smsUrl: NEW })(document);
  await settings.catchUp();
  expect(await queues()).toEqual([`${NUMBER} http://new.lan`]);
});

it("a number that is released leaves what waits to the app it came in for", async () => {
  await receive("one");
  await settings.change((before) => ({ ...before, numbers: [] }));
  await settings.catchUp();
  expect(await queues()).toEqual([`${NUMBER} http://old.lan`]);
});
