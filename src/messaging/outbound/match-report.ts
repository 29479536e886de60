/**
 * Which Submission a delivery report is about. Pure.
 *
 * A TP-MR comes back after 256 messages and a recipient may be written nationally, so neither is enough alone:
 * the reference and the recipient together name the Submission, the newest one that was sent before the report's
 * own service centre time stamp. That stamp is the network's clock and ours may be wrong (a Pi without a
 * battery), so a Submission that is the only one with this reference and recipient is taken whatever the clocks
 * say. A recipient the service centre masked (`+#0842…`) leaves the reference alone, which is good enough when
 * one open Submission has it.
 *
 * An SMPP `message_id` is longer than that and not used again soon, while receipts write the recipient as they like, or
 * write our own number there: when one open Submission has the id it is meant, whoever is named.
 *
 * Some modems answer every Submission with the same reference, 0 or 255, while the reports carry the true one. Once a
 * line is known for that (the store notices) its reference says nothing: the recipient and the order decide, the
 * oldest within two minutes of the report's stamp first. Such a match is inferred; two texts to one phone within two
 * minutes may swap their reports.
 *
 * A Submission whose outcome is unknown has no reference. A report that nothing else claims and that names its
 * recipient within two minutes of the attempt is taken for its report: the one nearest in time. While another
 * Submission to that recipient still waits for its answer the report is left alone: it may belong to that one,
 * and a message held unknown for longer is better than one believed delivered.
 *
 * When the process dies or a bind falls, what was on the wire and what was recorded ahead of it come into doubt
 * together. They are handed over in their order, so of these the oldest is meant, however near the others are in time,
 * and where a report has no time at all: taking a later one for it would leave that one never sent and believed
 * delivered. Of what came into doubt at different times none is taken that the report's time does not tell from the
 * others, and SMPP receipts mostly have no seconds.
 */
import type { Report } from "../../sms/message.ts";
import type { OpenSubmission } from "../../store/submission-record.ts";

const CLOCK_SLACK_MS = 120_000;
/** From the first to the last outcome that one fall of a bind leaves in doubt. */
const TOGETHER_MS = 1000;
const MINUTE_MS = 60_000;
/** Four days, what most service centres keep a message at the most, and an hour. */
const REPORT_LIFE_MS = 97 * 3_600_000;
const LEAST_TAIL_DIGITS = 7;
/** 0 to 255. */
const LONGEST_TP_MR = 3;

type Told = Pick<Report, "reference" | "recipient" | "tpScts">;

export function matchReport(
  report: Told,
  open: readonly OpenSubmission[],
  now: number,
): OpenSubmission | null {
  const sameReference = open.filter(
    ({ state, reference }) => state === "accepted" && reference === report.reference,
  );
  const repeating = open.filter(({ state, repeats }) => state === "accepted" && repeats === true);
  return named(report, sameReference, now) ?? likely(report, repeating, now) ?? adopted(report, open, now);
}

function named(report: Told, sameReference: readonly OpenSubmission[], now: number): OpenSubmission | null {
  const likeliest = likely(report, sameReference, now);
  if (likeliest !== null) return likeliest;
  const only = sameReference.filter((submission) => isInTime(submission, report, now));
  const isEnough = isMasked(report.recipient) || isLongId(report.reference);
  return isEnough && only.length === 1 ? (only[0] ?? null) : null;
}

/** Not a TP-MR: a `message_id` names its message whatever the receipt calls the recipient. */
export function isLongId(reference: string): boolean {
  return reference.length > LONGEST_TP_MR;
}

/** The one whose recipient is named, at the time that fits best. */
function likely(report: Told, candidates: readonly OpenSubmission[], now: number): OpenSubmission | null {
  const inTime = (submission: OpenSubmission) => isInTime(submission, report, now);
  for (const likeness of ["exact", "tail"] as const) {
    const alike = newestFirst(
      candidates.filter(({ recipient }) => likenessOf(recipient, report.recipient) === likeness),
    );
    const best =
      nextInLine(alike, report, now) ?? alike.find(inTime) ?? (alike.length === 1 ? alike[0] : undefined);
    if (best !== undefined) return best;
  }
  return null;
}

