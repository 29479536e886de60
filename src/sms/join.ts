/**
 * The text of a message from its parts, in order. Septets and octets are joined first and read after: a phone may
 * cut between ESC and its character, or between the halves of a surrogate pair. Parts in different alphabets are
 * read apart, each run of one alphabet as a whole.
 */
import { textOfSeptets } from "./gsm7.ts";
import type { UserData } from "./message.ts";
import { textOfUcs2 } from "./ucs2.ts";

type SeptetPart = Extract<UserData, { alphabet: "gsm7" }>;
type OctetPart = Exclude<UserData, { alphabet: "gsm7" }>;

export function textOf(parts: readonly UserData[]): string {
  return joinedText(parts, firstShiftsOf(parts));
}

/**
 * What there is of a message that lacks parts (null): each run of neighbours read as a whole, `gap` where something
 * is missing, once however much is.
 */
export function textWithGaps(parts: readonly (UserData | null)[], gap: string): string {
  const shifts = firstShiftsOf(parts.filter((part) => part !== null));
  let text = "";
  for (let start = 0; start < parts.length; ) {
    const run: UserData[] = [];
    for (let at = start; at < parts.length; at++) {
      const part = parts[at];
      if (part === null || part === undefined) break;
      run.push(part);
    }
    if (run.length > 0) text += joinedText(run, shifts);
    else if (start === 0 || parts[start - 1] !== null) text += gap;
    start += Math.max(1, run.length);
  }
  return text;
}

function joinedText(parts: readonly UserData[], shifts: Shifts): string {
  let text = "";
  for (let start = 0; start < parts.length; ) {
    const first = withShifts(parts[start]!, shifts);
    const run = [first];
    let next = start + 1;
    for (; next < parts.length; next++) {
      const part = withShifts(parts[next]!, shifts);
      if (!isSameAlphabet(first, part)) break;
      run.push(part);
    }
    text += textOfRun(run);
    start = next;
  }
  return text;
}

type Shifts = { readonly lockingShift: number; readonly singleShift: number };

/** 23.038 §6.2.1.2.1 wants the shifts in every part, but some senders name them in the first only. */
function firstShiftsOf(parts: readonly UserData[]): Shifts {
  const first = parts[0];
  return first?.alphabet === "gsm7" ? first : { lockingShift: 0, singleShift: 0 };
}

function withShifts(part: UserData, { lockingShift, singleShift }: Shifts): UserData {
  if (part.alphabet !== "gsm7" || part.lockingShift !== 0 || part.singleShift !== 0) return part;
  return { ...part, lockingShift, singleShift };
}

function isSameAlphabet(one: UserData, other: UserData): boolean {
  if (one.alphabet !== "gsm7" || other.alphabet !== "gsm7") return one.alphabet === other.alphabet;
  return one.lockingShift === other.lockingShift && one.singleShift === other.singleShift;
}

function textOfRun(run: readonly UserData[]): string {
  const first = run[0]!;
  switch (first.alphabet) {
    case "gsm7": {
      const septets = joined((run as readonly SeptetPart[]).map((part) => part.septets));
      return textOfSeptets(septets, first.lockingShift, first.singleShift);
    }
    case "ucs2":
      return textOfUcs2(joinedUnits((run as readonly OctetPart[]).map((part) => part.octets)));
    case "8bit":
      return textOfData(joined((run as readonly OctetPart[]).map((part) => part.octets)));
  }
}

/**
 * A part may end in half a character, to be completed by the next. But when the whole has an odd length, an odd part
 * carries a stray octet: dropped there, or every character after it would be read one octet off.
 */
function joinedUnits(parts: readonly Uint8Array[]): Uint8Array {
  const isWhole = parts.reduce((sum, part) => sum + part.length, 0) % 2 === 0;
  return joined(isWhole ? parts : parts.map((part) => part.subarray(0, part.length & ~1)));
}

/**
 * 8-bit data has no alphabet (23.038 §4). What reads as printable UTF-8 is shown as that; anything else is base64,
 * which loses nothing.
 */
function textOfData(octets: Uint8Array): string {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(octets);
    if (!/[^\P{Cc}\t\r\n]/u.test(text)) return text;
  } catch {
    // Not UTF-8.
  }
  let binary = "";
  for (const octet of octets) binary += String.fromCharCode(octet);
  return btoa(binary);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
