/**
 * Reading the addresses people and programs write (contract §4.1), and naming what a number is.
 *
 * A number is taken when it is *possible* (right length for its country), not only when the tables call it
 * valid: the box lives for years without updates, and fictional ranges have to work. The `max` tables are the
 * smallest that tell kind and country: `min` leaves the kind of a French number open, `mobile` knows no landline
 * and no toll-free number. They cost 70 KB more than `min`.
 *
 * Digits alone are ambiguous: 3 to 8 of them are a short code (contract §4.1), except 7 or 8 that the tables know
 * as a complete national number (Norway, Denmark).
 */
import {
  type CountryCode,
  isSupportedCountry,
  type NumberType,
  type PhoneNumber,
  parsePhoneNumberFromString,
  validatePhoneNumberLength,
} from "libphonenumber-js/max";
import { Remembered } from "../runtime/remembered.ts";
import type { NumberKind } from "../store/settings-document.ts";

export type Address = {
  readonly kind: "e164" | "short-code" | "alphanumeric";
  /** E.164 with `+`, the digits of a short code, or the text of an alphanumeric sender. */
  readonly address: string;
  /** ISO 3166-1 alpha-2; null for what belongs to no country the tables can name. */
  readonly country: string | null;
};

const DIALLED = /^\+?[\d\s().\-/]{2,40}$/;
const SHORT_CODE = /^\d{3,8}$/;
const ALPHANUMERIC = /^(?=.*[A-Za-z])[A-Za-z0-9 \-+_&]{1,11}$/;

/**
 * Reading one costs 20 µs, a tenth of all that a message costs, and people are written to more than once. Bounded: a
 * site's regular recipients, 3 MB of them at most.
 */
const read = new Remembered<Address | null>(8_000);

/** Null when it is none of the three kinds. National forms are read in `defaultCountry`. */
export function parseAddress(text: string, defaultCountry: string): Address | null {
  const key = `${defaultCountry} ${text}`;
  const known = read.get(key);
  if (known !== undefined) return known;
  const address = readAddress(text.trim(), defaultCountry);
  // What is longer than any address is none, and is not worth its room.
  if (text.length > 40) return address;
  read.set(key, address);
  return address;
}

function readAddress(trimmed: string, defaultCountry: string): Address | null {
  if (SHORT_CODE.test(trimmed)) {
    const phone = trimmed.length >= 7 ? phoneOf(trimmed, defaultCountry) : null;
    if (phone?.isValid() === true) return e164(phone);
    return { kind: "short-code", address: trimmed, country: null };
  }
  if (DIALLED.test(trimmed)) {
    const phone = phoneOf(trimmed, defaultCountry);
    return phone === null ? null : e164(phone);
  }
  return ALPHANUMERIC.test(trimmed) ? { kind: "alphanumeric", address: trimmed, country: null } : null;
}

export type NumberDescription = {
  readonly kind: NumberKind;
  readonly country: string;
  /** As it is dialled in its own country: `06 39 98 00 01`, `(501) 712-2661`. */
  readonly national: string;
};

/**
 * What a number of a Line is. A kind the tables do not know is `mobile` on a modem line, `local` on an SMPP line
 * (DESIGN §3 "Addresses"). A country they do not know is the site's, unless the calling code rules the site out:
 * then it is the calling code's first country.
 */
export function describeNumber(
  phoneNumber: string,
  site: { readonly lineKind: "modem" | "smpp"; readonly siteCountry: string },
): NumberDescription {
  const phone = phoneOf(phoneNumber, site.siteCountry);
  const unknownKind = site.lineKind === "modem" ? "mobile" : "local";
  if (phone === null) return { kind: unknownKind, country: site.siteCountry, national: phoneNumber };
  return {
    kind: kindOf(phone.getType()) ?? unknownKind,
    country: countryOf(phone, site.siteCountry),
    national: phone.formatNational(),
  };
}

/** `friendlyName` of a number nobody has named: its national form (contract §5.1). */
export function nationalFormatOf(phoneNumber: string): string {
  if (!phoneNumber.startsWith("+")) return phoneNumber;
  return parsePhoneNumberFromString(phoneNumber, { extract: false })?.formatNational() ?? phoneNumber;
}

export type AddressDescription = {
  /** E.164, or null for what is no number at all. */
  readonly phoneNumber: string | null;
  readonly callingCode: string | null;
  readonly country: string | null;
  readonly national: string | null;
  /** Twilio's words for what is wrong with it (contract §7.6); none for one that is possible. */
  readonly errors: readonly string[];
};

/** A text in Lookup's terms. What is possible has no error, as in sending: what Lookup calls valid can be sent to. */
export function describeAddress(text: string, defaultCountry: string): AddressDescription {
  const country = isSupportedCountry(defaultCountry) ? { defaultCountry } : {};
  const phone = parsePhoneNumberFromString(text, { extract: false, ...country });
  if (phone === undefined) {
    const length = validatePhoneNumberLength(text, country);
    const why = length === undefined ? "NOT_A_NUMBER" : (LENGTH_ERRORS[length] ?? "NOT_A_NUMBER");
    return { phoneNumber: null, callingCode: null, country: null, national: null, errors: [why] };
  }
  const length = validatePhoneNumberLength(phone.number);
  const why = length === undefined ? "INVALID_LENGTH" : (LENGTH_ERRORS[length] ?? "INVALID_LENGTH");
  return {
    phoneNumber: phone.number,
    callingCode: phone.countryCallingCode,
    country: phone.country ?? null,
    national: phone.formatNational(),
    errors: phone.isPossible() ? [] : [why],
  };
}

const LENGTH_ERRORS: Readonly<Record<string, string>> = {
  INVALID_COUNTRY: "INVALID_COUNTRY_CODE",
  NOT_A_NUMBER: "NOT_A_NUMBER",
  TOO_SHORT: "TOO_SHORT",
  TOO_LONG: "TOO_LONG",
  INVALID_LENGTH: "INVALID_LENGTH",
};

/** In English; null when there is no such country. */
export function countryName(code: string): string | null {
  if (!isSupportedCountry(code)) return null;
  return new Intl.DisplayNames(["en"], { type: "region" }).of(code) ?? code;
}

/** A country the tables do not know is none. */
function phoneOf(text: string, defaultCountry: string): PhoneNumber | null {
  const phone = parsePhoneNumberFromString(text, {
    extract: false,
    defaultCountry: defaultCountry as CountryCode,
  });
  return phone?.isPossible() === true ? phone : null;
}

function e164(phone: PhoneNumber): Address {
  return { kind: "e164", address: phone.number, country: phone.country ?? null };
}

function countryOf(phone: PhoneNumber, siteCountry: string): string {
  if (phone.country !== undefined) return phone.country;
  const possible: readonly string[] = phone.getPossibleCountries();
  return possible.includes(siteCountry) ? siteCountry : (possible[0] ?? siteCountry);
}

/** `FIXED_LINE_OR_MOBILE` (all of North America) is a kind the tables do not know. */
function kindOf(type: NumberType): NumberKind | null {
  if (type === "MOBILE") return "mobile";
  if (type === "FIXED_LINE") return "local";
  return type === "TOLL_FREE" ? "toll-free" : null;
}
