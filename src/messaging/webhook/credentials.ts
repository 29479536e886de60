/**
 * Userinfo in a webhook's URL (contract §9.1): it is sent only after the app asked for it, by Basic or Digest. That
 * an app asks, and how, is remembered by origin and user, so that the next request carries the credentials at once
 * and a round trip is saved. In memory only: who forgets is asked again.
 */
import { randomBytes } from "node:crypto";
import type { HttpMethod } from "../../store/store.ts";
import { type Challenge, type Credentials, challengeOf, digestAuthorization } from "./digest.ts";

const MAX_KNOWN = 1_000;

type Known = { readonly challenge: Challenge; count: number };

export class CredentialMemory {
  readonly #known = new Map<string, Known>();

  /** The `Authorization` header for a request, or null where nobody asked for one. */
  headerFor(url: URL, method: HttpMethod, target: URL): string | null {
    const credentials = credentialsOf(url);
    const known = credentials === null ? undefined : this.#known.get(keyOf(url));
    if (credentials === null || known === undefined) return null;
    const { challenge } = known;
    if (challenge.scheme === "basic") return basicAuthorization(credentials);
    known.count++;
    const uri = target.pathname + target.search;
    const cnonce = randomBytes(8).toString("hex");
    return digestAuthorization(challenge, credentials, { method, uri, count: known.count, cnonce });
  }

  /**
   * What a 401 asks for is remembered. False: asking again is of no use, because there are no credentials, or this
   * answer is what they got. A new nonce is worth a second try: an app that was restarted knows the old one no more.
   */
  learn(url: URL, authenticate: string | null, sent: boolean): boolean {
    if (credentialsOf(url) === null) return false;
    const key = keyOf(url);
    const before = this.#known.get(key)?.challenge;
    const challenge = challengeOf(authenticate);
    this.#known.delete(key);
    if (challenge === null) return false;
    if (sent && before !== undefined && isSame(before, challenge)) return false;
    this.#known.set(key, { challenge, count: 0 });
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_KNOWN && oldest !== undefined) this.#known.delete(oldest);
    return true;
  }
}

function isSame(one: Challenge, other: Challenge): boolean {
  if (one.scheme === "basic" || other.scheme === "basic") return one.scheme === other.scheme;
  return one.nonce === other.nonce && !other.stale;
}

function keyOf(url: URL): string {
  return `${url.username}:${url.password}@${url.origin}`;
}

function credentialsOf(url: URL): Credentials | null {
  if (url.username === "") return null;
  return { username: decoded(url.username), password: decoded(url.password) };
}

function basicAuthorization({ username, password }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`, "utf8").toString("base64")}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
