/**
 * Cookies an app gave in a conversation, sent back to it in the same conversation: one jar for each pair of
 * handset and Number, dropped after four idle hours (contract §9.1). Apps keep their sessions by them. They are
 * in memory only: an app whose session is lost begins a new one, as it does after four hours.
 *
 * Attributes follow RFC 6265 where they matter between one box and its apps: host (without the port), path,
 * `Secure`, `Max-Age`, `Expires`. `Domain` is not honoured: a cookie goes back to the host it came from.
 */
import type { Clock } from "../../runtime/clock.ts";

const IDLE_MS = 4 * 3_600_000;
const MAX_JARS = 1_000;
const MAX_COOKIES = 20;
const MAX_COOKIE_LENGTH = 4_096;

type Cookie = {
  readonly name: string;
  readonly value: string;
  readonly host: string;
  readonly path: string;
  readonly secure: boolean;
  /** Wall time, epoch milliseconds. */
  readonly expiresAt: number;
};

/** One conversation's. */
export type Jar = {
  readonly cookies: Map<string, Cookie>;
  /** Monotonic. */
  usedAt: number;
};

export class Cookies {
  readonly #clock: Clock;
  /** Least recently used first. */
  readonly #jars = new Map<string, Jar>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  jarOf(from: string, to: string): Jar {
    const pair = `${from} ${to}`;
    const now = this.#clock.monotonicMs();
    const known = this.#jars.get(pair);
    const jar =
      known !== undefined && now - known.usedAt < IDLE_MS ? known : { cookies: new Map(), usedAt: now };
    jar.usedAt = now;
    this.#jars.delete(pair);
    this.#jars.set(pair, jar);
    const [oldest] = this.#jars.keys();
    if (this.#jars.size > MAX_JARS && oldest !== undefined) this.#jars.delete(oldest);
    return jar;
  }
}

/** The `Cookie` header for a request, or null when there is nothing to send. */
export function cookieHeader(jar: Jar, url: URL, now: number): string | null {
  const fitting = [...jar.cookies.values()].filter(
    (cookie) =>
      cookie.host === url.hostname &&
      cookie.expiresAt > now &&
      (!cookie.secure || url.protocol === "https:") &&
      pathMatches(url.pathname, cookie.path),
  );
  if (fitting.length === 0) return null;
  return fitting
    .sort((one, other) => other.path.length - one.path.length)
    .map(({ name, value }) => `${name}=${value}`)
    .join("; ");
}

/** What an answer's `Set-Cookie` headers change. */
export function keepCookies(jar: Jar, url: URL, headers: readonly string[], now: number): void {
  for (const header of headers) {
    const cookie = header.length > MAX_COOKIE_LENGTH ? null : readCookie(header, url, now);
    if (cookie === null) continue;
    const key = `${cookie.host}\n${cookie.path}\n${cookie.name}`;
    jar.cookies.delete(key);
    if (cookie.expiresAt > now && jar.cookies.size < MAX_COOKIES) jar.cookies.set(key, cookie);
  }
}

function readCookie(header: string, url: URL, now: number): Cookie | null {
  const [pair = "", ...parts] = header.split(";");
  const [name, value] = split(pair);
  if (name === "") return null;
  const attributes = new Map<string, string>();
  for (const part of parts) {
    const [key, text] = split(part);
    attributes.set(key.toLowerCase(), text);
  }
  const path = attributes.get("path") ?? "";
  return {
    name,
    value,
    host: url.hostname,
    path: path.startsWith("/") ? path : url.pathname.slice(0, url.pathname.lastIndexOf("/")) || "/",
    secure: attributes.has("secure"),
    expiresAt: expiryOf(attributes, now),
  };
}

/** RFC 6265 §5.3: `Max-Age` before `Expires`; neither: as long as the conversation. */
function expiryOf(attributes: ReadonlyMap<string, string>, now: number): number {
  const maxAge = attributes.get("max-age");
  if (maxAge !== undefined && /^-?\d+$/.test(maxAge)) return now + Number(maxAge) * 1000;
  const expires = Date.parse(attributes.get("expires") ?? "");
  return Number.isNaN(expires) ? Number.POSITIVE_INFINITY : expires;
}

function split(text: string): [name: string, value: string] {
  const at = text.indexOf("=");
  return at === -1 ? [text.trim(), ""] : [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}

/** RFC 6265 §5.1.4. */
function pathMatches(requested: string, path: string): boolean {
  return (
    requested === path ||
    (requested.startsWith(path) && (path.endsWith("/") || requested[path.length] === "/"))
  );
}
