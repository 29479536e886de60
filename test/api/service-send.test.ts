/** POST Messages through a messaging service, with the official SDK where it can say it (contract §3.1, §6.3). */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ApiBox, OWN, openApiBox, provision } from "./api-box.ts";

const TO = "+33639980099";
const SECOND = "+33639980002";
const MINUTE = 60_000;

let box: ApiBox;
let service: string;

beforeEach(async () => {
  box = await openApiBox();
  service = (await v1().services.create({ friendlyName: "Alerts" })).sid;
  await join(OWN);
});

afterEach(() => box.close());

const v1 = () => box.client.messaging.v1;

async function join(phoneNumber: string): Promise<void> {
  const phoneNumberSid = box.numbers.byNumber(phoneNumber)?.sid ?? "";
  await v1().services(service).phoneNumbers.create({ phoneNumberSid });
}

function post(form: Record<string, string>) {
  return box.post(box.api("/Messages.json"), {
    To: TO,
    Body: "Door open",
    MessagingServiceSid: service,
    ...form,
  });
}

const inFuture = (ms: number) => new Date(box.clock.now() + ms);

describe("a message through a service", () => {
  it("is accepted without a sender in the answer, and queued with one", async () => {
    const created = await box.client.messages.create({
      to: TO,
      body: "Door open",
      messagingServiceSid: service,
    });
    expect(created).toMatchObject({
      status: "accepted",
      from: null,
      numSegments: "0",
      messagingServiceSid: service,
      direction: "outbound-api",
    });
    expect(await box.client.messages(created.sid).fetch()).toMatchObject({
      status: "queued",
      from: OWN,
      numSegments: "1",
      messagingServiceSid: service,
    });
  });

  it("may name the service in From, as Twilio allows", async () => {
    const created = await box.client.messages.create({ to: TO, body: "Door open", from: service });
    expect(created).toMatchObject({ status: "accepted", messagingServiceSid: service, from: null });
  });

  it("goes out from the sender it names, which has to be in the pool", async () => {
    await provision(box.numbers, box.account, SECOND, "gsm2");
    expect(await post({ From: SECOND })).toMatchObject({ status: 400, body: { code: 21711 } });
    await join(SECOND);
    const answer = await post({ From: SECOND });
    expect(answer).toMatchObject({
      status: 201,
      body: { status: "accepted", from: SECOND, num_segments: "1" },
    });
  });

  it("stays with the sender its recipient has met, and without stickiness goes to the shortest queue", async () => {
    await provision(box.numbers, box.account, SECOND, "gsm2");
    await join(SECOND);
    const senderOf = async (to: string) => {
      const sid = String((await post({ To: to })).body["sid"]);
      return (await box.store.getMessage(sid))?.from;
    };
    const first = await senderOf(TO);
    for (let turn = 0; turn < 3; turn++) expect(await senderOf(TO)).toBe(first);
    await v1().services(service).update({ stickySender: false });
    expect(await senderOf(TO)).toBe(first === OWN ? SECOND : OWN);
  });

  it("uses the service's status callback and validity where it has none of its own", async () => {
    await v1().services(service).update({ statusCallback: "http://app.lan/service", validityPeriod: 60 });
    const plain = String((await post({})).body["sid"]);
    const own = String(
      (await post({ StatusCallback: "http://app.lan/own", ValidityPeriod: "30" })).body["sid"],
    );
    expect((await box.store.getMessage(plain))?.statusCallback).toBe("http://app.lan/service");
    expect((await box.store.getMessage(own))?.statusCallback).toBe("http://app.lan/own");
    await box.clock.advance(40_000);
    await box.store.expire(box.clock.now());
    expect(await box.store.getMessage(own)).toMatchObject({ status: "failed", errorCode: 30036 });
    expect(await box.store.getMessage(plain)).toMatchObject({ status: "queued" });
    await box.clock.advance(30_000);
    await box.store.expire(box.clock.now());
    expect(await box.store.getMessage(plain)).toMatchObject({ status: "failed", errorCode: 30036 });
  });

  it("is encoded smartly where the service or the message says so, and the message has the last word", async () => {
    const bodyOf = async (form: Record<string, string>) =>
      (await post({ Body: "It\u2019s open\u2026", ...form })).body["body"];
    expect(await bodyOf({})).toBe("It's open...");
    expect(await bodyOf({ SmartEncoded: "false" })).toBe("It\u2019s open\u2026");
    await v1().services(service).update({ smartEncoding: false });
    expect(await bodyOf({})).toBe("It\u2019s open\u2026");
    expect(await bodyOf({ SmartEncoded: "true" })).toBe("It's open...");
    expect(await bodyOf({ SmartEncoded: "true", Body: "\u2019\u00EA" })).toBe("\u2019\u00EA");
    const plain = await box.client.messages.create({
      to: TO,
      from: OWN,
      body: "\u201Cok\u201D",
      smartEncoded: true,
    });
    expect(plain.body).toBe('"ok"');
  });

  it("that nobody of the pool can send is a row without a sender that failed with 21703", async () => {
    const answer = await post({ To: OWN });
    expect(answer).toMatchObject({ status: 201, body: { status: "accepted", from: null } });
    const message = await box.client.messages(String(answer.body["sid"])).fetch();
    expect(message).toMatchObject({ status: "failed", errorCode: 21703, from: null });
  });

  it("has no sender when the line of its only number receives and does not send", async () => {
    const { sid: phoneNumberSid } = await provision(box.numbers, box.account, "+33639980098", "inbox");
    const inbox = await v1().services.create({ friendlyName: "inbox" });
    await v1().services(inbox.sid).phoneNumbers.create({ phoneNumberSid });
    const answer = await post({ MessagingServiceSid: inbox.sid });
    const message = await box.client.messages(String(answer.body["sid"])).fetch();
    expect(message).toMatchObject({ status: "failed", errorCode: 21703, from: null });
  });

  it.each([
    ["a SID that is none", { MessagingServiceSid: "MG1" }, 400, 21705],
    ["a service that does not exist", { MessagingServiceSid: `MG${"0".repeat(32)}` }, 404, 21701],
    ["a short code to send to", { To: "36123" }, 400, 21265],
    ["its own number to send to, named", { To: OWN, From: OWN }, 400, 21266],
    ["a sender that is nobody's", { From: "+33639980077" }, 400, 21606],
  ])("is refused with %s", async (_what, form, status, code) => {
    expect(await post(form as Record<string, string>)).toMatchObject({ status, body: { code } });
  });

  it("is refused where the pool is empty, before the sender is looked at", async () => {
    const empty = (await v1().services.create({ friendlyName: "Empty" })).sid;
    for (const form of [{}, { From: "+33639980077" }]) {
      const answer = await post({ MessagingServiceSid: empty, ...form });
      expect(answer).toMatchObject({ status: 400, body: { code: 21704 } });
    }
  });

  it("through somebody else's service is refused as one that does not exist", async () => {
    const theirs = await box.services.create(`AC${"9".repeat(32)}`, "Theirs", {});
    expect(await post({ MessagingServiceSid: theirs.sid })).toMatchObject({ body: { code: 21701 } });
  });
});

