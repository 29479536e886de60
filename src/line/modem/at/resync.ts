/**
 * After a time-out the modem may still be at the old command: its late `OK` would be taken for the answer to
 * the next one. Both sides agree again when a lone `AT` is answered and a sentinel, whose answer cannot be
 * anybody else's, brings its own line before its own `OK`.
 *
 * A prompt that may still be open is closed with ESC. Once a PDU has been written completely neither ESC nor
 * Ctrl-Z is typed: there is nothing to cancel, and a Ctrl-Z in a real prompt *sends* whatever stands there,
 * which is why ESC always goes first.
 */
import { type Command, type CommandResult, type Phase, prefixed } from "./command.ts";

export type ResyncTools = {
  readonly ask: (command: Command) => Promise<CommandResult>;
  readonly type: (text: string) => Promise<void>;
  readonly sleep: (ms: number) => Promise<void>;
  readonly isOver: () => boolean;
};

const ESC_SETTLE_MS = 100;
/** What still comes in while nothing is asked answers the past, and is dropped. */
const QUIET_MS = 200;
const TRIES = 5;

const ATTENTION: Command = { text: "AT", timeoutMs: 2000 };
const SENTINEL: Command = { text: "AT+CSQ", accepts: prefixed("+CSQ:"), single: true, timeoutMs: 5000 };

export async function resynchronise(phase: Phase, tools: ResyncTools): Promise<boolean> {
  if (phase === "prompt") {
    await typed(tools, "\x1b\r");
    await tools.sleep(ESC_SETTLE_MS);
  }
  for (let attempt = 1; attempt <= TRIES && !tools.isOver(); attempt++) {
    if (attempt === 3 && phase !== "result") await typed(tools, "\x1b\r\x1a\r\x1b\r");
    const answer = await tools.ask(ATTENTION);
    if (answer.is === "ok") {
      // This OK may be the dead command's: then the sentinel's comes without its line, and both are asked again.
      const proof = await tools.ask(SENTINEL);
      if (proof.is === "ok" && proof.lines.length > 0) return true;
      // A modem without AT+CSQ, or without a SIM, answers with an error of its own.
      if (proof.is === "error") return true;
    }
    if (answer.is !== "timeout") await tools.sleep(QUIET_MS);
  }
  return false;
}

/** A port that cannot be written to reports its own end. */
async function typed(tools: ResyncTools, text: string): Promise<void> {
  try {
    await tools.type(text);
  } catch {
    return;
  }
}
