/** A profile's and the configuration's own commands. None of them is worth a line that does not start. */
import type { Log } from "../../runtime/log.ts";
import { type Ask, lineOf, may } from "./ask.ts";
import type { Command } from "./at/command.ts";
import type { InitStep } from "./profiles/profile.ts";

export async function takeSteps(ask: Ask, steps: readonly InitStep[]): Promise<void> {
  for (const step of steps) {
    if (typeof step === "string") await may(ask, anything(step));
    else if (step.when.test((await lineOf(ask, anything(step.ask))) ?? "")) {
      await may(ask, anything(step.give));
    }
  }
}

/** `lines[].init`: the operator wants to know which of their commands is refused. */
export async function initialise(ask: Ask, commands: readonly string[], log: Log): Promise<void> {
  for (const command of commands) {
    if ((await may(ask, anything(command))) === null) {
      log.warn({ command }, "the modem refuses a command of `init` of this line; it is left out");
    }
  }
}

/** Whatever it answers, but nothing that is known to come unasked. */
function anything(text: string): Command {
  return { text, accepts: () => true, bare: true, timeoutMs: 30_000 };
}
