/**
 * What became of a Submission, and what that means for its Message: the Line's answer (`settle`), a delivery
 * report (`recordReport`), the judgement on an unknown (`resolveUnknown`), and the end of the previous daemon
 * (`recover`).
 *
 * A Segment may have had several Submissions (an unknown one was resent). That it arrived, any of them may
 * prove; that it did not, only the newest.
 */
import { assertNever } from "../runtime/assert-never.ts";
import type { NewEvent } from "../runtime/event.ts";
import { doubtfulEvent, settledEvent } from "./doubt-events.ts";
import type { Events } from "./events.ts";
import type { MessageChange, MessageRow } from "./message-row.ts";
import type { Messages } from "./messages.ts";
import type { ParkedReports } from "./parked-reports.ts";
import type { PlanUses } from "./plan-uses.ts";
import { isMoving, stateAt, statusOf, withState } from "./progress.ts";
import type { Retired } from "./retired.ts";
import type { Settlement, SettleResult, StoredMessage } from "./store.ts";
import type { ReportRecord } from "./submission-record.ts";
import { parseSubmissionId, type SubmissionRow, type Submissions } from "./submissions.ts";

/** Twilio's "unknown error", for an outcome that was given up on. */
const UNKNOWN_ERROR = 30008;

export class Outcomes {
  readonly #messages: Messages;
  readonly #submissions: Submissions;
  readonly #retired: Retired;
  readonly #events: Events;
  readonly #parked: ParkedReports;
  readonly #plans: PlanUses;

  constructor(options: {
    messages: Messages;
    submissions: Submissions;
    retired: Retired;
    events: Events;
    parked: ParkedReports;
    plans: PlanUses;
  }) {
    this.#messages = options.messages;
    this.#submissions = options.submissions;
    this.#retired = options.retired;
    this.#events = options.events;
    this.#parked = options.parked;
    this.#plans = options.plans;
  }

  settle(submissionId: string, settlement: Settlement, at: number): SettleResult {
    const found = this.#find(submissionId);
    if ("is" in found) return found;
    const { row, submission } = found;
    const result = this.#settle(row, submission, settlement, at);
    // Whoever was answered looks for the reports that were quicker: most of the time there are none to ask for.
    if (settlement.is !== "accepted") return result;
    return this.#parked.has(submission.line, settlement.reference) ? result : { ...result, reports: "none" };
  }

