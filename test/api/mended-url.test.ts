/** An operator mends a wrong URL while texts wait for the app behind it, over the API and on the real store. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebhookDeliverer } from "../../src/messaging/webhook/deliverer.ts";
import { KeySequence } from "../../src/runtime/ids.ts";
import { silentLog } from "../../src/runtime/log.ts";
import { settle } from "../harness/fake-clock.ts";
import { type Behaviour, resets, says, twiml, WebhookSink } from "../harness/webhook-sink.ts";
import { receiveText } from "../messaging/webhook/receive-text.ts";
import { newOutbound } from "../store/new-outbound.ts";
import { type ApiBox, OWN, openApiBox } from "./api-box.ts";

let box: ApiBox;
let old: WebhookSink;
let mended: WebhookSink;
let deliverer: WebhookDeliverer;
let keys: KeySequence;

beforeEach(async () => {
  box = await openApiBox();
  old = await WebhookSink.start();
  mended = await WebhookSink.start();
  mended.at("/sms", twiml(""));
  keys = new KeySequence(box.clock);
  deliverer = new WebhookDeliverer({
    store: box.store,
    clock: box.clock,
    log: silentLog(),
    authTokenOf: (sid) => box.accounts.bySid(sid)?.authToken ?? null,
    answer: () => ({ replies: [newOutbound()], events: [] }),
    options: { timeoutMs: 15_000, retryForHours: 48, replyWithinMinutes: 60 },
    isOwnAddress: () => false,
    random: () => 0.5,
  });
  deliverer.start();
});
afterEach(async () => {
  const stopped = deliverer.stop(0);
  await box.clock.advance(0);
  await stopped;
  await old.stop();
  await mended.stop();
  await box.close();
});

const number = () => {
  const sid = box.numbers.byNumber(OWN)?.sid;
  return box.api(`/IncomingPhoneNumbers/${sid}.json`);
};
async function post(path: string, form: Record<string, string>): Promise<string> {
  const answer = await box.post(path, form);
  expect(answer.status, answer.text).toBeLessThan(300);
  return String(answer.body["sid"]);
}
async function texts(bodies: readonly string[], url = old.url()): Promise<void> {
  for (const body of bodies) await receiveText(box.store, { keys, clock: box.clock }, { body, to: OWN, url });
}
const bodiesAt = (sink: WebhookSink) => sink.requests.map(({ params }) => params["Body"]);

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await settle(1);
}
const nothingWaits = () => until(async () => (await box.store.webhookBacklog()).waiting === 0);
/** The old app did not take the first, and its next try is a matter of time. */
const waits = () => until(() => old.requests.length > 0 && old.openNow === 0 && box.clock.pending === 1);

/** An app that answers when it is let to. */
function held(): { readonly behaviour: Behaviour; readonly answer: (behaviour: Behaviour) => void } {
  let answer: (behaviour: Behaviour) => void = () => {};
  return {
    behaviour: (response, request) => {
      answer = (behaviour) => behaviour(response, request);
    },
    answer: (behaviour) => answer(behaviour),
  };
}

