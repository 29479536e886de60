/**
 * API keys (contract §7.2): a SID and a secret that speak for an account. The secret is 32 random characters,
 * shown when the key is made and never again; what is kept is its SHA-256. A slow hash guards secrets people
 * choose, because those can be guessed; these have 190 bits, and Basic authentication hashes at every request: a
 * scrypt of 50 ms there would be the appliance's speed limit.
 *
 * Keys are never compared with a text of theirs but by digest, so the comparison takes as long whatever is given.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { Clock } from "../runtime/clock.ts";
import { randomSid } from "../runtime/ids.ts";
import type { KeyRecord, Settings } from "../store/settings-document.ts";

export type NewKey = { readonly key: KeyRecord; readonly secret: string };

export class Keys {
  readonly #settings: Settings;
  readonly #clock: Clock;

  constructor(settings: Settings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  bySid(sid: string): KeyRecord | null {
    return this.#settings.document.keys.find((key) => key.sid === sid) ?? null;
  }

  /** Null when there is no such key or this is not its secret. */
  authenticate(sid: string, secret: string): KeyRecord | null {
    const key = this.bySid(sid);
    const right = timingSafeEqual(digestOf(secret), Buffer.from(key?.secretHash ?? NOBODYS_HASH, "hex"));
    return right ? key : null;
  }

  /** In the order of their SIDs. */
  list(accountSid: string): readonly KeyRecord[] {
    return this.#settings.document.keys
      .filter((key) => key.accountSid === accountSid)
      .sort((a, b) => (a.sid < b.sid ? -1 : 1));
  }

  async create(wanted: Pick<KeyRecord, "accountSid" | "friendlyName" | "kind">): Promise<NewKey> {
    const now = this.#clock.now();
    const secret = randomSecret();
    const key: KeyRecord = {
      sid: randomSid("SK"),
      accountSid: wanted.accountSid,
      friendlyName: wanted.friendlyName,
      secretHash: digestOf(secret).toString("hex"),
      kind: wanted.kind,
      createdAt: now,
      updatedAt: now,
    };
    await this.#settings.change((document) => ({ ...document, keys: [...document.keys, key] }));
    return { key, secret };
  }

  /** Null when there is no such key (any more). */
  async rename(sid: string, friendlyName: string): Promise<KeyRecord | null> {
    const updatedAt = this.#clock.now();
    await this.#settings.change((document) => ({
      ...document,
      keys: document.keys.map((key) => (key.sid === sid ? { ...key, friendlyName, updatedAt } : key)),
    }));
    return this.bySid(sid);
  }

  async remove(sid: string): Promise<void> {
    await this.#settings.change((document) => ({
      ...document,
      keys: document.keys.filter((key) => key.sid !== sid),
    }));
  }
}

/** No text has it: compared against when there is no such key, so that the answer takes as long. */
const NOBODYS_HASH = "0".repeat(64);

function digestOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** 32 letters and digits: SDKs refuse secrets with other characters (contract §1.2). */
function randomSecret(): string {
  let secret = "";
  while (secret.length < 32) {
    for (const octet of randomBytes(48)) {
      // 248 is the largest multiple of 62 in an octet: what is above would make some characters likelier.
      if (octet < 248 && secret.length < 32) secret += ALPHABET[octet % ALPHABET.length];
    }
  }
  return secret;
}
