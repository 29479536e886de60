/** Credentials that were right once are known from then on: not for longer than they stay right. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApiBox, openApiBox } from "./api-box.ts";

let box: ApiBox;

beforeAll(async () => {
  box = await openApiBox();
});

afterAll(() => box.close());

async function statusOf(credentials: string): Promise<number> {
  const path = `/2010-04-01/Accounts/${box.account.sid}/Messages.json`;
  return (await box.request(path, { credentials })).status;
}

describe("credentials that were right a moment ago", () => {
  it("are wrong as soon as the key is deleted", async () => {
    const { key, secret } = await box.keys.create({
      accountSid: box.account.sid,
      friendlyName: "",
      kind: "standard",
    });
    expect(await statusOf(`${key.sid}:${secret}`)).toBe(200);
    await box.keys.remove(key.sid);
    expect(await statusOf(`${key.sid}:${secret}`)).toBe(401);
  });

  it("are refused as soon as their account is suspended, and served when it is active again", async () => {
    const below = await box.accounts.createSubaccount(box.account.sid, "below");
    const credentials = `${below.sid}:${below.authToken}`;
    const path = `/2010-04-01/Accounts/${below.sid}/Messages.json`;
    const ask = async () => (await box.request(path, { credentials })).body["code"] ?? 200;
    expect(await ask()).toBe(200);
    await box.accounts.update(below.sid, { status: "suspended" });
    expect(await ask()).toBe(20005);
    await box.accounts.update(below.sid, { status: "active" });
    expect(await ask()).toBe(200);
  });

  it("are wrong as soon as the account has another token", async () => {
    const below = await box.accounts.createSubaccount(box.account.sid, "rotated");
    const path = `/2010-04-01/Accounts/${below.sid}/Messages.json`;
    const ask = async (token: string) =>
      (await box.request(path, { credentials: `${below.sid}:${token}` })).status;
    expect(await ask(below.authToken)).toBe(200);
    await box.settings.change((document) => ({
      ...document,
      accounts: document.accounts.map((account) =>
        account.sid === below.sid ? { ...account, authToken: "f".repeat(32) } : account,
      ),
    }));
    expect(await ask(below.authToken)).toBe(401);
    expect(await ask("f".repeat(32))).toBe(200);
  });
});
