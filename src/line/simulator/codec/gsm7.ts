/** The GSM 7-bit default alphabet with its extension table, and its packing (23.038 §6.1.2.1, §6.2.1). */

const ESCAPE = 0x1b;

const BASIC = [
  "@£$¥èéùìòÇ\nØø\rÅå",
  "Δ_ΦΓΛΩΠΨΣΘΞ\u001bÆæßÉ",
  " !\"#¤%&'()*+,-./",
  "0123456789:;<=>?",
  "¡ABCDEFGHIJKLMNO",
  "PQRSTUVWXYZÄÖÑÜ§",
  "¿abcdefghijklmno",
  "pqrstuvwxyzäöñüà",
].join("");

const EXTENSION: Readonly<Record<string, number>> = {
  "\f": 0x0a,
  "^": 0x14,
  "{": 0x28,
  "}": 0x29,
  "\\": 0x2f,
  "[": 0x3c,
  "~": 0x3d,
  "]": 0x3e,
  "|": 0x40,
  "€": 0x65,
};

const SPACE = 0x20;
const UNITS = Uint16Array.from(BASIC, (character) => character.charCodeAt(0));
const EXTENDED = new Map(
  Object.entries(EXTENSION).map(([character, code]) => [code, character.charCodeAt(0)]),
);
const ENCODED = new Map<string, readonly number[]>([
  ...[...BASIC].map((character, code): [string, readonly number[]] => [character, [code]]),
  ...Object.entries(EXTENSION).map(([character, code]): [string, readonly number[]] => [
    character,
    [ESCAPE, code],
  ]),
]);
ENCODED.delete("\u001b");

/** One entry per character, an escape pair staying together; null: a character is not in the alphabet. */
export function septetsByCharacter(text: string): readonly (readonly number[])[] | null {
  const characters: (readonly number[])[] = [];
  for (const character of text) {
    const septets = ENCODED.get(character);
    if (septets === undefined) return null;
    characters.push(septets);
  }
  return characters;
}

/** Every text the network carries goes through here: code units first, one string at the end. */
export function textOfSeptets(septets: ArrayLike<number>): string {
  const units: number[] = [];
  for (let at = 0; at < septets.length; at++) {
    const septet = septets[at] as number;
    if (septet !== ESCAPE) units.push(UNITS[septet] as number);
    else {
      at += 1;
      const next = septets[at];
      if (next === undefined || next === ESCAPE) units.push(SPACE);
      else units.push(EXTENDED.get(next) ?? (UNITS[next] as number));
    }
  }
  return textOfUnits(units);
}

/** UTF-16 units; so many at once as fit a call. */
export function textOfUnits(units: readonly number[]): string {
  let text = "";
  for (let at = 0; at < units.length; at += 4096) text += String.fromCharCode(...units.slice(at, at + 4096));
  return text;
}

/** Septet i begins at bit 7i, after `fillBits`, least significant bit first. */
export function pack(septets: ArrayLike<number>, fillBits = 0): Uint8Array {
  const octets = new Uint8Array(Math.ceil((fillBits + septets.length * 7) / 8));
  for (let index = 0; index < septets.length; index++) {
    const bit = fillBits + index * 7;
    const at = bit >> 3;
    const shifted = (septets[index] as number) << (bit & 7);
    octets[at] = (octets[at] as number) | (shifted & 0xff);
    if (shifted > 0xff) octets[at + 1] = (octets[at + 1] as number) | (shifted >> 8);
  }
  return octets;
}

export function unpack(octets: Uint8Array, count: number, fillBits = 0): Uint8Array {
  const septets = new Uint8Array(count);
  for (let index = 0; index < count; index++) {
    const bit = fillBits + index * 7;
    const at = bit >> 3;
    const pair = (octets[at] ?? 0) | ((octets[at + 1] ?? 0) << 8);
    septets[index] = (pair >> (bit & 7)) & 0x7f;
  }
  return septets;
}