describe("a scheduled message", () => {
  it("waits, is shown as scheduled, and can be canceled by the SDK once", async () => {
    const created = await box.client.messages.create({
      to: TO,
      body: "Later",
      messagingServiceSid: service,
      scheduleType: "fixed",
      sendAt: inFuture(60 * MINUTE),
    });
    expect(created).toMatchObject({ status: "scheduled", from: null, numSegments: "0" });
    expect(await box.client.messages(created.sid).fetch()).toMatchObject({ status: "scheduled" });
    expect(await box.client.messages(created.sid).update({ status: "canceled" })).toMatchObject({
      status: "canceled",
    });
    await expect(box.client.messages(created.sid).update({ status: "canceled" })).rejects.toMatchObject({
      code: 30409,
    });
  });

  it("joins its queue at its instant", async () => {
    const created = await box.client.messages.create({
      to: TO,
      body: "Later",
      messagingServiceSid: service,
      scheduleType: "fixed",
      sendAt: inFuture(60 * MINUTE),
      validityPeriod: 60,
    });
    await box.clock.advance(60 * MINUTE);
    expect(await box.store.releaseScheduled(box.clock.now())).toBe(1);
    expect(await box.client.messages(created.sid).fetch()).toMatchObject({ status: "queued", from: OWN });
    expect(await box.store.expire(box.clock.now() + 61_000)).toBe(1);
  });

  const at = (ms: number) => () => inFuture(ms).toISOString();
  it.each([
    ["a type without an instant", { ScheduleType: "fixed" }, null, 35111],
    ["another type", { ScheduleType: "daily" }, at(60 * MINUTE), 35126],
    ["an instant without a type", {}, at(60 * MINUTE), 35126],
    ["an instant too near", { ScheduleType: "fixed" }, at(15 * MINUTE - 1000), 35114],
    ["an instant too far", { ScheduleType: "fixed" }, at(35 * 1440 * MINUTE + 1000), 35114],
    ["an instant that is none", { ScheduleType: "fixed" }, () => "soon", 35114],
    ["no service", { ScheduleType: "fixed", MessagingServiceSid: "", From: OWN }, at(60 * MINUTE), 35118],
  ])("is refused with %s", async (_what, form, sendAt, code) => {
    const given = sendAt === null ? {} : { SendAt: sendAt() };
    const answer = await post({ ...(form as Record<string, string>), ...given });
    expect(answer).toMatchObject({ status: 400, body: { code } });
  });

  it.each([[15 * MINUTE], [35 * 1440 * MINUTE]])("may be %i ms ahead", async (ms) => {
    const answer = await post({ ScheduleType: "fixed", SendAt: inFuture(ms).toISOString() });
    expect(answer).toMatchObject({ status: 201, body: { status: "scheduled" } });
  });
});
