/**
 * The parameters of POST Messages, checked in the order of contract §3.1: the first thing wrong is what the app
 * is told. What is not said here to be refused or used is ignored, as Twilio ignores what it does not know.
 */
import type { Address } from "../accounts/address.ts";
import { maySend, type Parties, type Refusal, readParties } from "../accounts/may-send.ts";
import { senderOf } from "../accounts/sender-of.ts";
import type { OutboundRequest } from "../messaging/outbound/accept.ts";
import { smartEncode } from "../sms/smart-encoding.ts";
import type { AccountRecord, NumberRecord } from "../store/settings-document.ts";
import { ApiError, isApiErrorCode } from "./api-error.ts";
import { canonicalSid } from "./context.ts";
import type { ApiDeps } from "./deps.ts";
import { addressOf, isWebUrl, textOf } from "./parameter.ts";
import { type Pool, poolNamed, readSchedule, refuseOutsider } from "./read-service-send.ts";

/** UTF-16 units, whatever the alphabet (contract §4.2). */
export const MAX_BODY_LENGTH = 1600;
const MAX_MEDIA = 10;
const MAX_VALIDITY_SECONDS = 36_000;
/** Contract §6.3. */
const NO_SENDER = { errorCode: 21703, why: "no sender of the messaging service can reach the recipient" };

export type Send = {
  readonly request: OutboundRequest;
  /** A service chose the sender: the app is not told yet, as on the live service (contract §3.2). */
  readonly senderChosen: boolean;
};

export async function readSend(form: URLSearchParams, account: AccountRecord, deps: ApiDeps): Promise<Send> {
  if (account.status !== "active") throw new ApiError(20005);
  const to = addressOf(form, "To");
  if (to === null) throw new ApiError(21604);
  const { from, serviceSid } = readSender(form);
  if (from === null && serviceSid === null) throw new ApiError(21603);
  const body = textOf(form, "Body");
  if (body === null && textOf(form, "MediaUrl") === null && textOf(form, "ContentSid") === null) {
    throw new ApiError(21602);
  }

  const parties = readParties({ from, to }, deps);
  if (parties.is === "no") throw refused(parties);
  const pool = serviceSid === null ? null : poolNamed(serviceSid, account, deps);
  const named = readNamedSender(parties, pool, account, deps);

  if (body !== null && body.length > MAX_BODY_LENGTH) throw new ApiError(21617);
  readMedia(
    form.getAll("MediaUrl").filter((url) => url !== ""),
    deps.mediaUrl,
  );
  refuseContent(form);
  if (body === null) throw new ApiError(21602);
  const statusCallback = textOf(form, "StatusCallback");
  if (statusCallback !== null && !isWebUrl(statusCallback)) throw new ApiError(21609);
  const applicationCallback = readApplicationCallback(form, account, deps);
  const validitySeconds = readValidity(textOf(form, "ValidityPeriod"));
  const sendAt = readSchedule(form, pool !== null, deps.clock.now());
  refuseCountry(parties.to, deps.countries);

  const service = pool?.service ?? null;
  const number = named ?? (pool === null ? null : await chosenOf(pool, parties.to, deps));
  // The empty sender of a message that nobody can send: its row exists to say so.
  const sender = number?.phoneNumber ?? "";
  const smart = readFlag(textOf(form, "SmartEncoded")) ?? service?.smartEncoding ?? false;
  const request: OutboundRequest = {
    accountSid: account.sid,
    direction: "outbound-api",
    from: sender,
    to: parties.to.address,
    body: smart ? smartEncode(body) : body,
    messagingServiceSid: service?.sid ?? null,
    statusCallback: statusCallback ?? applicationCallback ?? (service?.statusCallback || null),
    queue: sender,
    lane: "single",
    validitySeconds: validitySeconds ?? service?.validityPeriod ?? null,
    segmentsPerSecond: deps.rateOf(sender),
    optOutScope: service?.sid ?? (number === null ? null : (deps.services.ofNumber(number)?.sid ?? null)),
    sendAt,
    sticky: service?.stickySender ?? false,
    refusal: number === null ? NO_SENDER : null,
  };
  return { request, senderChosen: named === null };
}

