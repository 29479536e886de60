/**
 * `/v1/Keys`, the newer management of the same keys (contract §7.2), in the product APIs' style but for its dates,
 * which are RFC 2822 because the SDKs read them so. It is also where a main key is made: `KeyType=main`, which Twilio
 * leaves to its console.
 */
import type { AccountRecord, KeyRecord } from "../store/settings-document.ts";
import { ApiError } from "./api-error.ts";
import { keyView, newKeyView } from "./api-keys.ts";
import {
  type ApiContext,
  type ApiRouter,
  answer,
  canonicalSid,
  notFound,
  refuseStandardKey,
  sidOf,
} from "./context.ts";
import type { ApiDeps } from "./deps.ts";
import { listFrom, metaPageOf } from "./page.ts";
import { friendlyNameOf, textOf } from "./parameter.ts";
import { readForm } from "./read-body.ts";

const PATH = "/v1/Keys";

export function routeIamKeys(router: ApiRouter, deps: ApiDeps): void {
  const { keys } = deps;

  router.get(PATH, async (ctx) => {
    refuseStandardKey(ctx);
    const account = accountOf(new URLSearchParams(ctx.querystring), ctx, deps);
    const cursorOf = (key: KeyRecord) => key.sid;
    const page = await metaPageOf<KeyRecord>(ctx, {
      key: "keys",
      cursor: /^SK[0-9a-f]{32}$/,
      cursorOf,
      list: listFrom(keys.list(account.sid), cursorOf),
      view: keyView,
    });
    answer(ctx, 200, page);
  });

  router.post(PATH, async (ctx) => {
    refuseStandardKey(ctx);
    const form = await readForm(ctx);
    const account = accountOf(form, ctx, deps);
    if (account.status !== "active") throw new ApiError(20005);
    const made = await keys.create({
      accountSid: account.sid,
      friendlyName: friendlyNameOf(form) ?? "",
      kind: kindOf(form),
    });
    answer(ctx, 201, { ...newKeyView(made), policy: null });
  });

  router.get(`${PATH}/:sid`, (ctx) => answer(ctx, 200, { ...keyView(keyOf(ctx, deps)), policy: null }));

  router.post(`${PATH}/:sid`, async (ctx) => {
    const key = keyOf(ctx, deps);
    const friendlyName = friendlyNameOf(await readForm(ctx));
    const renamed = friendlyName === null ? key : await keys.rename(key.sid, friendlyName);
    if (renamed === null) throw notFound(ctx);
    answer(ctx, 200, { ...keyView(renamed), policy: null });
  });

  router.delete(`${PATH}/:sid`, async (ctx) => {
    await keys.remove(keyOf(ctx, deps).sid);
    ctx.status = 204;
  });
}

/** The one that is named, or the caller's own. One the caller may not see is one that is not there. */
function accountOf(parameters: URLSearchParams, ctx: ApiContext, deps: ApiDeps): AccountRecord {
  const { caller } = ctx.state;
  const text = textOf(parameters, "AccountSid");
  if (text === null) return caller;
  const sid = canonicalSid(text);
  const account = sid === null ? null : deps.accounts.bySid(sid);
  if (account === null || !belongsTo(account, caller)) {
    throw new ApiError(20404, `The requested resource ${text.slice(0, 40)} was not found`);
  }
  return account;
}

function keyOf(ctx: ApiContext, deps: ApiDeps): KeyRecord {
  refuseStandardKey(ctx);
  const key = deps.keys.bySid(sidOf(ctx, ["SK"]));
  const owner = key === null ? null : deps.accounts.bySid(key.accountSid);
  if (key === null || owner === null || !belongsTo(owner, ctx.state.caller)) throw notFound(ctx);
  return key;
}

function belongsTo(account: AccountRecord, caller: AccountRecord): boolean {
  return account.sid === caller.sid || account.ownerAccountSid === caller.sid;
}

function kindOf(form: URLSearchParams): KeyRecord["kind"] {
  const text = textOf(form, "KeyType") ?? "standard";
  if (text === "standard" || text === "main") return text;
  throw new ApiError(20422, `The 'KeyType' ${text.slice(0, 40)} is not served: it is standard or main.`);
}
