/** The debugger: Explanation of one message, Events by level, type and message. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { NewEvent } from "../../src/runtime/event.ts";
import { KeySequence } from "../../src/runtime/ids.ts";
import type { NewInbound } from "../../src/store/store.ts";
import { type ApiBox, OWN, openApiBox } from "./api-box.ts";

const TO = "+33639980002";
const SID = `SM${"a".repeat(32)}`;

let box: ApiBox;
let keys: KeySequence;

beforeAll(async () => {
  box = await openApiBox();
  keys = new KeySequence(box.clock, box.store.newestKey);
});

afterAll(() => box.close());

async function send(body: string): Promise<string> {
  return (await box.client.messages.create({ to: TO, from: OWN, body })).sid;
}

/** What the appliance does when the recipient texts STOP. */
async function stop(recipient: string): Promise<void> {
  const at = box.clock.now();
  await box.store.completeInbound({
    keptIds: [],
    message: inbound({ sid: keys.sid("SM"), from: recipient, body: "STOP" }),
    webhook: null,
    event: null,
    keyword: { change: { is: "stop", recipient, scopes: [OWN], at }, reply: null, event: null },
  });
}

/** A text whose app, with a password in its URL, is to be told. */
async function receive(body: string): Promise<string> {
  const { receivedAt: createdAt, ...message } = inbound({ sid: keys.sid("SM"), from: TO, body });
  await box.store.completeInbound({
    keptIds: [],
    message: { ...message, receivedAt: createdAt },
    webhook: {
      queue: `${OWN} http://app.lan:5000`,
      facts: { kind: "inbound", messageSid: message.sid, ...message },
      url: "http://user:password@app.lan:5000/sms?token=1",
      method: "POST",
      fallbackUrl: null,
      fallbackMethod: "POST",
      createdAt,
    },
    event: null,
  });
  return message.sid;
}

function inbound(fields: Pick<NewInbound, "sid" | "from" | "body">): NewInbound {
  return {
    accountSid: box.account.sid,
    to: OWN,
    numSegments: 1,
    messagingServiceSid: null,
    line: "sim1",
    receivedAt: box.clock.now(),
    ...fields,
  };
}

async function explanationOf(sid: string) {
  return (await box.get(`/appliance/v1/Messages/${sid}/Explanation`)).body;
}

describe("an explanation", () => {
  it("tells the place in the queue, the pace and the forecast, in one GET", async () => {
    await send("x".repeat(200));
    const sid = await send("second");
    expect(await explanationOf(sid)).toEqual({
      message_sid: sid,
      account_sid: box.account.sid,
      status: "queued",
      reason: "1 message is before it with 2 segments, which go out 1 a second.",
      error_code: null,
      queue: OWN,
      position: 2,
      messages_ahead: 1,
      segments_ahead: 2,
      segments_per_second: 1,
      line: "sim1",
      fallback: null,
      line_state: "ready",
      line_reason: "registered",
      attempts: 0,
      next_attempt: null,
      forecast: "Sun, 04 Jan 2026 10:15:33 +0000",
      expires: "Sun, 04 Jan 2026 20:15:30 +0000",
    });
  });

  it("tells what the last attempt met and when the next one is", async () => {
    const sid = await send("third");
    const { claims } = await box.store.claim(OWN, { line: "sim1", limit: 9, now: box.clock.now() });
    const claim = claims.find(({ messageSid }) => messageSid === sid);
    const retryAt = box.clock.now() + 60_000;
    await box.store.settle(
      claim?.submissionId ?? "",
      { is: "retry", retryAt, why: "+CMS ERROR: 42 (congestion)" },
      box.clock.now(),
    );
    expect(await explanationOf(sid)).toMatchObject({
      status: "sending",
      reason:
        "1 attempt failed (+CMS ERROR: 42 (congestion)); it is tried again at 2026-01-04T10:16:30.000Z.",
      next_attempt: "Sun, 04 Jan 2026 10:16:30 +0000",
      attempts: 1,
      position: 1,
    });
  });

  it("tells when a scheduled message goes, and that it fails once its recipient says STOP", async () => {
    const { sid: serviceSid } = await box.client.messaging.v1.services.create({ friendlyName: "Alerts" });
    const phoneNumberSid = box.numbers.byNumber(OWN)?.sid ?? "";
    await box.client.messaging.v1.services(serviceSid).phoneNumbers.create({ phoneNumberSid });
    const to = "+33639980003";
    const sendAt = new Date("2026-01-04T12:00:00Z");
    const later = { to, body: "x", messagingServiceSid: serviceSid, scheduleType: "fixed", sendAt } as const;
    const { sid } = await box.client.messages.create(later);
    const noon = "Sun, 04 Jan 2026 12:00:00 +0000";
    expect(await explanationOf(sid)).toMatchObject({
      status: "scheduled",
      reason: "It is scheduled for 2026-01-04T12:00:00.000Z.",
      queue: OWN,
      position: null,
      messages_ahead: null,
      segments_ahead: null,
      next_attempt: noon,
      forecast: "Sun, 04 Jan 2026 12:00:01 +0000",
    });
    const detail = await box.get(`/appliance/v1/Messages/${sid}`);
    expect(detail.body).toMatchObject({ status: "scheduled", send_at: noon });

    await stop(to);
    expect(await explanationOf(sid)).toMatchObject({
      reason:
        "It is scheduled for 2026-01-04T12:00:00.000Z. " +
        "The recipient has opted out of messages from its sender: it will fail with 21610.",
      next_attempt: null,
      forecast: null,
    });
  });

  it("tells of a queued message whose recipient has said STOP since that it will fail", async () => {
    const { sid } = await box.client.messages.create({ to: "+33639980004", from: OWN, body: "x" });
    await stop("+33639980004");
    expect(await explanationOf(sid)).toMatchObject({
      status: "queued",
      reason: "The recipient has opted out of messages from its sender: it will fail with 21610.",
      forecast: null,
    });
    await box.store.claim(OWN, { line: "sim1", limit: 9, now: box.clock.now() });
    expect(await explanationOf(sid)).toMatchObject({ status: "failed", error_code: 21610 });
  });

  it("tells of a received message whether its app was told, and the message shows what its webhook waits for", async () => {
    const [first, second] = [await receive("Paris"), await receive("Lyon")];
    const [task] = await box.store.nextWebhooks(`${OWN} http://app.lan:5000`, 1);
    const webhookId = task?.webhookId ?? "";
    const notBefore = box.clock.now() + 60_000;
    await box.store.deferWebhook(webhookId, { attempts: 2, notBefore, aside: false, event: null });
    const at = "Sun, 04 Jan 2026 10:16:30 +0000";
    expect(await explanationOf(first)).toMatchObject({
      status: "received",
      reason:
        "http://app.lan:5000 did not take its webhook in 2 attempts; it is asked again at 2026-01-04T10:16:30.000Z.",
      attempts: 2,
      next_attempt: at,
      forecast: null,
    });
    expect(await explanationOf(second)).toMatchObject({
      reason: expect.stringContaining("1 webhook stands before it"),
      attempts: 0,
      next_attempt: at,
    });
    const detail = async (sid: string) => (await box.get(`/appliance/v1/Messages/${sid}`)).body["webhook"];
    expect(await detail(first)).toEqual({
      app: "http://app.lan:5000",
      attempts: 2,
      ahead: 0,
      next_attempt: at,
    });
    expect(await detail(second)).toMatchObject({ attempts: 0, ahead: 1 });

    await box.store.finishWebhook(webhookId, { replies: [], events: [] });
    expect(await detail(first)).toBeNull();
    expect((await explanationOf(first))["reason"]).toContain("its app answered it");
    expect((await explanationOf(second))["reason"]).toBe(
      "Its webhook is with http://app.lan:5000, which has not answered yet.",
    );
    const unrouted = { type: "inbound.unrouted", level: "info", text: "No SmsUrl." } as const;
    await box.store.addEvent({ ...unrouted, at: box.clock.now(), messageSid: first });
    expect((await explanationOf(first))["reason"]).toBe("It came in, and no app was told: No SmsUrl.");
  });

  it("does not exist for a message that does not, nor for a subaccount", async () => {
    expect((await box.get(`/appliance/v1/Messages/${SID}/Explanation`)).status).toBe(404);
    const tenant = await box.client.api.v2010.accounts.create({});
    const credentials = `${tenant.sid}:${tenant.authToken}`;
    const answer = await box.get(`/appliance/v1/Messages/${SID}/Explanation`, { credentials });
    expect(answer.status).toBe(403);
  });
});

