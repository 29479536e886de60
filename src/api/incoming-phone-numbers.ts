/**
 * IncomingPhoneNumbers, contract §5.1: the numbers an account has, and where their messages go. `/Local`,
 * `/Mobile` and `/TollFree` are the same list and the same purchase, of one kind.
 */
import { PHONE_NUMBER_KINDS, type PhoneNumberKind } from "../accounts/inventory.ts";
import type { NumberPatch } from "../accounts/numbers.ts";
import type { NumberRecord } from "../store/settings-document.ts";
import { ApiError } from "./api-error.ts";
import { buyNumber } from "./buy-number.ts";
import {
  type ApiContext,
  type ApiRouter,
  answer,
  answerEmpty,
  canonicalSid,
  notFound,
  sidOf,
} from "./context.ts";
import type { ApiDeps } from "./deps.ts";
import { listFrom, pageOf } from "./page.ts";
import { addressOf, textOf } from "./parameter.ts";
import { readForm } from "./read-body.ts";
import { readNumberPatch } from "./read-number-patch.ts";
import { numberView } from "./views.ts";

const PATH = "/2010-04-01/Accounts/:account/IncomingPhoneNumbers";

/** Path word → the kind it is about; the list itself is about all. */
const SUBSETS: readonly (readonly [below: string, kind: PhoneNumberKind | null])[] = [
  ["", null],
  ["/Local", "local"],
  ["/Mobile", "mobile"],
  ["/TollFree", "toll-free"],
];

export function routeIncomingPhoneNumbers(router: ApiRouter, deps: ApiDeps): void {
  for (const [below, kind] of SUBSETS) {
    router.get(PATH + below, async (ctx) => {
      answer(ctx, 200, await numbersPage(ctx, deps, kind === null ? PHONE_NUMBER_KINDS : [kind]));
    });

    router.post(PATH + below, async (ctx) => {
      const bought = await buyNumber(await readForm(ctx), ctx.state.account, kind, deps);
      answer(ctx, 201, numberView(bought));
    });
  }

  router.get(`${PATH}/:sid`, (ctx) => {
    answer(ctx, 200, numberView(numberOf(ctx, deps)));
  });

  router.post(`${PATH}/:sid`, async (ctx) => {
    const form = await readForm(ctx);
    const number = numberOf(ctx, deps);
    const patch: NumberPatch = { ...readNumberPatch(form, number), ...readTransfer(form, ctx, deps) };
    const updated = Object.keys(patch).length === 0 ? number : await deps.numbers.update(number.sid, patch);
    if (updated === null) throw notFound(ctx);
    answer(ctx, 200, numberView(updated));
  });

  router.delete(`${PATH}/:sid`, async (ctx) => {
    if (!(await deps.numbers.release(numberOf(ctx, deps).sid))) throw notFound(ctx);
    answerEmpty(ctx);
  });
}

/** The account a number moves to: the caller's own or one below it, and one that works. */
function readTransfer(
  form: URLSearchParams,
  ctx: ApiContext,
  deps: ApiDeps,
): Pick<NumberPatch, "accountSid"> {
  const text = textOf(form, "AccountSid");
  if (text === null) return {};
  const account = deps.accounts.bySid(canonicalSid(text) ?? "");
  const { caller } = ctx.state;
  const isOurs = account?.sid === caller.sid || account?.ownerAccountSid === caller.sid;
  if (account === null || !isOurs || account.status !== "active") throw new ApiError(21470);
  return account.sid === ctx.state.account.sid ? {} : { accountSid: account.sid };
}

function numbersPage(
  ctx: ApiContext,
  deps: ApiDeps,
  kinds: readonly NumberRecord["kind"][],
): Promise<object> {
  const query = new URLSearchParams(ctx.querystring);
  const phoneNumber = addressOf(query, "PhoneNumber");
  const friendlyName = textOf(query, "FriendlyName");
  // Everything here has Twilio's origin and none of it is beta; there is no hosted number to list.
  const rows =
    textOf(query, "Origin") === "hosted"
      ? []
      : deps.numbers.list(ctx.state.account.sid, {
          kinds,
          ...(phoneNumber === null ? {} : { phoneNumber }),
          ...(friendlyName === null ? {} : { friendlyName }),
        });
  const cursorOf = (number: NumberRecord) => number.sid;
  return pageOf<NumberRecord>(ctx, {
    key: "incoming_phone_numbers",
    cursor: /^PN[0-9a-f]{32}$/,
    cursorOf,
    list: listFrom(rows, cursorOf),
    view: numberView,
  });
}

function numberOf(ctx: ApiContext, deps: ApiDeps): NumberRecord {
  const number = deps.numbers.bySid(sidOf(ctx, ["PN"]));
  const isHere =
    number?.accountSid === ctx.state.account.sid && PHONE_NUMBER_KINDS.some((kind) => kind === number.kind);
  if (number === null || !isHere) throw notFound(ctx);
  return number;
}
