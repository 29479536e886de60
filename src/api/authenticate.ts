/**
 * HTTP Basic on every request (contract §1.2): an account's SID and token, an API key's SID and secret, or the
 * main account's test credentials. Who the caller is, and whose path it is.
 *
 * An app sends the same credentials with every request. What has been right once is known by its digest from then
 * on, for as long as the records it stood for are the same ones: a change makes them new. A digest looked up tells
 * nothing by its time; what is not known is compared in constant time as ever.
 */
import { createHash } from "node:crypto";
import type { Middleware } from "koa";
import type { Accounts } from "../accounts/accounts.ts";
import type { Keys } from "../accounts/keys.ts";
import { Remembered } from "../runtime/remembered.ts";
import { ApiError } from "./api-error.ts";
import { type ApiContext, type ApiState, canonicalSid, notFound, pathOf } from "./context.ts";
import type { Lockout } from "./lockout.ts";

type Directory = { readonly accounts: Accounts; readonly keys: Keys };

/** Right credentials that are remembered. */
const KNOWN = 500;

export function authenticate(directory: Directory, lockout: Lockout): Middleware<ApiState> {
  const known = new Remembered<Identity>(KNOWN);
  return async (ctx, next) => {
    const address = ctx.req.socket.remoteAddress ?? "";
    const given = ctx.req.headers.authorization ?? "";
    const digest = createHash("sha256").update(given).digest("base64");
    const waitMs = lockout.waitMs(address, digest);
    if (waitMs > 0) {
      throw new ApiError(20429, null, { headers: { "Retry-After": String(Math.ceil(waitMs / 1000)) } });
    }
    let identity = known.get(digest) ?? null;
    if (identity === null || !stillHolds(identity, directory)) {
      const credentials = basicCredentials(given);
      // No credentials, or a scheme that is not served, is no guess: it is not counted.
      if (credentials === null) throw unauthenticated();
      identity = identify(credentials, directory);
      if (identity === null) {
        known.delete(digest);
        lockout.failed(address, digest);
        throw unauthenticated();
      }
      known.set(digest, identity);
    }
    lockout.succeeded(address, digest);
    if (identity.caller.status !== "active") throw new ApiError(20005);
    Object.assign(ctx.state, identity);
    await next();
  };
}

type Identity = Pick<ApiState, "caller" | "key" | "isTest">;

/** Test credentials are not the account's own, and nobody sends a thousand messages a second with them. */
function stillHolds({ caller, key, isTest }: Identity, { accounts, keys }: Directory): boolean {
  if (isTest || accounts.bySid(caller.sid) !== caller) return false;
  return key === null || keys.bySid(key.sid) === key;
}

function identify(credentials: Credentials, { accounts, keys }: Directory): Identity | null {
  const username = canonicalSid(credentials.username) ?? credentials.username;
  const { password } = credentials;
  if (username.startsWith("SK")) {
    const key = keys.authenticate(username, password);
    const owner = key === null ? null : accounts.bySid(key.accountSid);
    return owner === null ? null : { caller: owner, key, isTest: false };
  }
  const caller = accounts.authenticate(username, password);
  if (caller !== null) return { caller, key: null, isTest: false };
  const tester = accounts.authenticateTest(username, password);
  return tester === null ? null : { caller: { ...tester, sid: username }, key: null, isTest: true };
}

/**
 * `/2010-04-01/Accounts/{AC}…`: the caller's own account or one below it; any other does not exist for them. Of an
 * account that is suspended or closed everything can be read, and the account itself be changed.
 */
export function resolveAccount(accounts: Accounts) {
  return async (ctx: ApiContext, next: () => Promise<unknown>): Promise<void> => {
    const sid = canonicalSid(ctx.params["account"] ?? "");
    const account = sid === null ? null : accounts.bySid(sid);
    const { caller } = ctx.state;
    if (account === null || (account.sid !== caller.sid && account.ownerAccountSid !== caller.sid)) {
      throw notFound(ctx);
    }
    const isItself = /^\/[^/]+\/[^/]+\/[^/]+$/.test(pathOf(ctx));
    if (account.status !== "active" && ctx.method !== "GET" && !isItself) throw new ApiError(20005);
    ctx.state.account = account;
    await next();
  };
}

/** The appliance's own resources are the main account's (DESIGN §3). */
export async function mainAccountOnly(ctx: ApiContext, next: () => Promise<unknown>): Promise<void> {
  if (ctx.state.caller.ownerAccountSid !== null) throw new ApiError(20006);
  await next();
}

function unauthenticated(): ApiError {
  return new ApiError(20003, null, {
    detail: "Your AccountSid or AuthToken was incorrect.",
    headers: { "WWW-Authenticate": 'Basic realm="Twilio API"' },
  });
}

type Credentials = { readonly username: string; readonly password: string };

function basicCredentials(header: string): Credentials | null {
  const encoded = /^Basic +([A-Za-z0-9+/_=-]+) *$/i.exec(header)?.[1];
  if (encoded === undefined) return null;
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 0 ? null : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}
