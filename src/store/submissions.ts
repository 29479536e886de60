/** One row per Submission of a Message that is not retired; its name is the Message's SID and a number. */
import { keyOfSid } from "../runtime/ids.ts";
import type { Report } from "../sms/message.ts";
import type { Database, Statement } from "./database.ts";
import { InHand } from "./in-hand.ts";
import type { OpenSubmission, SubmissionDetail, UnknownSubmission } from "./submission-record.ts";
import type { Undo } from "./undo.ts";

export type SubmissionRow = {
  readonly messageKey: number;
  readonly number: number;
  readonly position: number;
  readonly line: string;
  readonly state: SubmissionDetail["state"];
  readonly reference: string | null;
  readonly startedAt: number;
  readonly settledAt: number | null;
  /** How an unknown was judged in the end; null while it is not. */
  readonly verdict: "resend" | "failed" | null;
  readonly reportState: Report["state"] | null;
  readonly reportStatus: number | null;
  readonly reportedAt: number | null;
  readonly why: string | null;
};

type WithMessage = SubmissionRow & { readonly sid: string; readonly queue: string; readonly to: string };

/** So many answers with one reference, one after the other, and it means nothing: a TP-MR counts up. */
const REPEATED_AFTER = 3;

/** 0 to 255. */
const LONGEST_TP_MR = 3;

/** A Report may still be about it. Word for word the condition of the index `submission_open`. */
const OPEN = "state <> 'rejected' AND ifnull(reportState, 'pending') = 'pending'";

export type SubmissionName = { readonly sid: string; readonly key: number; readonly number: number };

export class Submissions {
  readonly #insert: Statement<[number, number, number, string, number]>;
  /** Those that are tried. */
  readonly #inHand: InHand<string, SubmissionRow>;
  readonly #update: Statement<unknown[]>;
  readonly #delete: Statement<[number, number]>;
  readonly #deleteOf: Statement<[number]>;
  readonly #get: Statement<[number, number], SubmissionRow>;
  readonly #of: Statement<[number], SubmissionRow>;
  readonly #newestOf: Statement<[number, number], number>;
  readonly #resends: Statement<[number, number], number>;
  readonly #trying: Statement<[], SubmissionRow>;
  readonly #unknown: Statement<[], WithMessage>;
  readonly #open: Statement<[string | null, string], WithMessage>;
  /** By line: the reference it answered last, and how often in a row. A hint, so no part of any transaction. */
  readonly #answered = new Map<string, { readonly reference: string; readonly times: number }>();

