/**
 * SMS/ShortCodes, contract §5.3: the account's short codes, and where their messages go. A short code is a Number
 * like any other, `PN` and 32 digits; what apps see is `SC` and the same digits.
 */
import type { NumberRecord } from "../store/settings-document.ts";
import { type ApiContext, type ApiRouter, answer, notFound, sidOf } from "./context.ts";
import type { ApiDeps } from "./deps.ts";
import { listFrom, pageOf } from "./page.ts";
import { textOf } from "./parameter.ts";
import { readForm } from "./read-body.ts";
import { readNumberPatch } from "./read-number-patch.ts";
import { shortCodeView } from "./views.ts";

const PATH = "/2010-04-01/Accounts/:account/SMS/ShortCodes";

/** Other parameters of a number are not a short code's. */
const PARAMETERS = [
  "FriendlyName",
  "ApiVersion",
  "SmsUrl",
  "SmsMethod",
  "SmsFallbackUrl",
  "SmsFallbackMethod",
];

export function routeShortCodes(router: ApiRouter, deps: ApiDeps): void {
  router.get(PATH, async (ctx) => {
    const query = new URLSearchParams(ctx.querystring);
    const phoneNumber = textOf(query, "ShortCode");
    const friendlyName = textOf(query, "FriendlyName");
    const rows = deps.numbers.list(ctx.state.account.sid, {
      kinds: ["short-code"],
      ...(phoneNumber === null ? {} : { phoneNumber }),
      ...(friendlyName === null ? {} : { friendlyName }),
    });
    const cursorOf = (number: NumberRecord) => number.sid;
    const page = await pageOf<NumberRecord>(ctx, {
      key: "short_codes",
      cursor: /^PN[0-9a-f]{32}$/,
      cursorOf,
      list: listFrom(rows, cursorOf),
      view: shortCodeView,
    });
    answer(ctx, 200, page);
  });

  router.get(`${PATH}/:sid`, (ctx) => answer(ctx, 200, shortCodeView(shortCodeOf(ctx, deps))));

  router.post(`${PATH}/:sid`, async (ctx) => {
    const form = await readForm(ctx);
    const number = shortCodeOf(ctx, deps);
    const own = new URLSearchParams([...form].filter(([name]) => PARAMETERS.includes(name)));
    const patch = readNumberPatch(own, number, () => false);
    const updated = Object.keys(patch).length === 0 ? number : await deps.numbers.update(number.sid, patch);
    if (updated === null) throw notFound(ctx);
    answer(ctx, 200, shortCodeView(updated));
  });
}

function shortCodeOf(ctx: ApiContext, deps: ApiDeps): NumberRecord {
  const number = deps.numbers.bySid(`PN${sidOf(ctx, ["SC"]).slice(2)}`);
  if (number?.accountSid !== ctx.state.account.sid || number.kind !== "short-code") throw notFound(ctx);
  return number;
}
