/**
 * IncomingPhoneNumbers, contract §5.1: the numbers an account has, and where their messages go. `/Local`,
 * `/Mobile` and `/TollFree` are the same list and the same purchase, of one kind.
 */
import { PHONE_NUMBER_KINDS, type PhoneNumberKind } from "../accounts/inventory.ts";
import type { AccountRecord, NumberKind, NumberRecord } from "../store/settings-document.ts";
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
    const newOwner = readTransfer(form, number, ctx.state.caller, deps);
    const patch = readNumberPatch(form, number, (sid) => isApplicationOf(number.accountSid, sid, deps));
    const changed = Object.keys(patch).length === 0 ? number : await deps.numbers.update(number.sid, patch);
    const updated = newOwner === null ? changed : await deps.numbers.transfer(number.sid, newOwner);
    if (updated === null) throw notFound(ctx);
    answer(ctx, 200, numberView(updated));
  });

  router.delete(`${PATH}/:sid`, async (ctx) => {
    const number = numberOf(ctx, deps);
    if (!(await deps.numbers.release(number.sid))) throw notFound(ctx);
    await deps.endQueueOf(number.phoneNumber);
    answerEmpty(ctx);
  });
}

/** Whose the number shall be, or null when it stays. It moves between an account and its subaccounts only. */
function readTransfer(
  form: URLSearchParams,
  number: NumberRecord,
  caller: AccountRecord,
  deps: ApiDeps,
): string | null {
  const text = textOf(form, "AccountSid");
  if (text === null) return null;
  const sid = canonicalSid(text);
  if (sid === null || !sid.startsWith("AC")) throw new ApiError(21470);
  if (sid === number.accountSid) return null;
  const owner = deps.accounts.bySid(sid);
  // Somebody else's account looks like none to who may not see it.
  if (caller.ownerAccountSid !== null)
    throw new ApiError(owner?.sid === caller.ownerAccountSid ? 21473 : 21471);
  if (owner === null) throw new ApiError(21471);
  if (owner.status !== "active") throw new ApiError(21472);
  return owner.sid;
}

function isApplicationOf(accountSid: string, sid: string, deps: ApiDeps): boolean {
  return deps.applications.bySid(sid)?.accountSid === accountSid;
}

function numbersPage(ctx: ApiContext, deps: ApiDeps, kinds: readonly NumberKind[]): Promise<object> {
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
