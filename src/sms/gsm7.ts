/**
 * GSM 7-bit text (23.038 §6.2.1) and its packing into octets (§6.1.2.1). A septet is held in an octet of its own
 * until it is packed. National tables are read, never written: networks translate the default alphabet, and handsets
 * without a table show garbage.
 */
import {
  ESCAPE,
  EXTENDED,
  lockingTableOf,
  NOT_IN_ALPHABET,
  SEPTET_OF,
  singleShiftTableOf,
} from "./gsm7-tables.ts";

/** Which septet, or escape pair, a UTF-16 code unit becomes: see `SEPTET_OF`. */
export function septetOf(codeUnit: number): number {
  return codeUnit < SEPTET_OF.length ? SEPTET_OF[codeUnit]! : NOT_IN_ALPHABET;
}

/** Null when a character of `text` is in neither the default alphabet nor its extension. */
export function septetsOf(text: string): Uint8Array | null {
  const septets = new Uint8Array(text.length * 2);
  let count = 0;
  for (let index = 0; index < text.length; index++) {
    const septet = septetOf(text.charCodeAt(index));
    if (septet < EXTENDED) {
      septets[count++] = septet;
    } else if (septet === NOT_IN_ALPHABET) {
      return null;
    } else {
      septets[count++] = ESCAPE;
      septets[count++] = septet & 0x7f;
    }
  }
  return septets.subarray(0, count);
}

/** An escape with nothing after it, and a code no table assigns, are shown as a space. */
export function textOfSeptets(septets: Uint8Array, lockingShift: number, singleShift: number): string {
  const locking = lockingTableOf(lockingShift);
  const single = singleShiftTableOf(singleShift);
  let text = "";
  for (let index = 0; index < septets.length; index++) {
    const septet = septets[index]! & 0x7f;
    if (septet !== ESCAPE) {
      text += locking[septet];
      continue;
    }
    index++;
    const escaped = index < septets.length ? septets[index]! & 0x7f : ESCAPE;
    text += single[escaped] ?? locking[escaped];
  }
  return text;
}

/** Septet i takes bits 7i to 7i+6 after `fillBits` zero bits, least significant bit first in each octet. */
export function pack(septets: Uint8Array, fillBits: number): Uint8Array {
  const octets = new Uint8Array(Math.ceil((fillBits + septets.length * 7) / 8));
  let held = 0;
  let heldBits = fillBits;
  let at = 0;
  for (let index = 0; index < septets.length; index++) {
    held |= (septets[index]! & 0x7f) << heldBits;
    heldBits += 7;
    while (heldBits >= 8) {
      octets[at++] = held & 0xff;
      held >>>= 8;
      heldBits -= 8;
    }
  }
  if (heldBits > 0 && at < octets.length) octets[at] = held;
  return octets;
}

/** The first `count` septets, or as many as `octets` hold. What the fill bits are does not matter. */
export function unpack(octets: Uint8Array, count: number, fillBits: number): Uint8Array {
  const held = Math.floor((octets.length * 8 - fillBits) / 7);
  const septets = new Uint8Array(Math.max(0, Math.min(count, held)));
  for (let index = 0, bit = fillBits; index < septets.length; index++, bit += 7) {
    const at = bit >> 3;
    const pair = octets[at]! | ((octets[at + 1] ?? 0) << 8);
    septets[index] = (pair >> (bit & 7)) & 0x7f;
  }
  return septets;
}

/** Zero bits between a header of `headerOctets` (UDHL included) and the first septet (23.040 §9.2.3.24). */
export function fillBitsAfter(headerOctets: number): number {
  return (7 - ((headerOctets * 8) % 7)) % 7;
}
