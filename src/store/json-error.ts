/**
 * Where a JSON text goes wrong, as line and column: a person repairs the file with an editor, and not every
 * message of `JSON.parse` says where. Null when nothing is wrong.
 */
export function locateJsonError(text: string): { readonly line: number; readonly column: number } | null {
  const scanner = new Scanner(text);
  if (scanner.value() && scanner.atEnd()) return null;
  const before = text.slice(0, scanner.offset).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

const SPACE = /[ \t\r\n]*/y;
const STRING = /"(?:[^"\\\r\n]|\\.)*"/y;
const ATOM = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/** Each method says whether it found what it is named after; `offset` stays where the first failure was. */
class Scanner {
  readonly #text: string;
  offset = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(): boolean {
    this.#take(SPACE);
    const first = this.#text[this.offset];
    if (first === "{") return this.#list("}", () => this.#member());
    if (first === "[") return this.#list("]", () => this.value());
    return this.#string() || this.#take(ATOM);
  }

  atEnd(): boolean {
    this.#take(SPACE);
    return this.offset === this.#text.length;
  }

  /** What may stand between the quotes is for `JSON.parse` to say. */
  #string(): boolean {
    const start = this.offset;
    if (!this.#take(STRING)) return false;
    try {
      JSON.parse(this.#text.slice(start, this.offset));
      return true;
    } catch {
      this.offset = start;
      return false;
    }
  }

  #list(end: string, item: () => boolean): boolean {
    this.offset++;
    if (this.#is(end)) return true;
    while (item()) {
      if (this.#is(end)) return true;
      if (!this.#is(",")) return false;
    }
    return false;
  }

  #member(): boolean {
    this.#take(SPACE);
    return this.#string() && this.#is(":") && this.value();
  }

  #is(character: string): boolean {
    this.#take(SPACE);
    if (this.#text[this.offset] !== character) return false;
    this.offset++;
    return true;
  }

  #take(pattern: RegExp): boolean {
    pattern.lastIndex = this.offset;
    if (!pattern.test(this.#text)) return false;
    this.offset = pattern.lastIndex;
    return true;
  }
}
