import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ApiBox, OWN, openApiBox } from "./api-box.ts";

const FREE = "+33639980042";
const LANDLINE = "+33155500001";
const CALIFORNIA = "+14155550142";
const HAWAII = "+18085550142";
const FREECALL = "+18005550142";

let box: ApiBox;

beforeEach(async () => {
  box = await openApiBox();
  const offer = (phoneNumber: string, kind: "local" | "mobile" | "toll-free", country: string) => ({
    phoneNumber,
    kind,
    country,
    line: "carrier",
  });
  box.inventory.offer("sim1", [{ phoneNumber: OWN, kind: "mobile", country: "FR", line: "sim1" }]);
  box.inventory.offer("carrier", [
    offer(FREE, "mobile", "FR"),
    offer(LANDLINE, "local", "FR"),
    offer(CALIFORNIA, "local", "US"),
    offer(HAWAII, "local", "US"),
    offer(FREECALL, "toll-free", "US"),
  ]);
});

afterEach(() => box.close());

function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => "no error",
    (error: { status: number; code: number }) => [error.status, error.code],
  );
}

describe("a purchase through the official SDK", () => {
  it("makes the number the account's, with all that is set at once", async () => {
    const bought = await box.client.incomingPhoneNumbers.create({
      phoneNumber: FREE,
      smsUrl: "http://192.168.1.20:5000/sms",
      smsMethod: "GET",
      smsFallbackUrl: "http://192.168.1.20:5000/oops",
      smsFallbackMethod: "GET",
      statusCallback: "http://192.168.1.20:5000/calls",
      statusCallbackMethod: "GET",
      voiceUrl: "http://192.168.1.20:5000/voice",
      voiceMethod: "GET",
      voiceFallbackUrl: "http://192.168.1.20:5000/oops",
      voiceFallbackMethod: "GET",
      voiceCallerIdLookup: true,
      voiceReceiveMode: "fax",
      voiceApplicationSid: `AP${"1".repeat(32)}`,
      trunkSid: `TK${"1".repeat(32)}`,
      addressSid: `AD${"1".repeat(32)}`,
      bundleSid: `BU${"1".repeat(32)}`,
      identitySid: `RI${"1".repeat(32)}`,
      emergencyStatus: "Active",
      emergencyAddressSid: `AD${"2".repeat(32)}`,
      apiVersion: "2010-04-01",
      friendlyName: "La porte",
    });

    expect(bought).toMatchObject({
      phoneNumber: FREE,
      smsUrl: "http://192.168.1.20:5000/sms",
      smsMethod: "GET",
      smsFallbackUrl: "http://192.168.1.20:5000/oops",
      smsFallbackMethod: "GET",
      statusCallback: "http://192.168.1.20:5000/calls",
      statusCallbackMethod: "GET",
      voiceUrl: "http://192.168.1.20:5000/voice",
      voiceMethod: "GET",
      voiceFallbackUrl: "http://192.168.1.20:5000/oops",
      voiceFallbackMethod: "GET",
      voiceCallerIdLookup: true,
      voiceReceiveMode: "fax",
      voiceApplicationSid: `AP${"1".repeat(32)}`,
      trunkSid: `TK${"1".repeat(32)}`,
      addressSid: `AD${"1".repeat(32)}`,
      bundleSid: `BU${"1".repeat(32)}`,
      identitySid: `RI${"1".repeat(32)}`,
      emergencyStatus: "Active",
      emergencyAddressSid: `AD${"2".repeat(32)}`,
      friendlyName: "La porte",
    });
    expect(box.numbers.byNumber(FREE)).toMatchObject({ line: "carrier", country: "FR" });
    const sent = await box.client.messages.create({ from: FREE, to: "+33639980002", body: "x" });
    expect(sent.status).toBe("queued");
  });

  it("answers 201 with every key of the resource", async () => {
    const answer = await box.post(box.api("/IncomingPhoneNumbers.json"), { PhoneNumber: "06 39 98 00 42" });
    const own = await box.get(box.api(`/IncomingPhoneNumbers/${box.numbers.byNumber(OWN)?.sid ?? ""}.json`));
    expect(answer.status).toBe(201);
    expect(Object.keys(answer.body)).toEqual(Object.keys(own.body));
    expect(answer.body).toMatchObject({
      friendly_name: "06 39 98 00 42",
      phone_number: FREE,
      type: "mobile",
    });
  });

  it("by area code takes one number after the other until none is left", async () => {
    const bought = await box.client.incomingPhoneNumbers.create({ areaCode: "415" });
    expect(bought.phoneNumber).toBe(CALIFORNIA);
    expect(await failure(box.client.incomingPhoneNumbers.create({ areaCode: "415" }))).toEqual([400, 21452]);
  });

  it("of one number by many at once is one 201, and 21422 for the others", async () => {
    const asked = [FREE, FREE, FREE].map((PhoneNumber) =>
      box.post(box.api("/IncomingPhoneNumbers.json"), { PhoneNumber }),
    );
    const answers = (await Promise.all(asked)).map(({ status, body }) => [status, body["code"] ?? null]);
    expect(answers.toSorted()).toEqual([
      [201, null],
      [400, 21422],
      [400, 21422],
    ]);
    expect(box.numbers.list(box.account.sid, { phoneNumber: FREE })).toHaveLength(1);
  });

  it.each([
    [{}, 21421],
    [{ PhoneNumber: "hello" }, 21421],
    [{ PhoneNumber: "36123" }, 21421],
    [{ PhoneNumber: "+33639980099" }, 21422],
    [{ PhoneNumber: OWN }, 21422],
    [{ AreaCode: "41" }, 21451],
    [{ AreaCode: "115" }, 21451],
    [{ AreaCode: "212" }, 21452],
    [{ PhoneNumber: FREE, SmsUrl: "x" }, 21402],
    [{ PhoneNumber: FREE, SmsFallbackUrl: "http://a.test/" }, 21406],
    [{ PhoneNumber: FREE, FriendlyName: "x".repeat(65) }, 20002],
  ])("%j is refused with %d and changes nothing", async (form, code) => {
    const before = box.settings.document;
    const answer = await box.post(box.api("/IncomingPhoneNumbers.json"), form as Record<string, string>);
    expect([answer.status, answer.body["code"]]).toEqual([400, code]);
    expect(box.settings.document).toBe(before);
  });
});

