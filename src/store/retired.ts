/**
 * Messages at rest: inbound ones from the start, outbound ones once they are finished and have been moved here
 * (DESIGN §4.7). A row carries its Submissions along as JSON, for the one who asks what happened.
 */
import { keyOfSid } from "../runtime/ids.ts";
import type { Database, Statement } from "./database.ts";
import type { Memory } from "./memory.ts";
import type { Mend } from "./mend.ts";
import type { MessageRow } from "./message-row.ts";
import { type Messages, storedOf } from "./messages.ts";
import type { Batch } from "./retention-commands.ts";
import { RetiredCount } from "./retired-count.ts";
import type { NewInbound, StoredMessage } from "./store.ts";
import type { SubmissionDetail } from "./submission-record.ts";
import { detailOf, type Submissions } from "./submissions.ts";
import type { Undo } from "./undo.ts";
import type { Usage } from "./usage.ts";

/** What rests waits for nothing. */
export const RETIRED_COLUMNS = "*, NULL AS retryAt, NULL AS waitingFor";

/** Beside what the Lines remember, under a name that no Line has. */
const REDACTED_TO = ["", "bodies redacted to"] as const;

export type RetiredRow = StoredMessage & { readonly key: number; readonly submissions: string | null };

export class Retired {
  readonly #messages: Messages;
  readonly #submissions: Submissions;
  readonly #usage: Usage;
  readonly #bySid: Statement<[number, string], RetiredRow>;
  readonly #newest: Statement<[], number | null>;
  readonly #insert: Statement<[Record<string, unknown>]>;
  readonly #sentBefore: Statement<[number, number, number], MessageRow>;
  readonly #redact: Statement<[number, number]>;
  readonly #delete: Statement<[number]>;
  readonly #keysFrom: Statement<[number, number, number], number>;
  readonly #erase: Statement<[number]>;
  readonly #count: RetiredCount;
  readonly #undo: Undo;
  readonly #memory: Memory;
  /** The texts of all that is older are erased. */
  #redactedTo: number;
  readonly #rewrite: Statement<[Record<string, unknown>]>;

