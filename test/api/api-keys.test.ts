/** API keys, contract §1.2 and §7.2, through the official SDK. */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Keys } from "../../src/accounts/keys.ts";
import { openSettings } from "../../src/store/settings.ts";
import { type ApiBox, OWN, openApiBox } from "./api-box.ts";

const NOW = "Sun, 04 Jan 2026 10:15:30 +0000";

let box: ApiBox;

beforeAll(async () => {
  box = await openApiBox();
});

afterAll(() => box.close());

describe("an API key", () => {
  it("shows its secret once, and what is kept of it is a digest", async () => {
    const made = await box.client.newKeys.create({ friendlyName: "ci" });
    expect(made.sid).toMatch(/^SK[0-9a-f]{32}$/);
    expect(made.secret).toMatch(/^[A-Za-z0-9]{32}$/);

    const fetched = await box.get(box.api(`/Keys/${made.sid}.json`));
    expect(fetched.body).toEqual({
      sid: made.sid,
      friendly_name: "ci",
      date_created: NOW,
      date_updated: NOW,
    });
    expect(JSON.stringify(box.settings.document)).not.toContain(made.secret);
  });

  it("answers its creation with the secret beside the other fields", async () => {
    const { status, body } = await box.post(box.api("/Keys.json"), { FriendlyName: "golden" });
    expect(status).toBe(201);
    expect(body).toEqual({
      sid: expect.stringMatching(/^SK/),
      friendly_name: "golden",
      date_created: NOW,
      date_updated: NOW,
      secret: expect.stringMatching(/^[A-Za-z0-9]{32}$/),
    });
  });

  it("sends messages on its account's path, and the message is the account's", async () => {
    const { sid, secret } = await box.client.newKeys.create({});
    const client = box.clientOf(sid, secret, box.account.sid);
    const message = await client.messages.create({ to: "+33639980002", from: OWN, body: "par clé" });
    expect(message.accountSid).toBe(box.account.sid);
    expect((await client.messages(message.sid).fetch()).body).toBe("par clé");
  });

  it("is refused with another secret, and once it is deleted", async () => {
    const { sid, secret } = await box.client.newKeys.create({});
    const wrong = box.clientOf(sid, "x".repeat(32), box.account.sid);
    await expect(wrong.messages.list({ limit: 1 })).rejects.toMatchObject({ status: 401, code: 20003 });

    expect(await box.client.keys(sid).remove()).toBe(true);
    const gone = box.clientOf(sid, secret, box.account.sid);
    await expect(gone.messages.list({ limit: 1 })).rejects.toMatchObject({ status: 401, code: 20003 });
    await expect(box.client.keys(sid).fetch()).rejects.toMatchObject({ status: 404, code: 20404 });
  });

  it("is renamed, and listed under both its names", async () => {
    const { sid } = await box.client.newSigningKeys.create({ friendlyName: "before" });
    expect((await box.client.signingKeys(sid).update({ friendlyName: "after" })).friendlyName).toBe("after");
    expect((await box.client.keys(sid).update({ friendlyName: "later" })).friendlyName).toBe("later");

    const keys = (await box.client.keys.list({ pageSize: 1 })).map((key) => key.sid);
    const signingKeys = (await box.client.signingKeys.list({ pageSize: 2 })).map((key) => key.sid);
    expect(keys).toContain(sid);
    expect(signingKeys).toEqual(keys);
  });

  it.each([
    ["GET", "/2010-04-01/Accounts.json"],
    ["POST", "/2010-04-01/Accounts.json"],
    ["GET", "/2010-04-01/Accounts/{AC}.json"],
    ["POST", "/2010-04-01/Accounts/{AC}.json"],
    ["GET", "/2010-04-01/Accounts/{AC}/Keys.json"],
    ["POST", "/2010-04-01/Accounts/{AC}/Keys.json"],
    ["GET", "/2010-04-01/Accounts/{AC}/SigningKeys.json"],
    ["GET", "/2010-04-01/Accounts/{AC}/Keys/{SK}.json"],
    ["POST", "/2010-04-01/Accounts/{AC}/Keys/{SK}.json"],
    ["DELETE", "/2010-04-01/Accounts/{AC}/SigningKeys/{SK}.json"],
  ])("of the standard kind may not %s %s; a main key may", async (method, path) => {
    const target = await box.client.newKeys.create({});
    const resolved = path.replace("{AC}", box.account.sid).replace("{SK}", target.sid);
    const ask = async (kind: "standard" | "main") => {
      const { key, secret } = await box.keys.create({
        accountSid: box.account.sid,
        friendlyName: kind,
        kind,
      });
      const body = method === "POST" ? "FriendlyName=renamed" : undefined;
      const credentials = `${key.sid}:${secret}`;
      return box.request(resolved, { method, credentials, ...(body === undefined ? {} : { body }) });
    };

    const refused = await ask("standard");
    expect(refused.status).toBe(403);
    expect(refused.body["code"]).toBe(20006);
    expect((await ask("main")).status).toBeLessThan(300);
  });

  it("survives a restart, though the settings file holds no secret", async () => {
    const { sid, secret } = await box.client.newKeys.create({ friendlyName: "lasting" });
    const restarted = new Keys(await openSettings(box.dataDir), box.clock);
    expect(restarted.authenticate(sid, secret)?.friendlyName).toBe("lasting");
    expect(restarted.authenticate(sid, secret.toLowerCase())).toBeNull();
    const text = await readFile(`${box.dataDir}/settings.json`, "utf8");
    expect(text).toContain(sid);
    expect(text).not.toContain(secret);
  });

  it("refuses a name longer than 64 characters", async () => {
    await expect(box.client.newKeys.create({ friendlyName: "x".repeat(65) })).rejects.toMatchObject({
      code: 20002,
    });
  });
});

