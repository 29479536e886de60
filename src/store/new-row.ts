/** What an accepted Message begins as, on disk and as the app is shown it, and what a change makes of a row. */
import type { MessageChange, MessageRow } from "./messages.ts";
import { rankOf, waitingSegments } from "./progress.ts";
import type { NewOutbound, StoredMessage } from "./store.ts";

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
    rank: change.first === true && rank !== null ? 0 : rank,
    made: change.made ?? row.made,
    waitingFor: given(change.waitingFor, row.waitingFor),
    errorMessage: given(change.errorMessage, row.errorMessage),
    body: row.body,
    parts: row.parts,
    optOutScope: row.optOutScope,
    automatic: row.automatic,
    sendAt: row.sendAt,
  };
}

/** Null is a value here. */
function given<T>(changed: T | undefined, before: T): T {
  return changed === undefined ? before : changed;
}

/** A Message as it stands right after its acceptance. */
export function newlyStored(message: NewOutbound): StoredMessage {
  return {
    sid: message.sid,
    accountSid: message.accountSid,
    direction: message.direction,
    from: message.from,
    to: message.to,
    body: message.body,
    status: "queued",
    numSegments: message.parts.length,
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
