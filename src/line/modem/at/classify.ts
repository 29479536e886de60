/**
 * What one line from the modem is. Nothing on the wire marks a line as unsolicited: only its prefix and the
 * command in flight tell. The rules, first match wins:
 *
 * 1. the command's own text is its echo;
 * 2. a final result code is final, whole line only;
 * 3. lines that mean the modem has restarted or is going off;
 * 4. prefixes that are unsolicited whatever is running;
 * 5. what the running command accepts is its response;
 * 6. prefixes that are unsolicited when nobody asked;
 * 7. a result that belongs to a command no longer running is late: never anybody else's response;
 * 8. the rest is unknown.
 */
import type { Command } from "./command.ts";
import { type FinalResult, finalResultOf } from "./final-result.ts";

/** The unsolicited lines of a device. A profile adds its maker's. */
export type UrcTable = {
  /** Unsolicited whatever is running. */
  readonly always: readonly RegExp[];
  /** Unsolicited unless the running command asked for it. */
  readonly unasked: readonly RegExp[];
  /** Unsolicited headers followed by one line of hex. */
  readonly twoLine: readonly RegExp[];
  /** The modem restarted or switches off: a command in flight is lost. */
  readonly restart: readonly RegExp[];
  /** Results that can come after their command was given up. */
  readonly late: readonly RegExp[];
};

export type InFlight = { readonly command: Command; readonly responses: number };

export type Classified =
  | { readonly is: "final"; readonly final: FinalResult }
  | { readonly is: "response"; readonly pduFollows: boolean }
  | { readonly is: "urc"; readonly pduFollows: boolean }
  | { readonly is: "restart" }
  | { readonly is: "late" }
  | { readonly is: "echo" }
  | { readonly is: "unknown" };

const ESC = "\x1b";
const CTRL_Z = "\x1a";

export function classify(line: string, inFlight: InFlight | null, urcs: UrcTable): Classified {
  const matches = (patterns: readonly RegExp[]) => patterns.some((pattern) => pattern.test(line));
  if (line === ESC) return { is: "echo" };
  if (inFlight !== null && isEcho(line, inFlight.command)) return { is: "echo" };
  const final = finalResultOf(line);
  if (final !== null) return { is: "final", final };
  if (matches(urcs.restart)) return { is: "restart" };
  if (matches(urcs.twoLine)) return { is: "urc", pduFollows: true };
  if (matches(urcs.always)) return { is: "urc", pduFollows: false };
  const unasked = matches(urcs.unasked);
  const late = matches(urcs.late);
  const known = unasked || late;
  if (inFlight !== null && accepts(inFlight, line) && !(known && inFlight.command.bare === true)) {
    return { is: "response", pduFollows: inFlight.command.pduFollows === true };
  }
  if (unasked) return { is: "urc", pduFollows: false };
  if (late) return { is: "late" };
  return { is: "unknown" };
}

export function isHex(line: string): boolean {
  return line.length >= 2 && /^[0-9A-Fa-f]+$/.test(line);
}

function accepts({ command, responses }: InFlight, line: string): boolean {
  if (command.accepts === undefined) return false;
  if (command.single === true && responses > 0) return false;
  return command.accepts(line);
}

/** With echo on the command comes back, and so does what was typed at the prompt, Ctrl-Z included. */
function isEcho(line: string, command: Command): boolean {
  if (line === command.text) return true;
  return command.pdu !== undefined && line.replace(/^>\s*/, "").replace(CTRL_Z, "") === command.pdu.hex;
}
