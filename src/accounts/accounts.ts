/**
 * Accounts and their credentials. The main account is made at first start, or taken from the configuration; its
 * SID is for life, because every message on disk carries it. Its token may change in the configuration.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { Clock } from "../runtime/clock.ts";
import { Fault } from "../runtime/fault.ts";
import { randomSid, randomToken } from "../runtime/ids.ts";
import type { AccountRecord, Settings } from "../store/settings-document.ts";

export type ConfiguredAccount = { readonly sid: string; readonly authToken: string };

/** `created` is true at the first start on a data folder only. */
export async function ensureMainAccount(
  settings: Settings,
  configured: ConfiguredAccount | null | undefined,
  clock: Clock,
): Promise<{ account: AccountRecord; created: boolean }> {
  const existing = settings.document.accounts[0];
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

export class Accounts {
  readonly #settings: Settings;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  get main(): AccountRecord {
    const main = this.#settings.document.accounts[0];
    if (main === undefined) throw new Error("the main account is made before anything asks for it");
    return main;
  }

  bySid(sid: string): AccountRecord | null {
    return this.#settings.document.accounts.find((account) => account.sid === sid) ?? null;
  }

  /** Null when either is wrong. A suspended account is found too: what it may do is the caller's question. */
  authenticate(username: string, password: string): AccountRecord | null {
    const account = this.bySid(username);
    const right = equalInConstantTime(password, account?.authToken ?? NOBODYS_TOKEN);
    return right ? account : null;
  }
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
