/**
 * Accounts and their credentials. The main account is made at first start, or taken from the configuration; its
 * SID is for life, because every message on disk carries it. Its token may change in the configuration.
 * Subaccounts are one floor deep, as Twilio's are, and stay in the document once closed: their messages remain.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { Clock } from "../runtime/clock.ts";
import { Fault } from "../runtime/fault.ts";
import { randomSid, randomToken } from "../runtime/ids.ts";
import type {
  AccountRecord,
  NumberRecord,
  Settings,
  SettingsDocument,
  TestCredentials,
} from "../store/settings-document.ts";

export type ConfiguredAccount = { readonly sid: string; readonly authToken: string };

/** `created` is true at the first start on a data folder only. */
export async function ensureMainAccount(
  settings: Settings,
  configured: ConfiguredAccount | null | undefined,
  clock: Clock,
): Promise<{ account: AccountRecord; created: boolean }> {
  const found = settings.document.accounts[0];
  const existing = found === undefined ? undefined : await withTestCredentials(found, settings);
  if (existing === undefined) {
    const account = newMainAccount(configured ?? { sid: randomSid("AC"), authToken: randomToken() }, clock);
    await settings.change((document) => ({ ...document, accounts: [account, ...document.accounts] }));
    return { account, created: true };
  }
  if (configured === null || configured === undefined) return { account: existing, created: false };
  if (configured.sid !== existing.sid) throw otherAccount(configured.sid, existing.sid);
  if (configured.authToken === existing.authToken) return { account: existing, created: false };
  const account = { ...existing, authToken: configured.authToken, updatedAt: clock.now() };
  await settings.change((document) => ({ ...document, accounts: [account, ...document.accounts.slice(1)] }));
  return { account, created: false };
}

export type AccountFilter = {
  readonly friendlyName?: string;
  readonly status?: AccountRecord["status"];
};

export type AccountPatch = Partial<Pick<AccountRecord, "friendlyName" | "status">>;

export class Accounts {
  readonly #settings: Settings;
  readonly #clock: Clock;

  constructor(settings: Settings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  get main(): AccountRecord {
    const main = this.#settings.document.accounts[0];
    if (main === undefined) throw new Error("the main account is made before anything asks for it");
    return main;
  }

  bySid(sid: string): AccountRecord | null {
    return this.#settings.document.accounts.find((account) => account.sid === sid) ?? null;
  }

  /** Itself and what is below it, in the order of their SIDs. */
  list(ownerSid: string, filter: AccountFilter = {}): readonly AccountRecord[] {
    return this.#settings.document.accounts
      .filter(({ sid, ownerAccountSid }) => sid === ownerSid || ownerAccountSid === ownerSid)
      .filter(({ status }) => filter.status === undefined || filter.status === status)
      .filter(({ friendlyName }) => filter.friendlyName === undefined || filter.friendlyName === friendlyName)
      .sort((a, b) => (a.sid < b.sid ? -1 : 1));
  }

  /** Every account that must not send: suspended and closed ones. */
  inactive(): readonly AccountRecord[] {
    return this.#settings.document.accounts.filter(({ status }) => status !== "active");
  }

  async createSubaccount(ownerSid: string, friendlyName: string): Promise<AccountRecord> {
    const now = this.#clock.now();
    const account: AccountRecord = {
      sid: randomSid("AC"),
      friendlyName,
      authToken: randomToken(),
      status: "active",
      ownerAccountSid: ownerSid,
      createdAt: now,
      updatedAt: now,
    };
    await this.#settings.change((document) => ({ ...document, accounts: [...document.accounts, account] }));
    return account;
  }

  /**
   * Closing is for good: the account's keys, applications and messaging services go, and its numbers return to its
   * owner without their webhooks, which were the closed account's.
   */
  async update(sid: string, patch: AccountPatch): Promise<AccountRecord | null> {
    const updatedAt = this.#clock.now();
    await this.#settings.change((document) => {
      const accounts = document.accounts.map((account) =>
        account.sid === sid ? { ...account, ...patch, updatedAt } : account,
      );
      const changed = { ...document, accounts };
      return patch.status === "closed" ? withoutPossessionsOf(sid, changed, updatedAt) : changed;
    });
    return this.bySid(sid);
  }

  /** The main account with a token made anew; its test credentials and keys stay. */
  async rotateToken(): Promise<AccountRecord> {
    const updatedAt = this.#clock.now();
    const authToken = randomToken();
    await this.#settings.change((document) => ({
      ...document,
      accounts: document.accounts.map((account, index) =>
        index === 0 ? { ...account, authToken, updatedAt } : account,
      ),
    }));
    return this.main;
  }

  /** Null when either is wrong: the account whose test credentials these are. */
  authenticateTest(username: string, password: string): AccountRecord | null {
    const account = this.#settings.document.accounts.find(({ test }) => test?.sid === username);
    const right = equalInConstantTime(password, account?.test?.authToken ?? NOBODYS_TOKEN);
    return right && account !== undefined ? account : null;
  }

  /** Null when either is wrong. A suspended account is found too: what it may do is the caller's question. */
  authenticate(username: string, password: string): AccountRecord | null {
    const account = this.bySid(username);
    const right = equalInConstantTime(password, account?.authToken ?? NOBODYS_TOKEN);
    return right ? account : null;
  }
}

