/**
 * The parameters of a number's purchase and of its update, contract §5.1. An empty value clears; what is absent
 * stays. URLs and methods are checked here, once, so that a webhook is never attempted to something that is no
 * URL.
 */
import type { NumberPatch } from "../accounts/numbers.ts";
import type { NumberRecord } from "../store/settings-document.ts";
import type { HttpMethod } from "../store/store.ts";
import { ApiError } from "./api-error.ts";
import { canonicalSid } from "./context.ts";
import { friendlyNameOf, isWebUrl } from "./parameter.ts";

/** Stored for nothing but to be shown again; where a set of values is given, no other is taken. */
const ECHOED: Readonly<Record<string, readonly string[] | null>> = {
  VoiceApplicationSid: null,
  VoiceCallerIdLookup: ["true", "false"],
  VoiceReceiveMode: ["voice", "fax"],
  TrunkSid: null,
  ApiVersion: null,
  AddressSid: null,
  BundleSid: null,
  IdentitySid: null,
  EmergencyStatus: ["Active", "Inactive"],
  EmergencyAddressSid: null,
};

const MAX_ECHOED_LENGTH = 64;

/** The number as it stands; one that is about to be bought has nothing set yet. */
type Current = Pick<NumberRecord, "smsUrl" | "voiceUrl" | "echoed">;

export const NOTHING_SET: Current = { smsUrl: "", voiceUrl: "" };

/** `isApplication`: whether that is an application of the account the number belongs to. */
export function readNumberPatch(
  form: URLSearchParams,
  number: Current,
  isApplication: (sid: string) => boolean,
): NumberPatch {
  const patch: NumberPatch = {
    ...field("friendlyName", friendlyNameOf(form)),
    ...field("smsUrl", readUrl(form, "SmsUrl")),
    ...field("smsMethod", readMethod(form, "SmsMethod")),
    ...field("smsFallbackUrl", readUrl(form, "SmsFallbackUrl")),
    ...field("smsFallbackMethod", readMethod(form, "SmsFallbackMethod")),
    ...field("smsApplicationSid", readApplication(form, isApplication)),
    ...field("statusCallback", readUrl(form, "StatusCallback")),
    ...field("statusCallbackMethod", readMethod(form, "StatusCallbackMethod")),
    ...field("voiceUrl", readUrl(form, "VoiceUrl")),
    ...field("voiceMethod", readMethod(form, "VoiceMethod")),
    ...field("voiceFallbackUrl", readUrl(form, "VoiceFallbackUrl")),
    ...field("voiceFallbackMethod", readMethod(form, "VoiceFallbackMethod")),
    ...field("echoed", readEchoed(form, number)),
  };
  // Only a fallback that is asked for now: clearing SmsUrl alone has to stay possible.
  if (patch.smsFallbackUrl && (patch.smsUrl ?? number.smsUrl) === "") throw new ApiError(21406);
  if (patch.voiceFallbackUrl && (patch.voiceUrl ?? number.voiceUrl) === "") throw new ApiError(21405);
  return patch;
}

function field<Name extends keyof NumberPatch>(
  name: Name,
  value: NumberPatch[Name] | null,
): Pick<NumberPatch, Name> | Record<never, never> {
  return value === null || value === undefined ? {} : { [name]: value };
}

export function readUrl(form: URLSearchParams, name: string): string | null {
  const url = form.get(name)?.trim() ?? null;
  if (url !== null && url !== "" && !isWebUrl(url)) {
    throw new ApiError(
      21402,
      `The '${name}' ${url.slice(0, 200)} is not a valid URL: absolute, http or https.`,
    );
  }
  return url;
}

export function readMethod(form: URLSearchParams, name: string): HttpMethod | null {
  const method = form.get(name)?.toUpperCase();
  if (method === undefined) return null;
  if (method === "") return "POST";
  if (method !== "GET" && method !== "POST") {
    throw new ApiError(21403, `The '${name}' ${method.slice(0, 20)} is not valid: it must be GET or POST.`);
  }
  return method;
}

function readApplication(form: URLSearchParams, isApplication: (sid: string) => boolean): string | null {
  const sid = form.get("SmsApplicationSid")?.trim() ?? null;
  if (sid === null || sid === "") return sid;
  const canonical = canonicalSid(sid);
  if (canonical === null || !isApplication(canonical)) throw new ApiError(21420);
  return canonical;
}

function readEchoed(form: URLSearchParams, number: Current): Readonly<Record<string, string>> | null {
  const echoed: Record<string, string> = { ...number.echoed };
  let changed = false;
  for (const [name, values] of Object.entries(ECHOED)) {
    const value = form.get(name);
    if (value === null) continue;
    if (value !== "" && (values?.includes(value) === false || value.length > MAX_ECHOED_LENGTH)) {
      throw new ApiError(20422, `The '${name}' ${value.slice(0, 64)} is not valid.`);
    }
    if (value === "") delete echoed[name];
    else echoed[name] = value;
    changed = true;
  }
  return changed ? echoed : null;
}
