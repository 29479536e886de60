/**
 * What the operator is told of outcomes that nobody knows, in the transaction that makes them so or ends it: a power
 * cut must not leave a Message in doubt and nobody told.
 */
import type { NewEvent } from "../runtime/event.ts";
import { maskNumber } from "../runtime/log.ts";
import type { MessageRow } from "./message-row.ts";
import type { SubmissionRow } from "./submissions.ts";

type Told = { readonly row: MessageRow; readonly submission: SubmissionRow; readonly at: number };

/** `told`: why, in an operator's words; `reason`: in those of the wire. */
export function doubtfulEvent(
  { row, submission, at }: Told,
  { told, reason }: { readonly told: string; readonly reason: string },
): NewEvent {
  return {
    type: "message.unknown",
    level: "warning",
    at,
    text: `Nobody knows whether the network took the message to ${maskNumber(row.to)} on ${submission.line}: ${told}. A delivery report may still tell.`,
    ...about(row, submission),
    detail: { reason },
  };
}

/** `by`: what has told. */
export function settledEvent({ row, submission, at }: Told, by: "delivery report" | "late answer"): NewEvent {
  const again =
    submission.verdict === "resend" ? "; it was sent again in the meantime and may arrive twice" : "";
  return {
    type: "message.settled",
    level: "info",
    at,
    text: `The ${by} shows that the network had the message to ${maskNumber(row.to)} on ${submission.line}${again}.`,
    ...about(row, submission),
  };
}

function about({ sid, accountSid }: MessageRow, { line }: SubmissionRow) {
  return { line, messageSid: sid, accountSid };
}
