/**
 * What may be said of a member, wherever it comes from: the API and a file are read by the same rules. What is
 * wrong is one sentence with the mend, without a full stop, so that the caller can say where it was.
 */
import { parseAddress } from "../address.ts";

/** Per member. */
export const MAX_ATTRIBUTES = 20;
const MAX_VALUE_LENGTH = 255;
const NAME = /^\p{L}[\p{L}\p{M}\p{N} _.-]{0,39}$/u;
const LANGUAGE = /^[a-z]{2,3}(?:-[a-z0-9]{2,8}){0,3}$/i;
const CONTROL = /\p{Cc}/u;

/** Columns of a file that are no attributes, as `columnOf` writes them. */
export const MEMBER_COLUMNS = ["phonenumber", "language", "joinedat", "joinedby", "optedoutof"] as const;

export type Read<T> =
  | { readonly is: "read"; readonly value: T }
  | { readonly is: "wrong"; readonly why: string };

/** E.164. National forms are read in the site's country. */
export function readPhoneNumber(text: string, siteCountry: string): Read<string> {
  const address = parseAddress(text, siteCountry);
  if (address?.kind === "e164") return read(address.address);
  const shown = text.slice(0, 40);
  if (address?.kind === "short-code") return wrong(`${shown} is a short code, and takes no messages`);
  if (/^\d([.,]\d+)?E\+?\d+$/i.test(text.trim())) {
    return wrong(
      `${shown} is what a spreadsheet makes of a number: format the column as text, write it again`,
    );
  }
  return wrong(
    `${shown} is no phone number: write it with its country (+33612345678), or as in ${siteCountry}`,
  );
}

/** As its tag is written (`fr`, `pt-BR`). */
export function readLanguage(text: string): Read<string> {
  const [tag] = LANGUAGE.test(text) ? canonicalTags(text) : [];
  return tag === undefined ? wrong(`${text.slice(0, 40)} is no language tag such as fr or pt-BR`) : read(tag);
}

export function readAttributeName(text: string): Read<string> {
  const name = text.normalize("NFC").trim();
  if (!NAME.test(name)) {
    return wrong(
      `${name.slice(0, 40)} cannot name an attribute: a letter first, then letters, digits, spaces, _ . -, 40 at most`,
    );
  }
  const isTaken = (MEMBER_COLUMNS as readonly string[]).includes(columnOf(name));
  return isTaken
    ? wrong(`${name} is a column of every file, not an attribute: call it otherwise`)
    : read(name);
}

/** Without the white space around it. What is empty then is no attribute. */
export function readAttributeValue(text: string): Read<string> {
  const value = text.trim();
  if (CONTROL.test(value)) {
    return wrong("it has a line break, a tab or another control character: write it on one line");
  }
  return value.length > MAX_VALUE_LENGTH
    ? wrong(`it has ${value.length} characters, ${MAX_VALUE_LENGTH} are allowed: shorten it`)
    : read(value);
}

/** `Phone Number`, `phone_number` and `phoneNumber` are the same column. */
export function columnOf(name: string): string {
  return name.toLowerCase().replace(/[\s_.-]/g, "");
}

function canonicalTags(text: string): readonly string[] {
  try {
    return Intl.getCanonicalLocales(text);
  } catch {
    return [];
  }
}

function read<T>(value: T): Read<T> {
  return { is: "read", value };
}

function wrong(why: string): Read<never> {
  return { is: "wrong", why };
}
