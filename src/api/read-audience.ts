/** The parameters of an audience and of a member. An empty value clears; what is absent stays. */
import type { MemberFields } from "../accounts/audience/audiences.ts";
import {
  MAX_ATTRIBUTES,
  readAttributeName,
  readAttributeValue,
  readLanguage,
  readPhoneNumber,
} from "../accounts/audience/member-fields.ts";
import type { AudiencePatch, MemberPatch } from "../store/audience-commands.ts";
import { ApiError } from "./api-error.ts";
import { addressOf, flagOf, friendlyNameOf } from "./parameter.ts";
import { MAX_BODY_LENGTH } from "./read-send.ts";

const MAX_KEYWORDS = 10;
const KEYWORD = /^[\p{L}\p{N}][\p{L}\p{M}\p{N} '’._-]{0,39}$/u;

export function readAudience(form: URLSearchParams): AudiencePatch {
  const friendlyName = friendlyNameOf(form);
  const language = form.get("Language");
  const keywords = form.getAll("Keyword");
  const confirm = flagOf(form, "Confirm");
  const forwardKeywords = flagOf(form, "ForwardKeywords");
  return {
    ...(friendlyName === null ? {} : { friendlyName }),
    ...(language === null ? {} : { language: languageOf(language) }),
    ...(keywords.length === 0 ? {} : { keywords: readKeywords(keywords) }),
    ...(confirm === null ? {} : { confirm }),
    ...(forwardKeywords === null ? {} : { forwardKeywords }),
    ...readText(form, "WelcomeText", "welcomeText"),
    ...readText(form, "GoodbyeText", "goodbyeText"),
  };
}

/** `Attributes` is a JSON object, as text in a form: what it names is set, or taken away by null or an empty text. */
export function readMemberPatch(form: URLSearchParams): MemberPatch {
  const language = form.get("Language");
  const attributes = form.get("Attributes");
  return {
    ...(language === null ? {} : { language: languageOf(language) }),
    ...(attributes === null || attributes === "" ? {} : { attributes: readAttributes(attributes) }),
  };
}

export function readMember(form: URLSearchParams, siteCountry: string): MemberFields {
  return { phoneNumber: readNumber(form, siteCountry), ...readMemberPatch(form) };
}

/** E.164. */
export function readNumber(form: URLSearchParams, siteCountry: string): string {
  const text = addressOf(form, "PhoneNumber");
  if (text === null) throw new ApiError(21421, "A 'PhoneNumber' is required.");
  const number = readPhoneNumber(text, siteCountry);
  if (number.is === "wrong") throw new ApiError(21421, `The 'PhoneNumber' is not valid: ${number.why}.`);
  return number.value;
}

function languageOf(text: string): string | null {
  if (text.trim() === "") return null;
  const language = readLanguage(text.trim());
  if (language.is === "wrong") throw new ApiError(20422, `The 'Language' is not valid: ${language.why}.`);
  return language.value;
}

/** One empty one: none. */
function readKeywords(texts: readonly string[]): readonly string[] {
  const keywords = texts
    .map((text) => text.normalize("NFC").trim().replace(/\s+/g, " "))
    .filter((text) => text !== "");
  if (keywords.length > MAX_KEYWORDS) {
    throw new ApiError(20422, `An audience takes at most ${MAX_KEYWORDS} 'Keyword's.`);
  }
  const bad = keywords.find((keyword) => !KEYWORD.test(keyword));
  if (bad !== undefined) {
    throw new ApiError(
      20422,
      `The 'Keyword' ${bad.slice(0, 40)} is not valid: a letter or digit first, then letters, digits, spaces, ' . _ -, 40 at most.`,
    );
  }
  return keywords;
}

function readText<Name extends "welcomeText" | "goodbyeText">(
  form: URLSearchParams,
  parameter: string,
  name: Name,
): { readonly [Key in Name]?: string | null } {
  const text = form.get(parameter);
  if (text === null) return {};
  if (text.length > MAX_BODY_LENGTH) {
    throw new ApiError(21617, `The '${parameter}' exceeds the ${MAX_BODY_LENGTH} character limit.`);
  }
  return { [name]: text.trim() === "" ? null : text } as { [Key in Name]?: string | null };
}

function readAttributes(text: string): Readonly<Record<string, string | null>> {
  const parsed = parsedObject(text);
  if (parsed === null) {
    throw new ApiError(20422, `The 'Attributes' are not valid: a JSON object such as {"town": "Brest"}.`);
  }
  const entries = Object.entries(parsed).map(([name, value]) => attributeOf(name, value));
  if (entries.length > MAX_ATTRIBUTES) {
    throw new ApiError(20422, `A member takes at most ${MAX_ATTRIBUTES} 'Attributes'.`);
  }
  return Object.fromEntries(entries);
}

function attributeOf(name: string, value: unknown): readonly [string, string | null] {
  const read = readAttributeName(name);
  if (read.is === "wrong") throw new ApiError(20422, `The 'Attributes' are not valid: ${read.why}.`);
  const { value: known } = read;
  if (value === null) return [known, null];
  if (typeof value === "object") {
    throw new ApiError(
      20422,
      `The attribute ${known} is not valid: it must be a text, a number, true, false or null.`,
    );
  }
  const text = readAttributeValue(String(value));
  if (text.is === "wrong") throw new ApiError(20422, `The attribute ${known} is not valid: ${text.why}.`);
  return [known, text.value || null];
}

function parsedObject(text: string): object | null {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed) ? parsed : null;
  } catch {
    return null;
  }
}
