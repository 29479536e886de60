/** Calls and the rest of Voice, contract §8: there is none, and it says so in Twilio's words. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApiBox, OWN, openApiBox } from "./api-box.ts";

let box: ApiBox;

beforeAll(async () => {
  box = await openApiBox();
});

afterAll(() => box.close());

describe("voice", () => {
  it("has lists that are empty, for the SDK too", async () => {
    const { client } = box;
    expect(await client.calls.list({ startTimeAfter: new Date(0), status: "completed" })).toEqual([]);
    expect(await client.recordings.list()).toEqual([]);
    expect(await client.conferences.list()).toEqual([]);
    expect(await client.queues.list()).toEqual([]);
    expect(await client.addresses.list()).toEqual([]);
    expect(await client.notifications.list()).toEqual([]);
    expect(await client.transcriptions.list()).toEqual([]);
    expect(await client.connectApps.list()).toEqual([]);
    expect(await client.authorizedConnectApps.list()).toEqual([]);
    expect(await client.sip.domains.list()).toEqual([]);
    expect(await client.sip.credentialLists.list()).toEqual([]);
    expect(await client.sip.ipAccessControlLists.list()).toEqual([]);
    expect(await client.usage.triggers.list()).toEqual([]);
  });

  it("answers an empty list with the one key of the contract", async () => {
    const { body } = await box.get(box.api("/Calls.json"));
    const first = `${box.api("/Calls.json")}?PageSize=50&Page=0`;
    expect(body).toEqual({
      first_page_uri: first,
      next_page_uri: null,
      previous_page_uri: null,
      uri: first,
      page: 0,
      page_size: 50,
      start: 0,
      end: 0,
      calls: [],
    });
  });

  it.each([
    [{ From: OWN, Url: "http://h/" }, 21201],
    [{ To: "+33639980002", Url: "http://h/" }, 21213],
    [{ To: "+33639980002", From: OWN }, 21205],
    [{ To: "+33639980002", From: OWN, Url: "nowhere" }, 21205],
    [{ To: "+33639980002", From: OWN, Twiml: "x".repeat(4001) }, 21205],
    [{ To: "+33639980002", From: OWN, ApplicationSid: "AP1" }, 21218],
    [{ To: "+33639980002", From: OWN, ApplicationSid: `AP${"0".repeat(32)}` }, 21218],
    [{ To: "+33639980002", From: OWN, Url: "http://h/" }, 21215],
    [{ To: "+33639980002", From: OWN, Twiml: "<Response/>" }, 21215],
  ])("refuses the call %j with %i", async (form, code) => {
    const answer = await box.post(box.api("/Calls.json"), form as Record<string, string>);
    expect({ status: answer.status, code: answer.body["code"] }).toEqual({ status: 400, code });
  });

  it("gives no tokens, and makes no triggers", async () => {
    await expect(box.client.tokens.create()).rejects.toMatchObject({ status: 404, code: 20404 });
    const trigger = await box.post(box.api("/Usage/Triggers.json"), { UsageCategory: "sms" });
    expect({ status: trigger.status, code: trigger.body["code"] }).toEqual({ status: 405, code: 20004 });
  });

  it("knows no single call or recording", async () => {
    const sid = `CA${"0".repeat(32)}`;
    await expect(box.client.calls(sid).fetch()).rejects.toMatchObject({ status: 404, code: 20404 });
    await expect(box.client.recordings(`RE${"0".repeat(32)}`).fetch()).rejects.toMatchObject({ status: 404 });
  });
});
