/**
 * The text of a USSD answer (27.007 §7.15, 23.038 §5). Modems do as they like: plain text in the TE's character set,
 * UCS-2 in hex whatever the data coding scheme says, packed septets in hex. The scheme is a hint, the text decides.
 */
import { pack, septetsOf, textOfSeptets, unpack } from "../../sms/gsm7.ts";
import { fromHex, toHex } from "../../sms/hex.ts";
import { textOfUcs2 } from "../../sms/ucs2.ts";

const UCS2_SCHEMES: readonly number[] = [0x11, 0x44, 0x48];

/** `text` as it stood between the quotes; `dcs` null when there was none. */
export function ussdText(text: string, dcs: number | null): string {
  const trimmed = text.replace(/\r+$/, "");
  if (!/^(?:[0-9A-Fa-f]{2}){2,}$/.test(trimmed)) return fromTeCharacters(trimmed);
  const octets = fromHex(trimmed);
  const saysUcs2 = dcs !== null && ((dcs & 0x0c) === 0x08 || UCS2_SCHEMES.includes(dcs));
  if (saysUcs2 && octets.length % 2 === 0) return textOfUcs2(octets);
  if (looksLikeUcs2(octets)) return textOfUcs2(octets);
  const unpacked = unpackedText(octets);
  // Digits alone may be hex and are more often an amount: `12345678` is what it says.
  if (/^\d+$/.test(trimmed) || !isReadable(unpacked)) return trimmed;
  return unpacked;
}

/** `*100#` as packed septets in hex, for modems that take nothing else; null when it has other characters. */
export function packedCode(code: string): string | null {
  const septets = septetsOf(code);
  if (septets === null) return null;
  // Seven spare bits would read as one more "@": a CR fills them (23.038 §6.1.2.3.1).
  const filled = septets.length % 8 === 7 ? Uint8Array.of(...septets, 0x0d) : septets;
  return toHex(pack(filled, 0));
}

function unpackedText(octets: Uint8Array): string {
  const septets = unpack(octets, Math.floor((octets.length * 8) / 7), 0);
  return textOfSeptets(septets, 0, 0).replace(/\r$/, "").replace(/\0$/, "");
}

/** Every high octet names a script: Latin, Greek, Cyrillic, Hebrew, Arabic. */
function looksLikeUcs2(octets: Uint8Array): boolean {
  if (octets.length % 2 !== 0) return false;
  for (let at = 0; at < octets.length; at += 2) {
    const high = octets[at] ?? 0;
    if (high !== 0 && (high < 0x03 || high > 0x06) && high !== 0x20) return false;
  }
  return true;
}

function isReadable(text: string): boolean {
  return text !== "" && /^[\p{L}\p{N}\p{P}\p{S}\p{Zs}\r\n]+$/u.test(text);
}

/** With `+CSCS="GSM"` each octet is a septet of the default alphabet; where none is peculiar to it, it is ASCII. */
function fromTeCharacters(text: string): string {
  const octets = Uint8Array.from(text, (character) => character.charCodeAt(0));
  const peculiar = octets.some((octet) => octet < 0x20 && octet !== 0x0a && octet !== 0x0d);
  if (!peculiar || octets.some((octet) => octet > 0x7f)) return text;
  return textOfSeptets(octets, 0, 0);
}
