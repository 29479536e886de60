/**
 * HTTP Digest (RFC 7616) as a client: what a 401 asks for, and the answer to it. `qop=auth` or none, MD5 or SHA-256;
 * of several challenges the strongest is answered (§3.7). `auth-int`, user hashing and the session algorithms are not
 * spoken: a challenge that insists on them is none, as one of an unknown scheme is.
 */
import { createHash } from "node:crypto";
import type { HttpMethod } from "../../store/store.ts";

export type DigestChallenge = {
  readonly scheme: "digest";
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | null;
  /** As the app spells it; null where it did not. */
  readonly algorithm: string | null;
  readonly hash: "md5" | "sha256";
  readonly qop: "auth" | null;
  /** The nonce is old, the credentials were right. */
  readonly stale: boolean;
};

export type Challenge = { readonly scheme: "basic" } | DigestChallenge;

export type Credentials = { readonly username: string; readonly password: string };

const HASHES: Readonly<Record<string, "md5" | "sha256">> = { MD5: "md5", "SHA-256": "sha256" };

/** Of what `WWW-Authenticate` offers the strongest that is spoken here; null when there is none. */
export function challengeOf(header: string | null): Challenge | null {
  const spoken = challengesIn(header ?? "").flatMap(({ scheme, parameters }): Challenge[] => {
    if (scheme === "basic") return [{ scheme }];
    const digest = scheme === "digest" ? digestOf(parameters) : null;
    return digest === null ? [] : [digest];
  });
  return spoken.sort((one, other) => strengthOf(other) - strengthOf(one))[0] ?? null;
}

export type DigestUse = {
  readonly method: HttpMethod;
  /** The request target. */
  readonly uri: string;
  /** How often this nonce has been used, this time included. */
  readonly count: number;
  readonly cnonce: string;
};

/** The `Authorization` header (RFC 7616 §3.4). */
export function digestAuthorization(
  challenge: DigestChallenge,
  { username, password }: Credentials,
  { method, uri, count, cnonce }: DigestUse,
): string {
  const { realm, nonce, opaque, algorithm, qop } = challenge;
  const hash = (text: string) => createHash(challenge.hash).update(text, "utf8").digest("hex");
  const nc = count.toString(16).padStart(8, "0");
  const secret = hash(`${username}:${realm}:${password}`);
  const what = hash(`${method}:${uri}`);
  const response =
    qop === null
      ? hash(`${secret}:${nonce}:${what}`)
      : hash(`${secret}:${nonce}:${nc}:${cnonce}:${qop}:${what}`);
  const parts = [
    `username=${quoted(username)}`,
    `realm=${quoted(realm)}`,
    `nonce=${quoted(nonce)}`,
    `uri=${quoted(uri)}`,
    `response="${response}"`,
    ...(algorithm === null ? [] : [`algorithm=${algorithm}`]),
    ...(opaque === null ? [] : [`opaque=${quoted(opaque)}`]),
    ...(qop === null ? [] : [`qop=${qop}`, `nc=${nc}`, `cnonce="${cnonce}"`]),
  ];
  return `Digest ${parts.join(", ")}`;
}

function digestOf(parameters: ReadonlyMap<string, string>): DigestChallenge | null {
  const nonce = parameters.get("nonce");
  const algorithm = parameters.get("algorithm") ?? null;
  const hash = HASHES[(algorithm ?? "MD5").toUpperCase()];
  const offered = parameters
    .get("qop")
    ?.split(",")
    .map((word) => word.trim().toLowerCase());
  if (nonce === undefined || hash === undefined) return null;
  if (offered !== undefined && !offered.includes("auth")) return null;
  return {
    scheme: "digest",
    realm: parameters.get("realm") ?? "",
    nonce,
    opaque: parameters.get("opaque") ?? null,
    algorithm,
    hash,
    qop: offered === undefined ? null : "auth",
    stale: parameters.get("stale")?.toLowerCase() === "true",
  };
}

function strengthOf(challenge: Challenge): number {
  if (challenge.scheme === "basic") return 0;
  return challenge.hash === "md5" ? 1 : 2;
}

type Offer = { readonly scheme: string; readonly parameters: Map<string, string> };

/**
 * A scheme, then its parameters, then perhaps another scheme: all of them parted by commas (RFC 9110 §11.6.1). Read
 * from left to right; what fits nowhere ends the reading, with what was understood before it.
 */
function challengesIn(header: string): readonly Offer[] {
  const offers: Offer[] = [];
  const piece =
    /[\s,]*(?:([\w!#$%&'*+.^`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))|([\w!#$%&'*+.^`|~-]+))/y;
  for (let found = piece.exec(header); found !== null; found = piece.exec(header)) {
    const [, name, inQuotes, bare, scheme] = found;
    if (scheme !== undefined) offers.push({ scheme: scheme.toLowerCase(), parameters: new Map() });
    else if (name !== undefined) {
      const value = inQuotes?.replace(/\\(.)/g, "$1") ?? bare ?? "";
      offers.at(-1)?.parameters.set(name.toLowerCase(), value);
    }
  }
  return offers;
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}
