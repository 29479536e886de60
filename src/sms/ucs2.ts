/**
 * UCS-2 (23.038 §6.2.3), which in the field is UTF-16, most significant octet first: an emoji travels as a surrogate
 * pair. Text is read only once the parts are joined, since phones cut a pair in two.
 */

/** `String.fromCharCode` takes its units as arguments, and there is a limit to those. */
const UNITS_AT_ONCE = 4096;

export function octetsOfUcs2(text: string): Uint8Array {
  const octets = new Uint8Array(text.length * 2);
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    octets[2 * index] = unit >> 8;
    octets[2 * index + 1] = unit & 0xff;
  }
  return octets;
}

/**
 * Drops an odd last octet, one byte order mark at the start (some phones send it) and NUL padding at the end, and
 * shows a surrogate without its other half as U+FFFD.
 */
export function textOfUcs2(octets: Uint8Array): string {
  const units: number[] = [];
  for (let index = 0; index + 1 < octets.length; index += 2) {
    units.push((octets[index]! << 8) | octets[index + 1]!);
  }
  if (units[0] === 0xfeff) units.shift();
  while (units.at(-1) === 0) units.pop();
  replaceLoneSurrogates(units);
  let text = "";
  for (let start = 0; start < units.length; start += UNITS_AT_ONCE) {
    text += String.fromCharCode(...units.slice(start, start + UNITS_AT_ONCE));
  }
  return text;
}

function replaceLoneSurrogates(units: number[]): void {
  for (let index = 0; index < units.length; index++) {
    const unit = units[index]!;
    if (unit < 0xd800 || unit > 0xdfff) continue;
    const next = units[index + 1] ?? 0;
    if (unit <= 0xdbff && next >= 0xdc00 && next <= 0xdfff) index++;
    else units[index] = 0xfffd;
  }
}