describe("texts that wait for a dead app", () => {
  const ways: readonly (readonly [what: string, point: (url: string) => Promise<unknown>])[] = [
    ["the number's SmsUrl", (url) => post(number(), { SmsUrl: url })],
    [
      "its application's SmsUrl",
      async (url) => {
        const { applications } = box.settings.document;
        if (applications[0] !== undefined)
          return post(box.api(`/Applications/${applications[0].sid}.json`), { SmsUrl: url });
        const sid = await post(box.api("/Applications.json"), { FriendlyName: "App", SmsUrl: url });
        return post(number(), { SmsApplicationSid: sid });
      },
    ],
    [
      "its service's InboundRequestUrl",
      async (url) => {
        const { services } = box.settings.document;
        if (services[0] !== undefined)
          return post(`/v1/Services/${services[0].sid}`, { InboundRequestUrl: url });
        const sid = await post("/v1/Services", { FriendlyName: "Alerts", InboundRequestUrl: url });
        const PhoneNumberSid = box.numbers.byNumber(OWN)?.sid ?? "";
        return post(`/v1/Services/${sid}/PhoneNumbers`, { PhoneNumberSid });
      },
    ],
  ];

  it.each(ways)("all go to the mended one, in order and once, when %s changes", async (_what, point) => {
    await point(old.url());
    old.at("/sms", resets);
    await texts(["1", "2", "3"]);
    await waits();
    await point(mended.url());
    await texts(["4"], mended.url());
    await nothingWaits();
    expect(bodiesAt(mended)).toEqual(["1", "2", "3", "4"]);
    expect(bodiesAt(old)).toEqual(["1"]);
    const token = (sink: WebhookSink) => sink.requests[0]?.headers["i-twilio-idempotency-token"];
    expect(token(mended)).toBe(token(old));
  });

  it("go in order where one of them had been put aside", async () => {
    await post(number(), { SmsUrl: old.url() });
    old.at("/sms", says(500, null), says(503, null));
    await texts(["1", "2", "3"]);
    await until(() => old.requests.length === 2 && old.openNow === 0 && box.clock.pending === 2);
    await post(number(), { SmsUrl: mended.url() });
    await nothingWaits();
    expect(bodiesAt(mended)).toEqual(["1", "2", "3"]);
  });

  it("go to another path of the same app, with another method", async () => {
    await post(number(), { SmsUrl: old.url("/wrong") });
    old.at("/wrong", says(503, null)).at("/right", twiml(""));
    await texts(["1", "2"], old.url("/wrong"));
    await waits();
    await post(number(), { SmsUrl: old.url("/right"), SmsMethod: "GET" });
    await nothingWaits();
    const asked = old.requests.map(({ method, path, params }) => `${method} ${path} ${params["Body"]}`);
    expect(asked).toEqual(["POST /wrong 1", "GET /right 1", "GET /right 2"]);
  });

  it("have the new fallback asked", async () => {
    await post(number(), { SmsUrl: old.url() });
    old.at("/sms", says(503, null));
    await texts(["1"]);
    await waits();
    await post(number(), { SmsFallbackUrl: mended.url() });
    await nothingWaits();
    expect(bodiesAt(mended)).toEqual(["1"]);
  });

  it("end with an event each when there is no URL any more", async () => {
    await post(number(), { SmsUrl: old.url() });
    old.at("/sms", resets);
    await texts(["1", "2"]);
    await waits();
    await post(number(), { SmsUrl: "" });
    await nothingWaits();
    const events = await box.store.listEvents({ limit: 9, type: "webhook.failed" });
    expect(events).toMatchObject(
      [1, 2].map(() => ({ level: "warning", text: expect.stringContaining("no URL for its messages") })),
    );
    await box.clock.advance(60_000);
    expect(bodiesAt(old)).toEqual(["1"]);
  });

  it("are nobody else's: a status callback to the old app stays there", async () => {
    await post(number(), { SmsUrl: old.url() });
    old.at("/sms", resets).at("/status", resets);
    const refusal = { errorCode: 30007, why: "filtered" };
    await texts(["1"]);
    await waits();
    const from = { accountSid: box.account.sid, from: OWN, queue: OWN };
    await box.store.accept(newOutbound({ ...from, statusCallback: old.url("/status"), refusal }));
    await post(number(), { SmsUrl: mended.url() });
    await until(() => old.requests.some(({ path }) => path === "/status"));
    await until(() => bodiesAt(mended).length === 1);
    await until(async () => (await box.store.webhookBacklog()).waiting === 1);
    const [queue = ""] = await box.store.webhookQueues();
    expect(await box.store.nextWebhook(queue)).toMatchObject({
      facts: { kind: "status" },
      url: old.url("/status"),
    });
  });
});

describe("a text that the old app is being asked about when its number is pointed elsewhere", () => {
  const app = held();
  beforeEach(async () => {
    await post(number(), { SmsUrl: old.url() });
    old.at("/sms", app.behaviour);
    await texts(["1", "2"]);
    await old.received(1);
    await post(number(), { SmsUrl: mended.url() });
    await settle(50);
    expect(mended.requests).toEqual([]);
  });

  it("is done if that answers after all, and the new one gets the rest", async () => {
    app.answer(twiml("<Message>late</Message>"));
    await nothingWaits();
    expect(bodiesAt(mended)).toEqual(["2"]);
    expect(await box.store.queueDepths()).toMatchObject([{ messages: 1 }]);
  });

  it.each([503, 500, 404])("goes to the new one first if that answers %i", async (status) => {
    app.answer(says(status, null));
    await nothingWaits();
    expect(bodiesAt(old)).toEqual(["1"]);
    expect(bodiesAt(mended)).toEqual(["1", "2"]);
    expect(await box.store.listEvents({ limit: 9 })).toEqual([]);
  });

  it("waits for that whatever is changed meanwhile, and goes where the number points in the end", async () => {
    const third = await WebhookSink.start();
    third.at("/sms", twiml(""));
    await post(number(), { SmsUrl: third.url() });
    await settle(50);
    expect(third.requests).toEqual([]);
    app.answer(resets);
    await nothingWaits();
    expect([bodiesAt(old), bodiesAt(mended), bodiesAt(third)]).toEqual([["1"], [], ["1", "2"]]);
    await third.stop();
  });

  it("gets no reply if there is no URL any more by then", async () => {
    await post(number(), { SmsUrl: "" });
    app.answer(twiml("<Message>late</Message>"));
    await nothingWaits();
    await until(() => old.openNow === 0);
    await settle(50);
    expect(mended.requests).toEqual([]);
    expect(await box.store.queueDepths()).toEqual([]);
    // The queue of the old app is in order: nobody waits for anything.
    await post(number(), { SmsUrl: old.url() });
    old.at("/sms", twiml(""));
    await texts(["3"]);
    await nothingWaits();
    expect(bodiesAt(old)).toEqual(["1", "3"]);
  });
});