  constructor(db: Database, undo: Undo) {
    this.#inHand = new InHand(undo);
    this.#insert = db.prepare(`
      INSERT INTO submission (messageKey, number, position, line, state, startedAt)
      VALUES (?, ?, ?, ?, 'trying', ?)`);
    this.#update = db.prepare(`
      UPDATE submission SET state = ?, reference = ?, settledAt = ?, verdict = ?, reportState = ?, reportStatus = ?,
        reportedAt = ?, why = ?
      WHERE messageKey = ? AND number = ? AND state = ?`);
    this.#delete = db.prepare("DELETE FROM submission WHERE messageKey = ? AND number = ?");
    this.#deleteOf = db.prepare("DELETE FROM submission WHERE messageKey = ?");
    this.#get = db.prepare("SELECT * FROM submission WHERE messageKey = ? AND number = ?");
    this.#of = db.prepare("SELECT * FROM submission WHERE messageKey = ? ORDER BY number");
    this.#newestOf = db
      .prepare<[number, number], number>(
        "SELECT max(number) FROM submission WHERE messageKey = ? AND position = ?",
      )
      .pluck();
    this.#resends = db
      .prepare<[number, number], number>(
        "SELECT count(*) FROM submission WHERE messageKey = ? AND position = ? AND verdict = 'resend'",
      )
      .pluck();
    this.#trying = db.prepare(
      `SELECT * FROM submission WHERE reference IS NULL AND state = 'trying' AND ${OPEN}`,
    );
    this.#unknown = db.prepare(`
      SELECT submission.*, sid, queue, "to" FROM submission JOIN message ON key = messageKey
      WHERE submission.reference IS NULL AND state = 'unknown' AND ${OPEN}
        AND verdict IS NULL AND status = 'sending'
      ORDER BY messageKey, number`);
    this.#open = db.prepare(`
      SELECT submission.*, sid, queue, "to" FROM submission JOIN message ON key = messageKey
      WHERE submission.reference IS ? AND submission.line = ? AND ${OPEN}`);
  }

  insert(row: Pick<SubmissionRow, "messageKey" | "number" | "position" | "line" | "startedAt">): void {
    this.#insert.run(row.messageKey, row.number, row.position, row.line, row.startedAt);
    this.#inHand.keep(nameOf(row.messageKey, row.number), {
      messageKey: row.messageKey,
      number: row.number,
      position: row.position,
      line: row.line,
      state: "trying",
      reference: null,
      startedAt: row.startedAt,
      settledAt: null,
      verdict: null,
      reportState: null,
      reportStatus: null,
      reportedAt: null,
      why: null,
    });
  }

  /** The UPDATE is fenced by the state it was decided on. */
  change(row: SubmissionRow, change: Partial<SubmissionRow>): SubmissionRow {
    const next = changed(row, change);
    const { changes } = this.#update.run(
      next.state,
      next.reference,
      next.settledAt,
      next.verdict,
      next.reportState,
      next.reportStatus,
      next.reportedAt,
      next.why,
      row.messageKey,
      row.number,
      row.state,
    );
    this.#inHand.forget(nameOf(row.messageKey, row.number));
    if (changes !== 1)
      throw new Error(`submission ${row.messageKey}.${row.number} is no longer ${row.state}`);
    return next;
  }

  forgetInHand(): void {
    this.#inHand.forgetAll();
  }

  delete(row: SubmissionRow): void {
    this.#delete.run(row.messageKey, row.number);
    this.#inHand.forget(nameOf(row.messageKey, row.number));
  }

  deleteOf(messageKey: number): void {
    this.#deleteOf.run(messageKey);
  }

  get(name: SubmissionName): SubmissionRow | null {
    const tried = this.#inHand.get(nameOf(name.key, name.number));
    return tried ?? this.#get.get(name.key, name.number) ?? null;
  }

  of(messageKey: number): readonly SubmissionRow[] {
    return this.#of.all(messageKey);
  }

  /** Whether no later try of the same Segment has been made. */
  isNewest(row: SubmissionRow): boolean {
    return this.#newestOf.get(row.messageKey, row.position) === row.number;
  }

  trying(): readonly SubmissionRow[] {
    return this.#trying.all();
  }

  /** Those whose Message still depends on them. */
  unknown(): readonly UnknownSubmission[] {
    return this.#unknown.all().map((row) => ({
      submissionId: submissionIdOf(row.sid, row.number),
      messageSid: row.sid,
      queue: row.queue,
      line: row.line,
      recipient: row.to,
      startedAt: row.startedAt,
      resends: this.resendsOf(row),
    }));
  }

  /** How often its Segment was sent again because nobody knew. */
  resendsOf({ messageKey, position }: SubmissionRow): number {
    return this.#resends.get(messageKey, position) ?? 0;
  }

  answered(line: string, reference: string): void {
    const last = this.#answered.get(line);
    const times = last?.reference === reference ? last.times + 1 : 1;
    this.#answered.set(line, { reference, times });
  }

  open(line: string, reference: string): readonly OpenSubmission[] {
    const last = this.#answered.get(line);
    const repeated = last !== undefined && last.times >= REPEATED_AFTER ? last.reference : null;
    const named = this.#open.all(reference, line);
    // A message_id is enough to go by; what is on the wire besides may be thousands, and a Report comes for each.
    const others = named.length > 0 && reference.length > LONGEST_TP_MR ? [] : [null, repeated];
    const references = new Set(others.filter((other) => other !== reference));
    return [named, ...[...references].map((each) => this.#open.all(each, line))]
      .flat()
      .sort((a, b) => b.startedAt - a.startedAt || b.messageKey - a.messageKey || b.number - a.number)
      .map((row) => ({
        submissionId: submissionIdOf(row.sid, row.number),
        messageSid: row.sid,
        line: row.line,
        state: row.state as OpenSubmission["state"],
        reference: row.reference,
        recipient: row.to,
        startedAt: row.startedAt,
        ...(row.reference !== null && row.reference === repeated ? { repeats: true } : {}),
        doubtfulSince: row.state === "unknown" ? row.settledAt : null,
      }));
  }
}

/** Every field by name: a spread of one object over another is slow, and this is done for every Submission. */
function changed(row: SubmissionRow, change: Partial<SubmissionRow>): SubmissionRow {
  return {
    messageKey: row.messageKey,
    number: row.number,
    position: row.position,
    line: row.line,
    state: change.state ?? row.state,
    reference: change.reference ?? row.reference,
    startedAt: row.startedAt,
    settledAt: change.settledAt ?? row.settledAt,
    verdict: change.verdict ?? row.verdict,
    reportState: change.reportState ?? row.reportState,
    reportStatus: change.reportStatus ?? row.reportStatus,
    reportedAt: change.reportedAt ?? row.reportedAt,
    why: change.why ?? row.why,
  };
}

function nameOf(messageKey: number, number: number): string {
  return `${messageKey}.${number}`;
}

export function submissionIdOf(sid: string, number: number): string {
  return `${sid}.${number}`;
}

/** Null when the text is not a Submission's name. */
export function parseSubmissionId(submissionId: string): SubmissionName | null {
  const [, sid, number] = /^([A-Z]{2}[0-9a-f]{32})\.([0-9]{1,9})$/.exec(submissionId) ?? [];
  const key = sid === undefined ? null : keyOfSid(sid);
  return sid === undefined || key === null ? null : { sid, key, number: Number(number) };
}

export function detailOf(sid: string, row: SubmissionRow): SubmissionDetail {
  return {
    submissionId: submissionIdOf(sid, row.number),
    index: row.position,
    line: row.line,
    state: row.state,
    reference: row.reference,
    startedAt: row.startedAt,
    settledAt: row.settledAt,
    reportState: row.reportState,
    reportStatus: row.reportStatus,
    why: row.why,
  };
}
