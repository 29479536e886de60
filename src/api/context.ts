/** A request as the handlers see it, and how they answer. */
import type { RouterContext } from "@koa/router";
import Router from "@koa/router";
import type { AccountRecord, KeyRecord } from "../store/settings-document.ts";
import { ApiError } from "./api-error.ts";
import { writeAnswer } from "./write-answer.ts";

export type ApiState = {
  /** Whose credentials these are. */
  caller: AccountRecord;
  /** The API key they are, or null when they are the account's own SID and token. */
  key: KeyRecord | null;
  /** They are test credentials: everything is checked, nothing is done (contract §12.4). */
  isTest: boolean;
  /** Whose path it is: the caller's own, or a subaccount's. Set on `/2010-04-01/Accounts/{AC}…`. */
  account: AccountRecord;
};

export type ApiContext = RouterContext<ApiState>;
export type ApiRouter = Router<ApiState>;

/** Path words are case-sensitive (contract §1.1). */
export function createRouter(): ApiRouter {
  return new Router<ApiState>({ sensitive: true });
}

export function answer(ctx: ApiContext, status: number, body: object): void {
  writeAnswer(ctx, status, body);
}

/** The answer to a DELETE. */
export function answerEmpty(ctx: ApiContext): void {
  ctx.status = 204;
  ctx.body = null;
}

/** The path as it was asked for, without its query and one trailing slash: what `uri` and a 404 show. */
export function pathOf(ctx: { readonly path: string }): string {
  return ctx.path.length > 1 && ctx.path.endsWith("/") ? ctx.path.slice(0, -1) : ctx.path;
}

/** Scheme, host and port as the client wrote them: absolute URLs have to work for whoever asked (contract §1.10). */
export function originOf(ctx: { readonly protocol: string; readonly host: string }): string {
  return `${ctx.protocol}://${ctx.host}`;
}

export function notFound(ctx: { readonly path: string }): ApiError {
  return new ApiError(20404, `The requested resource ${pathOf(ctx)} was not found`);
}

/** The SID in a path parameter with its hex digits in lower case; anything else is no resource: 404. */
export function sidOf(ctx: ApiContext, prefixes: readonly string[]): string {
  const sid = canonicalSid(ctx.params["sid"] ?? "");
  if (sid === null || !prefixes.includes(sid.slice(0, 2))) throw notFound(ctx);
  return sid;
}

/** Upper and lower case hex are the same SID (contract §1.1). Null when it is none. */
export function canonicalSid(text: string): string | null {
  return /^[A-Z]{2}[0-9a-fA-F]{32}$/.test(text) ? text.slice(0, 2) + text.slice(2).toLowerCase() : null;
}

/** Accounts and keys are for an account's own credentials and its main keys (contract §1.2). */
export function refuseStandardKey(ctx: ApiContext): void {
  if (ctx.state.key?.kind === "standard") throw new ApiError(20006);
}
