/**
 * Writes down what became of a Submission and everything that follows from it: the report that was quicker than the
 * answer, the watch over an unknown outcome.
 */
import { assertNever } from "../../runtime/assert-never.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Log } from "../../runtime/log.ts";
import { maskNumber } from "../../runtime/log.ts";
import type { Claim, Settlement, Store } from "../../store/store.ts";
import type { UnknownSubmission } from "../../store/submission-record.ts";

export type Subject = {
  readonly claim: Claim;
  readonly queue: string;
  readonly line: string;
  readonly startedAt: number;
  /** Monotonic. */
  readonly startedMs: number;
};

/** For whoever counts. */
export type Settled = {
  readonly line: string;
  readonly settlement: Settlement;
  /** Monotonic. */
  readonly startedAtMs: number;
};

/** What a Submission must be known by to find the reports that came before its answer. */
export type AcceptedSubmission = {
  readonly submissionId: string;
  readonly line: string;
  readonly reference: string;
  readonly recipient: string;
  readonly startedAt: number;
};

export class Outcomes {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #onUnknown: (submission: UnknownSubmission) => void;
  readonly #onAccepted: (submission: AcceptedSubmission) => Promise<unknown>;
  readonly #onSettled: (settled: Settled) => void;

  constructor(options: {
    readonly store: Store;
    readonly clock: Clock;
    readonly log: Log;
    readonly onUnknown: (submission: UnknownSubmission) => void;
    readonly onAccepted: (submission: AcceptedSubmission) => Promise<unknown>;
    readonly onSettled?: ((settled: Settled) => void) | undefined;
  }) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#onUnknown = options.onUnknown;
    this.#onAccepted = options.onAccepted;
    this.#onSettled = options.onSettled ?? (() => {});
  }

  async record(subject: Subject, settlement: Settlement): Promise<void> {
    const { claim, line, queue, startedAt } = subject;
    const { submissionId, messageSid } = claim;
    const recipient = claim.segment.to;
    this.#onSettled({ line, settlement, startedAtMs: subject.startedMs });
    const settling = this.#store.settle(submissionId, settlement, this.#clock.now());
    this.#log.debug(
      { line, messageSid, submissionId, to: maskNumber(recipient), outcome: settlement.is },
      "submission settled",
    );
    switch (settlement.is) {
      case "accepted": {
        // A report that is parked after this transaction looks for the Submission itself, and finds it accepted.
        const { reports } = await settling;
        if (reports === "none") return;
        const { reference } = settlement;
        await this.#onAccepted({ submissionId, line, reference, recipient, startedAt });
        return;
      }
      // The store tells of a Message that ends or is in doubt, in the transaction that makes it so.
      case "failed":
      case "retry":
      case "released":
        await settling;
        return;
      case "unknown": {
        const { is, resends = 0 } = await settling;
        if (is === "stale") return;
        this.#onUnknown({ submissionId, messageSid, queue, line, recipient, startedAt, resends });
        return;
      }
      default:
        assertNever(settlement);
    }
  }
}
