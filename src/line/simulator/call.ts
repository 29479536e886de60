/**
 * A command line taken apart (V.250 §5.2): `AT` and its commands, each with its kind and parameters, and what a
 * command may answer.
 */

export type CallKind = "execute" | "read" | "test" | "set";

export type Call = {
  /** `+CMGS`, `E`, `Z`, … in capitals. */
  readonly name: string;
  readonly kind: CallKind;
  /** Unquoted; an omitted one is "". */
  readonly parameters: readonly string[];
};

export type Answer =
  | { readonly is: "ok"; readonly lines: readonly string[] }
  | { readonly is: "error" }
  /** 27.007 §9.2. */
  | { readonly is: "cme"; readonly code: number }
  /** 27.005 §3.2.5. */
  | { readonly is: "cms"; readonly code: number }
  /** `> `; the PDU typed after it goes to `take`. */
  | { readonly is: "prompt"; readonly take: (pdu: string, answer: (answer: Answer) => void) => void }
  /** The command is over and nobody is told. */
  | { readonly is: "silence" };

export function ok(...lines: string[]): Answer {
  return { is: "ok", lines };
}

export const ERROR: Answer = { is: "error" };

export function cme(code: number): Answer {
  return { is: "cme", code };
}

export function cms(code: number): Answer {
  return { is: "cms", code };
}

const BASIC = /^(&?[A-Z])(\d*)/i;
const EXTENDED = /^([+^$#*%][A-Z0-9]+)(=\?|=|\?)?/i;

/** The commands after `AT`; null: not a command line this modem can read. */
export function parseCommandLine(body: string): readonly Call[] | null {
  const calls: Call[] = [];
  let rest = body.trim();
  while (rest !== "") {
    if (rest.startsWith(";")) {
      rest = rest.slice(1).trim();
      continue;
    }
    const extended = EXTENDED.exec(rest);
    if (extended !== null) {
      const tail = endOfCommand(rest);
      if (tail === null) return null;
      const call = extendedCall(extended, rest.slice(extended[0].length, tail));
      if (call === null) return null;
      calls.push(call);
      rest = rest.slice(tail).trim();
      continue;
    }
    const basic = BASIC.exec(rest);
    if (basic === null) return null;
    const [whole, name, digits] = basic as unknown as [string, string, string];
    calls.push({ name: name.toUpperCase(), kind: "execute", parameters: digits === "" ? [] : [digits] });
    rest = rest.slice(whole.length).trim();
  }
  return calls;
}

function extendedCall(match: RegExpExecArray, tail: string): Call | null {
  const name = (match[1] as string).toUpperCase();
  switch (match[2]) {
    case "=?":
      return tail.trim() === "" ? { name, kind: "test", parameters: [] } : null;
    case "?":
      return tail.trim() === "" ? { name, kind: "read", parameters: [] } : null;
    case "=":
      return { name, kind: "set", parameters: parametersOf(tail) };
    default:
      return tail.trim() === "" ? { name, kind: "execute", parameters: [] } : null;
  }
}

/** Where the `;` outside quotes is, or the end; null: a quote is left open. */
function endOfCommand(text: string): number | null {
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '"') quoted = !quoted;
    else if (text[at] === ";" && !quoted) return at;
  }
  return quoted ? null : text.length;
}

function parametersOf(text: string): string[] {
  const parameters: string[] = [];
  let current = "";
  let quoted = false;
  for (const character of text) {
    if (character === '"') quoted = !quoted;
    else if (character === "," && !quoted) {
      parameters.push(current);
      current = "";
    } else if (quoted || character !== " ") current += character;
  }
  return [...parameters, current];
}

/** A parameter as a whole number within bounds; null when it is anything else. */
export function integer(text: string | undefined, from: number, to: number): number | null {
  if (text === undefined || !/^\d{1,9}$/.test(text)) return null;
  const value = Number(text);
  return value >= from && value <= to ? value : null;
}
