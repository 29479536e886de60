/** The parameters of a messaging service, contract §6.1. An empty value clears; what is absent stays. */
import type { ServicePatch } from "../accounts/services.ts";
import { ApiError } from "./api-error.ts";
import { readMethod, readUrl } from "./read-number-patch.ts";

const MAX_VALIDITY_SECONDS = 36_000;
const USECASES = ["notifications", "marketing", "verification", "discussion", "poll", "undeclared"];
const SCANNING = ["inherit", "enable", "disable"];

export function readService(form: URLSearchParams): ServicePatch {
  const patch: { [Name in keyof ServicePatch]: ServicePatch[Name] | null } = {
    friendlyName: readName(form),
    inboundRequestUrl: readUrl(form, "InboundRequestUrl"),
    inboundMethod: readMethod(form, "InboundMethod"),
    fallbackUrl: readUrl(form, "FallbackUrl"),
    fallbackMethod: readMethod(form, "FallbackMethod"),
    statusCallback: readUrl(form, "StatusCallback"),
    stickySender: readFlag(form, "StickySender"),
    mmsConverter: readFlag(form, "MmsConverter"),
    smartEncoding: readFlag(form, "SmartEncoding"),
    scanMessageContent: readOneOf(form, "ScanMessageContent", SCANNING),
    fallbackToLongCode: readFlag(form, "FallbackToLongCode"),
    areaCodeGeomatch: readFlag(form, "AreaCodeGeomatch"),
    synchronousValidation: readFlag(form, "SynchronousValidation"),
    validityPeriod: readValidity(form),
    usecase: readOneOf(form, "Usecase", USECASES),
    useInboundWebhookOnNumber: readFlag(form, "UseInboundWebhookOnNumber"),
  };
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== null)) as ServicePatch;
}

function readName(form: URLSearchParams): string | null {
  const name = form.get("FriendlyName");
  if (name !== null && (name === "" || name.length > 64)) throw new ApiError(20002);
  return name;
}

function readFlag(form: URLSearchParams, name: string): boolean | null {
  const value = form.get(name)?.toLowerCase();
  if (value === undefined || value === "") return null;
  if (value !== "true" && value !== "false") throw notOneOf(name, ["true", "false"]);
  return value === "true";
}

function readOneOf(form: URLSearchParams, name: string, values: readonly string[]): string | null {
  const value = form.get(name);
  if (value === null || value === "") return null;
  if (!values.includes(value)) throw notOneOf(name, values);
  return value;
}

function readValidity(form: URLSearchParams): number | null {
  const text = form.get("ValidityPeriod");
  if (text === null || text === "") return null;
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (seconds < 1 || seconds > MAX_VALIDITY_SECONDS) throw new ApiError(21624);
  return seconds;
}

function notOneOf(name: string, values: readonly string[]): ApiError {
  return new ApiError(20422, `The '${name}' is not valid: it must be one of ${values.join(", ")}.`);
}
