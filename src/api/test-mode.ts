/**
 * Test credentials, contract §12.4: three POSTs are checked as with real ones, and nothing is sent, bought, stored or
 * called back; everything else is 403/20008. Twilio's magic numbers give each refusal on demand. The account is one
 * that owns two of them and nothing else, so the ordinary checks do the rest, in their order.
 *
 * Where the contract says "not confirmed": a number that is bought and is not magic is not available (21422), for
 * there is nothing to buy; a messaging service is the 20008 of everything that is not supported.
 */
import { randomUUID } from "node:crypto";
import type { Middleware } from "koa";
import { parseAddress } from "../accounts/address.ts";
import { Numbers, newNumber } from "../accounts/numbers.ts";
import { cut } from "../sms/cut.ts";
import { EMPTY_SETTINGS, type NumberRecord } from "../store/settings-document.ts";
import type { StoredMessage } from "../store/store.ts";
import { ApiError, type ApiErrorCode } from "./api-error.ts";
import { type ApiContext, type ApiState, answer, canonicalSid, notFound, pathOf } from "./context.ts";
import type { ApiDeps } from "./deps.ts";
import { addressOf, textOf } from "./parameter.ts";
import { readForm } from "./read-body.ts";
import { readNumberPatch } from "./read-number-patch.ts";
import { readSend } from "./read-send.ts";
import { messageView, numberView } from "./views.ts";
import { callView, readCall } from "./voice.ts";

const MAGIC = "+1500555000";
const OWNED = `${MAGIC}6`;
/** It is owned and its queue is full. */
const FULL = `${MAGIC}8`;

type Refusals = Readonly<Record<string, ApiErrorCode>>;

const SEND_TO: Refusals = {
  [`${MAGIC}1`]: 21211,
  [`${MAGIC}2`]: 21612,
  [`${MAGIC}3`]: 21408,
  [`${MAGIC}4`]: 21610,
  [`${MAGIC}9`]: 21614,
};
const SEND_FROM: Refusals = { [`${MAGIC}1`]: 21212, [FULL]: 21611 };
const BUY: Refusals = { [`${MAGIC}0`]: 21422, [`${MAGIC}1`]: 21421 };
const CALL_TO: Refusals = {
  [`${MAGIC}1`]: 21217,
  [`${MAGIC}2`]: 21214,
  [`${MAGIC}3`]: 21215,
  [`${MAGIC}4`]: 21216,
};

/** Answers whoever came with test credentials, and lets nobody of them through. */
export function testMode(deps: ApiDeps): Middleware<ApiState> {
  return async (koa, next) => {
    if (!koa.state.isTest) return next();
    const ctx = koa as unknown as ApiContext;
    const path = pathOf(ctx).replace(/\.(json|xml)$/, "");
    const [, account, resource] = /^\/2010-04-01\/Accounts\/([^/]+)\/(.+)$/.exec(path) ?? [];
    if (account !== undefined && canonicalSid(account) !== ctx.state.caller.sid) throw notFound(ctx);
    if (ctx.method !== "POST") throw new ApiError(20008);
    if (resource === "Messages") return answer(ctx, 201, await send(await readForm(ctx), ctx, deps));
    if (resource === "Calls") return answer(ctx, 201, call(await readForm(ctx), ctx, deps));
    if (resource !== undefined && /^IncomingPhoneNumbers(\/(Local|Mobile|TollFree))?$/.test(resource)) {
      return answer(ctx, 201, buy(await readForm(ctx), ctx, deps));
    }
    throw new ApiError(20008);
  };
}

