/**
 * Where a bind is: pure. The states are those of SMPP 3.4 §2.2, `connecting` before them and `unbinding`, `stopped`
 * after. What went wrong last is part of the state until the bind stands again, so that a person who looks while it
 * is being tried once more still sees why. That an SMSC answered nothing outlives the next bind, until it answers:
 * an answer is the proof of life, a bind is not.
 */
import { assertNever } from "../../runtime/assert-never.ts";
import type { CloseReason } from "./session.ts";

export type BindRole = "transceiver" | "transmitter" | "receiver";

export type Trouble = {
  /** `refused`: needs a person (password, system_id); `denied`: not now; `mute`: binds, and then answers nothing. */
  readonly why: "unreachable" | "refused" | "denied" | "mute" | CloseReason;
  readonly reason: string;
};

type Trying = {
  /** Failures in a row. */
  readonly failures: number;
  readonly trouble: Trouble | null;
};

export type BindState =
  | ({ readonly is: "closed" | "connecting" | "open" } & Trying)
  | ({ readonly is: "bound_trx" | "bound_tx" | "bound_rx"; readonly isProven: boolean } & Trying)
  | { readonly is: "unbinding" }
  | { readonly is: "stopped" };

export type BindInput =
  | { readonly is: "connect" }
  | { readonly is: "connected" }
  | { readonly is: "unreachable"; readonly reason: string }
  | { readonly is: "bound"; readonly role: BindRole }
  /** Something was, after the bind: a request of ours, or the SMSC has brought a message. */
  | { readonly is: "answered" }
  | { readonly is: "denied"; readonly needsPerson: boolean; readonly reason: string }
  | { readonly is: "lost"; readonly why: CloseReason; readonly reason: string; readonly boundForMs: number }
  | { readonly is: "unbind" }
  | { readonly is: "stop" };

export const NOT_CONNECTED: BindState = { is: "closed", failures: 0, trouble: null };

/** A bind that answers and stood so long was in order: what ends it is a first failure. */
const STEADY_MS = 10_000;

const BOUND = { transceiver: "bound_trx", transmitter: "bound_tx", receiver: "bound_rx" } as const;

/** An input that means nothing in a state leaves it as it is. */
export function next(state: BindState, input: BindInput): BindState {
  if (input.is === "stop") return { is: "stopped" };
  switch (state.is) {
    case "closed":
      return input.is === "connect" ? { ...state, is: "connecting" } : state;
    case "connecting":
      if (input.is === "connected") return { ...state, is: "open" };
      return input.is === "unreachable" ? failed(state, input.is, input.reason) : state;
    case "open":
      if (input.is === "bound") return bound(state, input.role);
      if (input.is === "denied") return failed(state, input.needsPerson ? "refused" : "denied", input.reason);
      return input.is === "lost" ? failed(state, input.why, input.reason) : state;
    case "bound_trx":
    case "bound_tx":
    case "bound_rx":
      if (input.is === "unbind") return { is: "unbinding" };
      if (input.is === "answered") {
        return state.isProven ? state : { ...state, isProven: true, trouble: null };
      }
      return input.is === "lost" ? lost(state, input) : state;
    case "unbinding":
    case "stopped":
      return state;
    default:
      return assertNever(state);
  }
}

const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 120_000;
const FIRST_RETRY_REFUSED_MS = 30_000;
const LAST_RETRY_REFUSED_MS = 600_000;

/** How long a `closed` bind waits. `random`: 0 to 1; a carrier's clients must not all come back in one moment. */
export function retryDelayMs({ failures, trouble }: Trying, random: number): number {
  const [first, last] =
    trouble?.why === "refused"
      ? [FIRST_RETRY_REFUSED_MS, LAST_RETRY_REFUSED_MS]
      : [FIRST_RETRY_MS, LAST_RETRY_MS];
  const full = Math.min(last, first * 2 ** Math.min(Math.max(failures - 1, 0), 20));
  return Math.round(full * (0.5 + random / 2));
}

export function canSend(state: BindState): boolean {
  return state.is === "bound_trx" || state.is === "bound_tx";
}

export function canReceive(state: BindState): boolean {
  return state.is === "bound_trx" || state.is === "bound_rx";
}

function failed({ failures }: { failures: number }, why: Trouble["why"], reason: string): BindState {
  return { is: "closed", failures: failures + 1, trouble: { why, reason } };
}

function bound({ failures, trouble }: Trying, role: BindRole): BindState {
  return { is: BOUND[role], failures, isProven: false, trouble: trouble?.why === "mute" ? trouble : null };
}

function lost(
  state: { readonly isProven: boolean; readonly failures: number },
  { why, reason, boundForMs }: Extract<BindInput, { is: "lost" }>,
): BindState {
  if (!state.isProven && why === "silent") {
    return failed(state, "mute", `bound, but it answers nothing: ${reason}`);
  }
  return failed({ failures: state.isProven && boundForMs >= STEADY_MS ? 0 : state.failures }, why, reason);
}
