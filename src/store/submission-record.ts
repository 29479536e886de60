/**
 * What crosses the door about Submissions and the Reports that settle them (`sms/message.ts`). Times are epoch
 * milliseconds.
 */
import type { Report } from "../sms/message.ts";

/** A Submission whose outcome nobody knows (DESIGN §4.2). */
export type UnknownSubmission = {
  readonly submissionId: string;
  readonly messageSid: string;
  readonly queue: string;
  readonly line: string;
  readonly recipient: string;
  readonly startedAt: number;
  /** How often its Segment was sent again before, because nobody knew. */
  readonly resends: number;
};

/** A Submission that a Report may still be about: accepted, or unknown; without a final report. */
export type OpenSubmission = {
  readonly submissionId: string;
  readonly messageSid: string;
  readonly line: string;
  readonly state: "trying" | "accepted" | "unknown";
  /** null while trying or unknown. */
  readonly reference: string | null;
  readonly recipient: string;
  readonly startedAt: number;
  /** Its line answers every Submission with this reference: it says nothing about which one a Report is about. */
  readonly repeats?: true;
  /** When its outcome became unknown: the same instant for all that one death of the process left behind. */
  readonly doubtfulSince: number | null;
};

export type ReportRecord = {
  readonly state: Report["state"];
  readonly status: number;
  /** Twilio's error code when the state is `failed`. */
  readonly errorCode: number | null;
  readonly reference: string;
  readonly doneAt: string | null;
  readonly at: number;
};

export type ParkedReport = { readonly parkedId: string; readonly report: Report; readonly at: number };

export type SubmissionDetail = {
  readonly submissionId: string;
  readonly index: number;
  readonly line: string;
  readonly state: "trying" | "accepted" | "rejected" | "unknown";
  readonly reference: string | null;
  readonly startedAt: number;
  readonly settledAt: number | null;
  readonly reportState: Report["state"] | null;
  readonly reportStatus: number | null;
  readonly why: string | null;
};
