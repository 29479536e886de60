/**
 * Addresses of the network: `+` and digits (international), bare digits (short codes, national), or a text
 * sender of at most 11 characters (23.040 §9.1.2.5).
 */
import { pack, septetsByCharacter, textOfSeptets, unpack } from "./gsm7.ts";
import { type OctetReader, UnreadableTpdu } from "./octets.ts";

const DIGITS = "0123456789*#abc";
const INTERNATIONAL = 0x91;
const UNKNOWN = 0x81;
const ALPHANUMERIC = 0xd0;
/** A number, as opposed to a name. */
export const NUMERIC = /^\+?[0-9*#]{1,20}$/;

/** May this stand in an address field? Alphanumeric senders: 1 to 11 characters of the default alphabet. */
export function isAddress(text: string): boolean {
  if (NUMERIC.test(text)) return true;
  const septets = septetsByCharacter(text)?.flat();
  return septets !== undefined && septets.length > 0 && septets.length <= 11 && !text.startsWith("+");
}

export function encodeAddress(address: string): Uint8Array {
  if (!NUMERIC.test(address)) {
    const packed = pack((septetsByCharacter(address) ?? []).flat());
    const semiOctets = Math.ceil(((septetsByCharacter(address) ?? []).flat().length * 7) / 4);
    return Uint8Array.of(semiOctets, ALPHANUMERIC, ...packed);
  }
  const digits = address.replace("+", "");
  const toa = address.startsWith("+") ? INTERNATIONAL : UNKNOWN;
  return Uint8Array.of(digits.length, toa, ...semiOctets(digits));
}

/** The SMSC field counts octets, type of address included (24.011 §8.2.5.1). */
export function encodeSmsc(address: string): Uint8Array {
  if (address === "") return Uint8Array.of(0);
  const field = encodeAddress(address);
  return Uint8Array.of(field.length - 1, ...field.slice(1));
}

export function decodeAddress(reader: OctetReader, what: string): string {
  const length = reader.octet(`${what} length`);
  const toa = reader.octet(`${what} type`);
  if (length > 20) throw new UnreadableTpdu(`${what} has ${length} digits`);
  const octets = reader.take(Math.ceil(length / 2), what);
  if ((toa & 0x70) === 0x50) return textOfSeptets(unpack(octets, Math.floor((length * 4) / 7)));
  let digits = "";
  for (let index = 0; index < length; index++) {
    const octet = octets[index >> 1] as number;
    const digit = DIGITS[index % 2 === 0 ? octet & 15 : octet >> 4];
    if (digit === undefined) throw new UnreadableTpdu(`${what} holds a filler where a digit belongs`);
    digits += digit;
  }
  return (toa & 0x70) === 0x10 ? `+${digits}` : digits;
}

function semiOctets(digits: string): number[] {
  const octets: number[] = [];
  for (let at = 0; at < digits.length; at += 2) {
    const low = DIGITS.indexOf(digits[at] as string);
    const second = digits[at + 1];
    octets.push(low | ((second === undefined ? 15 : DIGITS.indexOf(second)) << 4));
  }
  return octets;
}
