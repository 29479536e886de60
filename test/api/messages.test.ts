import twilio from "twilio";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ApiBox, OWN, openApiBox, provision } from "./api-box.ts";

const TO = "+33639980002";

let box: ApiBox;

beforeEach(async () => {
  box = await openApiBox();
});

afterEach(() => box.close());

describe("media, where it is ignored", () => {
  it("is left out of the message and nothing else is", async () => {
    const lenient = await openApiBox({ mediaUrl: "ignore" });
    try {
      const form = "To=%2B33639980002&From=%2B33639980001&MediaUrl=http%3A%2F%2Fa.test%2Fx";
      const created = await lenient.post(lenient.api("/Messages.json"), `${form}&Body=Regarde`);
      expect([created.status, created.body["body"], created.body["num_media"]]).toEqual([
        201,
        "Regarde",
        "0",
      ]);

      const refusals = [form, `${form}&Body=x&MediaUrl=ftp%3A%2F%2Fa.test`];
      const codes = await Promise.all(
        refusals.map(async (body) => (await lenient.post(lenient.api("/Messages.json"), body)).body["code"]),
      );
      expect(codes).toEqual([21602, 21620]);
    } finally {
      await lenient.close();
    }
  });
});

describe("Messages through the official SDK", () => {
  it("are sent, and are on disk when the answer comes", async () => {
    const message = await box.client.messages.create({ to: TO, from: OWN, body: "Porte ouverte" });

    expect(message).toMatchObject({ status: "queued", direction: "outbound-api", numSegments: "1", to: TO });
    expect(message.sid).toMatch(/^SM[0-9a-f]{32}$/);
    expect(message.dateSent).toBeNull();
    expect(await box.store.getMessage(message.sid)).toMatchObject({
      body: "Porte ouverte",
      status: "queued",
    });
  });

  it("keep every character of the text", async () => {
    const body = "Héllo & 1+1 = 2 % 🙂\nзавтра";
    const { sid } = await box.client.messages.create({ to: TO, from: OWN, body });

    expect((await box.client.messages(sid).fetch()).body).toBe(body);
  });

  it("carry their status callback and validity to the queue", async () => {
    const statusCallback = "http://192.168.1.20:5000/status?x=1#rc=2";
    const { sid } = await box.client.messages.create({
      to: TO,
      from: OWN,
      body: "x",
      statusCallback,
      validityPeriod: 60,
    });
    expect(await box.store.getMessage(sid)).toMatchObject({ statusCallback });

    await box.store.expire(box.clock.now() + 59_999);
    expect((await box.client.messages(sid).fetch()).status).toBe("queued");
    await box.store.expire(box.clock.now() + 60_000);
    expect(await box.client.messages(sid).fetch()).toMatchObject({ status: "failed", errorCode: 30036 });
  });

  it("count their segments", async () => {
    const long = await box.client.messages.create({ to: TO, from: OWN, body: "é".repeat(161) });
    const cyrillic = await box.client.messages.create({ to: TO, from: OWN, body: "я".repeat(71) });

    expect([long.numSegments, cyrillic.numSegments]).toEqual(["2", "2"]);
  });

  it("take a national number as one of the sender's country", async () => {
    expect((await box.client.messages.create({ to: "06 39 98 00 02", from: OWN, body: "x" })).to).toBe(TO);

    await provision(box.numbers, box.account, "+15017122661", "gsm2");
    const american = await box.client.messages.create({
      to: "(415) 555-1212",
      from: "+1 (501) 712-2661",
      body: "x",
    });
    expect([american.from, american.to]).toEqual(["+15017122661", "+14155551212"]);
  });

  it("are listed newest first, inbound and outbound together", async () => {
    const first = await box.client.messages.create({ to: TO, from: OWN, body: "1" });
    await box.clock.advance(1000);
    const second = await box.client.messages.create({ to: TO, from: OWN, body: "2" });

    expect((await box.client.messages.list()).map(({ sid }) => sid)).toEqual([second.sid, first.sid]);
  });

  it("are listed page by page, up to a limit", async () => {
    const sent: string[] = [];
    for (let count = 0; count < 5; count++) {
      sent.unshift((await box.client.messages.create({ to: TO, from: OWN, body: "x" })).sid);
    }
    const all = await box.client.messages.list({ pageSize: 2 });
    expect(all.map(({ sid }) => sid)).toEqual(sent);
    expect(await box.client.messages.list({ limit: 3 })).toHaveLength(3);

    const page = await box.client.messages.page({ pageSize: 2 });
    const next = await page.nextPage();
    expect(next?.instances.map(({ sid }) => sid)).toEqual(sent.slice(2, 4));
    const back = await next?.previousPage();
    expect(back?.instances.map(({ sid }) => sid)).toEqual(sent.slice(0, 2));
    expect(await (await next?.nextPage())?.nextPage()).toBeUndefined();
  });

  it("are filtered by address, through every page", async () => {
    await provision(box.numbers, box.account, "+33639980009", "gsm2");
    const wanted = { to: TO, from: "+33639980009" };
    for (const message of [
      wanted,
      { to: "+33639980003", from: OWN },
      wanted,
      { to: TO, from: OWN },
      wanted,
    ]) {
      await box.client.messages.create({ ...message, body: "x" });
    }
    const list = await box.client.messages.list({ ...wanted, pageSize: 2 });
    expect(list.map(({ to, from }) => ({ to, from }))).toEqual([wanted, wanted, wanted]);
  });

  it("are filtered by date: a day, a day and later, a day and earlier", async () => {
    const days: Record<string, string> = {};
    for (const day of ["2026-01-04", "2026-01-05", "2026-01-06"]) {
      days[day] = (await box.client.messages.create({ to: TO, from: OWN, body: day })).sid;
      await box.clock.advance(86_400_000);
    }
    const listed = async (filter: object) => (await box.client.messages.list(filter)).map(({ body }) => body);

    expect(await listed({ dateSent: new Date("2026-01-05") })).toEqual(["2026-01-05"]);
    expect(await listed({ dateSent: "2026-01-05" })).toEqual(["2026-01-05"]);
    expect(await listed({ dateSentAfter: new Date("2026-01-05") })).toEqual(["2026-01-06", "2026-01-05"]);
    expect(await listed({ dateSentBefore: "2026-01-05" })).toEqual(["2026-01-05", "2026-01-04"]);
    expect(
      await listed({ dateSentAfter: "2026-01-05", dateSentBefore: new Date("2026-01-05T10:15:30Z") }),
    ).toEqual(["2026-01-05"]);
  });

  it("have an empty media list", async () => {
    const { sid } = await box.client.messages.create({ to: TO, from: OWN, body: "x" });

    expect(await box.client.messages(sid).media.list()).toEqual([]);
  });

  it("are refused with Twilio's status, code and link", async () => {
    await expect(box.client.messages.create({ to: "12", from: OWN, body: "x" })).rejects.toMatchObject({
      status: 400,
      code: 21211,
      message: "The 'To' number 12 is not a valid phone number.",
      moreInfo: "https://www.twilio.com/docs/errors/21211",
    });
    await expect(box.client.messages(`SM${"0".repeat(32)}`).fetch()).rejects.toMatchObject({
      status: 404,
      code: 20404,
    });
  });
});

describe("the resource that came before Messages", () => {
  it.each(["GET", "POST"])("is gone: %s is 410/20410", async (method) => {
    for (const below of ["/SMS/Messages.json", `/SMS/Messages/SM${"0".repeat(32)}.json`]) {
      const answer = await box.request(box.api(below), { method });
      expect([answer.status, answer.body["code"]]).toEqual([410, 20410]);
    }
  });
});

describe("credentials through the official SDK", () => {
  it("are what fetching the account checks", async () => {
    const account = await box.client.api.v2010.accounts(box.account.sid).fetch();
    expect(account).toMatchObject({ sid: box.account.sid, status: "active", type: "Full" });
  });

  it("that are wrong are a RestException with Twilio's code", async () => {
    const stranger = twilio(box.account.sid, "0".repeat(32));
    stranger.api.baseUrl = box.baseUrl;
    await expect(stranger.messages.list()).rejects.toMatchObject({
      status: 401,
      code: 20003,
      message: "Authenticate",
      moreInfo: "https://www.twilio.com/docs/errors/20003",
    });
  });
});
