/**
 * The filters of a Messages list in all their spellings (contract §3.4): the key `DateSent<` as SDKs send it, the
 * raw `?DateSent>=2024-01-01` that parses to the same key, and the operator inside the value
 * (`DateSent=>=2024-01-01`). Both operators include what they name; equality means the UTC calendar day. Where
 * several are given all of them hold.
 */
import { parseAddress } from "../accounts/address.ts";
import type { MessageFilter } from "../store/reading.ts";
import { ApiError } from "./api-error.ts";
import { addressOf } from "./parameter.ts";
import { dayOf, parseDate } from "./parse-date.ts";

export type ListFilter = Pick<MessageFilter, "from" | "to" | "sentFrom" | "sentBefore">;

export function readMessageFilter(query: URLSearchParams, siteCountry: string): ListFilter {
  const from = addressOf(query, "From");
  const to = addressOf(query, "To");
  const { sentFrom, sentBefore } = readDates(query);
  return {
    ...(from === null ? {} : { from: canonicalAddress(from, siteCountry) }),
    ...(to === null ? {} : { to: canonicalAddress(to, siteCountry) }),
    ...(sentFrom === -Infinity ? {} : { sentFrom }),
    ...(sentBefore === Infinity ? {} : { sentBefore }),
  };
}

/** As stored. What is no address is compared as it is: an inbound sender can be any text. */
function canonicalAddress(text: string, siteCountry: string): string {
  return parseAddress(text, siteCountry)?.address ?? text;
}

function readDates(query: URLSearchParams): { sentFrom: number; sentBefore: number } {
  let sentFrom = -Infinity;
  let sentBefore = Infinity;
  for (const [name, value] of query) {
    const condition = dateConditionOf(name, value);
    if (condition === null) continue;
    const named = parseDate(condition.date);
    if (named === null) throw new ApiError(20422, `The 'DateSent' ${condition.date} is not a valid date.`);
    const stretch = condition.operator === "" ? dayOf(named) : named;
    if (condition.operator !== "<") sentFrom = Math.max(sentFrom, stretch.from);
    if (condition.operator !== ">") sentBefore = Math.min(sentBefore, stretch.until);
  }
  return { sentFrom, sentBefore };
}

function dateConditionOf(name: string, value: string): { operator: string; date: string } | null {
  const text = value === "" ? name : `${name}=${value}`;
  const match = /^DateSent=*([<>]?)=*(.*)$/.exec(text);
  const date = match?.[2]?.trim();
  // `DateSentSomething=…` is another parameter, and unknown ones are ignored.
  if (date === undefined || date === "" || !/^DateSent[=<>]/.test(text)) return null;
  return { operator: match?.[1] ?? "", date };
}
