/**
 * Which of two Lines takes a Number's queue: its own, or the fallback of that. Pure.
 *
 * The queue moves when its own Line has not been `ready` for the time that is set, and only to a fallback that is
 * ready: two Lines that are both down are no reason to move. Once moved it stays until its own Line is ready again,
 * whatever the fallback does meanwhile, so that two Lines that come and go do not throw it to and fro.
 */
import type { LineState } from "../../line/line.ts";

export type SpillFacts = {
  readonly own: LineState;
  /** How long its own Line has not been ready. */
  readonly downMs: number;
  readonly afterMs: number;
  readonly fallback: LineState;
  readonly isCarrying: boolean;
};

/**
 * `unused`: its own Line serves it. `waiting`: not down for long enough. `blocked`: long enough, but the fallback is
 * not ready. `carrying`: the fallback serves it.
 */
export type Spill = "unused" | "waiting" | "blocked" | "carrying";

export function spillOf({ own, downMs, afterMs, fallback, isCarrying }: SpillFacts): Spill {
  if (own === "ready") return "unused";
  if (isCarrying) return "carrying";
  if (downMs < afterMs) return "waiting";
  return fallback === "ready" ? "carrying" : "blocked";
}