/** Null: nobody of the pool can reach the recipient. */
function chosenOf(pool: Pool, to: Address, { store, receiveOnly }: ApiDeps): Promise<NumberRecord | null> {
  const members = pool.members.filter(({ number }) => !receiveOnly.has(number.line));
  return senderOf({ ...pool, members }, to, (...asked) => store.poolFacts(...asked));
}

/** Null when a service is to choose. */
function readNamedSender(
  parties: Parties,
  pool: Pool | null,
  account: AccountRecord,
  { receiveOnly }: Pick<ApiDeps, "receiveOnly">,
): NumberRecord | null {
  const { from, to } = parties;
  if (from === null) {
    if (pool === null) throw new ApiError(21603);
    if (to.kind === "short-code") throw new ApiError(21265);
    return null;
  }
  if (pool !== null) refuseOutsider(from.number, pool);
  const allowed = maySend(account, from, to);
  if (allowed.is === "no") throw refused(allowed);
  if (receiveOnly.has(allowed.number.line)) {
    throw new ApiError(
      21606,
      `The From phone number ${from.text} is not SMS-capable: its line ${allowed.number.line} only receives (\`bind: receiver\`).`,
    );
  }
  return allowed.number;
}

function readFlag(text: string | null): boolean | null {
  if (text === null) return null;
  return text.toLowerCase() === "true";
}

/** Twilio takes a service's SID in `From` too. */
function readSender(form: URLSearchParams): { from: string | null; serviceSid: string | null } {
  const from = addressOf(form, "From");
  const serviceSid = textOf(form, "MessagingServiceSid");
  if (serviceSid === null && from !== null && isServiceSid(from)) return { from: null, serviceSid: from };
  return { from, serviceSid };
}

function isServiceSid(text: string): boolean {
  return /^MG[0-9a-fA-F]{32}$/.test(text);
}

/** What a message names in `ApplicationSid` tells where its statuses go (contract §9.3). */
function readApplicationCallback(
  form: URLSearchParams,
  account: AccountRecord,
  deps: Pick<ApiDeps, "applications">,
): string | null {
  const text = textOf(form, "ApplicationSid");
  if (text === null) return null;
  const sid = canonicalSid(text);
  const application = sid === null ? null : deps.applications.bySid(sid);
  if (application === null || application.accountSid !== account.sid) throw new ApiError(21420);
  return application.messageStatusCallback || application.smsStatusCallback || null;
}

/** Where media is ignored, what is wrong with it is said all the same. */
function readMedia(urls: readonly string[], policy: ApiDeps["mediaUrl"]): void {
  if (!urls.every(isWebUrl)) throw new ApiError(21620);
  if (urls.length > MAX_MEDIA) throw new ApiError(21623);
  if (urls.length > 0 && policy === "refuse") throw new ApiError(21621);
}

function refuseContent(form: URLSearchParams): void {
  if (textOf(form, "ContentSid") !== null) throw new ApiError(21655);
  if (textOf(form, "ContentVariables") !== null) throw new ApiError(21654);
}

/** A number of no country (satellites, networks of their own) is dear: it is in nobody's list. */
function refuseCountry(to: Address, countries: ApiDeps["countries"]): void {
  if (countries === null || (to.country !== null && countries.includes(to.country))) return;
  const why = "Permission to send an SMS has not been enabled for the region indicated by the 'To' number";
  throw new ApiError(21408, `${why}: ${to.address}.`);
}

function readValidity(text: string | null): number | null {
  if (text === null) return null;
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (seconds < 1 || seconds > MAX_VALIDITY_SECONDS) throw new ApiError(21624);
  return seconds;
}

function refused(refusal: Refusal): ApiError {
  if (!isApiErrorCode(refusal.code)) throw new Error(`no HTTP status for code ${refusal.code}`);
  return new ApiError(refusal.code, refusal.message);
}
