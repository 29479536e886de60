/** The door of leven: what was meant by a word with a slip in it. */
import { closestMatch } from "leven";

/** A slip of one or two letters, or of three in a long word; whatever the case. Null: nothing is that near. */
export function nearest(word: string, known: readonly string[]): string | null {
  const found = closestMatch(
    word.toLowerCase(),
    known.map((name) => name.toLowerCase()),
    { maxDistance: Math.max(2, Math.floor(word.length / 3)) },
  );
  return known.find((name) => name.toLowerCase() === found) ?? null;
}
