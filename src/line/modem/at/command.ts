/**
 * What may be asked of an AT device and what may come of it. Nothing here knows a particular command: what a
 * command's response looks like travels with the command.
 */
import type { FinalError } from "./final-result.ts";

export type Command = {
  /** The line as typed, without its CR. */
  readonly text: string;
  /** True for an information response of this command. Absent: it has none. */
  readonly accepts?: (line: string) => boolean;
  /** Its response has no prefix: lines known as unsolicited are not taken for it. */
  readonly bare?: boolean;
  /** At most one response line: what looks like a second one is unsolicited (`+CREG:`). */
  readonly single?: boolean;
  /** Each response line is a header, followed by one line of hex. */
  readonly pduFollows?: boolean;
  /** From the moment the line is written to the final result (or the prompt), restarted by each response. */
  readonly timeoutMs: number;
  /** Its response line alone may be the whole answer: so long a final result is waited for behind it. */
  readonly finalWithinMs?: number;
  /** A question whose silence is an answer: its time-out does not make the dialogue find its place again. */
  readonly probe?: boolean;
  /** Set for a command that prompts: what is typed there, and the time to its final result. */
  readonly pdu?: {
    readonly hex: string;
    readonly timeoutMs: number;
    /** How long the final result may lag behind the information response. */
    readonly finalWithinMs: number;
  };
};

export type ResponseLine = { readonly text: string; readonly pdu: string | null };

/**
 * How far a command got. `result` exists for commands that prompt: the PDU and its Ctrl-Z have been handed to
 * the port, and the outcome belongs to the network. This is the point of no return.
 */
export type Phase = "queued" | "command" | "prompt" | "result";

export type CommandResult =
  | { readonly is: "ok"; readonly phase: Phase; readonly lines: readonly ResponseLine[] }
  | {
      readonly is: "error";
      readonly phase: Phase;
      readonly error: FinalError;
      readonly lines: readonly ResponseLine[];
    }
  /** `late`: result lines that arrived afterwards, while the dialogue was being resynchronised. */
  | {
      readonly is: "timeout";
      readonly phase: Phase;
      readonly lines: readonly ResponseLine[];
      readonly late: readonly string[];
    }
  /** Port gone, or the modem restarted. */
  | {
      readonly is: "lost";
      readonly phase: Phase;
      readonly reason: string;
      readonly lines: readonly ResponseLine[];
    }
  /** Withdrawn by its caller before the point of no return. */
  | { readonly is: "aborted"; readonly phase: Phase };

/** Lines with this prefix are the response. */
export function prefixed(prefix: string): (line: string) => boolean {
  return (line) => line.startsWith(prefix);
}

/** What follows the colon, trimmed. */
export function afterColon(line: string): string {
  const colon = line.indexOf(":");
  return line.slice(colon + 1).trim();
}

/** Comma-separated fields; quotes are taken off, and a comma inside quotes or parentheses does not part fields. */
export function fieldsOf(line: string): string[] {
  const fields: string[] = [];
  let field = "";
  let quoted = false;
  let depth = 0;
  for (const character of afterColon(line)) {
    if (character === '"') quoted = !quoted;
    else if (character === "," && !quoted && depth === 0) {
      fields.push(field.trim());
      field = "";
    } else {
      if (!quoted && character === "(") depth++;
      if (!quoted && character === ")") depth--;
      field += character;
    }
  }
  fields.push(field.trim());
  return fields;
}
