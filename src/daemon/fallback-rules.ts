/** Which line stands in for which, as the configuration says. */
import type { FallbackRule } from "../messaging/outbound/fallback.ts";
import type { LineConfig } from "./config-schema.ts";

const AFTER_SECONDS = 300;

export function fallbackRulesOf(lines: readonly LineConfig[]): ReadonlyMap<string, FallbackRule> {
  return new Map(
    lines.flatMap((line) => {
      if (line.type !== "modem" || line.fallback === undefined) return [];
      const afterMs = (line.fallbackAfterSeconds ?? AFTER_SECONDS) * 1000;
      return [[line.name, { line: line.fallback, afterMs }] as const];
    }),
  );
}
