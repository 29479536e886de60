/** How procedures talk: a question that must, may or will soon be answered. */
import { Fault } from "../../runtime/fault.ts";
import type { Command, CommandResult, ResponseLine } from "./at/command.ts";
import type { FinalError } from "./at/final-result.ts";
import { faultOfError } from "./send.ts";

export type Ask = (command: Command, options?: { readonly urgent?: boolean }) => Promise<CommandResult>;

/** Tells at each command that whoever asks is at work. */
export function asksAloud(ask: Ask, onAsk: () => void): Ask {
  return (command, options) => {
    onAsk();
    return ask(command, options);
  };
}

export type Answer =
  | { readonly is: "ok"; readonly lines: readonly ResponseLine[] }
  | { readonly is: "error"; readonly error: FinalError };

/** An answer, good or bad; null when there is none in time. Throws a Fault when the link is lost. */
export async function answerIfAny(ask: Ask, command: Command): Promise<Answer | null> {
  const result = await ask(command);
  switch (result.is) {
    case "ok":
      return { is: "ok", lines: result.lines };
    case "error":
      return { is: "error", error: result.error };
    case "lost":
      throw new Fault({ code: "modem.link-lost", disposition: "line", message: result.reason });
    default:
      return null;
  }
}

/** An answer, good or bad. Throws a Fault when there is none. */
export async function answerTo(ask: Ask, command: Command): Promise<Answer> {
  const answer = await answerIfAny(ask, command);
  if (answer !== null) return answer;
  const message = `no answer to ${masked(command)}`;
  throw new Fault({ code: "at.timeout", disposition: "line", message });
}

/** The response lines; throws when the command fails. */
export async function must(ask: Ask, command: Command): Promise<readonly ResponseLine[]> {
  const answer = await answerTo(ask, command);
  if (answer.is === "ok") return answer.lines;
  throw faultOfError(answer.error, masked(command), null);
}

/** The response lines, or null when the modem refuses or says nothing: for what is good to have. */
export async function may(ask: Ask, command: Command): Promise<readonly ResponseLine[] | null> {
  const answer = await answerIfAny(ask, command);
  return answer?.is === "ok" ? answer.lines : null;
}

/** Tries again each second while the modem refuses: after a start the SIM is still being read. */
export async function patiently(
  ask: Ask,
  command: Command,
  options: { readonly tries: number; readonly sleep: (ms: number) => Promise<void> },
): Promise<readonly ResponseLine[]> {
  for (let attempt = 1; attempt < options.tries; attempt++) {
    const lines = await may(ask, command);
    if (lines !== null) return lines;
    await options.sleep(1000);
  }
  return must(ask, command);
}

/** The first response line's text, or null. */
export async function lineOf(ask: Ask, command: Command): Promise<string | null> {
  const lines = await may(ask, command);
  return lines?.[0]?.text ?? null;
}

/** A PIN never reaches a message. */
function masked(command: Command): string {
  return command.text.replace(/^(AT\+CPIN=).*/, "$1…");
}
