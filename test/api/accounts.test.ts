/** Accounts and subaccounts, contract §7.1, through the official SDK. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApiBox, OWN, openApiBox, provision } from "./api-box.ts";

const TO = "+33639980002";

let box: ApiBox;

beforeAll(async () => {
  box = await openApiBox();
});

afterAll(() => box.close());

async function subaccount(friendlyName: string) {
  const made = await box.client.api.v2010.accounts.create({ friendlyName });
  return { sid: made.sid, token: made.authToken, client: box.clientOf(made.sid, made.authToken) };
}

let digits = 100;
async function numberOf(accountSid: string) {
  digits++;
  const account = box.accounts.bySid(accountSid);
  if (account === null) throw new Error("no such account");
  return provision(box.numbers, account, `+33639981${digits}`, "sim1");
}

describe("a subaccount", () => {
  it("is made with a SID and a token of its own, which work at once", async () => {
    const { status, body } = await box.post("/2010-04-01/Accounts.json", { FriendlyName: "Tenant" });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      sid: expect.stringMatching(/^AC[0-9a-f]{32}$/),
      friendly_name: "Tenant",
      status: "active",
      type: "Full",
      auth_token: expect.stringMatching(/^[0-9a-f]{32}$/),
      owner_account_sid: box.account.sid,
      date_created: "Sun, 04 Jan 2026 10:15:30 +0000",
      date_updated: "Sun, 04 Jan 2026 10:15:30 +0000",
      uri: `/2010-04-01/Accounts/${String(body["sid"])}.json`,
    });
    expect(Object.keys(body["subresource_uris"] as object)).toHaveLength(20);
    const client = box.clientOf(String(body["sid"]), String(body["auth_token"]));
    expect((await client.api.v2010.accounts(String(body["sid"])).fetch()).friendlyName).toBe("Tenant");
  });

  it("has a name that tells when it was made, when it is given none", async () => {
    const made = await box.client.api.v2010.accounts.create({});
    expect(made.friendlyName).toBe("SubAccount Created at 2026-01-04 10:15");
  });

  it("is listed with its owner, by name and by status", async () => {
    const one = await subaccount("Listed");
    await box.client.api.v2010.accounts(one.sid).update({ status: "suspended" });
    const sidsOf = async (filter: object) =>
      (await box.client.api.v2010.accounts.list({ pageSize: 2, ...filter })).map(({ sid }) => sid);

    expect(await sidsOf({})).toEqual(expect.arrayContaining([box.account.sid, one.sid]));
    expect(await sidsOf({ friendlyName: "Listed" })).toEqual([one.sid]);
    expect(await sidsOf({ status: "suspended" })).toContain(one.sid);
    expect(await sidsOf({ status: "suspended" })).not.toContain(box.account.sid);
  });

  it("sees itself alone, makes none of its own and does not change its own status", async () => {
    const one = await subaccount("Alone");
    expect((await one.client.api.v2010.accounts.list()).map(({ sid }) => sid)).toEqual([one.sid]);
    await expect(one.client.api.v2010.accounts.create({})).rejects.toMatchObject({
      status: 403,
      code: 20006,
    });
    await expect(one.client.api.v2010.accounts(one.sid).update({ status: "closed" })).rejects.toMatchObject({
      status: 403,
      code: 20006,
    });
  });

  it("sends from its own numbers with its own credentials and with its owner's", async () => {
    const one = await subaccount("Sender");
    const number = await numberOf(one.sid);
    const own = await one.client.messages.create({ to: TO, from: number.phoneNumber, body: "1" });
    expect(own.accountSid).toBe(one.sid);

    const parent = box.clientOf(box.account.sid, box.account.authToken, one.sid);
    const theirs = await parent.messages.create({ to: TO, from: number.phoneNumber, body: "2" });
    expect(theirs.accountSid).toBe(one.sid);
    await expect(one.client.messages.create({ to: TO, from: OWN, body: "3" })).rejects.toMatchObject({
      code: 21606,
    });
  });
});

describe("one account", () => {
  it("never sees what is another's", async () => {
    const [left, right] = [await subaccount("Left"), await subaccount("Right")];
    const number = await numberOf(right.sid);
    const message = await right.client.messages.create({ to: TO, from: number.phoneNumber, body: "x" });
    const application = await right.client.applications.create({ friendlyName: "app" });
    const key = await right.client.newKeys.create({});
    const below = [
      ".json",
      "/Messages.json",
      `/Messages/${message.sid}.json`,
      `/Messages/${message.sid}/Media.json`,
      "/IncomingPhoneNumbers.json",
      `/IncomingPhoneNumbers/${number.sid}.json`,
      "/Applications.json",
      `/Applications/${application.sid}.json`,
      "/Keys.json",
      `/Keys/${key.sid}.json`,
    ];
    const credentials = `${left.sid}:${left.token}`;
    for (const path of below) {
      const theirs = await box.get(`/2010-04-01/Accounts/${right.sid}${path}`, { credentials });
      expect({ path, status: theirs.status }).toEqual({ path, status: 404 });
      if (!/[A-Z]{2}[0-9a-f]{32}/.test(path)) continue;
      const own = await box.get(`/2010-04-01/Accounts/${left.sid}${path}`, { credentials });
      expect({ path, status: own.status }).toEqual({ path, status: 404 });
    }
    expect(await left.client.messages.list()).toEqual([]);
    expect(await left.client.incomingPhoneNumbers.list()).toEqual([]);
    expect(await left.client.applications.list()).toEqual([]);
    expect(await left.client.keys.list()).toEqual([]);
    const lines = await box.get("/appliance/v1/Lines", { credentials });
    expect(lines.status).toBe(403);
  });
});

describe("an account that is suspended", () => {
  it("is refused with 20005 by its own credentials and keys, and sends nothing for its owner", async () => {
    const one = await subaccount("Suspended");
    const number = await numberOf(one.sid);
    const key = await one.client.newKeys.create({});
    const answer = await box.client.api.v2010.accounts(one.sid).update({ status: "suspended" });
    expect(answer.status).toBe("suspended");

    await expect(one.client.messages.list()).rejects.toMatchObject({ status: 403, code: 20005 });
    const byKey = box.clientOf(key.sid, key.secret, one.sid);
    await expect(byKey.messages.list()).rejects.toMatchObject({ status: 403, code: 20005 });
    const parent = box.clientOf(box.account.sid, box.account.authToken, one.sid);
    await expect(
      parent.messages.create({ to: TO, from: number.phoneNumber, body: "x" }),
    ).rejects.toMatchObject({ code: 20005 });
    expect(await parent.messages.list()).toEqual([]);
  });

  it("fails what waited with 30002, tells its callback, and leaves the others' alone", async () => {
    const one = await subaccount("Waiting");
    const number = await numberOf(one.sid);
    const statusCallback = "http://192.168.1.20/status";
    const waiting = await one.client.messages.create({
      to: TO,
      from: number.phoneNumber,
      body: "x",
      statusCallback,
    });
    const other = await box.client.messages.create({ to: TO, from: OWN, body: "y" });
    await box.client.api.v2010.accounts(one.sid).update({ status: "suspended" });

    const ended = await box.client.api.v2010.accounts(one.sid).messages(waiting.sid).fetch();
    expect(ended).toMatchObject({ status: "failed", errorCode: 30002 });
    expect((await box.client.messages(other.sid).fetch()).status).toBe("queued");
    const queues = (await box.store.webhookQueues()).filter((name) => name.startsWith(number.phoneNumber));
    expect(await box.store.nextWebhook(queues[0] ?? "")).toMatchObject({
      facts: { messageSid: waiting.sid, status: "failed", errorCode: 30002 },
    });
  });

  it("works again when its owner makes it active", async () => {
    const one = await subaccount("Back");
    await box.client.api.v2010.accounts(one.sid).update({ status: "suspended" });
    await box.client.api.v2010.accounts(one.sid).update({ status: "active" });
    expect(await one.client.messages.list()).toEqual([]);
  });
});

describe("an account that is closed", () => {
  it("stays closed (21479), and its numbers return to its owner without their webhooks", async () => {
    const one = await subaccount("Closed");
    const number = await numberOf(one.sid);
    await one.client.incomingPhoneNumbers(number.sid).update({ smsUrl: "http://192.168.1.20/theirs" });
    await box.client.api.v2010.accounts(one.sid).update({ status: "closed" });

    await expect(box.client.api.v2010.accounts(one.sid).update({ status: "active" })).rejects.toMatchObject({
      status: 400,
      code: 21479,
    });
    await expect(one.client.messages.list()).rejects.toMatchObject({ status: 403, code: 20005 });
    const back = await box.client.incomingPhoneNumbers(number.sid).fetch();
    expect(back).toMatchObject({ accountSid: box.account.sid, smsUrl: "" });
  });

  it("is refused for the main account (21477), and so is a status that is none (21475)", async () => {
    const main = box.client.api.v2010.accounts(box.account.sid);
    await expect(main.update({ status: "closed" })).rejects.toMatchObject({ status: 400, code: 21477 });
    const one = await subaccount("Odd");
    const answer = await box.post(`/2010-04-01/Accounts/${one.sid}.json`, { Status: "asleep" });
    expect(answer.body["code"]).toBe(21475);
    expect((await main.update({ friendlyName: "Maison" })).friendlyName).toBe("Maison");
  });
});

describe("what a closed account leaves behind", () => {
  it("is no service, and no scheduled message that would still be sent", async () => {
    const one = await subaccount("Leaving");
    const { v1 } = one.client.messaging;
    const number = await numberOf(one.sid);
    const service = await v1.services.create({ friendlyName: "Alerts" });
    await v1.services(service.sid).phoneNumbers.create({ phoneNumberSid: number.sid });
    const later = await one.client.messages.create({
      to: TO,
      body: "Later",
      messagingServiceSid: service.sid,
      scheduleType: "fixed",
      sendAt: new Date(box.clock.now() + 3_600_000),
    });
    expect(later.status).toBe("scheduled");
    await box.client.api.v2010.accounts(one.sid).update({ status: "closed" });

    const ended = await box.client.api.v2010.accounts(one.sid).messages(later.sid).fetch();
    expect(ended).toMatchObject({ status: "failed", errorCode: 30002 });
    expect(box.services.bySid(service.sid)).toBeNull();
  });

  it("is not taken from an account that is only suspended", async () => {
    const one = await subaccount("Pausing");
    const number = await numberOf(one.sid);
    const service = await one.client.messaging.v1.services.create({ friendlyName: "Alerts" });
    await one.client.messaging.v1.services(service.sid).phoneNumbers.create({ phoneNumberSid: number.sid });
    const later = await one.client.messages.create({
      to: TO,
      body: "Later",
      messagingServiceSid: service.sid,
      scheduleType: "fixed",
      sendAt: new Date(box.clock.now() + 3_600_000),
    });
    await box.client.api.v2010.accounts(one.sid).update({ status: "suspended" });
    await box.client.api.v2010.accounts(one.sid).update({ status: "active" });

    expect((await one.client.messages(later.sid).fetch()).status).toBe("scheduled");
    expect((await one.client.messaging.v1.services.list()).map(({ sid }) => sid)).toEqual([service.sid]);
  });
});

describe("a number", () => {
  it("leaves the pools of the account it moves from, and may join one where it goes", async () => {
    const one = await subaccount("Pool");
    const number = await numberOf(box.account.sid);
    const phoneNumberSid = number.sid;
    const ours = (await box.client.messaging.v1.services.create({ friendlyName: "Ours" })).sid;
    await box.client.messaging.v1.services(ours).phoneNumbers.create({ phoneNumberSid });
    await box.client.incomingPhoneNumbers(number.sid).update({ accountSid: one.sid });
    const theirs = (await one.client.messaging.v1.services.create({ friendlyName: "Theirs" })).sid;
    await one.client.messaging.v1.services(theirs).phoneNumbers.create({ phoneNumberSid });

    const moved = box.numbers.bySid(number.sid);
    if (moved === null) throw new Error("it is gone");
    expect(box.services.ofNumber(moved)?.sid).toBe(theirs);
    const parent = box.client.api.v2010.accounts(one.sid);
    await parent.incomingPhoneNumbers(number.sid).update({ accountSid: box.account.sid });
    expect(await box.client.messaging.v1.services(ours).phoneNumbers.list()).toEqual([]);
    expect(await one.client.messaging.v1.services(theirs).phoneNumbers.list()).toEqual([]);
    expect(box.settings.document.services.flatMap(({ senders }) => senders)).not.toContainEqual(
      expect.objectContaining({ numberSid: number.sid }),
    );
  });

  it("moves to a subaccount and back with the main account's credentials, and keeps its URLs", async () => {
    const one = await subaccount("Mover");
    const number = await numberOf(box.account.sid);
    await box.client.incomingPhoneNumbers(number.sid).update({ smsUrl: "http://192.168.1.20/sms" });
    const moved = await box.client.incomingPhoneNumbers(number.sid).update({ accountSid: one.sid });
    expect(moved).toMatchObject({ accountSid: one.sid, smsUrl: "http://192.168.1.20/sms" });
    await expect(box.client.incomingPhoneNumbers(number.sid).fetch()).rejects.toMatchObject({ status: 404 });
    expect((await one.client.incomingPhoneNumbers.list())[0]?.sid).toBe(number.sid);

    const parent = box.client.api.v2010.accounts(one.sid);
    await parent.incomingPhoneNumbers(number.sid).update({ accountSid: box.account.sid });
    expect((await box.client.incomingPhoneNumbers(number.sid).fetch()).accountSid).toBe(box.account.sid);
  });

  it("does not move to what is no account, not there, not active, or not the caller's to give", async () => {
    const one = await subaccount("Asker");
    const closed = await subaccount("Gone");
    await box.client.api.v2010.accounts(closed.sid).update({ status: "closed" });
    const number = await numberOf(box.account.sid);
    const move = (accountSid: string) => box.client.incomingPhoneNumbers(number.sid).update({ accountSid });
    await expect(move("AC1")).rejects.toMatchObject({ code: 21470 });
    await expect(move(`AC${"0".repeat(32)}`)).rejects.toMatchObject({ code: 21471 });
    await expect(move(closed.sid)).rejects.toMatchObject({ code: 21472 });

    const own = await numberOf(one.sid);
    const give = (accountSid: string) => one.client.incomingPhoneNumbers(own.sid).update({ accountSid });
    await expect(give(box.account.sid)).rejects.toMatchObject({ code: 21473 });
    await expect(give((await subaccount("Neighbour")).sid)).rejects.toMatchObject({ code: 21471 });
  });
});
