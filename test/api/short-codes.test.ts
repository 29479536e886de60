import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ApiBox, OWN, openApiBox, provision } from "./api-box.ts";

const NOW = "Sun, 04 Jan 2026 10:15:30 +0000";

let box: ApiBox;
let sid: string;

beforeEach(async () => {
  box = await openApiBox();
  const number = await provision(box.numbers, box.account, "36123", "gsm2", "short-code");
  sid = `SC${number.sid.slice(2)}`;
});

afterEach(() => box.close());

function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => "no error",
    (error: { status: number; code: number }) => [error.status, error.code],
  );
}

describe("a short code", () => {
  it("has every key of the resource", async () => {
    const path = box.api(`/SMS/ShortCodes/${sid}.json`);
    const body = {
      sid,
      account_sid: box.account.sid,
      friendly_name: "36123",
      short_code: "36123",
      api_version: "2010-04-01",
      sms_url: "",
      sms_method: "POST",
      sms_fallback_url: "",
      sms_fallback_method: "POST",
      date_created: NOW,
      date_updated: NOW,
      uri: path,
    };
    expect((await box.get(path)).body).toEqual(body);
    const list = (await box.get(box.api("/SMS/ShortCodes.json"))).body;
    expect(list).toMatchObject({ page: 0, page_size: 50, next_page_uri: null, short_codes: [body] });
  });

  it("is listed by its digits and its name, apart from numbers, through the official SDK", async () => {
    await provision(box.numbers, box.account, "36124", "gsm2", "short-code");
    await provision(box.numbers, box.account, "PYLONE", "gsm2", "alphanumeric");
    const list = async (filter: object) =>
      (await box.client.shortCodes.list(filter)).map(({ shortCode }) => shortCode).sort();

    expect(await list({})).toEqual(["36123", "36124"]);
    expect(await list({ shortCode: "36124" })).toEqual(["36124"]);
    expect(await list({ shortCode: "361*3" })).toEqual(["36123"]);
    expect(await list({ friendlyName: "36123" })).toEqual(["36123"]);
    expect(await list({ friendlyName: "nobody" })).toEqual([]);
    expect((await box.client.incomingPhoneNumbers.list()).map(({ phoneNumber }) => phoneNumber)).toEqual([
      OWN,
    ]);
  });

  it("is updated through the official SDK, and stays so", async () => {
    const updated = await box.client.shortCodes(sid).update({
      friendlyName: "Vote",
      apiVersion: "2010-04-01",
      smsUrl: "http://192.168.1.20/sms",
      smsMethod: "GET",
      smsFallbackUrl: "http://192.168.1.20/oops",
      smsFallbackMethod: "GET",
    });
    const expected = {
      sid,
      friendlyName: "Vote",
      smsUrl: "http://192.168.1.20/sms",
      smsMethod: "GET",
      smsFallbackUrl: "http://192.168.1.20/oops",
      smsFallbackMethod: "GET",
    };
    expect(updated).toMatchObject(expected);
    expect(await box.client.shortCodes(sid).fetch()).toMatchObject(expected);
  });

  it("refuses what a number refuses, and leaves alone what is not its own", async () => {
    const path = box.api(`/SMS/ShortCodes/${sid}.json`);
    expect((await box.post(path, { SmsUrl: "x" })).body["code"]).toBe(21402);
    expect((await box.post(path, { SmsFallbackUrl: "http://a.test/" })).body["code"]).toBe(21406);
    const before = box.numbers.byNumber("36123");
    expect((await box.post(path, { VoiceUrl: "http://a.test/", TrunkSid: "x" })).status).toBe(200);
    expect(box.numbers.byNumber("36123")).toEqual(before);
  });

  it("is no phone number and no phone number is it", async () => {
    const own = box.numbers.byNumber(OWN)?.sid ?? "";
    expect(await failure(box.client.shortCodes(`SC${own.slice(2)}`).fetch())).toEqual([404, 20404]);
    expect(await failure(box.client.shortCodes(`PN${sid.slice(2)}`).fetch())).toEqual([404, 20404]);
    expect(await failure(box.client.incomingPhoneNumbers(`PN${sid.slice(2)}`).remove())).toEqual([
      404, 20404,
    ]);
    expect(box.numbers.byNumber("36123")).not.toBeNull();
  });
});

describe("outgoing caller IDs", () => {
  it("are none, and none can be verified", async () => {
    expect(await box.client.outgoingCallerIds.list({ phoneNumber: OWN })).toEqual([]);
    expect(await failure(box.client.validationRequests.create({ phoneNumber: "+33639980002" }))).toEqual([
      400, 21215,
    ]);
    expect((await box.post(box.api("/OutgoingCallerIds.json"), {})).body["code"]).toBe(21401);
    expect(await failure(box.client.outgoingCallerIds(`PN${"0".repeat(32)}`).fetch())).toEqual([404, 20404]);
  });
});
