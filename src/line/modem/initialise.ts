/** A profile's and the configuration's own commands. None of them is worth a line that does not start. */
import { type Ask, lineOf, may } from "./ask.ts";
import type { Command } from "./at/command.ts";
import type { InitStep } from "./profiles/profile.ts";

/** The place in the list, and the command without its values. */
export type RefusedInit = { readonly place: number; readonly name: string };

export async function takeSteps(ask: Ask, steps: readonly InitStep[]): Promise<void> {
  for (const step of steps) {
    if (typeof step === "string") await may(ask, anything(step));
    else if (step.when.test((await lineOf(ask, anything(step.ask))) ?? "")) {
      await may(ask, anything(step.give));
    }
  }
}

/** `lines[].init`: the operator wants to know which of their commands is refused. */
export async function initialise(
  ask: Ask,
  commands: readonly string[],
  onRefused: (refused: RefusedInit) => void,
): Promise<void> {
  for (const [place, command] of commands.entries()) {
    if ((await may(ask, anything(command))) === null) onRefused({ place, name: nameOf(command) });
  }
}

/** Its values are nobody's business: an access point's password may be among them. */
function nameOf(command: string): string {
  return /^[^=?;]*/.exec(command)?.[0] ?? "";
}

/** Whatever it answers, but nothing that is known to come unasked. */
function anything(text: string): Command {
  return { text, accepts: () => true, bare: true, timeoutMs: 30_000 };
}
