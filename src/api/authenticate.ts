/** HTTP Basic on every request (contract §1.2). Who the caller is, and whose path it is. */
import type { Middleware } from "koa";
import type { Accounts } from "../accounts/accounts.ts";
import { ApiError } from "./api-error.ts";
import { type ApiContext, type ApiState, canonicalSid, notFound } from "./context.ts";
import type { Lockout } from "./lockout.ts";

export function authenticate(accounts: Accounts, lockout: Lockout): Middleware<ApiState> {
  return async (ctx, next) => {
    const address = ctx.req.socket.remoteAddress ?? "";
    const given = ctx.get("Authorization");
    const waitMs = lockout.waitMs(address, given);
    if (waitMs > 0) {
      throw new ApiError(20429, null, { headers: { "Retry-After": String(Math.ceil(waitMs / 1000)) } });
    }
    const credentials = basicCredentials(given);
    // No credentials, or a scheme that is not served, is no guess: it is not counted.
    if (credentials === null) throw unauthenticated();
    const username = canonicalSid(credentials.username) ?? credentials.username;
    const caller = accounts.authenticate(username, credentials.password);
    if (caller === null) {
      lockout.failed(address, given);
      throw unauthenticated();
    }
    lockout.succeeded(address, given);
    if (caller.status !== "active") throw new ApiError(20005);
    ctx.state.caller = caller;
    await next();
  };
}

/** `/2010-04-01/Accounts/{AC}…`: the caller's own account or one below it; any other does not exist for them. */
export function resolveAccount(accounts: Accounts) {
  return async (ctx: ApiContext, next: () => Promise<unknown>): Promise<void> => {
    const sid = canonicalSid(ctx.params["account"] ?? "");
    const account = sid === null ? null : accounts.bySid(sid);
    const { caller } = ctx.state;
    if (account === null || (account.sid !== caller.sid && account.ownerAccountSid !== caller.sid)) {
      throw notFound(ctx);
    }
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

function basicCredentials(header: string): { username: string; password: string } | null {
  const encoded = /^Basic +([A-Za-z0-9+/_=-]+) *$/i.exec(header)?.[1];
  if (encoded === undefined) return null;
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 0 ? null : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}
