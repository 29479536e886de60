/**
 * Accounts, contract §7.1: what apps fetch to see whether their credentials work, and the main account's
 * subaccounts. A subaccount may rename itself; its status is its owner's to change.
 */
import type { AccountFilter, AccountPatch } from "../accounts/accounts.ts";
import type { AccountRecord } from "../store/settings-document.ts";
import { ApiError } from "./api-error.ts";
import { type ApiContext, type ApiRouter, answer, notFound, refuseStandardKey } from "./context.ts";
import type { ApiDeps } from "./deps.ts";
import { listFrom, pageOf } from "./page.ts";
import { friendlyNameOf, textOf } from "./parameter.ts";
import { readForm } from "./read-body.ts";
import { accountView } from "./views.ts";

const STATUSES: readonly AccountRecord["status"][] = ["active", "suspended", "closed"];

export function routeAccounts(router: ApiRouter, deps: ApiDeps): void {
  const { accounts } = deps;

  router.get("/2010-04-01/Accounts", async (ctx) => {
    refuseStandardKey(ctx);
    const filter = readFilter(new URLSearchParams(ctx.querystring));
    const cursorOf = (account: AccountRecord) => account.sid;
    const rows = filter === null ? [] : accounts.list(ctx.state.caller.sid, filter);
    const page = await pageOf<AccountRecord>(ctx, {
      key: "accounts",
      cursor: /^AC[0-9a-f]{32}$/,
      cursorOf,
      list: listFrom(rows, cursorOf),
      view: accountView,
    });
    answer(ctx, 200, page);
  });

  router.post("/2010-04-01/Accounts", async (ctx) => {
    refuseStandardKey(ctx);
    const { caller } = ctx.state;
    if (caller.ownerAccountSid !== null) throw new ApiError(20006);
    const name = friendlyNameOf(await readForm(ctx)) ?? defaultName(deps.clock.now());
    answer(ctx, 201, accountView(await accounts.createSubaccount(caller.sid, name)));
  });

  router.get("/2010-04-01/Accounts/:account", (ctx) => {
    refuseStandardKey(ctx);
    answer(ctx, 200, accountView(ctx.state.account));
  });

  router.post("/2010-04-01/Accounts/:account", async (ctx) => {
    refuseStandardKey(ctx);
    const { account } = ctx.state;
    const patch = readPatch(await readForm(ctx), ctx);
    const updated = Object.keys(patch).length === 0 ? account : await accounts.update(account.sid, patch);
    if (updated === null) throw notFound(ctx);
    const isClosed = updated.status === "closed";
    if (updated.status !== "active") await deps.endQueued(updated.sid, { andScheduled: isClosed });
    answer(ctx, 200, accountView(updated));
  });
}

/** Null: a status that no account has, so none fits. */
function readFilter(query: URLSearchParams): AccountFilter | null {
  const friendlyName = textOf(query, "FriendlyName");
  const text = textOf(query, "Status");
  const status = STATUSES.find((known) => known === text);
  if (text !== null && status === undefined) return null;
  return {
    ...(friendlyName === null ? {} : { friendlyName }),
    ...(status === undefined ? {} : { status }),
  };
}

function readPatch(form: URLSearchParams, ctx: ApiContext): AccountPatch {
  const { account, caller } = ctx.state;
  const friendlyName = friendlyNameOf(form);
  const text = textOf(form, "Status");
  if (text === null) return friendlyName === null ? {} : { friendlyName };
  const status = STATUSES.find((known) => known === text);
  if (status === undefined) throw new ApiError(21475);
  if (account.ownerAccountSid === null) throw new ApiError(21477);
  if (account.sid === caller.sid) throw new ApiError(20006);
  if (account.status === "closed" && status !== "closed") throw new ApiError(21479);
  return { status, ...(friendlyName === null ? {} : { friendlyName }) };
}

function defaultName(now: number): string {
  return `SubAccount Created at ${new Date(now).toISOString().slice(0, 16).replace("T", " ")}`;
}
