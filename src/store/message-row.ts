/** A row of the hot table: what an accepted Message begins as, and what a change makes of it. */
import type { MessageStatus } from "../sms/message.ts";
import { rankOf, waitingSegments } from "./progress.ts";
import type { Lane, NewOutbound, StoredMessage } from "./store.ts";

export type MessageRow = StoredMessage & {
  readonly direction: "outbound-api" | "outbound-reply";
  readonly key: number;
  readonly alphabet: "gsm7" | "ucs2";
  /** `numSegments` of a row is how many parts it has; this is what an app is told, where it is something else. */
  readonly airSegments: number | null;
  readonly progress: string;
  readonly reference: number | null;
  readonly expiresAt: number;
  readonly queue: string;
  readonly lane: Lane;
  readonly rank: number | null;
  /** Submissions made so far: the number of the newest one. */
  readonly made: number;
  /** JSON array; null when the body is the only part. */
  readonly parts: string | null;
  readonly optOutScope: string | null;
  readonly automatic: 0 | 1;
  /** When it was scheduled for; null when it never was. */
  readonly sendAt: number | null;
};

export type MessageChange = Partial<
  Pick<
    MessageRow,
    | "status"
    | "progress"
    | "errorCode"
    | "errorMessage"
    | "sentAt"
    | "line"
    | "attempts"
    | "retryAt"
    | "waitingFor"
    | "made"
  >
> & {
  /** Before every other Message of its lane that has not begun: a broadcast is by its age. */
  readonly first?: boolean;
  /** When the network says it was done, for the webhook that announces it. */
  readonly doneAt?: string | null;
};

/** Every column by name: copying an object of twenty fields into one of thirty costs ten times as much. */
export function newRow(key: number, message: NewOutbound, reference: number | null): MessageRow {
  const sendAt = message.sendAt ?? null;
  const status = sendAt === null ? "queued" : "scheduled";
  const progress = ".".repeat(message.parts.length);
  return {
    key,
    sid: message.sid,
    accountSid: message.accountSid,
    direction: message.direction,
    from: message.from,
    to: message.to,
    alphabet: message.alphabet,
    status,
    numSegments: message.parts.length,
    progress,
    reference,
    messagingServiceSid: message.messagingServiceSid,
    statusCallback: message.statusCallback,
    errorCode: null,
    createdAt: message.createdAt,
    updatedAt: message.createdAt,
    sentAt: null,
    expiresAt: message.expiresAt,
    line: null,
    attempts: 0,
    retryAt: null,
    queue: message.queue,
    lane: message.lane,
    rank: rankOf({ status, progress, retryAt: null, lane: message.lane }),
    made: 0,
    waitingFor: null,
    errorMessage: null,
    body: message.body,
    parts: message.parts[0] === message.body ? null : JSON.stringify(message.parts),
    optOutScope: message.optOutScope ?? null,
    automatic: message.automatic === true ? 1 : 0,
    sendAt,
    airSegments: message.numSegments ?? null,
  };
}

/** The row after a change; `rank` is what its queue makes of it. */
export function changedRow(row: MessageRow, change: MessageChange, at: number): MessageRow {
  const status = change.status ?? row.status;
  const progress = change.progress ?? row.progress;
  const isWaiting = waitingSegments({ status, progress }) > 0;
  const retryAt = isWaiting ? given(change.retryAt, row.retryAt) : null;
  const rank = rankOf({ status, progress, retryAt, lane: row.lane });
  return {
    key: row.key,
    sid: row.sid,
    accountSid: row.accountSid,
    direction: row.direction,
    from: row.from,
    to: row.to,
    alphabet: row.alphabet,
    status,
    numSegments: row.numSegments,
    progress,
    reference: row.reference,
    messagingServiceSid: row.messagingServiceSid,
    statusCallback: row.statusCallback,
    errorCode: given(change.errorCode, row.errorCode),
    createdAt: row.createdAt,
    updatedAt: at,
    sentAt: given(change.sentAt, row.sentAt),
    expiresAt: row.expiresAt,
    line: given(change.line, row.line),
    attempts: change.attempts ?? row.attempts,
    retryAt,
    queue: row.queue,
    lane: row.lane,
    rank: change.first === true && rank === 1 ? 0 : rank,
    made: change.made ?? row.made,
    waitingFor: given(change.waitingFor, row.waitingFor),
    errorMessage: given(change.errorMessage, row.errorMessage),
    body: row.body,
    parts: row.parts,
    optOutScope: row.optOutScope,
    automatic: row.automatic,
    sendAt: row.sendAt,
    airSegments: row.airSegments,
  };
}

/** Null is a value here. */
function given<T>(changed: T | undefined, before: T): T {
  return changed === undefined ? before : changed;
}

/** A Message as it stands right after its acceptance. */
export function newlyStored(message: NewOutbound, status: MessageStatus = "queued"): StoredMessage {
  return {
    sid: message.sid,
    accountSid: message.accountSid,
    direction: message.direction,
    from: message.from,
    to: message.to,
    body: message.body,
    status,
    numSegments: message.numSegments ?? message.parts.length,
    messagingServiceSid: message.messagingServiceSid,
    statusCallback: message.statusCallback,
    errorCode: null,
    errorMessage: null,
    createdAt: message.createdAt,
    updatedAt: message.createdAt,
    sentAt: null,
    line: null,
    attempts: 0,
    retryAt: null,
    waitingFor: null,
  };
}
