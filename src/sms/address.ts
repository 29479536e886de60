/**
 * Addresses (23.040 §9.1.2.5) and the SMSC field that precedes a TPDU on the modem's line (27.005 §3.1).
 *
 * An address is kept as it reads: `+` and digits when its type is international, bare digits otherwise, text when it
 * is alphanumeric. Nothing is normalised and no country is guessed: that takes numbering plans, which live higher up.
 */
import { DecodeError } from "./decode-error.ts";
import { pack, septetsOf, textOfSeptets, unpack } from "./gsm7.ts";
import type { OctetReader } from "./octet-reader.ts";

export type Address = {
  /** `+33612345678`, `38080`, `*123#` or `MyBank`. Empty when the network gave none. */
  readonly address: string;
  /** Type of number: 0 unknown, 1 international, 2 national, 3 network, 4 subscriber, 5 alphanumeric, 6 abbreviated. */
  readonly ton: number;
  /** Numbering plan: 0 unknown, 1 E.164, 3 X.121, 4 telex, 8 national, 9 private, 10 ERMES. */
  readonly npi: number;
};

export const TON_INTERNATIONAL = 1;
export const TON_ALPHANUMERIC = 5;
const NPI_E164 = 1;

/** 23.040 §9.1.2.5: twelve octets, two of them length and type. */
const MAX_SEMI_OCTETS = 20;
/** 24.011 §8.2.5.1: type and ten octets of digits. */
const MAX_SMSC_OCTETS = 11;

const DIGITS = "0123456789*#abc";
const FILLER = 0xf;

/**
 * `+` and digits are international (91h); digits, `*`, `#` unknown (81h): short codes and service numbers, and some
 * operators refuse A1h. Anything else is alphanumeric (D0h).
 */
export function addressOf(text: string): Address {
  if (/^\+\d+$/.test(text)) return { address: text, ton: TON_INTERNATIONAL, npi: NPI_E164 };
  if (/^[\d*#]*$/.test(text)) return { address: text, ton: 0, npi: NPI_E164 };
  return { address: text, ton: TON_ALPHANUMERIC, npi: 0 };
}

/** TP-OA, TP-DA or TP-RA: the length counts semi-octets. */
export function readAddress(reader: OctetReader, field: string): Address {
  const at = reader.offset;
  const semiOctets = reader.octet(field);
  if (semiOctets > MAX_SEMI_OCTETS) {
    throw new DecodeError(field, at, `an address of ${semiOctets} semi-octets, ${MAX_SEMI_OCTETS} at most`);
  }
  const toa = reader.octet(field);
  return addressFrom(reader.take((semiOctets + 1) >> 1, field), semiOctets, toa);
}

/** The SMSC field: the length counts octets, type included; 0 means the modem's own service centre. */
export function readSmsc(reader: OctetReader): Address | null {
  const at = reader.offset;
  const octets = reader.octet("SMSC");
  if (octets === 0) return null;
  if (octets > MAX_SMSC_OCTETS) {
    throw new DecodeError("SMSC", at, `an address of ${octets} octets, ${MAX_SMSC_OCTETS} at most`);
  }
  const toa = reader.octet("SMSC");
  return addressFrom(reader.take(octets - 1, "SMSC"), (octets - 1) * 2, toa);
}

export function writeAddress(to: number[], address: Address, field: string): void {
  const value = octetsOf(address, field);
  to.push(value.semiOctets, toaOf(address), ...value.octets);
}

export function writeSmsc(to: number[], smsc: Address | null): void {
  if (smsc === null) {
    to.push(0);
    return;
  }
  const value = octetsOf(smsc, "SMSC");
  to.push(value.octets.length + 1, toaOf(smsc), ...value.octets);
}

function toaOf(address: Address): number {
  return 0x80 | ((address.ton & 7) << 4) | (address.npi & 15);
}

function addressFrom(octets: Uint8Array, semiOctets: number, toa: number): Address {
  const ton = (toa >> 4) & 7;
  const npi = toa & 15;
  if (ton === TON_ALPHANUMERIC) return { address: nameOf(octets, semiOctets), ton, npi };
  const digits = digitsOf(octets, semiOctets);
  return { address: ton === TON_INTERNATIONAL && digits !== "" ? `+${digits}` : digits, ton, npi };
}

function digitsOf(octets: Uint8Array, semiOctets: number): string {
  let digits = "";
  for (let index = 0; index < semiOctets; index++) {
    const octet = octets[index >> 1]!;
    const digit = (index & 1) === 0 ? octet & 15 : octet >> 4;
    if (digit === FILLER) break;
    digits += DIGITS[digit];
  }
  return digits;
}

/**
 * Seven characters are 49 bits and need 13 semi-octets, but some encoders say 14, which reads as an eighth `@`. A
 * sender whose name ends in `@` at the eighth place is much the rarer.
 */
function nameOf(octets: Uint8Array, semiOctets: number): string {
  let septets = unpack(octets, Math.floor((semiOctets * 4) / 7), 0);
  if (septets.length > 0 && septets.length % 8 === 0 && septets.at(-1) === 0)
    septets = septets.subarray(0, -1);
  return textOfSeptets(septets, 0, 0);
}

function octetsOf(address: Address, field: string): { octets: Uint8Array; semiOctets: number } {
  if (address.ton === TON_ALPHANUMERIC) {
    const septets = septetsOf(address.address);
    if (septets === null) throw new RangeError(`${field}: not in the GSM alphabet`);
    const semiOctets = Math.ceil((septets.length * 7) / 4);
    if (semiOctets > MAX_SEMI_OCTETS) throw new RangeError(`${field}: longer than 11 septets`);
    return { octets: pack(septets, 0), semiOctets };
  }
  const digits =
    address.ton === TON_INTERNATIONAL && address.address.startsWith("+")
      ? address.address.slice(1)
      : address.address;
  if (digits.length > MAX_SEMI_OCTETS)
    throw new RangeError(`${field}: longer than ${MAX_SEMI_OCTETS} digits`);
  const octets = new Uint8Array((digits.length + 1) >> 1);
  if ((digits.length & 1) === 1) octets[octets.length - 1] = FILLER << 4;
  for (let index = 0; index < digits.length; index++) {
    const digit = DIGITS.indexOf(digits[index]!);
    if (digit < 0) throw new RangeError(`${field}: has a character that is no digit`);
    octets[index >> 1]! |= (index & 1) === 0 ? digit : digit << 4;
  }
  return { octets, semiOctets: digits.length };
}
