/** Applications, contract §7.5, through the official SDK. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApiBox, OWN, openApiBox } from "./api-box.ts";

const TO = "+33639980002";
const NOW = "Sun, 04 Jan 2026 10:15:30 +0000";

let box: ApiBox;

beforeAll(async () => {
  box = await openApiBox();
});

afterAll(() => box.close());

describe("an application", () => {
  it("has every field of the contract", async () => {
    const { status, body } = await box.post(box.api("/Applications.json"), {
      FriendlyName: "Alerts",
      SmsUrl: "http://192.168.1.20/sms",
      SmsMethod: "GET",
      MessageStatusCallback: "http://192.168.1.20/status",
    });
    expect(status).toBe(201);
    expect(body).toEqual({
      sid: expect.stringMatching(/^AP[0-9a-f]{32}$/),
      account_sid: box.account.sid,
      friendly_name: "Alerts",
      api_version: "2010-04-01",
      sms_url: "http://192.168.1.20/sms",
      sms_method: "GET",
      sms_fallback_url: "",
      sms_fallback_method: "POST",
      sms_status_callback: "",
      message_status_callback: "http://192.168.1.20/status",
      voice_url: "",
      voice_method: "POST",
      voice_fallback_url: "",
      voice_fallback_method: "POST",
      voice_caller_id_lookup: false,
      status_callback: "",
      status_callback_method: "POST",
      public_application_connect_enabled: false,
      date_created: NOW,
      date_updated: NOW,
      uri: box.api(`/Applications/${String(body["sid"])}.json`),
    });
  });

  it("is fetched, updated field by field, listed by name and deleted", async () => {
    const { sid } = await box.client.applications.create({ friendlyName: "One", smsUrl: "http://h/1" });
    const updated = await box.client.applications(sid).update({
      smsFallbackUrl: "http://h/2",
      voiceUrl: "http://h/voice",
      voiceCallerIdLookup: true,
    });
    expect(updated).toMatchObject({
      friendlyName: "One",
      smsUrl: "http://h/1",
      smsFallbackUrl: "http://h/2",
      voiceUrl: "http://h/voice",
      voiceCallerIdLookup: true,
    });
    expect((await box.client.applications(sid).update({ smsFallbackUrl: "" })).smsFallbackUrl).toBe("");
    const named = await box.client.applications.list({ friendlyName: "One", pageSize: 1 });
    expect(named.map((application) => application.sid)).toEqual([sid]);

    expect(await box.client.applications(sid).remove()).toBe(true);
    await expect(box.client.applications(sid).fetch()).rejects.toMatchObject({ status: 404, code: 20404 });
  });

  it.each([
    [{ SmsUrl: "nowhere" }, 21402],
    [{ SmsMethod: "PUT" }, 21403],
    [{ SmsFallbackUrl: "http://h/f" }, 21406],
    [{ VoiceFallbackUrl: "http://h/f" }, 21405],
    [{ VoiceCallerIdLookup: "perhaps" }, 20422],
    [{ FriendlyName: "" }, 20002],
  ])("is refused with %j: %i", async (form, code) => {
    const answer = await box.post(box.api("/Applications.json"), form as Record<string, string>);
    expect({ status: answer.status, code: answer.body["code"] }).toEqual({ status: 400, code });
  });

  it("gives its status callback to the messages that name it and have none", async () => {
    const { sid } = await box.client.applications.create({ messageStatusCallback: "http://h/app" });
    const old = await box.client.applications.create({ smsStatusCallback: "http://h/old" });
    const callbackOf = async (more: object) => {
      const message = await box.client.messages.create({ to: TO, from: OWN, body: "x", ...more });
      return (await box.store.getMessage(message.sid))?.statusCallback;
    };
    expect(await callbackOf({ applicationSid: sid })).toBe("http://h/app");
    expect(await callbackOf({ applicationSid: old.sid })).toBe("http://h/old");
    expect(await callbackOf({ applicationSid: sid, statusCallback: "http://h/own" })).toBe("http://h/own");
    await expect(callbackOf({ applicationSid: `AP${"0".repeat(32)}` })).rejects.toMatchObject({
      code: 21420,
    });
  });

  it("is named by a number of its own account, and let go of when it is deleted", async () => {
    const { sid } = await box.client.applications.create({ smsUrl: "http://h/app" });
    const [number] = await box.client.incomingPhoneNumbers.list({ phoneNumber: OWN });
    const update = (smsApplicationSid: string) =>
      box.client.incomingPhoneNumbers(number?.sid ?? "").update({ smsApplicationSid });
    expect((await update(sid)).smsApplicationSid).toBe(sid);
    await expect(update(`AP${"0".repeat(32)}`)).rejects.toMatchObject({ status: 400, code: 21420 });

    await box.client.applications(sid).remove();
    expect((await box.client.incomingPhoneNumbers(number?.sid ?? "").fetch()).smsApplicationSid).toBe("");
  });
});