function withoutPossessionsOf(sid: string, document: SettingsDocument, updatedAt: number): SettingsDocument {
  const owner = document.accounts.find((account) => account.sid === sid)?.ownerAccountSid ?? null;
  return {
    ...document,
    keys: document.keys.filter((key) => key.accountSid !== sid),
    applications: document.applications.filter((application) => application.accountSid !== sid),
    services: document.services.filter((service) => service.accountSid !== sid),
    numbers: document.numbers.map((number) =>
      number.accountSid === sid && owner !== null ? returned(number, owner, updatedAt) : number,
    ),
  };
}

function returned(number: NumberRecord, accountSid: string, updatedAt: number): NumberRecord {
  return {
    ...number,
    accountSid,
    smsUrl: "",
    smsFallbackUrl: "",
    smsApplicationSid: "",
    statusCallback: "",
    voiceUrl: "",
    voiceFallbackUrl: "",
    updatedAt,
  };
}

/** A data folder from before there were test credentials is given some. */
async function withTestCredentials(account: AccountRecord, settings: Settings): Promise<AccountRecord> {
  if (account.test !== undefined) return account;
  const completed = { ...account, test: newTestCredentials() };
  await settings.change((document) => ({ ...document, accounts: document.accounts.with(0, completed) }));
  return completed;
}

function newTestCredentials(): TestCredentials {
  return { sid: randomSid("AC"), authToken: randomToken() };
}

/** Compared against when there is no such account, so that the answer takes as long. */
const NOBODYS_TOKEN = "0".repeat(32);

/** Digests have one length, so the comparison tells nothing of the token's. */
function equalInConstantTime(given: string, expected: string): boolean {
  return timingSafeEqual(digestOf(given), digestOf(expected));
}

function digestOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function newMainAccount(credentials: ConfiguredAccount, clock: Clock): AccountRecord {
  const now = clock.now();
  return {
    sid: credentials.sid,
    friendlyName: "pylone",
    authToken: credentials.authToken,
    status: "active",
    ownerAccountSid: null,
    test: newTestCredentials(),
    createdAt: now,
    updatedAt: now,
  };
}

function otherAccount(configured: string, existing: string): Fault {
  return new Fault({
    code: "config.invalid",
    disposition: "reject",
    message:
      `account.sid is ${configured} in the configuration, but the data folder belongs to ${existing}: ` +
      `its messages carry that SID. Write ${existing} there (the token may differ), or begin with an empty dataDir.`,
  });
}
