/**
 * TypeScript read just far enough to check its architecture: comments and the contents of strings are told from
 * code, so that a word in a sentence is not taken for a call, and a path in a comment not for an import. The
 * compiler itself has no programming interface in this version.
 */
export type SourceText = {
  /** The code without comments; every string is `"0"`, `"1"`, …: its position in `strings`. */
  readonly code: string;
  readonly strings: readonly string[];
};

/** After one of these a slash begins a regular expression, not a division. */
const BEFORE_REGEX =
  /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|of|in|new|await|yield|void|throw))\s*$/;

export function readSource(text: string): SourceText {
  const strings: string[] = [];
  let code = "";
  let at = 0;
  /** One entry per open `${`: how many braces are open inside it. */
  const substitutions: number[] = [];

  const keep = (value: string) => {
    code += `"${strings.length}"`;
    strings.push(value);
  };
  const template = () => {
    let value = "";
    for (; at < text.length; at++) {
      if (text[at] === "\\") value += text[at++];
      else if (text[at] === "`") {
        at++;
        break;
      } else if (text.startsWith("${", at)) {
        at += 2;
        substitutions.push(0);
        break;
      }
      value += text[at] ?? "";
    }
    keep(value);
  };

  while (at < text.length) {
    const character = text[at] ?? "";
    if (text.startsWith("//", at)) at = endOf(text, "\n", at) - 1;
    else if (text.startsWith("/*", at)) at = endOf(text, "*/", at + 2);
    else if (character === '"' || character === "'") {
      const end = closing(text, at, character);
      keep(text.slice(at + 1, end));
      at = end + 1;
    } else if (character === "`") {
      at++;
      template();
    } else if (character === "/" && BEFORE_REGEX.test(code.slice(-40))) {
      const end = closing(text, at, "/");
      keep(text.slice(at + 1, end));
      at = end + 1;
    } else if (character === "}" && substitutions.at(-1) === 0) {
      substitutions.pop();
      at++;
      template();
    } else {
      const open = substitutions.length - 1;
      if (open >= 0 && character === "{") substitutions[open] = (substitutions[open] ?? 0) + 1;
      if (open >= 0 && character === "}") substitutions[open] = (substitutions[open] ?? 0) - 1;
      code += character;
      at++;
    }
  }
  return { code, strings };
}

/** Every module named by `import`, `export … from` and `import()`, types included. */
export function importsOf(source: SourceText): string[] {
  const found = source.code.matchAll(
    /\b(?:import|export)\b[^;"]*?\bfrom\s*"(\d+)"|\bimport\s*"(\d+)"|\bimport\s*\(\s*"(\d+)"/g,
  );
  return [...found].map((match) => source.strings[Number(match[1] ?? match[2] ?? match[3])] ?? "");
}

function endOf(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  return found < 0 ? text.length : found + mark.length;
}

/** Where the string or regular expression that begins at `from` ends; a slash inside `[…]` does not end one. */
function closing(text: string, from: number, quote: string): number {
  let inClass = false;
  for (let at = from + 1; at < text.length; at++) {
    const character = text[at];
    if (character === "\\") at++;
    else if (quote === "/" && character === "[") inClass = true;
    else if (quote === "/" && character === "]") inClass = false;
    else if (character === quote && !inClass) return at;
  }
  return text.length;
}
