/** TP-UD as the network and the handsets see it: alphabet by TP-DCS, header, concatenation (23.040 §9.2.3.24). */
import { pack, septetsByCharacter, textOfSeptets, textOfUnits, unpack } from "./gsm7.ts";
import { UnreadableTpdu } from "./octets.ts";

export type UserData = {
  readonly tpDcs: number;
  readonly udhi: boolean;
  /** TP-UDL as transmitted: septets for the 7-bit alphabet, else octets; header included. */
  readonly tpUdl: number;
  readonly tpUd: Uint8Array;
};

export type Part = { readonly reference: number; readonly total: number; readonly sequence: number };

export type Alphabet = "gsm7" | "8bit" | "ucs2";

/** 23.038 §4. */
export function alphabetOf(tpDcs: number): Alphabet {
  const group = tpDcs >> 4;
  if (group === 15) return (tpDcs & 4) === 0 ? "gsm7" : "8bit";
  if (group === 14) return "ucs2";
  if (group >= 8) return "gsm7";
  return (["gsm7", "8bit", "ucs2", "gsm7"] as const)[(tpDcs >> 2) & 3] as Alphabet;
}

/** 23.038 §4: the class that sends a message to the SIM, whatever `+CPMS` says. */
export function isForTheSim(tpDcs: number): boolean {
  const hasClass = tpDcs >> 4 === 15 || (tpDcs & 0x90) === 0x10;
  return hasClass && (tpDcs & 3) === 2;
}

export function lengthOctets(tpDcs: number, tpUdl: number): number {
  return alphabetOf(tpDcs) === "gsm7" ? Math.ceil((tpUdl * 7) / 8) : tpUdl;
}

/** Refuses what does not fit one SMS, or whose header is longer than its data. */
export function checkUserData(data: UserData): void {
  if (data.tpUd.length > 140) throw new UnreadableTpdu(`TP-UD has ${data.tpUd.length} octets, 140 fit`);
  if (data.udhi && headerOctets(data) > data.tpUd.length) throw new UnreadableTpdu("TP-UDH is cut short");
}

/** The last well-formed concatenation element of the header; null when there is none. */
export function partOf(data: UserData): Part | null {
  if (!data.udhi) return null;
  let part: Part | null = null;
  const end = Math.min(headerOctets(data), data.tpUd.length);
  for (let at = 1; at + 1 < end; ) {
    const [iei, length] = [data.tpUd[at] as number, data.tpUd[at + 1] as number];
    const element = data.tpUd.subarray(at + 2, at + 2 + length);
    const [a = 0, b = 0, c = 0, d = 0] = element;
    const found =
      iei === 0 && element.length === 3
        ? { reference: a, total: b, sequence: c }
        : iei === 8 && element.length === 4
          ? { reference: a * 256 + b, total: c, sequence: d }
          : null;
    if (found !== null && found.sequence >= 1 && found.sequence <= found.total) part = found;
    at += 2 + length;
  }
  return part;
}

/** The text of one message from its parts in order: characters may be split across them, so join first. */
export function textOf(parts: readonly UserData[]): string {
  const [first, ...others] = parts;
  if (first === undefined) return "";
  const alphabet = alphabetOf(first.tpDcs);
  if (others.some((part) => alphabetOf(part.tpDcs) !== alphabet))
    return parts.map((part) => textOf([part])).join("");
  if (alphabet === "gsm7")
    return textOfSeptets(
      others.length === 0 ? septetsOf(first) : parts.flatMap((part) => [...septetsOf(part)]),
    );
  const octets = parts.flatMap((part) => [...part.tpUd.subarray(headerOctets(part))]);
  if (alphabet === "8bit") return Buffer.from(octets).toString("hex").toUpperCase();
  const units: number[] = [];
  for (let at = 0; at + 1 < octets.length; at += 2)
    units.push(((octets[at] as number) << 8) | (octets[at + 1] as number));
  return textOfUnits(units);
}

/**
 * A phone's text as the user data of its SMSs: one when it fits, else parts of 153 septets or 67 UTF-16
 * units that split neither an escape pair nor a surrogate pair. null: more than 255 parts.
 */
export function cutText(text: string, reference: number): readonly UserData[] | null {
  const septets = septetsByCharacter(text);
  const characters = septets ?? Array.from(text, utf16);
  const [single, each] = septets === null ? [70, 67] : [160, 153];
  const encode = septets === null ? ucs2UserData : gsm7UserData;
  const whole = characters.flat();
  if (whole.length <= single) return [encode(whole, [])];
  const groups: number[][] = [[]];
  for (const character of characters) {
    const last = groups[groups.length - 1] as number[];
    if (last.length + character.length > each) groups.push([...character]);
    else last.push(...character);
  }
  if (groups.length > 255) return null;
  return groups.map((group, index) => encode(group, [5, 0, 3, reference & 255, groups.length, index + 1]));
}

export function gsm7UserData(septets: ArrayLike<number>, header: ArrayLike<number>, tpDcs = 0): UserData {
  const headerSeptets = Math.ceil((header.length * 8) / 7);
  const fillBits = headerSeptets * 7 - header.length * 8;
  return {
    tpDcs,
    udhi: header.length > 0,
    tpUdl: headerSeptets + septets.length,
    tpUd: joined(header, pack(septets, fillBits)),
  };
}

function ucs2UserData(units: readonly number[], header: readonly number[]): UserData {
  return octetsUserData(
    units.flatMap((unit) => [unit >> 8, unit & 255]),
    header,
    8,
  );
}

export function octetsUserData(
  octets: ArrayLike<number>,
  header: ArrayLike<number>,
  tpDcs: number,
): UserData {
  const tpUd = joined(header, octets);
  return { tpDcs, udhi: header.length > 0, tpUdl: tpUd.length, tpUd };
}

function joined(header: ArrayLike<number>, rest: ArrayLike<number>): Uint8Array {
  const octets = new Uint8Array(header.length + rest.length);
  octets.set(header);
  octets.set(rest, header.length);
  return octets;
}

export function septetsOf(data: UserData): Uint8Array {
  const header = headerOctets(data);
  const headerSeptets = Math.ceil((header * 8) / 7);
  const fillBits = headerSeptets * 7 - header * 8;
  return unpack(data.tpUd.subarray(header), Math.max(0, data.tpUdl - headerSeptets), fillBits);
}

/** TP-UDH with its length; empty where there is none. */
export function headerOf(data: UserData): Uint8Array {
  return data.tpUd.subarray(0, headerOctets(data));
}

function headerOctets(data: UserData): number {
  return data.udhi ? 1 + (data.tpUd[0] ?? 0) : 0;
}

function utf16(character: string): number[] {
  return Array.from({ length: character.length }, (_, at) => character.charCodeAt(at));
}
