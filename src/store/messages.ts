/**
 * The hot table: outbound Messages from their acceptance until they are retired. `change` is the one setter: it
 * keeps the transition table, fences the UPDATE by the row it was decided on, keeps the queue's depth, and
 * inserts what the change announces (status webhook, event) in the same transaction (DESIGN §4.3).
 */
import { type MessageStatus, NEXT_STATUSES } from "../sms/message.ts";
import type { Database, Statement } from "./database.ts";
import type { Depths } from "./depths.ts";
import type { Events } from "./events.ts";
import type { Horizon } from "./horizon.ts";
import { InHand } from "./in-hand.ts";
import { changedRow, type MessageChange, type MessageRow, newlyStored, newRow } from "./message-row.ts";
import type { Notices } from "./notices.ts";
import { waitingSegments } from "./progress.ts";
import type { NewOutbound, StoredMessage } from "./store.ts";
import type { Undo } from "./undo.ts";
import type { Usage } from "./usage.ts";
import type { Webhooks } from "./webhooks.ts";

/** Twilio announces these to the status callback; `queued` is news only to a Message that was something before. */
const ANNOUNCED: readonly MessageStatus[] = [
  "queued",
  "sent",
  "delivered",
  "undelivered",
  "failed",
  "canceled",
];

export class Messages {
  readonly #undo: Undo;
  readonly #depths: Depths;
  readonly #horizon: Horizon;
  /** Keys of the rows that are final: what can be retired. */
  readonly #finished = new Set<number>();
  #scheduled = 0;
  readonly #notices: Notices;
  readonly #webhooks: Webhooks;
  readonly #events: Events;
  readonly #usage: Usage;
  readonly #inHand: InHand<number, MessageRow>;
  readonly #insert: Statement<unknown[]>;
  readonly #update: Statement<unknown[]>;
  readonly #byKey: Statement<[number], MessageRow>;
  readonly #redact: Statement<[number, number]>;
  readonly #delete: Statement<[number]>;
  readonly #standing: Statement<[], Pick<MessageRow, "key" | "queue" | "status" | "progress">>;
  readonly #newest: Statement<[], number | null>;
  readonly #oldest: Statement<{ queue: string }[], number | null>;
  readonly #reference: Statement<[string, string, number], { reference: number }>;

