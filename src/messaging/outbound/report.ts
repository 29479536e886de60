/**
 * Delivery reports. `match-report.ts` says whose; here it is written down, and only then does the Line
 * acknowledge it to the network.
 *
 * A report may be quicker than the answer to its own submit (the modem interleaves `+CDS` and `+CMGS`). It is
 * parked then, on disk, and looked for in two places, one of which must see it: by whoever settles a Submission
 * as accepted, after the settle; and here once more, after the parking. A crash between the report and the answer
 * leaves an unknown outcome with its report parked: that is looked for once more before the outcome is judged.
 *
 * A bind brings many reports at once. One whose reference names its Submission is written down at once; for the others
 * a phone's reports take turns (`phone-turns.ts`).
 */
import type { Kept, LineKind } from "../../line/line.ts";
import type { Clock } from "../../runtime/clock.ts";
import { reasonOf } from "../../runtime/fault.ts";
import type { Log } from "../../runtime/log.ts";
import { maskNumber } from "../../runtime/log.ts";
import type { Report } from "../../sms/message.ts";
import type { Store } from "../../store/store.ts";
import type { OpenSubmission, ParkedReport, ReportRecord } from "../../store/submission-record.ts";
import { matchReport } from "./match-report.ts";
import type { AcceptedSubmission } from "./outcomes.ts";
import type { PhoneTurns } from "./phone-turns.ts";
import { RecentReports } from "./recent-reports.ts";
import { codeOfReport } from "./twilio-codes.ts";

type Deps = {
  readonly store: Store;
  /** Which kind a Line is: the numbers in a report mean something else on each. */
  readonly kindOf: (line: string) => LineKind;
  readonly clock: Clock;
  readonly turns: PhoneTurns;
  /** A report has ended a Message, whatever of it is still to be sent. */
  readonly onEnded?: (messageSid: string) => void;
};

export function createReportHandler(
  deps: Deps & {
    readonly log: Log;
    /** How many reports of a line may wait for their acknowledgement at once; absent: a modem's few. */
    readonly inHandOf?: (line: string) => number;
  },
): (line: string, report: Report) => Promise<Kept> {
  const { store, clock, log, turns } = deps;
  const recent = new RecentReports(store, deps.inHandOf);

  const find = async (line: string, report: Report) => {
    const open = await store.openSubmissions(line, report.reference);
    return { open, match: matchReport(report, open, clock.now()) };
  };

  const handle = async (line: string, report: Report): Promise<void> => {
    const at = clock.now();
    const { match } = await find(line, report);
    if (match?.state === "accepted") await keep(line, report, match, at);
    else await turns.take(line, report.recipient, () => handleUnnamed(line, report, at));
  };

  const keep = (line: string, report: Report, { submissionId }: OpenSubmission, at: number) =>
    Promise.all([record(deps, line, submissionId, report, at), recent.add(line, report)]);

  const handleUnnamed = async (line: string, report: Report, at: number): Promise<void> => {
    const first = await find(line, report);
    if (first.match !== null) {
      await keep(line, report, first.match, at);
      return;
    }
    await Promise.all([store.parkReport(line, report, at), recent.add(line, report)]);
    const second = await find(line, report);
    if (second.match !== null) {
      await recordParked(deps, asAccepted(second.match, report.reference));
      return;
    }
    if (second.open.some(({ state }) => state !== "accepted")) return;
    const { reference, state, recipient } = report;
    await store.addEvent({
      type: "report.unmatched",
      level: "info",
      at,
      text: `${line} brought a delivery report for ${maskNumber(recipient)} that no message waits for.`,
      line,
      detail: { reference, state, status: report.status },
    });
  };

  return async (line, report) => {
    try {
      if (await recent.has(line, report)) return "kept";
      await handle(line, report);
      return "kept";
    } catch (error) {
      recent.forget(line, report).catch(() => undefined);
      log.error(
        { line, reference: report.reference, reason: reasonOf(error) },
        "a delivery report was not kept",
      );
      return "refused";
    }
  };
}

type Waiting = Omit<AcceptedSubmission, "reference"> & { readonly reference: string | null };

/**
 * Looks at the reports that nobody waited for when they came, on behalf of a Submission that was accepted since,
 * or whose outcome is still unknown (`reference` null) and is about to be judged. True when one was its own.
 */
export function recordParkedReports(deps: Deps, submission: Waiting): Promise<boolean> {
  const { line, recipient } = submission;
  return deps.turns.take(line, recipient, () => recordParked(deps, submission));
}

async function recordParked(deps: Deps, submission: Waiting): Promise<boolean> {
  const { line, reference, submissionId, startedAt } = submission;
  const ours: ParkedReport[] = [];
  for (const candidate of await deps.store.parkedReports(line, reference)) {
    // A reference comes back: what was parked before this Submission began is an earlier one's.
    if (candidate.at < startedAt) continue;
    // The first one names an unknown Submission; later ones about it have the same reference.
    const named = ours[0]?.report.reference ?? candidate.report.reference;
    if (candidate.report.reference === named && (await isAbout(deps, submission, candidate))) {
      ours.push(candidate);
    }
  }
  if (ours.length === 0) return false;
  // In one tick, so in one transaction: a report left behind would settle the next one in doubt as well.
  await Promise.all([
    ...ours.map(({ report, at }) => record(deps, line, submissionId, report, at)),
    deps.store.dropParked(ours.map(({ parkedId }) => parkedId)),
  ]);
  return true;
}

/**
 * One in doubt is asked for among all that the report may be about: by itself it would take a report that fits
 * another better, and be believed delivered though it never left.
 */
async function isAbout(deps: Deps, submission: Waiting, { report, at }: ParkedReport): Promise<boolean> {
  const { submissionId, line, reference, recipient, startedAt } = submission;
  const alone: OpenSubmission = {
    submissionId,
    messageSid: "",
    line,
    state: reference === null ? "unknown" : "accepted",
    reference,
    recipient,
    startedAt,
    doubtfulSince: null,
  };
  if (matchReport(report, [alone], at) === null) return false;
  if (reference !== null) return true;
  const open = await deps.store.openSubmissions(line, report.reference);
  const begun = open.filter((other) => other.startedAt <= at);
  return matchReport(report, begun, at)?.submissionId === submissionId;
}

async function record(
  deps: Deps,
  line: string,
  submissionId: string,
  report: Report,
  at: number,
): Promise<void> {
  const { store, kindOf } = deps;
  const errorCode = report.state === "failed" ? codeOfReport(kindOf(line), report.status) : null;
  const { state, status, reference, doneAt } = report;
  const entry: ReportRecord = { state, status, errorCode, reference, doneAt, at };
  const { message } = await store.recordReport(submissionId, entry);
  if (message.status === "undelivered") deps.onEnded?.(message.sid);
}

function asAccepted(match: OpenSubmission, reference: string): AcceptedSubmission {
  const { submissionId, line, recipient, startedAt } = match;
  return { submissionId, line, reference, recipient, startedAt };
}