describe("/v1/Keys", () => {
  it("makes, lists, renames and deletes the same keys", async () => {
    const { sid: accountSid } = box.account;
    const { v1 } = box.client.iam;
    const made = await v1.newApiKey.create({ accountSid, friendlyName: "newer" });
    expect(made.secret).toMatch(/^[A-Za-z0-9]{32}$/);
    expect((await box.client.keys(made.sid).fetch()).friendlyName).toBe("newer");
    expect((await v1.apiKey(made.sid).update({ friendlyName: "newest" })).friendlyName).toBe("newest");
    expect((await v1.apiKey(made.sid).fetch()).dateCreated).toEqual(new Date(NOW));

    const listed = (await v1.getApiKeys.list({ accountSid, pageSize: 3 })).map(({ sid }) => sid);
    expect(listed).toEqual((await box.client.keys.list()).map(({ sid }) => sid));
    expect(await v1.apiKey(made.sid).remove()).toBe(true);
    await expect(v1.apiKey(made.sid).fetch()).rejects.toMatchObject({ status: 404 });
  });

  it("answers with the product APIs' page, on the host that was asked", async () => {
    const { body } = await box.get("/v1/Keys?PageSize=1");
    expect(Object.keys(body)).toEqual(["meta", "keys"]);
    expect(body["meta"]).toEqual({
      page: 0,
      page_size: 1,
      first_page_url: `${box.baseUrl}/v1/Keys?PageSize=1&Page=0`,
      previous_page_url: null,
      url: `${box.baseUrl}/v1/Keys?PageSize=1&Page=0`,
      next_page_url: expect.stringContaining(`${box.baseUrl}/v1/Keys?PageSize=1&Page=1&PageToken=PASK`),
      key: "keys",
    });
  });

  it("makes a main key, which may do what a standard one may not", async () => {
    const made = await box.post("/v1/Keys", { AccountSid: box.account.sid, KeyType: "main" });
    expect(made.status).toBe(201);
    const client = box.clientOf(String(made.body["sid"]), String(made.body["secret"]), box.account.sid);
    expect((await client.api.v2010.accounts(box.account.sid).fetch()).sid).toBe(box.account.sid);

    const standard = await box.client.newKeys.create({});
    const credentials = `${standard.sid}:${standard.secret}`;
    const refused = await box.post("/v1/Keys", { KeyType: "main" }, { credentials });
    expect({ status: refused.status, code: refused.body["code"] }).toEqual({ status: 403, code: 20006 });
    const odd = await box.post("/v1/Keys", { KeyType: "restricted" });
    expect({ status: odd.status, code: odd.body["code"] }).toEqual({ status: 400, code: 20422 });
  });

  it("shows a subaccount's keys to its owner, and nobody else's to a subaccount", async () => {
    const tenant = await box.client.api.v2010.accounts.create({});
    const client = box.clientOf(tenant.sid, tenant.authToken);
    const own = await client.iam.v1.newApiKey.create({ accountSid: tenant.sid });
    expect((await box.client.iam.v1.apiKey(own.sid).fetch()).sid).toBe(own.sid);

    const mains = await box.client.newKeys.create({});
    await expect(client.iam.v1.apiKey(mains.sid).remove()).rejects.toMatchObject({ status: 404 });
    const list = client.iam.v1.getApiKeys.list({ accountSid: box.account.sid });
    await expect(list).rejects.toMatchObject({ status: 404, code: 20404 });
  });
});
