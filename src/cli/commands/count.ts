import { Misuse } from "../command.ts";

/** A whole number from 1 to `most`. */
export function countOf(option: string, text: string | undefined, most: number, otherwise: number): number {
  if (text === undefined) return otherwise;
  const count = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > most) throw new Misuse(`--${option} is a whole number from 1 to ${most}`);
  return count;
}
