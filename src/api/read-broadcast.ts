/**
 * The parameters of a broadcast, read into what the desk checks. A name that is none of them is refused, not ignored as
 * on Twilio's own resources: `Timezone` for `TimeZone` would send every morning at the wrong hour.
 */
import { parseAddress } from "../accounts/address.ts";
import type { BroadcastPatch } from "../messaging/broadcast/desk.ts";
import { isTimeZone } from "../messaging/broadcast/schedule.ts";
import type { BroadcastDefinition, StoredBroadcast } from "../store/broadcast-commands.ts";
import { ApiError } from "./api-error.ts";
import { canonicalSid } from "./context.ts";
import type { ApiDeps } from "./deps.ts";
import { addressOf, friendlyNameOf, isWebUrl, textOf } from "./parameter.ts";
import { parseDate } from "./parse-date.ts";

const NAMES = [
  "FriendlyName",
  "Cron",
  "At",
  "TimeZone",
  "From",
  "MessagingServiceSid",
  "AudienceSid",
  "Body",
  "BodyUrl",
  "BodyMethod",
  "BodyPer",
  "OnBodyFailure",
  "RetryMinutes",
  "MaxAgeMinutes",
  "FallbackText",
  "MaxSegments",
  "IfMissed",
  "DeadlineMinutes",
  "QuietHours",
  "Status",
];

const DEFAULTS = {
  cron: null,
  at: null,
  from: null,
  messagingServiceSid: null,
  body: null,
  bodyUrl: null,
  bodyMethod: "GET",
  bodyPer: "run",
  onBodyFailure: "skip",
  retryMinutes: 30,
  maxAgeMinutes: null,
  fallbackText: null,
  maxSegments: 6,
  ifMissed: "catch-up",
  deadlineMinutes: 600,
  quietHours: null,
} as const satisfies Partial<BroadcastDefinition>;

/** A date, an hour, and the zone they are in. */
const ZONED = /\d{2}:\d{2}\S*\s*(?:[A-Za-z]{1,4}|[+ -]\d{2}:?\d{2})$/;
const HOURS = /^([01]?\d|2[0-3]):([0-5]\d)\s*-\s*([01]?\d|2[0-3]):([0-5]\d)$/;

export type BroadcastDeps = Pick<ApiDeps, "numbers" | "siteCountry" | "siteTimeZone" | "nearest">;

export function readNewBroadcast(form: URLSearchParams, deps: BroadcastDeps): BroadcastDefinition {
  const { patch } = readBroadcastPatch(form, deps);
  const { name, audienceSid, ...rest } = patch;
  if (name === undefined) throw new ApiError(20001, "A 'FriendlyName' is required.");
  if (rest.cron === undefined && rest.at === undefined) {
    throw new ApiError(20001, "A 'Cron' (five fields, such as 0 7 * * *) or an 'At' is required.");
  }
  if (rest.from === undefined && rest.messagingServiceSid === undefined) throw new ApiError(21603);
  if (rest.body === undefined && rest.bodyUrl === undefined) {
    throw new ApiError(21602, "A 'Body' or a 'BodyUrl' is required.");
  }
  if (audienceSid === undefined) throw new ApiError(20001, "An 'AudienceSid' is required.");
  return { ...DEFAULTS, timeZone: deps.siteTimeZone, ...rest, name, audienceSid };
}

export function readBroadcastPatch(
  form: URLSearchParams,
  deps: BroadcastDeps,
): { readonly patch: BroadcastPatch; readonly status: StoredBroadcast["state"] | null } {
  refuseUnknown(form, NAMES, deps);
  const name = friendlyNameOf(form);
  const timeZone = readTimeZone(textOf(form, "TimeZone"), deps);
  const audienceSid = readSid(form, "AudienceSid", "AU");
  const bodyMethod = readWord(form, "BodyMethod", ["GET", "POST"]);
  const bodyPer = readWord(form, "BodyPer", ["run", "member"]);
  const onBodyFailure = readWord(form, "OnBodyFailure", ["fallback", "skip", "retry"]);
  const retryMinutes = readCount(form, "RetryMinutes", 1, 1440);
  const maxAgeMinutes = readCount(form, "MaxAgeMinutes", 1, 10_080);
  const maxSegments = readCount(form, "MaxSegments", 1, 24);
  const ifMissed = readWord(form, "IfMissed", ["catch-up", "skip"]);
  const deadlineMinutes = readCount(form, "DeadlineMinutes", 1, 1440);
  const fallbackText = textOf(form, "FallbackText");
  const quietHours = readQuietHours(textOf(form, "QuietHours"));
  const isEmptied = (parameter: string) => form.get(parameter) === "";
  return {
    patch: {
      ...(name === null ? {} : { name }),
      ...readSchedule(form),
      ...(timeZone === null ? {} : { timeZone }),
      ...readSender(form, deps),
      ...(audienceSid === null ? {} : { audienceSid }),
      ...readText(form),
      ...(bodyMethod === null ? {} : { bodyMethod }),
      ...(bodyPer === null ? {} : { bodyPer }),
      ...(onBodyFailure === null ? {} : { onBodyFailure }),
      ...(retryMinutes === null ? {} : { retryMinutes }),
      ...(maxAgeMinutes === null && !isEmptied("MaxAgeMinutes") ? {} : { maxAgeMinutes }),
      ...(fallbackText === null && !isEmptied("FallbackText") ? {} : { fallbackText }),
      ...(maxSegments === null ? {} : { maxSegments }),
      ...(ifMissed === null ? {} : { ifMissed }),
      ...(deadlineMinutes === null ? {} : { deadlineMinutes }),
      ...(quietHours === null && !isEmptied("QuietHours") ? {} : { quietHours }),
    },
    status: readWord(form, "Status", ["active", "paused"]),
  };
}

