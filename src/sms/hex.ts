import { DecodeError } from "./decode-error.ts";

const PAIRS: readonly string[] = Array.from({ length: 256 }, (_, octet) =>
  octet.toString(16).toUpperCase().padStart(2, "0"),
);

const NOT_A_DIGIT = 0xff;
const WHITE_SPACE = 0xfe;

/** What each ASCII character is worth as a hexadecimal digit. */
const DIGITS: Uint8Array = (() => {
  const digits = new Uint8Array(128).fill(NOT_A_DIGIT);
  for (let value = 0; value < 16; value++) {
    const digit = value.toString(16);
    digits[digit.charCodeAt(0)] = value;
    digits[digit.toUpperCase().charCodeAt(0)] = value;
  }
  for (const space of " \t\r\n\f\v") digits[space.charCodeAt(0)] = WHITE_SPACE;
  return digits;
})();

/** Upper case, no separators: what a modem is given after `AT+CMGS`. */
export function toHex(octets: ArrayLike<number>): string {
  let text = "";
  for (let index = 0; index < octets.length; index++) text += PAIRS[octets[index]! & 0xff];
  return text;
}

/**
 * White space is skipped: real modems put it inside a PDU. Anything else that is not a hexadecimal digit is refused,
 * and so is an odd number of digits: guessing which one is missing would invent a message.
 */
export function fromHex(text: string): Uint8Array {
  const octets = new Uint8Array(text.length >> 1);
  let digits = 0;
  let high = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    const value = code < 128 ? DIGITS[code]! : NOT_A_DIGIT;
    if (value === WHITE_SPACE) continue;
    if (value === NOT_A_DIGIT) {
      throw new DecodeError("hex", digits >> 1, `U+${code.toString(16).padStart(4, "0")} is not a hex digit`);
    }
    if ((digits & 1) === 0) high = value;
    else octets[digits >> 1] = (high << 4) | value;
    digits++;
  }
  if ((digits & 1) === 1) throw new DecodeError("hex", digits >> 1, "an odd number of hex digits");
  return octets.subarray(0, digits >> 1);
}
