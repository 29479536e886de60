/**
 * The parameters of POST Messages, checked in the order of contract §3.1: the first thing wrong is what the app
 * is told. What is not said here to be refused or used is ignored, as Twilio ignores what it does not know.
 */
import { maySend, type Refusal, readParties } from "../accounts/may-send.ts";
import type { OutboundRequest } from "../messaging/outbound/accept.ts";
import type { AccountRecord } from "../store/settings-document.ts";
import { ApiError, isApiErrorCode } from "./api-error.ts";
import { canonicalSid } from "./context.ts";
import type { ApiDeps } from "./deps.ts";
import { addressOf, isWebUrl, textOf } from "./parameter.ts";

/** UTF-16 units, whatever the alphabet (contract §4.2). */
export const MAX_BODY_LENGTH = 1600;
const MAX_MEDIA = 10;
const MAX_VALIDITY_SECONDS = 36_000;

export function readSend(form: URLSearchParams, account: AccountRecord, deps: ApiDeps): OutboundRequest {
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
  if (serviceSid !== null) throw noSuchService(serviceSid);
  if (parties.from === null) throw new ApiError(21603);
  const allowed = maySend(account, parties.from, parties.to);
  if (allowed.is === "no") throw refused(allowed);

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
  refuseSchedule(form);

  const number = allowed.number.phoneNumber;
  return {
    accountSid: account.sid,
    direction: "outbound-api",
    from: number,
    to: parties.to.address,
    body,
    messagingServiceSid: null,
    statusCallback: statusCallback ?? applicationCallback,
    queue: number,
    lane: "single",
    validitySeconds,
    segmentsPerSecond: deps.rateOf(number),
  };
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

function noSuchService(sid: string): ApiError {
  return isServiceSid(sid)
    ? new ApiError(21701, `The Messaging Service ${sid} does not exist`)
    : new ApiError(21705);
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

function readValidity(text: string | null): number | null {
  if (text === null) return null;
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (seconds < 1 || seconds > MAX_VALIDITY_SECONDS) throw new ApiError(21624);
  return seconds;
}

/** Scheduling belongs to messaging services. Sending now instead, as Twilio may do, is what nobody wants. */
function refuseSchedule(form: URLSearchParams): void {
  const type = textOf(form, "ScheduleType");
  const sendAt = textOf(form, "SendAt");
  if (type !== null && type !== "fixed") throw new ApiError(35126);
  if (type !== null && sendAt === null) throw new ApiError(35111);
  if (sendAt !== null) throw new ApiError(35118);
}

function refused(refusal: Refusal): ApiError {
  if (!isApiErrorCode(refusal.code)) throw new Error(`no HTTP status for code ${refusal.code}`);
  return new ApiError(refusal.code, refusal.message);
}
