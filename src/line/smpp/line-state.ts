/** What the state of a Line is when its binds are where they are: pure. */
import type { LineState } from "../line.ts";
import { type BindState, canReceive, canSend } from "./bind-state.ts";
import type { BindKind } from "./smpp-line-options.ts";

export type BindFacts = {
  readonly state: BindState;
  readonly drained: boolean;
  /** Why a bind that stands may be of no use. */
  readonly doubt: string | null;
};

export type StateAndReason = { readonly state: LineState; readonly reason: string };

/**
 * `ready`: one bind that sends and one that receives, as far as the kind does either, and what was stored for us has
 * been handed over. The binds that are missing are said in the reason.
 */
export function lineStateOf(kind: BindKind, binds: readonly BindFacts[]): StateAndReason {
  const sends = kind === "receiver" || binds.some(({ state }) => canSend(state));
  const receives = kind === "transmitter" || binds.some(({ state }) => canReceive(state));
  const standing = binds.filter(({ state }) => canSend(state) || canReceive(state));
  if (sends && receives) {
    if (isDrained(kind, standing)) {
      return { state: "ready", reason: standingReason(standing, binds.length) };
    }
    return { state: "starting", reason: "bound; taking what the SMSC has stored for us" };
  }
  const missing = binds.filter(({ state }) => !canSend(state) && !canReceive(state));
  const troubles = missing.flatMap(({ state }) =>
    "trouble" in state && state.trouble !== null ? [state.trouble] : [],
  );
  const refused = troubles.find(({ why }) => why === "refused");
  if (refused !== undefined) return { state: "refused", reason: refused.reason };
  const reason = troubles[0]?.reason;
  if (missing.some(({ state }) => state.is === "open")) {
    return { state: "starting", reason: reason === undefined ? "binding" : `binding again: ${reason}` };
  }
  return { state: "opening", reason: reason ?? "connecting" };
}

/** One receiving bind that is through with its backlog is enough. */
function isDrained(kind: BindKind, standing: readonly BindFacts[]): boolean {
  return kind === "transmitter" || standing.some(({ state, drained }) => canReceive(state) && drained);
}

function standingReason(standing: readonly BindFacts[], all: number): string {
  const doubt = standing.find((bind) => bind.doubt !== null)?.doubt ?? null;
  if (all === 1) return doubt === null ? "bound" : `bound, but ${doubt}`;
  const reason = `${standing.length} of ${all} binds stand`;
  return doubt === null ? reason : `${reason}, but one: ${doubt}`;
}