async function send(form: URLSearchParams, ctx: ApiContext, deps: ApiDeps): Promise<object> {
  const { caller } = ctx.state;
  if (textOf(form, "MessagingServiceSid") !== null) throw new ApiError(20008);
  const from = magicOf(form, "From", deps);
  const to = magicOf(form, "To", deps);
  const isComplete = from !== null && to !== null && textOf(form, "Body") !== null;
  if (isComplete && SEND_TO[to] === 21211) throw new ApiError(21211, badTo(to));
  if (isComplete && SEND_FROM[from] === 21212) throw new ApiError(21212);
  const numbers = numbersOf(caller.sid, deps);
  const { request } = await readSend(form, caller, { ...deps, numbers, countries: null });
  const refusal = SEND_TO[request.to] ?? SEND_FROM[request.from];
  if (refusal !== undefined) throw new ApiError(refusal);

  const now = deps.clock.now();
  const message: StoredMessage = {
    sid: freshSid("SM"),
    accountSid: caller.sid,
    direction: "outbound-api",
    from: request.from,
    to: request.to,
    body: request.body,
    status: "queued",
    numSegments: cut(request.body).parts.length,
    messagingServiceSid: null,
    statusCallback: null,
    errorCode: null,
    errorMessage: null,
    createdAt: now,
    updatedAt: now,
    sentAt: null,
    line: null,
    attempts: 0,
    retryAt: null,
    waitingFor: null,
  };
  return messageView(message, "created");
}

function buy(form: URLSearchParams, ctx: ApiContext, deps: ApiDeps): object {
  const { caller } = ctx.state;
  const areaCode = textOf(form, "AreaCode");
  const wanted = magicOf(form, "PhoneNumber", deps);
  if (wanted === null) {
    if (areaCode === null) throw new ApiError(21421);
    if (!/^\d{3}$/.test(areaCode)) throw new ApiError(21451);
    if (areaCode !== "500") throw new ApiError(21452);
  } else {
    const refusal = BUY[wanted];
    if (refusal !== undefined) throw new ApiError(refusal);
    if (parseAddress(wanted, deps.siteCountry)?.kind !== "e164") throw new ApiError(21421);
    if (wanted !== OWNED) throw new ApiError(21422);
  }
  const number = magicNumber(OWNED, caller.sid, deps);
  return numberView({ ...number, ...readNumberPatch(form, number, () => false) });
}

function call(form: URLSearchParams, ctx: ApiContext, deps: ApiDeps): object {
  const { to, from } = readCall(form);
  const caller = magicOf(form, "From", deps);
  if (caller === `${MAGIC}1`) throw new ApiError(21212);
  if (caller !== OWNED) throw new ApiError(21210);
  const called = magicOf(form, "To", deps);
  const refusal = called === null ? undefined : CALL_TO[called];
  if (refusal !== undefined) throw new ApiError(refusal);
  if (parseAddress(to, deps.siteCountry)?.kind !== "e164") throw new ApiError(21217);
  return callView({ sid: freshSid("CA"), accountSid: ctx.state.caller.sid, to, from, at: deps.clock.now() });
}

function magicOf(form: URLSearchParams, name: string, deps: ApiDeps): string | null {
  const text = addressOf(form, name);
  return text === null ? null : (parseAddress(text, deps.siteCountry)?.address ?? text);
}

function badTo(to: string): string {
  return `The 'To' number ${to} is not a valid phone number.`;
}

/** An inventory of its own, which nobody can change. */
function numbersOf(accountSid: string, deps: ApiDeps): Numbers {
  const numbers = [OWNED, FULL].map((phoneNumber) => magicNumber(phoneNumber, accountSid, deps));
  const document = { ...EMPTY_SETTINGS, numbers };
  return new Numbers({ document, change: () => Promise.reject(new Error("nothing is stored")) }, deps.clock);
}

function magicNumber(phoneNumber: string, accountSid: string, deps: ApiDeps): NumberRecord {
  return newNumber({ accountSid, phoneNumber, kind: "local", country: "US", line: "test" }, deps.clock.now());
}

function freshSid(prefix: "SM" | "PN" | "CA"): string {
  return prefix + randomUUID().replaceAll("-", "");
}
