/** Test credentials and magic numbers, contract §12.4, through the official SDK. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApiBox, OWN, openApiBox } from "./api-box.ts";
import { CALL, CREATED_MESSAGE, INCOMING_PHONE_NUMBER } from "./contract-shapes.ts";
import { differences, xmlDifferences } from "./shape.ts";

const TO = "+33639980002";
const FROM = "+15005550006";

let box: ApiBox;
let client: ApiBox["client"];
let sid: string;
let credentials: string;

beforeAll(async () => {
  box = await openApiBox();
  const { test } = box.account;
  if (test === undefined) throw new Error("no test credentials");
  sid = test.sid;
  credentials = `${test.sid}:${test.authToken}`;
  client = box.clientOf(test.sid, test.authToken);
});

afterAll(() => box.close());

const magic = (digit: number) => `+1500555000${digit}`;

describe("test credentials", () => {
  it("send a message that looks like one, and nothing is stored, queued or called back", async () => {
    const message = await client.messages.create({
      to: TO,
      from: FROM,
      body: "x".repeat(161),
      statusCallback: "http://192.168.1.20/status",
    });
    expect(message).toMatchObject({
      sid: expect.stringMatching(/^SM[0-9a-f]{32}$/),
      accountSid: sid,
      status: "queued",
      from: FROM,
      to: TO,
      numSegments: "2",
    });
    expect(await box.store.getMessage(message.sid)).toBeNull();
    expect(await box.store.queueDepths()).toEqual([]);
    expect(await box.store.webhookQueues()).toEqual([]);
    expect(await box.client.messages.list()).toEqual([]);
  });

  it.each([
    [0, 21606],
    [1, 21212],
    [2, 21606],
    [3, 21606],
    [4, 21606],
    [7, 21606],
    [8, 21611],
    [9, 21606],
  ])("sending from +1500555000%i are refused with %i", async (digit, code) => {
    await expect(client.messages.create({ to: TO, from: magic(digit), body: "x" })).rejects.toMatchObject({
      status: 400,
      code,
    });
  });

  it.each([
    [1, 21211],
    [2, 21612],
    [3, 21408],
    [4, 21610],
    [9, 21614],
  ])("sending to +1500555000%i are refused with %i", async (digit, code) => {
    await expect(client.messages.create({ to: magic(digit), from: FROM, body: "x" })).rejects.toMatchObject({
      status: 400,
      code,
    });
  });

  it.each([0, 7, 8])("sending to +1500555000%i are as with any number", async (digit) => {
    expect((await client.messages.create({ to: magic(digit), from: FROM, body: "x" })).status).toBe("queued");
  });

  it.each([
    [{ From: FROM, Body: "x" }, 21604],
    [{ To: TO, Body: "x" }, 21603],
    [{ To: TO, From: FROM }, 21602],
    [{ To: magic(1), From: FROM }, 21602],
    [{ To: "?", From: FROM, Body: "x" }, 21211],
    [{ To: TO, From: OWN, Body: "x" }, 21606],
    [{ To: FROM, From: FROM, Body: "x" }, 21266],
    [{ To: TO, From: FROM, Body: "x".repeat(1601) }, 21617],
    [{ To: TO, From: FROM, Body: "x", StatusCallback: "nowhere" }, 21609],
  ])("are told what else is wrong as with real ones: %j is %i", async (form, code) => {
    const path = `/2010-04-01/Accounts/${sid}/Messages.json`;
    const answer = await box.post(path, form as Record<string, string>, { credentials });
    expect({ status: answer.status, code: answer.body["code"] }).toEqual({ status: 400, code });
  });

  it("buy the magic number and no other", async () => {
    const bought = await client.incomingPhoneNumbers.create({ phoneNumber: FROM, smsUrl: "http://h/sms" });
    expect(bought).toMatchObject({ phoneNumber: FROM, smsUrl: "http://h/sms", accountSid: sid });
    expect(box.numbers.byNumber(FROM)).toBeNull();
    expect((await client.incomingPhoneNumbers.create({ areaCode: "500" })).phoneNumber).toBe(FROM);

    const buy = (parameters: { phoneNumber?: string; areaCode?: string }) =>
      client.incomingPhoneNumbers.create(parameters);
    await expect(buy({ phoneNumber: magic(0) })).rejects.toMatchObject({ code: 21422 });
    await expect(buy({ phoneNumber: magic(1) })).rejects.toMatchObject({ code: 21421 });
    await expect(buy({ phoneNumber: TO })).rejects.toMatchObject({ code: 21422 });
    await expect(buy({ areaCode: "533" })).rejects.toMatchObject({ code: 21452 });
    await expect(buy({ areaCode: "5" })).rejects.toMatchObject({ code: 21451 });
  });

  it("make a call that looks like one", async () => {
    const call = await client.calls.create({ to: TO, from: FROM, url: "http://h/voice" });
    expect(call).toMatchObject({ sid: expect.stringMatching(/^CA/), status: "queued", to: TO, from: FROM });
    const ring = (to: string, from: string) => client.calls.create({ to, from, url: "http://h/voice" });
    await expect(ring(TO, magic(1))).rejects.toMatchObject({ code: 21212 });
    await expect(ring(TO, OWN)).rejects.toMatchObject({ code: 21210 });
    await expect(ring(magic(1), FROM)).rejects.toMatchObject({ code: 21217 });
    await expect(ring(magic(2), FROM)).rejects.toMatchObject({ code: 21214 });
    await expect(ring(magic(3), FROM)).rejects.toMatchObject({ code: 21215 });
    await expect(ring(magic(4), FROM)).rejects.toMatchObject({ code: 21216 });
  });

  it.each([
    ["Messages", { To: TO, From: FROM, Body: "x" }, CREATED_MESSAGE, "Message"],
    ["IncomingPhoneNumbers", { PhoneNumber: FROM }, INCOMING_PHONE_NUMBER, "IncomingPhoneNumber"],
    ["Calls", { To: TO, From: FROM, Url: "http://h/voice" }, CALL, "Call"],
  ] as const)("are answered with the whole resource by POST %s", async (resource, form, shape, name) => {
    const path = `/2010-04-01/Accounts/${sid}/${resource}`;
    const answer = await box.post(`${path}.json`, form, { credentials });
    expect([answer.status, differences(answer.body, shape)]).toEqual([201, []]);
    const written = await box.post(`${path}.xml`, form, { credentials });
    expect([written.status, xmlDifferences(written.text, shape, { name })]).toEqual([201, []]);
  });

  it.each([
    ["GET", "/Messages.json"],
    ["GET", ".json"],
    ["GET", "/IncomingPhoneNumbers.json"],
    ["POST", "/Keys.json"],
    ["POST", "/Applications.json"],
    ["DELETE", `/Messages/SM${"0".repeat(32)}.json`],
  ])("may not %s %s: 20008", async (method, below) => {
    const { status, body } = await box.request(`/2010-04-01/Accounts/${sid}${below}`, {
      method,
      credentials,
    });
    expect({ status, code: body["code"] }).toEqual({ status: 403, code: 20008 });
  });

  it("do not reach the real account, nor the appliance, and take no messaging service", async () => {
    const own = await box.post(box.api("/Messages.json"), { To: TO, From: OWN, Body: "x" }, { credentials });
    expect(own.status).toBe(404);
    expect((await box.get("/appliance/v1/Events", { credentials })).status).toBe(403);
    const service = client.messages.create({ to: TO, messagingServiceSid: `MG${"0".repeat(32)}`, body: "x" });
    await expect(service).rejects.toMatchObject({ status: 403, code: 20008 });
  });
});
