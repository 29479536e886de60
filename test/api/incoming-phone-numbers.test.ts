import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { NumberRecord } from "../../src/store/settings-document.ts";
import { type ApiBox, OWN, openApiBox, provision } from "./api-box.ts";

let box: ApiBox;
let own: NumberRecord;

beforeEach(async () => {
  box = await openApiBox();
  const found = box.numbers.byNumber(OWN);
  if (found === null) throw new Error("the box provisions its number");
  own = found;
});

afterEach(() => box.close());

describe("IncomingPhoneNumbers through the official SDK", () => {
  it("are updated, and stay so", async () => {
    const updated = await box.client.incomingPhoneNumbers(own.sid).update({
      smsUrl: "http://192.168.1.20:5000/sms",
      smsMethod: "GET",
      smsFallbackUrl: "http://192.168.1.20:5000/oops",
      friendlyName: "La porte",
      voiceUrl: "",
      voiceReceiveMode: "fax",
      bundleSid: `BU${"0".repeat(32)}`,
    });
    const expected = {
      smsUrl: "http://192.168.1.20:5000/sms",
      smsMethod: "GET",
      smsFallbackUrl: "http://192.168.1.20:5000/oops",
      friendlyName: "La porte",
      bundleSid: `BU${"0".repeat(32)}`,
    };
    expect(updated).toMatchObject(expected);
    expect(await box.client.incomingPhoneNumbers(own.sid).fetch()).toMatchObject(expected);
    expect(box.numbers.byNumber(OWN)).toMatchObject({ smsUrl: expected.smsUrl, smsMethod: "GET" });
    expect(updated.dateCreated).toEqual(new Date(own.createdAt));
  });

  it("change their date only when something is changed", async () => {
    await box.clock.advance(5000);
    const untouched = await box.client.incomingPhoneNumbers(own.sid).update({});
    expect(untouched.dateUpdated).toEqual(untouched.dateCreated);

    const touched = await box.client.incomingPhoneNumbers(own.sid).update({ friendlyName: "x" });
    expect(touched.dateUpdated.getTime() - touched.dateCreated.getTime()).toBe(5000);
  });

  it("lose a webhook by an empty value", async () => {
    const number = box.client.incomingPhoneNumbers(own.sid);
    await number.update({ smsUrl: "http://a.test/", smsFallbackUrl: "http://b.test/" });
    expect((await number.update({ smsUrl: "" })).smsUrl).toBe("");
    expect((await number.update({ bundleSid: "x" })).bundleSid).toBe("x");
    expect((await number.update({ bundleSid: "" })).bundleSid).toBeNull();
  });

  it("are listed by part of the number and by name", async () => {
    await provision(box.numbers, box.account, "+33639981234", "gsm2");
    await provision(box.numbers, box.account, "+14155551212", "gsm2");
    await provision(box.numbers, box.account, "36123", "gsm2", "short-code");
    await provision(box.numbers, box.account, "PYLONE", "gsm2", "alphanumeric");
    const list = async (filter: object) =>
      (await box.client.incomingPhoneNumbers.list(filter)).map(({ phoneNumber }) => phoneNumber).sort();

    expect(await list({})).toEqual(["+14155551212", OWN, "+33639981234"]);
    expect(await list({ phoneNumber: "+33639981234" })).toEqual(["+33639981234"]);
    expect(await list({ phoneNumber: "+3363998" })).toEqual([OWN, "+33639981234"]);
    expect(await list({ phoneNumber: "998*23" })).toEqual(["+33639981234"]);
    expect(await list({ phoneNumber: "998*24" })).toEqual([]);
    expect(await list({ phoneNumber: "(415) 555" })).toEqual(["+14155551212"]);
    expect(await list({ friendlyName: "(415) 555-1212" })).toEqual(["+14155551212"]);
    expect(await list({ friendlyName: "(415)" })).toEqual([]);
    expect(await list({ origin: "hosted" })).toEqual([]);
    const raw = await box.get(box.api("/IncomingPhoneNumbers.json?PhoneNumber=+3363998*234"));
    expect(raw.body["incoming_phone_numbers"]).toHaveLength(1);
  });
});

describe("a webhook's URL", () => {
  it.each(["http://app.lan/la rochelle?q=a b", "HTTP://App.lan:5000/é", "http:app.lan/sms"])(
    "may be whatever `new URL` reads as http, and is shown as it was written: %s",
    async (url) => {
      const number = await box.client.incomingPhoneNumbers(own.sid).update({ smsUrl: url });
      expect(number.smsUrl).toBe(url);
    },
  );
});

describe("an update refuses", () => {
  it.each([
    [{ SmsUrl: "192.168.1.20/sms" }, 21402],
    [{ SmsUrl: "ftp://a.test/" }, 21402],
    [{ SmsUrl: "http://" }, 21402],
    [{ SmsUrl: "http://a b/" }, 21402],
    [{ SmsUrl: `http://a.test/${"x".repeat(3987)}` }, 21402],
    [{ StatusCallback: "x" }, 21402],
    [{ VoiceUrl: "x" }, 21402],
    [{ SmsMethod: "PUT" }, 21403],
    [{ VoiceFallbackMethod: "x" }, 21403],
    [{ SmsFallbackUrl: "http://a.test/" }, 21406],
    [{ SmsUrl: "", SmsFallbackUrl: "http://a.test/" }, 21406],
    [{ VoiceFallbackUrl: "http://a.test/" }, 21405],
    [{ SmsApplicationSid: `AP${"0".repeat(32)}` }, 21420],
    [{ FriendlyName: "x".repeat(65) }, 20002],
    [{ FriendlyName: "" }, 20002],
    [{ AccountSid: `AC${"0".repeat(32)}` }, 21471],
    [{ EmergencyStatus: "Sometimes" }, 20422],
    [{ VoiceReceiveMode: "pigeon" }, 20422],
    [{ TrunkSid: "x".repeat(65) }, 20422],
  ])("%j with %d and changes nothing", async (form, code) => {
    const answer = await box.post(box.api(`/IncomingPhoneNumbers/${own.sid}.json`), {
      SmsMethod: "GET",
      ...(form as Record<string, string>),
    });
    expect([answer.status, answer.body["code"]]).toEqual([400, code]);
    expect(box.numbers.bySid(own.sid)).toEqual(own);
  });

  it("nothing of what Twilio takes and an SMS number does not need", async () => {
    const answer = await box.post(box.api(`/IncomingPhoneNumbers/${own.sid.toUpperCase()}.json`), {
      VoiceCallerIdLookup: "true",
      EmergencyStatus: "Active",
      ApiVersion: "2010-04-01",
      AccountSid: box.account.sid,
      SmsApplicationSid: "",
      smsUrl: "not a url, and not this parameter",
      Unknown: "x",
    });
    expect(answer.body).toMatchObject({
      voice_caller_id_lookup: true,
      emergency_status: "Active",
      sms_url: "",
    });
  });
});
