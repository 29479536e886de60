/**
 * Verdicts on what a Line answered: pure, facts and `now` in, what to do out. The caller does it.
 *
 * A temporary refusal is the Message's own trouble: it leaves its place and comes back after 5, 15, 60, 300 and
 * then every 900 s, until its validity ends. A fault of the Line is nobody's message's trouble: the Segment goes
 * back to its place with no attempt burnt, and the Line rests.
 */
import type { SubmitOutcome } from "../../line/line.ts";
import { assertNever } from "../../runtime/assert-never.ts";
import type { Fault } from "../../runtime/fault.ts";
import type { Settlement } from "../../store/store.ts";
import { whyInDoubt } from "./in-doubt.ts";
import { codeOfFault, UNKNOWN_ERROR } from "./twilio-codes.ts";

const MESSAGE_BACKOFF_S = [5, 15, 60, 300, 900] as const;

/** RP-Cause 27 (destination out of service) and 38 (network out of order) do not pass within seconds. */
const SLOW_CAUSES: ReadonlySet<number> = new Set([27, 38]);
const SLOW_START = 2;

/** RP-Cause 21, transfer rejected: nearly always for good, so a first refusal is asked about once more, much later. */
const TRANSFER_REJECTED = 21;
const ONE_MORE_TRY_MS = 600_000;

const LINE_BACKOFF_S = [1, 2, 5, 10, 30] as const;

/**
 * `command_status` of a carrier that does not take the sender (SMPP 3.4 §5.1.3): its address, its type of number, its
 * plan. The general *submit failed* (45h) is not among them: it may be about the recipient.
 */
const SENDER_REFUSED: ReadonlySet<number> = new Set([0x0a, 0x48, 0x49]);

/** No credit, barred, not subscribed: the next real message is the probe, every 15 minutes at the least. */
const ACCOUNT_CAUSES: ReadonlySet<number> = new Set([8, 10, 28, 30, 50, 193]);
const ACCOUNT_BACKOFF_S = [60, 300, 900] as const;

export type Verdict = {
  readonly settlement: Settlement;
  /** What the Line itself is accused of; it is held. */
  readonly lineFault: Fault | null;
};

export function judge(
  outcome: SubmitOutcome,
  facts: { readonly attempts: number; readonly expiresAt: number; readonly now: number },
): Verdict {
  switch (outcome.is) {
    case "accepted":
      return { settlement: { is: "accepted", reference: outcome.reference }, lineFault: null };
    case "unknown":
      return { settlement: inDoubt(outcome.fault), lineFault: null };
    case "rejected":
      return judgeRejection(outcome.fault, facts);
    default:
      return assertNever(outcome);
  }
}

function judgeRejection(
  fault: Fault,
  facts: { readonly attempts: number; readonly expiresAt: number; readonly now: number },
): Verdict {
  const why = fault.message;
  switch (fault.disposition) {
    case "reject":
      return { settlement: { is: "failed", errorCode: codeOfFault(fault), why }, lineFault: null };
    case "retry": {
      const retryAt = facts.now + retryDelayMs(facts.attempts, fault);
      const settlement: Settlement =
        retryAt < facts.expiresAt && !(isTransferRejected(fault) && facts.attempts > 0)
          ? { is: "retry", retryAt, why }
          : { is: "failed", errorCode: codeOfFault(fault), why };
      return { settlement, lineFault: null };
    }
    case "line":
      return {
        settlement: { is: "released", why },
        lineFault: fault.code === "line.stopped" ? null : fault,
      };
    case "unknown":
      return { settlement: inDoubt(fault), lineFault: null };
    default:
      return assertNever(fault.disposition);
  }
}

function inDoubt(fault: Fault): Settlement {
  return { is: "unknown", why: fault.message, told: whyInDoubt(fault) };
}

/** `attempts`: failed tries before this one. */
export function retryDelayMs(attempts: number, fault: Fault): number {
  if (isTransferRejected(fault)) return ONE_MORE_TRY_MS;
  const start = fault.status !== null && SLOW_CAUSES.has(fault.status) ? SLOW_START : 0;
  return stepOf(MESSAGE_BACKOFF_S, attempts + start);
}

/** How long a Line rests after its `faults`-th fault in a row (1 = the first). */
export function holdMs(faults: number, fault: Fault): number {
  return stepOf(isAccountFault(fault) ? ACCOUNT_BACKOFF_S : LINE_BACKOFF_S, faults - 1);
}

/** True when the subscription refuses: a person must look at it. */
export function isAccountFault(fault: Fault): boolean {
  return fault.code === "modem.cms" && fault.status !== null && ACCOUNT_CAUSES.has(fault.status);
}

/** What a person should look at when the other side refuses the whole line; null where it may mend itself. */
export function mendOf(fault: Fault): string | null {
  if (isAccountFault(fault)) return "Check the SIM's credit and subscription; the next message is the probe.";
  if (fault.code !== "smpp.status") return null;
  return "Ask the carrier, or correct the line's configuration; the next message is the probe.";
}

/** True when another sender would have been taken. */
export function isSenderRefused(fault: Fault): boolean {
  return fault.code === "smpp.status" && fault.status !== null && SENDER_REFUSED.has(fault.status);
}

/** What is unknown is judged later, when no report has told; what was never handed over has failed. */
export function setAside(settlement: Settlement, downs: number): Settlement {
  if (settlement.is !== "released" && settlement.is !== "retry") return settlement;
  const why = `the modem went down ${downs} times while it was being sent: ${settlement.why}`;
  return { is: "failed", errorCode: UNKNOWN_ERROR, why };
}

function isTransferRejected({ code, status }: Fault): boolean {
  return code === "modem.cms" && status === TRANSFER_REJECTED;
}

function stepOf(seconds: readonly number[], step: number): number {
  return (seconds[Math.min(step, seconds.length - 1)] ?? 0) * 1000;
}