export function refuseUnknown(
  form: URLSearchParams,
  names: readonly string[],
  { nearest }: Pick<ApiDeps, "nearest">,
): void {
  for (const name of form.keys()) {
    if (names.includes(name)) continue;
    const meant = nearest(name, names);
    const mend = meant === null ? `there are ${names.join(", ")}` : `did you mean '${meant}'?`;
    throw new ApiError(20001, `There is no parameter '${name.slice(0, 40)}': ${mend}`);
  }
}

/** Null when it is absent. */
export function readWord<Word extends string>(
  form: URLSearchParams,
  name: string,
  words: readonly Word[],
): Word | null {
  const text = textOf(form, name);
  if (text === null) return null;
  const word = words.find((known) => known.toLowerCase() === text.toLowerCase());
  if (word === undefined) throw new ApiError(20422, `The '${name}' is one of ${words.join(", ")}.`);
  return word;
}

/** One of two, the other is then no more. */
function readSchedule(form: URLSearchParams): BroadcastPatch {
  const cron = textOf(form, "Cron");
  const text = textOf(form, "At")?.trim() ?? null;
  if (cron !== null && text !== null) throw new ApiError(20001, "Either a 'Cron' or an 'At', not both.");
  if (cron !== null) return { cron: cron.trim(), at: null };
  if (text === null) return {};
  const at = ZONED.test(text) ? parseDate(text)?.from : undefined;
  if (at === undefined) {
    throw new ApiError(20422, "The 'At' is a date with its time and zone, such as 2026-12-24T18:00+01:00.");
  }
  return { at, cron: null };
}

function readSender(form: URLSearchParams, { numbers, siteCountry }: BroadcastDeps): BroadcastPatch {
  const from = addressOf(form, "From");
  const service = readSid(form, "MessagingServiceSid", "MG");
  if (from !== null && service !== null) {
    throw new ApiError(20001, "Either a 'From' or a 'MessagingServiceSid', not both.");
  }
  if (service !== null) return { messagingServiceSid: service, from: null };
  if (from === null) return {};
  const address = numbers.byNumber(from)?.phoneNumber ?? parseAddress(from, siteCountry)?.address;
  return { from: address ?? from, messagingServiceSid: null };
}

function readText(form: URLSearchParams): BroadcastPatch {
  const body = textOf(form, "Body");
  const bodyUrl = textOf(form, "BodyUrl");
  if (body !== null && bodyUrl !== null)
    throw new ApiError(20001, "Either a 'Body' or a 'BodyUrl', not both.");
  if (body !== null) return { body, bodyUrl: null };
  if (bodyUrl === null) return {};
  if (!isWebUrl(bodyUrl)) throw new ApiError(20422, "The 'BodyUrl' must be absolute, http or https.");
  return { bodyUrl, body: null };
}

function readTimeZone(text: string | null, { nearest }: BroadcastDeps): string | null {
  if (text === null || isTimeZone(text)) return text;
  const zones = Intl.supportedValuesOf("timeZone");
  const wanted = text.trim().toLowerCase().replaceAll(" ", "_");
  const meant = zones.find((zone) => zone.toLowerCase().endsWith(`/${wanted}`)) ?? nearest(text, zones);
  const mend = meant === null ? "it is an IANA name, such as Europe/Paris." : `did you mean ${meant}?`;
  throw new ApiError(20422, `The 'TimeZone' ${text.slice(0, 40)} is unknown: ${mend}`);
}

function readSid(form: URLSearchParams, name: string, prefix: string): string | null {
  const text = textOf(form, name);
  if (text === null) return null;
  const sid = canonicalSid(text.trim());
  if (sid?.startsWith(prefix) !== true)
    throw new ApiError(20422, `The '${name}' is ${prefix} and 32 hex digits.`);
  return sid;
}

function readCount(form: URLSearchParams, name: string, least: number, most: number): number | null {
  const text = textOf(form, name);
  if (text === null) return null;
  const count = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (count < least || count > most) {
    throw new ApiError(20422, `The '${name}' is a whole number from ${least} to ${most}.`);
  }
  return count;
}

function readQuietHours(text: string | null): BroadcastDefinition["quietHours"] {
  if (text === null) return null;
  const [, fromHour, fromMinute, untilHour, untilMinute] = HOURS.exec(text.trim()) ?? [];
  const from = Number(fromHour) * 60 + Number(fromMinute);
  const until = Number(untilHour) * 60 + Number(untilMinute);
  if (Number.isNaN(from) || from === until) {
    throw new ApiError(20422, "The 'QuietHours' are two different times, such as 22:00-06:30.");
  }
  return { from, until };
}