  constructor(
    db: Database,
    options: {
      undo: Undo;
      depths: Depths;
      horizon: Horizon;
      notices: Notices;
      webhooks: Webhooks;
      events: Events;
      usage: Usage;
    },
  ) {
    this.#undo = options.undo;
    this.#depths = options.depths;
    this.#horizon = options.horizon;
    this.#notices = options.notices;
    this.#webhooks = options.webhooks;
    this.#events = options.events;
    this.#usage = options.usage;
    this.#inHand = new InHand(options.undo);
    // By place, not by name: finding two dozen values by their names costs as much as writing the row.
    this.#insert = db.prepare(`
      INSERT INTO message (key, sid, accountSid, direction, "from", "to", alphabet, status, numSegments, progress,
        reference, messagingServiceSid, statusCallback, createdAt, updatedAt, expiresAt, attempts, queue, lane,
        rank, made, body, parts, optOutScope, automatic, sendAt, airSegments)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
    this.#update = db.prepare(`
      UPDATE message SET status = ?, progress = ?, errorCode = ?, errorMessage = ?, sentAt = ?, line = ?,
        attempts = ?, retryAt = ?, waitingFor = ?, made = ?, rank = ?, updatedAt = ?
      WHERE key = ? AND status = ? AND progress = ? AND made = ?`);
    this.#byKey = db.prepare("SELECT * FROM message WHERE key = ?");
    this.#redact = db.prepare("UPDATE message SET body = '', parts = NULL, updatedAt = ? WHERE key = ?");
    this.#delete = db.prepare("DELETE FROM message WHERE key = ?");
    this.#standing = db.prepare("SELECT key, queue, status, progress FROM message ORDER BY key");
    this.#newest = db.prepare<[], number | null>("SELECT max(key) FROM message").pluck();
    const ranked = [0, 1, 2].map(
      (rank) =>
        `SELECT * FROM (SELECT key FROM message WHERE queue = $queue AND rank = ${rank} ORDER BY key LIMIT 1)`,
    );
    this.#oldest = db
      .prepare<{ queue: string }[], number | null>(`
        SELECT min(key) FROM (${ranked.join(" UNION ALL ")} UNION ALL
          SELECT min(key) FROM message WHERE queue = $queue AND retryAt IS NOT NULL)`)
      .pluck();
    this.#reference = db.prepare(`
      INSERT INTO concatenation ("from", "to", reference) VALUES (?, ?, ?)
      ON CONFLICT DO UPDATE SET reference = (reference + 1) & 255 RETURNING reference`);
  }

  /** When the oldest Message that is claimable or backing off was created; null when there is none. */
  oldestWaiting(queue: string): number | null {
    const key = this.#oldest.get({ queue }) ?? null;
    return key === null ? null : (this.byKey(key)?.createdAt ?? null);
  }

  /**
   * A Message of a service passes through `accepted` here: its sender is known already, so what is written is
   * `queued`, and both are told. One that is `refused` is about to fail: nobody is told that it was queued.
   */
  insert(key: number, message: NewOutbound, refused = false): StoredMessage {
    const row = newRow(key, message, message.parts.length > 1 ? this.#nextReference(message) : null);
    const { status, numSegments } = row;
    this.#insert.run(
      key,
      row.sid,
      row.accountSid,
      row.direction,
      row.from,
      row.to,
      row.alphabet,
      status,
      numSegments,
      row.progress,
      row.reference,
      row.messagingServiceSid,
      row.statusCallback,
      row.createdAt,
      row.updatedAt,
      row.expiresAt,
      row.attempts,
      row.queue,
      row.lane,
      row.rank,
      row.made,
      row.body,
      row.parts,
      row.optOutScope,
      row.automatic,
      row.sendAt,
      row.airSegments,
    );
    this.#inHand.keep(key, row);
    if (status === "scheduled") {
      this.#countScheduled(1);
      return newlyStored(message, status);
    }
    const stored = newlyStored(message);
    this.#depths.change(message.queue, 0, numSegments);
    this.#horizon.include(message.expiresAt);
    this.#notices.queued(message.queue, message.lane);
    if (message.messagingServiceSid === null) return stored;
    if (!refused) this.#announce(stored, message.createdAt, null);
    return { ...stored, status: "accepted" };
  }

  /** How many wait for their instant. */
  get scheduled(): number {
    return this.#scheduled;
  }

  /** Learns from the rows what is kept in memory; once, at open. */
  recall(): void {
    for (const row of this.#standing.iterate()) {
      this.#depths.change(row.queue, 0, waitingSegments(row));
      if (NEXT_STATUSES[row.status].length === 0) this.#finished.add(row.key);
      if (row.status === "scheduled") this.#scheduled++;
    }
  }

  newestKey(): number {
    return this.#newest.get() ?? 0;
  }

  byKey(key: number): MessageRow | null {
    return this.#inHand.get(key) ?? this.#byKey.get(key) ?? null;
  }

  /** Rows were changed by other means than `change`. */
  forgetInHand(): void {
    this.#inHand.forgetAll();
  }

  change(row: MessageRow, change: MessageChange, at: number): MessageRow {
    const status = change.status ?? row.status;
    if (status !== row.status && !NEXT_STATUSES[row.status].includes(status)) {
      throw new Error(`${row.sid} cannot go from ${row.status} to ${status}`);
    }
    const next = changedRow(row, change, at);
    const { changes } = this.#update.run(
      next.status,
      next.progress,
      next.errorCode,
      next.errorMessage,
      next.sentAt,
      next.line,
      next.attempts,
      next.retryAt,
      next.waitingFor,
      next.made,
      next.rank,
      next.updatedAt,
      row.key,
      row.status,
      row.progress,
      row.made,
    );
    if (changes !== 1) throw new Error(`${row.sid} was changed by somebody else`);
    this.#inHand.keep(row.key, next);
    this.#depths.change(row.queue, waitingSegments(row), waitingSegments(next));
    if (row.rank === null && (next.rank !== null || next.retryAt !== null)) {
      this.#notices.queued(row.queue, row.lane);
      this.#horizon.include(row.expiresAt);
    }
    if (row.status === "scheduled" && next.status !== row.status) this.#countScheduled(-1);
    if (next.status !== row.status && NEXT_STATUSES[next.status].length === 0) this.#finish(row.key);
    if (next.status !== row.status && ANNOUNCED.includes(next.status))
      this.#announce(next, at, change.doneAt ?? null);
    return next;
  }

  /** Final, and nothing of it is on the wire any more; oldest to finish first. */
  *finished(): Generator<MessageRow> {
    for (const key of this.#finished) {
      const row = this.byKey(key);
      if (row !== null && !row.progress.includes("t")) yield row;
    }
  }

  /** Nothing of it will be sent any more: nobody needs the text. */
  redact(row: MessageRow, at: number): MessageRow {
    this.#redact.run(at, row.key);
    this.#inHand.forget(row.key);
    return { ...row, body: "", parts: null, updatedAt: at };
  }

  /** It rests elsewhere now, or nowhere. */
  remove(row: MessageRow): void {
    this.#usage.count(storedOf(row));
    this.#delete.run(row.key);
    this.#inHand.forget(row.key);
    if (this.#finished.delete(row.key)) this.#undo.did(() => this.#finished.add(row.key));
  }

  #finish(key: number): void {
    this.#finished.add(key);
    this.#undo.did(() => this.#finished.delete(key));
  }

  #countScheduled(more: number): void {
    this.#scheduled += more;
    this.#undo.did(() => {
      this.#scheduled -= more;
    });
  }

  #announce(row: StoredMessage, at: number, doneAt: string | null): void {
    if (row.status === "failed" || row.status === "undelivered") {
      this.#events.insert({
        type: "message.failed",
        level: "warning",
        at,
        text: `message ${row.sid} is ${row.status}: ${row.errorMessage ?? "no reason given"}`,
        messageSid: row.sid,
        accountSid: row.accountSid,
        ...(row.line === null ? {} : { line: row.line }),
        ...(row.errorCode === null ? {} : { errorCode: row.errorCode }),
      });
    }
    if (row.statusCallback === null) return;
    const reported = row.status === "delivered" || row.status === "undelivered";
    this.#webhooks.insert({
      queue: statusQueueOf(row.from, row.statusCallback),
      facts: {
        kind: "status",
        messageSid: row.sid,
        accountSid: row.accountSid,
        messagingServiceSid: row.messagingServiceSid,
        from: row.from,
        to: row.to,
        status: row.status,
        errorCode: row.errorCode,
        doneAt: reported ? doneAt : null,
      },
      url: row.statusCallback,
      method: "POST",
      fallbackUrl: null,
      fallbackMethod: "POST",
      createdAt: at,
    });
  }

  /** 23.040 §9.2.3.24.1: must differ between Messages that the same handset may be joining at the same time. */
  #nextReference(message: NewOutbound): number {
    const start = Math.floor(message.createdAt) & 255;
    const row = this.#reference.get(message.from, message.to, start);
    if (row === undefined) throw new Error("no concatenation reference");
    return row.reference;
  }
}

/** Status callbacks of one Number to one app keep their order. */
export function statusQueueOf(from: string, url: string): string {
  return `${from} ${URL.canParse(url) ? new URL(url).origin : url}`;
}

/** What of a row crosses the door. */
export function storedOf(row: StoredMessage & { readonly airSegments?: number | null }): StoredMessage {
  return {
    sid: row.sid,
    accountSid: row.accountSid,
    direction: row.direction,
    from: row.from,
    to: row.to,
    body: row.body,
    status: row.status,
    numSegments: row.airSegments ?? row.numSegments,
    messagingServiceSid: row.messagingServiceSid,
    statusCallback: row.statusCallback,
    errorCode: row.errorCode,
    errorMessage: row.errorMessage,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
    sentAt: row.sentAt,
    line: row.line,
    attempts: row.attempts,
    retryAt: row.retryAt,
    waitingFor: row.waitingFor,
  };
}