  constructor(
    db: Database,
    options: { messages: Messages; submissions: Submissions; usage: Usage; memory: Memory; undo: Undo },
  ) {
    this.#usage = options.usage;
    this.#memory = options.memory;
    this.#undo = options.undo;
    this.#count = new RetiredCount(options.undo);
    this.#redactedTo = Number(this.#memory.get(...REDACTED_TO) ?? 0);
    this.#messages = options.messages;
    this.#submissions = options.submissions;
    this.#bySid = db.prepare(`SELECT ${RETIRED_COLUMNS} FROM message_retired WHERE key = ? AND sid = ?`);
    this.#newest = db.prepare<[], number | null>("SELECT max(key) FROM message_retired").pluck();
    this.#insert = db.prepare(`
      INSERT INTO message_retired (key, sid, accountSid, direction, "from", "to", status, numSegments,
        messagingServiceSid, statusCallback, errorCode, createdAt, updatedAt, sentAt, line, attempts, errorMessage,
        body, submissions, automatic)
      VALUES (@key, @sid, @accountSid, @direction, @from, @to, @status, @numSegments, @messagingServiceSid,
        @statusCallback, @errorCode, @createdAt, @updatedAt, @sentAt, @line, @attempts, @errorMessage, @body,
        @submissions, @automatic)`);
    // A key is never older than its row (but for a clock that was set): nothing sent before an instant has one from after.
    this.#sentBefore = db.prepare(`
      SELECT * FROM message WHERE key < ? AND status = 'sent' AND sentAt < ? ORDER BY key LIMIT ?`);
    this.#redact = db.prepare("UPDATE message_retired SET body = '', updatedAt = ? WHERE key = ?");
    this.#delete = db.prepare("DELETE FROM message_retired WHERE key = ?");
    this.#keysFrom = db
      .prepare<[number, number, number], number>(
        "SELECT key FROM message_retired WHERE key > ? AND key < ? ORDER BY key LIMIT ?",
      )
      .pluck();
    this.#erase = db.prepare("UPDATE message_retired SET body = '' WHERE key = ? AND body <> ''");
    this.#rewrite = db.prepare(`
      UPDATE message_retired SET body = @body, numSegments = @numSegments, errorCode = @errorCode,
        errorMessage = @errorMessage, updatedAt = @at
      WHERE key = @key AND sid = @sid AND direction = 'inbound' AND body <> ''`);
  }

  bySid(key: number, sid: string): RetiredRow | null {
    return this.#bySid.get(key, sid) ?? null;
  }

  newestKey(): number {
    return this.#newest.get() ?? 0;
  }

  submissionsOf(key: number, sid: string): readonly SubmissionDetail[] {
    return unpacked(this.bySid(key, sid)?.submissions ?? null);
  }

  insertInbound(message: NewInbound): StoredMessage {
    const key = keyOfSid(message.sid);
    if (key === null) throw new Error("a Message has a SID");
    const stored: StoredMessage = {
      sid: message.sid,
      accountSid: message.accountSid,
      direction: "inbound",
      from: message.from,
      to: message.to,
      body: message.body,
      status: "received",
      numSegments: message.numSegments,
      messagingServiceSid: message.messagingServiceSid,
      statusCallback: null,
      errorCode: message.error?.code ?? null,
      errorMessage: message.error?.text ?? null,
      createdAt: message.receivedAt,
      updatedAt: message.receivedAt,
      sentAt: message.receivedAt,
      line: message.line,
      attempts: 0,
      retryAt: null,
      waitingFor: null,
    };
    this.#insertRow(key, stored, { submissions: null, automatic: 0 });
    this.#usage.count(stored);
    return stored;
  }

  /** A received Message reads otherwise now. False when it is no longer there, or its text was erased. */
  rewriteInbound(sid: string, now: Exclude<Mend["now"], null>, at: number): boolean {
    const { changes } = this.#rewrite.run({
      key: keyOfSid(sid),
      sid,
      body: now.body,
      numSegments: now.numSegments,
      errorCode: now.error?.code ?? null,
      errorMessage: now.error?.text ?? null,
      at,
    });
    return changes === 1;
  }

  /** Moves finished Messages here, and `sent` ones from before `sentBefore`, whose report will not come any more. */
  retire(options: { sentBefore: number; limit: number; keysBefore: number }): number {
    const { sentBefore, limit, keysBefore } = options;
    const leaving: MessageRow[] = [];
    for (const row of this.#messages.finished()) {
      if (leaving.length === limit) break;
      leaving.push(row);
    }
    const room = limit - leaving.length;
    if (room > 0) leaving.push(...this.#sentBefore.all(keysBefore, sentBefore, room));
    for (const row of leaving) {
      const details = this.#submissions.of(row.key).map((submission) => detailOf(row.sid, submission));
      this.#insertRow(row.key, storedOf(row), { submissions: packed(details), automatic: row.automatic });
      this.#submissions.deleteOf(row.key);
      this.#messages.remove(row);
    }
    return leaving.length;
  }

  redact(row: RetiredRow, at: number): RetiredRow {
    this.#redact.run(at, row.key);
    return { ...row, body: "", updatedAt: at };
  }

  remove(row: RetiredRow): void {
    this.#deleteKeys([row.key]);
  }

  pruneBefore(key: number, limit: number): number {
    return this.#deleteKeys(this.#keysFrom.all(-1, key, limit));
  }

  pruneOldest(count: number): number {
    return count <= 0 ? 0 : this.pruneBefore(Number.MAX_SAFE_INTEGER, count);
  }

  /** Meaningful once `countOn` says so. */
  get count(): number {
    return this.#count.count;
  }

  /** Counts at most so many more. Whether all are counted. */
  countOn(limit: number): boolean {
    if (this.#count.isComplete) return true;
    const keys = this.#keysFrom.all(this.#count.countedTo, Number.MAX_SAFE_INTEGER, limit);
    this.#count.step(keys);
    return this.#count.isComplete;
  }

  redactBefore(key: number, limit: number): Batch {
    if (key <= this.#redactedTo) return { changed: 0, isDone: true };
    const keys = this.#keysFrom.all(this.#redactedTo - 1, key, limit);
    let changed = 0;
    for (const each of keys) changed += this.#erase.run(each).changes;
    const isDone = keys.length < limit;
    const before = this.#redactedTo;
    this.#redactedTo = isDone ? key : (keys.at(-1) ?? before) + 1;
    this.#undo.did(() => {
      this.#redactedTo = before;
    });
    this.#memory.put(...REDACTED_TO, String(this.#redactedTo));
    return { changed, isDone };
  }

  #deleteKeys(keys: readonly number[]): number {
    for (const key of keys) {
      this.#delete.run(key);
      this.#count.went(key);
    }
    return keys.length;
  }

  #insertRow(
    key: number,
    message: StoredMessage,
    more: { submissions: string | null; automatic: 0 | 1 },
  ): void {
    this.#insert.run({
      key,
      sid: message.sid,
      accountSid: message.accountSid,
      direction: message.direction,
      from: message.from,
      to: message.to,
      status: message.status,
      numSegments: message.numSegments,
      messagingServiceSid: message.messagingServiceSid,
      statusCallback: message.statusCallback,
      errorCode: message.errorCode,
      createdAt: message.createdAt,
      updatedAt: message.updatedAt,
      sentAt: message.sentAt,
      line: message.line,
      attempts: message.attempts,
      errorMessage: message.errorMessage,
      // What finishes so late would be the only text of its time.
      body: key < this.#redactedTo ? "" : message.body,
      ...more,
    });
    this.#count.came(key);
  }
}

/** Arrays instead of objects: these rows are the ones there are a million of. */
const PACKED = [
  "submissionId",
  "index",
  "line",
  "state",
  "reference",
  "startedAt",
  "settledAt",
  "reportState",
  "reportStatus",
  "why",
] as const satisfies readonly (keyof SubmissionDetail)[];

function packed(details: readonly SubmissionDetail[]): string | null {
  if (details.length === 0) return null;
  return JSON.stringify(details.map((detail) => PACKED.map((field) => detail[field])));
}

function unpacked(json: string | null): readonly SubmissionDetail[] {
  if (json === null) return [];
  return (JSON.parse(json) as unknown[][]).map(
    (values) => Object.fromEntries(PACKED.map((field, index) => [field, values[index]])) as SubmissionDetail,
  );
}