describe("/Local, /Mobile and /TollFree", () => {
  it("sell and list their own kind", async () => {
    const { local, mobile, tollFree } = box.client.incomingPhoneNumbers;
    await local.create({ phoneNumber: LANDLINE, friendlyName: "Bureau" });
    await mobile.create({ phoneNumber: FREE });
    await tollFree.create({ phoneNumber: FREECALL });
    const numbersOf = async (list: Promise<{ phoneNumber: string }[]>) =>
      (await list).map(({ phoneNumber }) => phoneNumber).sort();

    expect(await numbersOf(local.list())).toEqual([LANDLINE]);
    expect(await numbersOf(mobile.list())).toEqual([OWN, FREE]);
    expect(await numbersOf(tollFree.list())).toEqual([FREECALL]);
    expect(await numbersOf(mobile.list({ phoneNumber: "0042" }))).toEqual([FREE]);
    expect(await numbersOf(local.list({ friendlyName: "Bureau", beta: false }))).toEqual([LANDLINE]);
    expect(await numbersOf(box.client.incomingPhoneNumbers.list())).toEqual([FREECALL, LANDLINE, OWN, FREE]);
  });

  it("refuse another kind and an area code", async () => {
    const { local } = box.client.incomingPhoneNumbers;
    expect(await failure(local.create({ phoneNumber: FREE }))).toEqual([400, 21458]);
    const answer = await box.post(box.api("/IncomingPhoneNumbers/Local.json"), { AreaCode: "415" });
    expect([answer.status, answer.body["code"]]).toEqual([400, 21457]);
    expect(box.numbers.byNumber(FREE)).toBeNull();
  });
});

describe("a release through the official SDK", () => {
  it("gives the number back, to be bought again", async () => {
    const first = await box.client.incomingPhoneNumbers.create({
      phoneNumber: FREE,
      smsUrl: "http://a.test/",
    });
    expect(await box.client.incomingPhoneNumbers(first.sid).remove()).toBe(true);

    expect(await failure(box.client.incomingPhoneNumbers(first.sid).fetch())).toEqual([404, 20404]);
    expect(await failure(box.client.incomingPhoneNumbers(first.sid).remove())).toEqual([404, 20404]);
    expect(await failure(box.client.messages.create({ from: FREE, to: "+33639980002", body: "x" }))).toEqual([
      400, 21606,
    ]);
    const again = await box.client.incomingPhoneNumbers.create({ phoneNumber: FREE });
    expect([again.sid === first.sid, again.smsUrl]).toEqual([false, ""]);
  });

  it("ends what waits to be sent from it, and leaves what others send", async () => {
    const first = await box.client.incomingPhoneNumbers.create({ phoneNumber: FREE });
    const send = async (from: string) =>
      (await box.client.messages.create({ from, to: "+33639980002", body: "x" })).sid;
    const [waiting, other] = [await send(FREE), await send(OWN)];
    await box.client.incomingPhoneNumbers(first.sid).remove();

    expect(await box.client.messages(waiting).fetch()).toMatchObject({ status: "failed", errorCode: 30037 });
    expect((await box.client.messages(other).fetch()).status).toBe("queued");
  });

  it("ends what is scheduled to be sent from it", async () => {
    const { sid: phoneNumberSid } = await box.client.incomingPhoneNumbers.create({ phoneNumber: FREE });
    const { v1 } = box.client.messaging;
    const service = (await v1.services.create({ friendlyName: "Alerts" })).sid;
    await v1.services(service).phoneNumbers.create({ phoneNumberSid });
    const later = await box.client.messages.create({
      to: "+33639980002",
      body: "x",
      messagingServiceSid: service,
      scheduleType: "fixed",
      sendAt: new Date(box.clock.now() + 3_600_000),
    });
    await box.client.incomingPhoneNumbers(phoneNumberSid).remove();

    expect(await box.client.messages(later.sid).fetch()).toMatchObject({
      status: "failed",
      errorCode: 30037,
    });
    expect(box.settings.document.services[0]?.senders).toEqual([]);
  });

  it("is of a modem's number too", async () => {
    const own = box.numbers.byNumber(OWN)?.sid ?? "";
    const answer = await box.request(box.api(`/IncomingPhoneNumbers/${own}.json`), { method: "DELETE" });
    expect([answer.status, answer.text]).toEqual([204, ""]);
    expect(box.inventory.available().map(({ phoneNumber }) => phoneNumber)).toContain(OWN);
    expect((await box.client.incomingPhoneNumbers.create({ phoneNumber: OWN })).phoneNumber).toBe(OWN);
  });
});
