import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ApiBox, OWN, openApiBox } from "./api-box.ts";

const TO = "+33639980002";
const NOW = "Sun, 04 Jan 2026 10:15:30 +0000";

let box: ApiBox;

beforeEach(async () => {
  box = await openApiBox();
});

afterEach(() => box.close());

async function queued(): Promise<string> {
  return (await box.client.messages.create({ to: TO, from: OWN, body: "Porte ouverte" })).sid;
}

async function sent(): Promise<string> {
  const sid = await queued();
  const { claims } = await box.store.claim(OWN, { line: "sim1", limit: 1, now: box.clock.now() });
  await box.store.settle(claims[0]?.submissionId ?? "", { is: "accepted", reference: "1" }, box.clock.now());
  return sid;
}

function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => "no error",
    (error: { status: number; code: number }) => [error.status, error.code],
  );
}

describe("an update of a message through the official SDK", () => {
  it("erases the text and answers with the message", async () => {
    const sid = await sent();
    const before = (await box.get(box.api(`/Messages/${sid}.json`))).body;
    await box.clock.advance(5000);
    const redacted = await box.client.messages(sid).update({ body: "" });

    expect(redacted.body).toBe("");
    expect((await box.get(box.api(`/Messages/${sid}.json`))).body).toEqual({
      ...before,
      body: "",
      date_updated: "Sun, 04 Jan 2026 10:15:35 +0000",
    });
  });

  it("of a message that is not finished is refused with 409 and 20009", async () => {
    const sid = await queued();
    expect(await failure(box.client.messages(sid).update({ body: "" }))).toEqual([409, 20009]);
    expect((await box.client.messages(sid).fetch()).body).toBe("Porte ouverte");
  });

  it("cannot put another text, and then does nothing else either", async () => {
    const sid = await sent();
    expect(await failure(box.client.messages(sid).update({ body: "Porte fermée" }))).toEqual([400, 20001]);
    const both = await box.post(box.api(`/Messages/${sid}.json`), { Body: "", Status: "sent" });
    expect([both.status, both.body["code"]]).toEqual([400, 20001]);
    expect((await box.client.messages(sid).fetch()).body).toBe("Porte ouverte");
  });

  it("cannot cancel what is not scheduled", async () => {
    expect(await failure(box.client.messages(await queued()).update({ status: "canceled" }))).toEqual([
      400, 30409,
    ]);
    expect(await failure(box.client.messages(await sent()).update({ status: "canceled" }))).toEqual([
      400, 30409,
    ]);
  });

  it("that names nothing changes nothing", async () => {
    const sid = await sent();
    const before = (await box.get(box.api(`/Messages/${sid}.json`))).body;
    expect((await box.post(box.api(`/Messages/${sid}.json`), {})).body).toEqual(before);
  });
});

describe("a delete through the official SDK", () => {
  it("answers 204 without a body, once", async () => {
    const sid = await sent();
    const answer = await box.request(box.api(`/Messages/${sid}.json`), { method: "DELETE" });
    expect([answer.status, answer.text, answer.headers.get("content-type")]).toEqual([204, "", null]);

    expect(await failure(box.client.messages(sid).fetch())).toEqual([404, 20404]);
    expect(await failure(box.client.messages(sid).remove())).toEqual([404, 20404]);
    expect(await box.client.messages.list()).toEqual([]);
    expect(await box.client.messages(await sent()).remove()).toBe(true);
  });

  it("of the row a page ended with does not disturb the next page", async () => {
    const sids = [await sent(), await sent(), await sent()].toReversed();
    const first = await box.get(box.api("/Messages.json?PageSize=2"));
    await box.client.messages(sids[1] ?? "").remove();
    const second = await box.get(String(first.body["next_page_uri"]));
    expect(second.body["messages"]).toMatchObject([{ sid: sids[2] }]);
  });

  it("of a message that is not finished is refused with 409 and 20009", async () => {
    expect(await failure(box.client.messages(await queued()).remove())).toEqual([409, 20009]);
  });

  it("does not reach into another account", async () => {
    const sid = await sent();
    const child = {
      ...box.account,
      sid: `AC${"e".repeat(32)}`,
      authToken: "e".repeat(32),
      ownerAccountSid: box.account.sid,
    };
    await box.settings.change((document) => ({ ...document, accounts: [...document.accounts, child] }));
    const path = `/2010-04-01/Accounts/${child.sid}/Messages/${sid}`;
    expect((await box.request(`${path}.json`, { method: "DELETE" })).status).toBe(404);
    expect((await box.post(`${path}.json`, { Body: "" })).status).toBe(404);
    expect((await box.post(`${path}/Feedback.json`, {})).status).toBe(404);
    expect((await box.client.messages(sid).fetch()).body).toBe("Porte ouverte");
  });
});

describe("feedback", () => {
  it("is kept, and the newest counts", async () => {
    const sid = await sent();
    const answer = await box.post(box.api(`/Messages/${sid}/Feedback.json`), {});
    const first = {
      account_sid: box.account.sid,
      message_sid: sid,
      outcome: "confirmed",
      date_created: NOW,
      date_updated: NOW,
      uri: box.api(`/Messages/${sid}/Feedback.json`),
    };
    expect([answer.status, answer.body]).toEqual([201, first]);

    await box.clock.advance(5000);
    const second = await box.client.messages(sid).feedback.create({ outcome: "unconfirmed" });
    expect(second.outcome).toBe("unconfirmed");
    expect(second.dateUpdated.getTime() - second.dateCreated.getTime()).toBe(5000);
  });

  it("of another word is refused", async () => {
    const answer = await box.post(box.api(`/Messages/${await sent()}/Feedback.json`), { Outcome: "maybe" });
    expect([answer.status, answer.body["code"]]).toEqual([400, 20422]);
  });
});

describe("media", () => {
  it("of a text does not exist, whatever its name", async () => {
    const media = box.client.messages(await sent()).media(`ME${"0".repeat(32)}`);
    expect(await failure(media.fetch())).toEqual([404, 20404]);
    expect(await failure(media.remove())).toEqual([404, 20404]);
  });
});