describe("events", () => {
  const event = (fields: Partial<NewEvent>): NewEvent => ({
    type: "webhook.failed",
    level: "error",
    at: box.clock.now(),
    text: "The app answered HTTP 500.",
    errorCode: 11200,
    ...fields,
  });
  const texts = async (query: string) => {
    const { body } = await box.get(`/appliance/v1/Events?${query}`);
    return (body["events"] as { text: string }[]).map(({ text }) => text);
  };

  it("are chosen by level, type and message, alone and together, through every page", async () => {
    await box.store.addEvent(event({ text: "one", messageSid: SID }));
    await box.store.addEvent(event({ text: "two", level: "warning", type: "twiml.error", messageSid: SID }));
    await box.store.addEvent(event({ text: "three", type: "twiml.error" }));

    expect(await texts("Level=error")).toEqual(["three", "one"]);
    expect(await texts("Type=twiml.error")).toEqual(["three", "two"]);
    expect(await texts(`MessageSid=${SID}`)).toEqual(["two", "one"]);
    expect(await texts(`MessageSid=${SID.slice(0, 2)}${SID.slice(2).toUpperCase()}&Level=error`)).toEqual([
      "one",
    ]);
    expect(await texts("Level=warning&Type=webhook.failed")).toEqual([]);

    const first = await box.get("/appliance/v1/Events?Level=error&PageSize=1");
    const second = await box.get(String(first.body["next_page_uri"]));
    expect((second.body["events"] as { text: string }[]).map(({ text }) => text)).toEqual(["one"]);
  });

  it("show Twilio's code, the words and the message", async () => {
    const { body } = await box.get(`/appliance/v1/Events?MessageSid=${SID}&Type=webhook.failed`);
    expect(body["events"]).toEqual([
      {
        sid: expect.stringMatching(/^NO[0-9a-f]{32}$/),
        type: "webhook.failed",
        level: "error",
        date_created: "Sun, 04 Jan 2026 10:15:30 +0000",
        text: "one",
        line: null,
        account_sid: null,
        message_sid: SID,
        error_code: 11200,
        more_info: "https://www.twilio.com/docs/errors/11200",
        detail: null,
      },
    ]);
  });

  it("of a level that is none are refused", async () => {
    const { status, body } = await box.get("/appliance/v1/Events?Level=loud");
    expect({ status, code: body["code"] }).toEqual({ status: 400, code: 20422 });
  });
});
