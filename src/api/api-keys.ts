/** Keys and their twin SigningKeys, contract §7.2: one set of keys under two names. A secret is shown once. */
import type { NewKey } from "../accounts/keys.ts";
import type { KeyRecord } from "../store/settings-document.ts";
import { type ApiContext, type ApiRouter, answer, notFound, refuseStandardKey, sidOf } from "./context.ts";
import type { ApiDeps } from "./deps.ts";
import { listFrom, pageOf } from "./page.ts";
import { friendlyNameOf } from "./parameter.ts";
import { readForm } from "./read-body.ts";
import { dateText } from "./views.ts";

export function routeApiKeys(router: ApiRouter, deps: ApiDeps): void {
  const { keys } = deps;
  for (const [word, listKey] of [
    ["Keys", "keys"],
    ["SigningKeys", "signing_keys"],
  ] as const) {
    const path = `/2010-04-01/Accounts/:account/${word}`;

    router.get(path, async (ctx) => {
      refuseStandardKey(ctx);
      const cursorOf = (key: KeyRecord) => key.sid;
      const page = await pageOf<KeyRecord>(ctx, {
        key: listKey,
        cursor: /^SK[0-9a-f]{32}$/,
        cursorOf,
        list: listFrom(keys.list(ctx.state.account.sid), cursorOf),
        view: keyView,
      });
      answer(ctx, 200, page);
    });

    router.post(path, async (ctx) => {
      refuseStandardKey(ctx);
      const friendlyName = friendlyNameOf(await readForm(ctx)) ?? "";
      const accountSid = ctx.state.account.sid;
      answer(ctx, 201, newKeyView(await keys.create({ accountSid, friendlyName, kind: "standard" })));
    });

    router.get(`${path}/:sid`, (ctx) => answer(ctx, 200, keyView(keyOf(ctx, deps))));

    router.post(`${path}/:sid`, async (ctx) => {
      const key = keyOf(ctx, deps);
      const friendlyName = friendlyNameOf(await readForm(ctx));
      const renamed = friendlyName === null ? key : await keys.rename(key.sid, friendlyName);
      if (renamed === null) throw notFound(ctx);
      answer(ctx, 200, keyView(renamed));
    });

    router.delete(`${path}/:sid`, async (ctx) => {
      await keys.remove(keyOf(ctx, deps).sid);
      ctx.status = 204;
    });
  }
}

function keyOf(ctx: ApiContext, deps: ApiDeps): KeyRecord {
  refuseStandardKey(ctx);
  const key = deps.keys.bySid(sidOf(ctx, ["SK"]));
  if (key === null || key.accountSid !== ctx.state.account.sid) throw notFound(ctx);
  return key;
}

export function keyView(key: KeyRecord): Record<string, unknown> {
  return {
    sid: key.sid,
    friendly_name: key.friendlyName,
    date_created: dateText(key.createdAt),
    date_updated: dateText(key.updatedAt),
  };
}

export function newKeyView({ key, secret }: NewKey): Record<string, unknown> {
  return { ...keyView(key), secret };
}
