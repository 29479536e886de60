import type { Clock } from "../../runtime/clock.ts";

/** By how much the wall clock was set since that instant, in milliseconds: what was dated then is off by it now. */
export function setSince(
  clock: Clock,
  instant: { readonly startedAt: number; readonly startedMs: number },
): number {
  return clock.now() - instant.startedAt - (clock.monotonicMs() - instant.startedMs);
}
