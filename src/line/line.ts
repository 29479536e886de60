/**
 * The Line contract: what the appliance knows of a modem or an SMPP bind, on one screen. One suite
 * (`test/line/line-contract.ts`) runs on every kind.
 *
 * - `submit` never throws. `rejected` means the network does not have it; `unknown` means it might. Before the
 *   point of no return an aborted `signal` gives `rejected` with `line.stopped`; after it the Line waits for the
 *   result within its own bound, then says `unknown`.
 * - A Line acknowledges to the network (`+CMGD`, `+CNMA`, `deliver_sm_resp`) only after the handler said `kept`.
 *   On `refused` it leaves the segment where it is, so that the network or the modem offers it again.
 * - `ready` is entered only when what the network had stored for us has been drained.
 */
import type { NewEvent } from "../runtime/event.ts";
import type { Fault } from "../runtime/fault.ts";
import type { Pulse } from "../runtime/pulse.ts";
import type { InboundSegment, Report, Segment } from "../sms/message.ts";

export type LineKind = "modem" | "smpp";

/** `opening`: no link. `starting`: link, not usable yet. `ready`: can send. `refused`: needs a person (PIN, SIM, password). */
export type LineState = "opening" | "starting" | "ready" | "refused" | "stopped";

export type SubmitOutcome =
  | { readonly is: "accepted"; readonly reference: string }
  | { readonly is: "rejected"; readonly fault: Fault }
  | { readonly is: "unknown"; readonly fault: Fault };

export type Kept = "kept" | "refused";

export type LineStatus = {
  readonly state: LineState;
  /** Why it is in this state, for a person. */
  readonly reason: string;
  /** Epoch milliseconds. */
  readonly since: number;
  /** True when no radio is involved. Shown wherever the line is. */
  readonly simulated: boolean;
  /** What the line learnt about itself; null until known. Names as in 27.007. */
  readonly facts: LineFacts;
  /** Monotonic counts since start, by name (`sent`, `received`, `reports`, `undecodable`, `noise`, …). */
  readonly counters: Readonly<Record<string, number>>;
  /** What is done against a trouble the line has; null or absent when it has none. */
  readonly recovery?: RecoveryStatus | null;
};

export type RecoveryStatus = {
  readonly trouble: string;
  readonly reason: string;
  /** Epoch milliseconds. */
  readonly since: number;
  readonly lastStep: string | null;
  /** What is done next should it last; null when nothing is left to do. */
  readonly nextStep: string | null;
  /** Epoch milliseconds: not earlier. */
  readonly nextStepAt: number | null;
};

export type LineFacts = {
  readonly manufacturer: string | null;
  readonly model: string | null;
  readonly imei: string | null;
  readonly iccid: string | null;
  readonly imsi: string | null;
  readonly operator: string | null;
  readonly technology: string | null;
  readonly signalDbm: number | null;
  /** Epoch milliseconds: when operator, technology and signal were asked last; absent or null: never. */
  readonly networkAskedAt?: number | null;
  readonly smsc: string | null;
  /** Epoch milliseconds: the SIM is asked when the line is set up. */
  readonly smscAskedAt?: number | null;
  /** The SIM's own number where it tells (`+CNUM`). */
  readonly ownNumber: string | null;
  readonly lastSentAt: number | null;
  readonly lastReceivedAt: number | null;
  /** The fullest of its message storages, after the last look; absent or null where there is none, or none tells. */
  readonly storage?: StorageLevel | null;
};

/** 27.005 §3.2.2. */
export type StorageLevel = { readonly name: string; readonly used: number; readonly total: number };

export type LineHandlers = {
  readonly onInbound: (segment: InboundSegment) => Promise<Kept>;
  readonly onReport: (report: Report) => Promise<Kept>;
  /** A PDU nobody can read: kept raw before it is deleted from the modem. */
  readonly onUndecodable: (raw: string, why: string) => Promise<Kept>;
  /** A Submission that ended `unknown` was accepted after all: its answer came late. */
  readonly onLateAcceptance?: (submissionId: string, reference: string) => void;
  readonly onState: (state: LineState, reason: string) => void;
  readonly onEvent: (event: NewEvent) => void;
  /** The network's idea of the time, epoch milliseconds. */
  readonly onNetworkTime: (epochMs: number) => void;
};

export interface Line {
  readonly name: string;
  readonly kind: LineKind;
  /** How many Submissions it takes at once: 1 for a modem. */
  readonly window: number;
  readonly status: LineStatus;
  /** Its supervisor's: what a dead modem or a carrier that refuses never stops, so that the watchdog may ask for it. */
  readonly pulse: Pick<Pulse, "dueBy">;
  start(handlers: LineHandlers): void;
  submit(segment: Segment, options: SubmitOptions): Promise<SubmitOutcome>;
  /** Asks the network by USSD; only lines that can. Never rejects. The text is nobody's business: never logged. */
  ussd?(code: string): Promise<UssdResult>;
  /** Waits for what is on the wire, bounded by `graceMs`. Idempotent, safe without start. */
  stop(graceMs: number): Promise<void>;
}

export type UssdResult =
  | { readonly is: "answered"; readonly text: string; readonly expectsAnswer: boolean }
  | {
      readonly is: "failed";
      readonly why: "busy" | "not-ready" | "refused" | "no-answer" | "ended";
      readonly reason: string;
    };

export type SubmitOptions = { readonly submissionId: string; readonly signal: AbortSignal };

/** What a Line must remember across power cuts (PIN tried, SMSC per SIM, index done). `put` settles when synced. */
export interface LineMemory {
  get(key: string): Promise<string | null>;
  put(key: string, value: string): Promise<void>;
}