/** Of Submissions that share a reference because their line repeats it: the oldest about the report's time. */
function nextInLine(alike: readonly OpenSubmission[], report: Told, now: number): OpenSubmission | undefined {
  const submittedAt = epochOf(report.tpScts) ?? now;
  return alike.findLast(
    ({ repeats, startedAt }) => repeats === true && Math.abs(startedAt - submittedAt) <= CLOCK_SLACK_MS,
  );
}

function isInTime({ startedAt }: OpenSubmission, report: Told, now: number): boolean {
  const submittedAt = epochOf(report.tpScts) ?? now;
  return startedAt <= submittedAt + CLOCK_SLACK_MS && startedAt >= now - REPORT_LIFE_MS;
}

/** `open` is newest first. */
function adopted(report: Told, open: readonly OpenSubmission[], now: number): OpenSubmission | null {
  const toRecipient = open.filter(
    ({ state, recipient }) => state !== "accepted" && likenessOf(recipient, report.recipient) !== "none",
  );
  if (toRecipient.some(({ state }) => state === "trying")) return null;
  const submittedAt = epochOf(report.tpScts);
  if (submittedAt === null) {
    const recent = toRecipient.filter(({ startedAt }) => startedAt >= now - REPORT_LIFE_MS);
    const [newest] = recent;
    const isOneFall = newest !== undefined && recent.every((other) => fellTogether(other, newest));
    return isOneFall ? (recent.at(-1) ?? null) : null;
  }
  const distance = ({ startedAt }: OpenSubmission) => Math.abs(startedAt - submittedAt);
  const near = toRecipient.filter((submission) => distance(submission) <= CLOCK_SLACK_MS);
  const nearest = [...near].sort((a, b) => distance(a) - distance(b))[0];
  if (nearest === undefined) return null;
  const clearBy = hasSeconds(report.tpScts) ? 0 : MINUTE_MS;
  const isAsNear = (other: OpenSubmission) => distance(other) - distance(nearest) < clearBy;
  if (near.some((other) => isAsNear(other) && !fellTogether(other, nearest))) return null;
  return near.findLast((other) => fellTogether(other, nearest)) ?? null;
}

function fellTogether(one: OpenSubmission, other: OpenSubmission): boolean {
  if (one.submissionId === other.submissionId) return true;
  if (one.doubtfulSince === null || other.doubtfulSince === null) return false;
  return Math.abs(one.doubtfulSince - other.doubtfulSince) < TOGETHER_MS;
}

/**
 * `exact`: the same digits. `tail`: one is written nationally (`0612345678`), and its digits without the trunk
 * prefix end the other. Short codes and names are compared exactly.
 */
export function likenessOf(one: string, other: string): "exact" | "tail" | "none" {
  const [a, b] = [one.replace(/^\+/, ""), other.replace(/^\+/, "")];
  if (a === b) return "exact";
  if (isMasked(one) || isMasked(other)) return "none";
  if (one.startsWith("+") && other.startsWith("+")) return "none";
  const [shorter, longer] = a.length <= b.length ? [a, b] : [b, a];
  const tail = shorter.replace(/^0+/, "");
  return tail.length >= LEAST_TAIL_DIGITS && longer.endsWith(tail) ? "tail" : "none";
}

function isMasked(address: string): boolean {
  return !/^\+?\d+$/.test(address);
}

function newestFirst(submissions: readonly OpenSubmission[]): readonly OpenSubmission[] {
  return [...submissions].sort((a, b) => b.startedAt - a.startedAt);
}

function hasSeconds(tpScts: string | null): boolean {
  return /T\d\d:\d\d:\d\d/.test(tpScts ?? "");
}

function epochOf(tpScts: string | null): number | null {
  const epoch = tpScts === null ? Number.NaN : Date.parse(tpScts);
  return Number.isNaN(epoch) ? null : epoch;
}
