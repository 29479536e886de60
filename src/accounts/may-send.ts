/**
 * May this account send from this to that? Two steps of contract §3.1's check order, because a messaging service
 * is looked at between them: first whether the two addresses are addresses at all, then what they are to the
 * account and to each other. A refusal carries Twilio's own code and words.
 */
import type { AccountRecord, NumberRecord } from "../store/settings-document.ts";
import { type Address, parseAddress } from "./address.ts";
import type { Numbers } from "./numbers.ts";
import { takesNames } from "./takes-names.ts";

export type Refusal = { readonly is: "no"; readonly code: number; readonly message: string };

export type Parties = {
  readonly is: "yes";
  /** Null when the app names no sender and leaves it to a service. */
  readonly from: { readonly text: string; readonly number: NumberRecord | null } | null;
  readonly to: Address;
};

/** `From` and `To` as the app wrote them. A national `To` is read in the sender's country (contract §4.1). */
export function readParties(
  written: { readonly from: string | null; readonly to: string },
  policy: { readonly numbers: Numbers; readonly siteCountry: string },
): Parties | Refusal {
  const from = written.from === null ? null : readSender(written.from, policy);
  const to = parseAddress(written.to, from?.country ?? policy.siteCountry);
  if (to === null || to.kind === "alphanumeric") {
    return no(21211, `The 'To' number ${written.to} is not a valid phone number.`);
  }
  if (written.from === null) return { is: "yes", from: null, to };
  if (from === null) {
    return no(
      21212,
      `The 'From' number ${written.from} is not a valid phone number, shortcode, or alphanumeric sender ID.`,
    );
  }
  return { is: "yes", from: { text: written.from, number: from.number }, to };
}

export type MaySend = { readonly is: "yes"; readonly number: NumberRecord } | Refusal;

export function maySend(account: AccountRecord, from: NonNullable<Parties["from"]>, to: Address): MaySend {
  const { text, number } = from;
  if (number === null || number.accountSid !== account.sid || crossesBorder(number, to)) {
    return no(
      21606,
      `The From phone number ${text} is not a valid, SMS-capable inbound phone number or short code for your account.`,
    );
  }
  if (to.address === number.phoneNumber) {
    return no(21266, `The 'To' and 'From' numbers are the same: ${to.address}.`);
  }
  if (to.kind === "short-code") {
    return no(21265, `The 'To' number ${to.address} is a short code; short codes take no messages.`);
  }
  if (number.kind === "alphanumeric" && !takesNames(to.country)) {
    return no(
      21612,
      `The 'To' phone number: ${to.address}, is not currently reachable using the 'From' phone number: ${text} via SMS.`,
    );
  }
  return { is: "yes", number };
}

type Sender = { readonly number: NumberRecord | null; readonly country: string | null };

function readSender(
  text: string,
  policy: { readonly numbers: Numbers; readonly siteCountry: string },
): Sender | null {
  const exact = policy.numbers.byNumber(text);
  if (exact !== null) return { number: exact, country: exact.country };
  const address = parseAddress(text, policy.siteCountry);
  if (address === null) return null;
  const number = policy.numbers.byNumber(address.address);
  return { number, country: number?.country ?? address.country };
}

/** A short code exists in one country only. A destination whose country the tables cannot tell passes. */
function crossesBorder(number: NumberRecord, to: Address): boolean {
  return number.kind === "short-code" && to.country !== null && to.country !== number.country;
}

function no(code: number, message: string): Refusal {
  return { is: "no", code, message };
}
