/** Which line stands in for which, as the configuration says. */
import type { FallbackRule } from "../messaging/outbound/fallback.ts";
import type { LineConfig } from "./config-schema.ts";
import { isSimulated } from "./open-lines.ts";

const AFTER_SECONDS = 300;

/** Lines with a radio whose queues would go where no radio is: right for a rehearsal, and nowhere else. */
export function rehearsedFallbacks(lines: readonly LineConfig[]): readonly string[] {
  const simulated = new Set(lines.filter(isSimulated).map(({ name }) => name));
  return lines.flatMap((line) =>
    line.type === "modem" && !simulated.has(line.name) && simulated.has(line.fallback ?? "")
      ? [line.name]
      : [],
  );
}

export function fallbackRulesOf(lines: readonly LineConfig[]): ReadonlyMap<string, FallbackRule> {
  return new Map(
    lines.flatMap((line) => {
      if (line.type !== "modem" || line.fallback === undefined) return [];
      const afterMs = (line.fallbackAfterSeconds ?? AFTER_SECONDS) * 1000;
      return [[line.name, { line: line.fallback, afterMs }] as const];
    }),
  );
}
