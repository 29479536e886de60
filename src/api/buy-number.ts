/**
 * POST IncomingPhoneNumbers, contract §5.1: a number that a line offers and nobody has becomes the account's. By
 * `PhoneNumber` it is that one; by `AreaCode` any of North America's with that code, the next one when somebody
 * else takes it meanwhile.
 */
import { parseAddress } from "../accounts/address.ts";
import type { Offer, PhoneNumberKind } from "../accounts/inventory.ts";
import type { AccountRecord, NumberRecord } from "../store/settings-document.ts";
import { ApiError } from "./api-error.ts";
import type { ApiDeps } from "./deps.ts";
import { addressOf, textOf } from "./parameter.ts";
import { NOTHING_SET, readNumberPatch } from "./read-number-patch.ts";

/** `kind`: the subset of the path, such as `/Mobile`; null for any. */
export async function buyNumber(
  form: URLSearchParams,
  account: AccountRecord,
  kind: PhoneNumberKind | null,
  deps: Pick<ApiDeps, "inventory" | "siteCountry" | "applications">,
): Promise<NumberRecord> {
  if (account.status !== "active") throw new ApiError(20005);
  const phoneNumber = addressOf(form, "PhoneNumber");
  const areaCode = textOf(form, "AreaCode");
  if (kind !== null && areaCode !== null) throw new ApiError(21457);
  const settings = readNumberPatch(
    form,
    NOTHING_SET,
    (sid) => deps.applications.bySid(sid)?.accountSid === account.sid,
  );
  if (phoneNumber !== null) {
    const offer = offerOf(phoneNumber, deps);
    if (kind !== null && offer.kind !== kind) throw new ApiError(21458);
    const bought = await deps.inventory.buy(account.sid, offer, settings);
    if (bought === null) throw notAvailable(offer.phoneNumber);
    return bought;
  }
  if (areaCode === null) throw new ApiError(21421, "A 'PhoneNumber' or an 'AreaCode' is required.");
  for (const offer of offersIn(areaCode, deps)) {
    const bought = await deps.inventory.buy(account.sid, offer, settings);
    if (bought !== null) return bought;
  }
  throw new ApiError(21452);
}

export function isAreaCode(text: string): boolean {
  return /^[2-9]\d\d$/.test(text);
}

function offerOf(
  text: string,
  { inventory, siteCountry }: Pick<ApiDeps, "inventory" | "siteCountry">,
): Offer {
  const address = parseAddress(text, siteCountry);
  if (address?.kind !== "e164") {
    throw new ApiError(21421, `The 'PhoneNumber' ${text.slice(0, 64)} is not a valid phone number.`);
  }
  const offer = inventory.offers().find((each) => each.phoneNumber === address.address);
  if (offer === undefined) throw notAvailable(address.address);
  return offer;
}

function offersIn(areaCode: string, { inventory }: Pick<ApiDeps, "inventory">): readonly Offer[] {
  if (!isAreaCode(areaCode)) throw new ApiError(21451);
  return inventory.available().filter(({ phoneNumber }) => phoneNumber.startsWith(`+1${areaCode}`));
}

function notAvailable(phoneNumber: string): ApiError {
  return new ApiError(21422, `The phone number ${phoneNumber} is not available.`);
}
