/** Places in a JSON text as line and column, from 1: a person repairs the file with an editor. */
export type Place = { readonly line: number; readonly column: number };

/** Where it goes wrong: not every message of `JSON.parse` says. Null when nothing is wrong. */
export function locateJsonError(text: string): Place | null {
  const scanner = new Scanner(text);
  return scanner.value() && scanner.atEnd() ? null : placeAt(text, scanner.offset);
}

/**
 * Where a value of a valid text stands (`accounts[0].sid`); of one that is not there, where what should hold it
 * stands. The text itself is the empty path.
 */
export function locateJsonValue(text: string, path: string): Place {
  const scanner = new Scanner(text);
  scanner.goTo(path.match(/[^.[\]]+/g) ?? []);
  return placeAt(text, scanner.offset);
}

function placeAt(text: string, offset: number): Place {
  const before = text.slice(0, offset).split("\n");
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

  /** `offset` is at the value then, or at the last one on the way to it. */
  goTo(path: readonly string[]): void {
    this.#take(SPACE);
    const [step, ...rest] = path;
    const start = this.offset;
    if (step === undefined || !/[[{]/.test(this.#text[start] ?? "")) return;
    const isObject = this.#text[start] === "{";
    let count = 0;
    let name: string | null;
    this.offset++;
    do {
      this.#take(SPACE);
      name = isObject ? this.#name() : String(count++);
      if (name === step) {
        this.goTo(rest);
        return;
      }
    } while (name !== null && this.value() && this.#is(","));
    this.offset = start;
  }

  #name(): string | null {
    const start = this.offset;
    if (!this.#string()) return null;
    const name = JSON.parse(this.#text.slice(start, this.offset)) as string;
    return this.#is(":") ? name : null;
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

/** Editors of Windows begin a file with it. */
export function withoutMark(text: string): string {
  return text.replace(/^\uFEFF/, "");
}
