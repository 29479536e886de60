/** The audiences and what their keywords do, wired: a part of the composition root. */

import { Audiences } from "../accounts/audience/audiences.ts";
import { reservedWords } from "../accounts/audience/keywords.ts";
import { type OptOutSettings, optOutWords } from "../accounts/opt-out.ts";
import { type AudienceWords, createAudienceWords } from "../messaging/inbound/audience-words.ts";
import type { AudienceCommands } from "../store/audience-commands.ts";

export async function composeAudiences(
  options: Omit<Parameters<typeof createAudienceWords>[0], "audiences" | "language"> & {
    readonly store: AudienceCommands;
    readonly optOut: OptOutSettings;
  },
): Promise<{ readonly audiences: Audiences; readonly audienceWords: AudienceWords }> {
  const { store, keys, clock, optOut } = options;
  const audiences = new Audiences({ store, keys, clock, reserved: reservedWords(optOutWords(optOut)) });
  await audiences.load();
  return {
    audiences,
    audienceWords: createAudienceWords({ ...options, audiences, language: optOut.language }),
  };
}
