import { describe, expect, test } from "vitest";
import { createAnswer } from "../../../src/messaging/inbound/reply.ts";
import { createAccept } from "../../../src/messaging/outbound/accept.ts";
import type { TwimlVerb } from "../../../src/messaging/webhook/twiml.ts";
import { KeySequence } from "../../../src/runtime/ids.ts";
import type { WebhookFacts, WebhookTask } from "../../../src/store/store.ts";
import { FakeClock } from "../../harness/fake-clock.ts";
import { ACCOUNT, inventory, NUMBER, numberRecord, OTHER_ACCOUNT, PHONE, parseFrench } from "../numbers.ts";

const clock = new FakeClock();
const SECOND = "+33639980002";
const FOREIGN = "+33639980003";
const inbound: WebhookFacts = {
  kind: "inbound",
  messageSid: `SM${"0".repeat(32)}`,
  accountSid: ACCOUNT,
  messagingServiceSid: null,
  from: PHONE,
  to: NUMBER,
  body: "Paris",
  numSegments: 1,
};

function answer(verbs: readonly TwimlVerb[], facts: WebhookFacts = inbound, numbers = defaultNumbers()) {
  const unusedStore = { accept: () => Promise.reject(new Error("a reply is not accepted here")) };
  const limits = { maxQueued: 100_000 };
  const { prepare } = createAccept({ store: unusedStore, keys: new KeySequence(clock), clock, limits });
  const createdAt = clock.now();
  const task: WebhookTask = {
    queue: NUMBER,
    facts,
    url: "http://app.example/sms",
    method: "POST",
    fallbackUrl: null,
    fallbackMethod: "POST",
    createdAt,
    webhookId: "1",
    idempotencyToken: "t",
    attempts: 0,
    notBefore: createdAt,
  };
  const handler = createAnswer({
    prepare,
    clock,
    numbers,
    parseAddress: parseFrench,
    rateOf: (number) => (number === SECOND ? 0.5 : 1),
  });
  return handler(task, verbs);
}

const defaultNumbers = () =>
  inventory([
    numberRecord(),
    numberRecord({ phoneNumber: SECOND }),
    numberRecord({ phoneNumber: FOREIGN, accountSid: OTHER_ACCOUNT }),
  ]);

const message = (fields: Partial<Extract<TwimlVerb, { verb: "message" }>> = {}): TwimlVerb => ({
  verb: "message",
  body: "Sunny",
  to: null,
  from: null,
  statusCallback: null,
  ...fields,
});

describe("replies", () => {
  test("go to the sender from the number that received, without either being named", () => {
    const { replies, events } = answer([message({ statusCallback: "http://app.example/status" })]);
    expect(events).toEqual([]);
    expect(replies).toHaveLength(1);
    expect(replies[0]).toMatchObject({
      accountSid: ACCOUNT,
      direction: "outbound-reply",
      from: NUMBER,
      to: PHONE,
      queue: NUMBER,
      lane: "single",
      body: "Sunny",
      alphabet: "gsm7",
      parts: ["Sunny"],
      statusCallback: "http://app.example/status",
      expiresAt: clock.now() + 36_000_000,
      maxQueuedSegments: 36_000,
    });
  });

  test("go to and from the numbers an app names, written as people write them", () => {
    const { replies } = answer([message({ to: "06 39 98 00 99", from: "06 39 98 00 02" })]);
    expect(replies[0]).toMatchObject({
      to: "+33639980099",
      from: SECOND,
      queue: SECOND,
      maxQueuedSegments: 18_000,
    });
  });

  test("one verb that cannot be carried out does not stop the others", () => {
    const { replies, events } = answer([
      message({ body: "" }),
      message({ body: "one" }),
      message({ body: "two" }),
    ]);
    expect(replies.map(({ body }) => body)).toEqual(["one", "two"]);
    expect(events.map(({ errorCode }) => errorCode)).toEqual([14103]);
  });

  test.each([
    ["a recipient that is no number", { to: "nobody!" }, 14101],
    ["a recipient that is a name", { to: "PYLONE" }, 14101],
    ["the receiving number as recipient", { to: NUMBER }, 14101],
    ["the sender itself as recipient", { to: SECOND, from: SECOND }, 14101],
    ["a sender that is no number of ours", { from: "+33639980077" }, 14108],
    ["a sender of another account", { from: FOREIGN }, 14108],
    ["an empty text", { body: "" }, 14103],
    ["a text of white space", { body: " \n" }, 14103],
    ["a text beyond 1600 characters", { body: "x".repeat(1601) }, 14103],
  ])("%s is skipped with an event", (_what, fields, errorCode) => {
    const { replies, events } = answer([message(fields)]);
    expect(replies).toEqual([]);
    expect(events).toMatchObject([{ type: "twiml.error", errorCode, messageSid: inbound.messageSid }]);
    expect(events[0]?.text).not.toMatch(/\d{7}/);
  });

  test("1600 characters go", () => {
    expect(answer([message({ body: "x".repeat(1600) })]).replies).toHaveLength(1);
  });

  test("a sender with a name cannot be answered", () => {
    const { replies, events } = answer([message()], { ...inbound, from: "COLIS" });
    expect(replies).toEqual([]);
    expect(events).toMatchObject([{ errorCode: 14101 }]);
  });

  test("a short code can", () => {
    expect(answer([message()], { ...inbound, from: "36123" }).replies).toMatchObject([{ to: "36123" }]);
  });

  test("nothing is sent from a number that is gone", () => {
    const { replies, events } = answer([message()], inbound, inventory([]));
    expect(replies).toEqual([]);
    expect(events).toMatchObject([{ errorCode: 14108 }]);
  });

  test("the answer to a status callback asks for nothing", () => {
    const status: WebhookFacts = {
      kind: "status",
      messageSid: inbound.messageSid,
      accountSid: ACCOUNT,
      messagingServiceSid: null,
      from: NUMBER,
      to: PHONE,
      status: "sent",
      errorCode: null,
      doneAt: null,
    };
    expect(answer([message()], status)).toEqual({ replies: [], events: [] });
  });
});