  #settle(row: MessageRow, submission: SubmissionRow, settlement: Settlement, at: number): SettleResult {
    if (submission.state === "unknown" && settlement.is === "accepted") {
      return this.#acceptedLate(row, submission, settlement.reference, at);
    }
    if (submission.state !== "trying") return stale(row);
    if (["failed", "retry", "released"].includes(settlement.is)) this.#plans.giveBack(submission, row);
    switch (settlement.is) {
      case "accepted":
        this.#submissions.answered(submission.line, settlement.reference);
        this.#submissions.change(submission, {
          state: "accepted",
          reference: settlement.reference,
          settledAt: at,
        });
        return this.#settled(row, submission, at, (moving) => ({
          ...advance(moving, withState(moving.progress, submission.position, "a"), at),
          line: submission.line,
        }));
      case "failed":
        this.#submissions.change(submission, { state: "rejected", settledAt: at, why: settlement.why });
        return this.#settled(row, submission, at, ({ progress }) => ({
          progress: withState(progress, submission.position, "x"),
          status: "failed",
          errorCode: settlement.errorCode,
          errorMessage: settlement.why,
          waitingFor: null,
        }));
      case "retry":
        this.#submissions.change(submission, { state: "rejected", settledAt: at, why: settlement.why });
        return this.#settled(row, submission, at, ({ progress, attempts }) => ({
          progress: withState(progress, submission.position, "."),
          attempts: attempts + 1,
          retryAt: settlement.retryAt,
          waitingFor: settlement.why,
        }));
      case "released":
        this.#submissions.delete(submission);
        return this.#settled(row, submission, at, ({ progress }) => ({
          progress: withState(progress, submission.position, "."),
          waitingFor: settlement.why,
        }));
      case "unknown":
        this.#submissions.change(submission, { state: "unknown", settledAt: at, why: settlement.why });
        this.#tellDoubt({ row, submission, at }, settlement.told ?? settlement.why, settlement.why);
        return {
          ...this.#settled(row, submission, at, ({ progress }) => ({
            progress: withState(progress, submission.position, "u"),
            waitingFor: settlement.why,
          })),
          resends: this.#submissions.resendsOf(submission),
        };
      default:
        return assertNever(settlement);
    }
  }

  /** The answer came after its outcome was called unknown. What waits to be sent again is not sent again. */
  #acceptedLate(row: MessageRow, submission: SubmissionRow, reference: string, at: number): SettleResult {
    this.#submissions.change(submission, { state: "accepted", reference, settledAt: at });
    const state = stateAt(row.progress, submission.position);
    const isOpen = state === "u" || (state === "." && this.#submissions.isNewest(submission));
    if (!isOpen || !isMoving(row.status)) return stale(row);
    this.#events.insert(settledEvent({ row, submission, at }, "late answer"));
    const progress = withState(row.progress, submission.position, "a");
    const change = { ...advance(row, progress, at), line: submission.line, waitingFor: null };
    return { is: "settled", message: headOf(this.#messages.change(row, change, at)) };
  }

  resolveUnknown(
    submissionId: string,
    verdict: "resend" | "failed",
    options: { at: number; event: NewEvent },
  ): SettleResult {
    const { at, event } = options;
    const found = this.#find(submissionId);
    if ("is" in found) return found;
    const { row, submission } = found;
    if (submission.state !== "unknown" || submission.verdict !== null) return stale(row);
    this.#submissions.change(submission, { verdict });
    if (!isMoving(row.status) || stateAt(row.progress, submission.position) !== "u") return stale(row);
    this.#events.insert(event);
    const change: MessageChange =
      verdict === "resend"
        ? { progress: withState(row.progress, submission.position, "."), first: true, waitingFor: null }
        : {
            progress: withState(row.progress, submission.position, "x"),
            status: "failed",
            errorCode: event.errorCode ?? UNKNOWN_ERROR,
            errorMessage: submission.why ?? "its outcome is unknown",
            waitingFor: null,
          };
    return { is: "settled", message: headOf(this.#messages.change(row, change, at)) };
  }

  recordReport(submissionId: string, record: ReportRecord): SettleResult {
    const found = this.#find(submissionId);
    if ("is" in found) return found;
    const { row, submission } = found;
    if (submission.state === "rejected" || isFinalReport(submission.reportState)) return stale(row);
    // Whatever it says, a report means that the network had it: that is the reference of a Submission without one.
    this.#submissions.change(submission, {
      state: "accepted",
      reference: submission.reference ?? record.reference,
      settledAt: submission.settledAt ?? record.at,
      reportState: record.state,
      reportStatus: record.status,
      reportedAt: record.at,
    });
    if (submission.state === "unknown") {
      this.#events.insert(settledEvent({ row, submission, at: record.at }, "delivery report"));
    }
    const change = this.#reported(row, submission, record);
    return {
      is: "settled",
      message: headOf(change === null ? row : this.#messages.change(row, change, record.at)),
    };
  }

  /** Who was trying when the previous daemon ended is unknown now. */
  recover(at: number): number {
    const trying = this.#submissions.trying();
    for (const submission of trying) {
      const why = "the daemon ended while it was on the wire";
      this.#submissions.change(submission, { state: "unknown", settledAt: at, why });
      const row = this.#messages.byKey(submission.messageKey);
      if (row === null || stateAt(row.progress, submission.position) !== "t") continue;
      this.#tellDoubt({ row, submission, at }, "the appliance ended before the answer came", why);
      const progress = withState(row.progress, submission.position, "u");
      this.#messages.change(row, { progress, waitingFor: isMoving(row.status) ? why : null }, at);
    }
    return trying.length;
  }

  /** A Segment whose fate was decided by something stronger is in no doubt. */
  #tellDoubt(
    about: { readonly row: MessageRow; readonly submission: SubmissionRow; readonly at: number },
    told: string,
    reason: string,
  ): void {
    if (stateAt(about.row.progress, about.submission.position) !== "t" || !isMoving(about.row.status)) return;
    this.#events.insert(doubtfulEvent(about, { told, reason }));
  }

  /** Changes the Message, unless the Segment's fate was decided by something stronger in the meantime. */
  #settled(
    row: MessageRow,
    submission: SubmissionRow,
    at: number,
    decide: (row: MessageRow) => MessageChange,
  ): SettleResult {
    if (stateAt(row.progress, submission.position) !== "t") return { is: "settled", message: headOf(row) };
    const decided = decide(row);
    const change = isMoving(row.status) ? decided : { progress: decided.progress ?? row.progress };
    return { is: "settled", message: headOf(this.#messages.change(row, change, at)) };
  }

  #reported(row: MessageRow, submission: SubmissionRow, record: ReportRecord): MessageChange | null {
    const state = stateAt(row.progress, submission.position);
    if (state === "d" || state === "x") return null;
    const isNewest = this.#submissions.isNewest(submission);
    if (record.state === "delivered") {
      const progress = withState(row.progress, submission.position, "d");
      return awaitsReports(row) ? this.#taken(row, submission, progress, record) : { progress };
    }
    if (!isNewest) return null;
    if (record.state === "failed") {
      const progress = withState(row.progress, submission.position, "x");
      if (!awaitsReports(row)) return { progress };
      return {
        progress,
        status: "undelivered",
        line: submission.line,
        errorCode: record.errorCode,
        errorMessage: `the network reports that it was not delivered (status ${record.status})`,
        waitingFor: null,
        doneAt: record.doneAt,
      };
    }
    if (state === "a") return null;
    const progress = withState(row.progress, submission.position, "a");
    return awaitsReports(row) ? this.#taken(row, submission, progress, record) : { progress };
  }

  #taken(row: MessageRow, submission: SubmissionRow, progress: string, record: ReportRecord): MessageChange {
    return {
      ...advance(row, progress, record.at),
      line: submission.line,
      doneAt: record.doneAt,
    };
  }

  /** What a name stands for; `stale` at once when it is released or retired. */
  #find(submissionId: string): { row: MessageRow; submission: SubmissionRow } | SettleResult {
    const name = parseSubmissionId(submissionId);
    if (name === null) throw new Error(`${submissionId} is not a submission`);
    const row = this.#messages.byKey(name.key);
    if (row !== null && row.sid === name.sid) {
      const submission = this.#submissions.get(name);
      return submission === null ? stale(row) : { row, submission };
    }
    const retired = this.#retired.bySid(name.key, name.sid);
    if (retired === null) throw new Error(`there is no message ${name.sid}`);
    return stale(retired);
  }
}

function headOf({ sid, accountSid, status }: StoredMessage): SettleResult["message"] {
  return { sid, accountSid, status };
}

function stale(row: StoredMessage): SettleResult {
  return { is: "stale", message: headOf(row) };
}

/** Not final: a report still decides. */
function awaitsReports(row: MessageRow): boolean {
  return row.status === "sending" || row.status === "sent";
}

function isFinalReport(state: SubmissionRow["reportState"]): boolean {
  return state === "delivered" || state === "failed";
}

/** One more Segment is with the network: what the Message may claim now. */
function advance(row: MessageRow, progress: string, at: number): MessageChange {
  const status = statusOf(progress);
  if (status === "sending") return { progress };
  return { progress, status, sentAt: row.sentAt ?? at, waitingFor: null };
}
