/** What an accepted Message begins as: on disk, and as the app is shown it. */
import type { MessageRow } from "./messages.ts";
import { rankOf } from "./progress.ts";
import type { NewOutbound, StoredMessage } from "./store.ts";

export function newRow(key: number, message: NewOutbound, reference: number | null): MessageRow {
  const sendAt = message.sendAt ?? null;
  const status = sendAt === null ? "queued" : "scheduled";
  const progress = ".".repeat(message.parts.length);
  return {
    ...newlyStored(message),
    numSegments: message.parts.length,
    airSegments: message.numSegments ?? null,
    direction: message.direction,
    key,
    alphabet: message.alphabet,
    status,
    progress,
    reference,
    expiresAt: message.expiresAt,
    queue: message.queue,
    lane: message.lane,
    rank: rankOf({ status, progress, retryAt: null, lane: message.lane }),
    made: 0,
    parts: message.parts[0] === message.body ? null : JSON.stringify(message.parts),
    optOutScope: message.optOutScope ?? null,
    automatic: message.automatic === true ? 1 : 0,
    sendAt,
  };
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
