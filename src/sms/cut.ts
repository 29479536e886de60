/**
 * Cuts a text into the parts that travel as one SMS each, once, when the Message is accepted (contract §4.2). The
 * numbers are those of an 8-bit concatenation reference, whose header takes 6 of the 140 octets (23.040 §9.2.3.24.1).
 * One character outside the GSM alphabet moves the whole text to UCS-2: mixed alphabets would be shorter, and no
 * phone is known to send them.
 *
 * A part never ends inside an escape pair, a surrogate pair or a grapheme, so that each part can be read on its own.
 * A grapheme longer than a whole part (a letter under dozens of accents) is the one exception: it is cut between
 * code points.
 */
import { septetOf } from "./gsm7.ts";
import { EXTENDED, NOT_IN_ALPHABET } from "./gsm7-tables.ts";

export type Cut = { readonly alphabet: "gsm7" | "ucs2"; readonly parts: readonly string[] };

/** Septets. */
const GSM7_ALONE = 160;
const GSM7_OF_SEVERAL = 153;
/** UTF-16 code units. */
const UCS2_ALONE = 70;
const UCS2_OF_SEVERAL = 67;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

const graphemes = new Intl.Segmenter("und", { granularity: "grapheme" });

export function cut(text: string): Cut {
  const septets = septetCount(text);
  if (septets === null) {
    return { alphabet: "ucs2", parts: text.length <= UCS2_ALONE ? [text] : cutUcs2(text) };
  }
  return { alphabet: "gsm7", parts: septets <= GSM7_ALONE ? [text] : cutGsm7(text) };
}

/** The first character that is not in the GSM alphabet, and so moved the whole text to UCS-2; null when none is. */
export function forcedBy(text: string): string | null {
  for (let index = 0; index < text.length; index++) {
    if (septetOf(text.charCodeAt(index)) === NOT_IN_ALPHABET) {
      return String.fromCodePoint(text.codePointAt(index)!);
    }
  }
  return null;
}

function septetCount(text: string): number | null {
  let septets = 0;
  for (let index = 0; index < text.length; index++) {
    const septet = septetOf(text.charCodeAt(index));
    if (septet === NOT_IN_ALPHABET) return null;
    septets += septet >= EXTENDED ? 2 : 1;
  }
  return septets;
}

/** In this alphabet CR LF is the only grapheme of more than one character. */
function cutGsm7(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let septets = 0;
  for (let index = 0; index < text.length; index++) {
    const cost = septetOf(text.charCodeAt(index)) >= EXTENDED ? 2 : 1;
    if (septets + cost > GSM7_OF_SEVERAL) {
      const end = isBetweenCrAndLf(text, index) ? index - 1 : index;
      parts.push(text.slice(start, end));
      septets = index - end;
      start = end;
    }
    septets += cost;
  }
  parts.push(text.slice(start));
  return parts;
}

function isBetweenCrAndLf(text: string, index: number): boolean {
  return text.charCodeAt(index) === LINE_FEED && text.charCodeAt(index - 1) === CARRIAGE_RETURN;
}

function cutUcs2(text: string): string[] {
  const segments = graphemes.segment(text);
  const parts: string[] = [];
  let start = 0;
  while (text.length - start > UCS2_OF_SEVERAL) {
    const limit = start + UCS2_OF_SEVERAL;
    let end = segments.containing(limit)!.index;
    if (end <= start) end = isInsidePair(text, limit) ? limit - 1 : limit;
    parts.push(text.slice(start, end));
    start = end;
  }
  parts.push(text.slice(start));
  return parts;
}

function isInsidePair(text: string, index: number): boolean {
  const before = text.charCodeAt(index - 1);
  const after = text.charCodeAt(index);
  return before >= 0xd800 && before <= 0xdbff && after >= 0xdc00 && after <= 0xdfff;
}
