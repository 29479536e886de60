/**
 * `Contains`, the pattern in which customers look for a number that spells something (contract §5.2): 2 to 16
 * characters. A letter stands for the digit of its key; `*` for one digit and `%` for any run of them, before the
 * first or after the last ordinary character; a leading `+` anchors at the start of the E.164 number, a trailing
 * `$` at its end. Without anchors the pattern may stand anywhere.
 *
 * Metacharacters may not be adjacent, says the contract, and gives `510555****` as an example: a run of `*` is one
 * wildcard as long as it is.
 */

const KEYPAD = [
  ["ABC", "2"],
  ["DEF", "3"],
  ["GHI", "4"],
  ["JKL", "5"],
  ["MNO", "6"],
  ["PQRS", "7"],
  ["TUV", "8"],
  ["WXYZ", "9"],
] as const;

/** Anchor, wildcard, ordinary characters, wildcard, anchor: of two neighbouring metacharacters one is refused. */
const SHAPE = /^(?:(\+)|(%|\*+))?([0-9A-Za-z]+)(?:(%|\*+)|(\$))?$/;
const MIN_LENGTH = 2;
const MAX_LENGTH = 16;
const MIN_ORDINARY_BESIDE_WILDCARDS = 2;

export type NumberPattern = { readonly matches: (phoneNumber: string) => boolean };

/** Null when it is no pattern. */
export function parseContains(text: string): NumberPattern | null {
  if (text.length < MIN_LENGTH || text.length > MAX_LENGTH) return null;
  const [, start, before = "", ordinary, after = "", end] = SHAPE.exec(text) ?? [];
  if (ordinary === undefined) return null;
  const hasWildcard = before !== "" || after !== "";
  if (hasWildcard && ordinary.length < MIN_ORDINARY_BESIDE_WILDCARDS) return null;
  const source = wildcard(before) + digitsOf(ordinary) + wildcard(after);
  const pattern = new RegExp((start === undefined ? "" : "^") + source + (end === undefined ? "" : "$"));
  return { matches: (phoneNumber) => pattern.test(phoneNumber.replace(/^\+/, "")) };
}

/** As it is dialled: STORM is 78676. */
function digitsOf(text: string): string {
  return [...text.toUpperCase()]
    .map((character) => KEYPAD.find(([letters]) => letters.includes(character))?.[1] ?? character)
    .join("");
}

function wildcard(metacharacters: string): string {
  return metacharacters === "%" ? "[0-9]*" : "[0-9]".repeat(metacharacters.length);
}
