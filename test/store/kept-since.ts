import type { KeptSince } from "../../src/store/retention-commands.ts";

/** Nothing is let go of but what a test names. */
export function keptSince(given: Partial<KeptSince>): KeptSince {
  const all = { messages: 0, events: 0, shownParts: 0, undecodable: 0, fingerprints: 0, parkedReports: 0 };
  return { ...all, ...given };
}
