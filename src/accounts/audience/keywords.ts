/**
 * The words by which people join an audience and leave it: `METEO`, and with a word for STOP before or behind it,
 * `METEO STOP`, `STOP METEO`. Pure.
 *
 * The whole text must be that, as with STOP; but posters quote their keyword and telephones mend it, so that case,
 * accents, quotation marks around it and a full stop behind it do not count: « Météo. » is METEO. A word can mean
 * one thing only: what would mean two is refused when the audience is made.
 */
import type { AudienceRecord } from "../../store/audience-commands.ts";
import type { OptOutPolicy } from "../opt-out.ts";

export type AudienceWords = Pick<
  AudienceRecord,
  "sid" | "friendlyName" | "keywords" | "welcomeText" | "goodbyeText"
>;

export type AudienceKeyword<Audience> = { readonly audience: Audience; readonly is: "join" | "leave" };

/** The words for STOP, START and HELP, as they are told apart here. */
export type ReservedWords = { readonly all: ReadonlySet<string>; readonly stop: readonly string[] };

/** Longer than any keyword with a word for STOP: what is longer is conversation. */
const LONGEST_TEXT = 120;
const COMBINING = /[\u0300-\u036f]/g;
const AROUND = /^[\s"'«»“”„‘’.!]+|[\s"'«»“”„‘’.!]+$/g;

export function reservedWords({ words }: OptOutPolicy): ReservedWords {
  const folded = [...words].map(([word, { class: kind }]) => ({ word: fold(word), kind }));
  return {
    all: new Set(folded.map(({ word }) => word)),
    stop: folded.flatMap(({ word, kind }) => (kind === "stop" ? [word] : [])),
  };
}

/** By its keyword, as it is told apart here. */
export type KeywordMap<Audience> = ReadonlyMap<string, Audience>;

export function keywordMap<Audience extends AudienceWords>(
  audiences: Iterable<Audience>,
): KeywordMap<Audience> {
  return new Map(
    [...audiences].flatMap((audience) => audience.keywords.map((word) => [fold(word), audience] as const)),
  );
}

/** Null: it means nothing to any of them. */
export function readAudienceKeyword<Audience>(
  text: string,
  words: KeywordMap<Audience>,
  { stop: stopWords }: ReservedWords,
): AudienceKeyword<Audience> | null {
  if (words.size === 0 || text.length > LONGEST_TEXT) return null;
  const said = fold(text);
  const joined = words.get(said);
  if (joined !== undefined) return { audience: joined, is: "join" };
  for (const stop of stopWords) {
    const behind = said.startsWith(`${stop} `) ? words.get(said.slice(stop.length + 1)) : undefined;
    const before = said.endsWith(` ${stop}`) ? words.get(said.slice(0, -stop.length - 1)) : undefined;
    const left = behind ?? before;
    if (left !== undefined) return { audience: left, is: "leave" };
  }
  return null;
}

export function isKeyword(text: string, words: KeywordMap<unknown>, reserved: ReservedWords): boolean {
  return reserved.all.has(fold(text)) || readAudienceKeyword(text, words, reserved) !== null;
}

/** One sentence: why these words cannot stand beside those of the others; null when they can. */
export function clashOf(
  audience: AudienceWords,
  others: readonly AudienceWords[],
  reserved: ReservedWords,
): string | null {
  for (const [at, keyword] of audience.keywords.entries()) {
    if (reserved.all.has(fold(keyword))) {
      return `The keyword ${keyword} is one of the words for STOP, START and HELP: choose another.`;
    }
    const before = { ...audience, keywords: audience.keywords.filter((_, other) => other !== at) };
    const taken = readAudienceKeyword(keyword, keywordMap([before, ...others]), reserved);
    if (taken !== null) return `The keyword ${keyword} ${meaningOf(taken, audience)}: choose another.`;
  }
  const own = keywordMap([audience]);
  for (const other of others) {
    const taken = other.keywords.find((word) => readAudienceKeyword(word, own, reserved) !== null);
    if (taken !== undefined) {
      return `With it the keyword ${taken} of ${other.friendlyName} (${other.sid}) would mean two things: choose another.`;
    }
  }
  const all = [audience, ...others];
  const words = keywordMap(all);
  const answers = all.flatMap(({ welcomeText, goodbyeText }) => [welcomeText, goodbyeText]);
  const answer = answers.find((text) => text !== null && isKeyword(text, words, reserved));
  if (answer === undefined) return null;
  return `The answer "${answer}" would be a keyword itself, which another box like this one would answer for ever: write a sentence.`;
}

/** What is left of a text when all is gone that does not count. */
export function fold(text: string): string {
  return text
    .normalize("NFD")
    .replace(COMBINING, "")
    .normalize("NFC")
    .toUpperCase()
    .replace(AROUND, "")
    .replace(/\s+/g, " ");
}

function meaningOf({ audience, is }: AudienceKeyword<AudienceWords>, asker: AudienceWords): string {
  const whose = audience.sid === asker.sid ? "this audience" : `${audience.friendlyName} (${audience.sid})`;
  if (is === "leave") return `is how one leaves ${whose}`;
  return audience.sid === asker.sid ? "is there twice" : `is one of ${whose}`;
}
