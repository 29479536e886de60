/** What commands that list and follow have in common. */
import { JSON_OUT, Misuse } from "../command.ts";
import type { Option } from "../help-text.ts";

export const LIMIT = {
  type: "string",
  short: "n",
  value: "COUNT",
  about: "at most so many (default 20, at most 1000)",
} as const satisfies Option;
export const JSON_LINES = {
  ...JSON_OUT,
  about: "the API's own resources: one JSON document, with --follow one line each",
} as const satisfies Option;

/** A whole number from 1 to `most`. */
export function countOf(option: string, text: string | undefined, most: number, otherwise: number): number {
  if (text === undefined) return otherwise;
  const count = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > most) throw new Misuse(`--${option} is a whole number from 1 to ${most}`);
  return count;
}
