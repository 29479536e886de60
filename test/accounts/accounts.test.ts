import { beforeEach, describe, expect, it } from "vitest";
import { Accounts, ensureMainAccount } from "../../src/accounts/accounts.ts";
import { FakeClock } from "../harness/fake-clock.ts";
import { MemorySettings } from "./memory-settings.ts";

const SID = `AC${"b".repeat(32)}`;

let settings: MemorySettings;
let clock: FakeClock;

beforeEach(() => {
  settings = new MemorySettings();
  clock = new FakeClock();
});

describe("the main account", () => {
  it("is made at the first start, with a token every SDK takes, and found at the next", async () => {
    const first = await ensureMainAccount(settings, null, clock);
    const second = await ensureMainAccount(settings, null, clock);

    expect(first.created).toBe(true);
    expect(first.account.sid).toMatch(/^AC[0-9a-f]{32}$/);
    expect(first.account.authToken).toMatch(/^[0-9a-f]{32}$/);
    expect(second).toEqual({ account: first.account, created: false });
    expect(settings.document.accounts).toEqual([first.account]);
  });

  it("is taken from the configuration, and its token follows the configuration", async () => {
    const first = await ensureMainAccount(settings, { sid: SID, authToken: "a".repeat(32) }, clock);
    expect(first).toMatchObject({ created: true, account: { sid: SID, authToken: "a".repeat(32) } });

    await clock.advance(1000);
    const second = await ensureMainAccount(settings, { sid: SID, authToken: "c".repeat(32) }, clock);
    expect(second).toMatchObject({ created: false, account: { sid: SID, authToken: "c".repeat(32) } });
    expect(settings.document.accounts).toEqual([second.account]);
    expect(second.account.updatedAt - second.account.createdAt).toBe(1000);

    const third = await ensureMainAccount(settings, null, clock);
    expect(third.account.authToken).toBe("c".repeat(32));
  });

  it("is never replaced by another: the mend names both SIDs and no token", async () => {
    const { account } = await ensureMainAccount(settings, null, clock);
    const starting = ensureMainAccount(settings, { sid: SID, authToken: "d".repeat(32) }, clock);

    await expect(starting).rejects.toMatchObject({ code: "config.invalid" });
    await expect(starting).rejects.toThrow(account.sid);
    await expect(starting).rejects.toThrow(SID);
    await expect(starting).rejects.not.toThrow("d".repeat(32));
    expect(settings.document.accounts).toEqual([account]);
  });
});

describe("authentication", () => {
  it("takes the right pair and nothing else", async () => {
    const { account } = await ensureMainAccount(settings, null, clock);
    const accounts = new Accounts(settings, clock);

    expect(accounts.authenticate(account.sid, account.authToken)).toEqual(account);
    for (const [username, password] of [
      [account.sid, ""],
      [account.sid, account.authToken.slice(1)],
      [account.sid, `${account.authToken}0`],
      [account.sid, account.authToken.toUpperCase().replace(/\d/g, "A")],
      ["", account.authToken],
      [`AC${"0".repeat(32)}`, account.authToken],
      // What an unknown account is compared with opens nothing either.
      [`AC${"0".repeat(32)}`, "0".repeat(32)],
    ] as const) {
      expect(accounts.authenticate(username, password)).toBeNull();
    }
  });

  it("finds a suspended account too: what it may do is decided elsewhere", async () => {
    const { account } = await ensureMainAccount(settings, null, clock);
    await settings.change((document) => ({
      ...document,
      accounts: [{ ...account, status: "suspended" }],
    }));
    expect(new Accounts(settings, clock).authenticate(account.sid, account.authToken)?.status).toBe(
      "suspended",
    );
  });
});
