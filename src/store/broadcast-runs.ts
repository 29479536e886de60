/**
 * Runs and their ledgers. A member's row and its Message are written by one command, so that there is never the one
 * without the other: a run that is taken up again after a power cut finds in its ledger who has been seen to.
 */
import type { NewEvent } from "../runtime/event.ts";
import { keyOfSid } from "../runtime/ids.ts";
import type {
  BroadcastCommands,
  MemberOutcome,
  NewRun,
  PlanResult,
  RunCounts,
  RunMember,
  RunStatus,
  SliceItem,
  SliceResult,
  StoredRun,
} from "./broadcast-commands.ts";
import type { Broadcasts } from "./broadcasts.ts";
import type { Database, Statement } from "./database.ts";
import type { Events } from "./events.ts";
import type { MessageRow } from "./message-row.ts";
import type { Messages } from "./messages.ts";
import type { OutboundQueue } from "./outbound-queue.ts";
import type { NewOutbound } from "./store.ts";

type Row = Omit<StoredRun, "definition"> & { readonly key: number; readonly definition: string };
type Door = BroadcastCommands<NewOutbound>;
type Commands = {
  readonly [Name in keyof Door]: (...args: Parameters<Door[Name]>) => Awaited<ReturnType<Door[Name]>>;
};

const COLUMNS = `r.key, r.sid, b.sid AS broadcastSid, plannedAt, cause, status, reason, text, members, segments, cursor,
  r.createdAt, startedAt, endedAt, r.definition FROM broadcast_run r JOIN broadcast b ON b.key = broadcastKey`;

/** Why a Message waits that its broadcast holds. */
const HELD = "its broadcast is paused or in its quiet hours";

export class BroadcastRuns {
  readonly #broadcasts: Broadcasts;
  readonly #messages: Messages;
  readonly #queue: OutboundQueue;
  readonly #events: Events;
  readonly #insert: Statement<[Record<string, unknown>]>;
  readonly #update: Statement<[Record<string, unknown>]>;
  readonly #byKey: Statement<[number], Row>;
  readonly #atInstant: Statement<[number, number], number>;
  readonly #openOf: Statement<[number], Row>;
  readonly #open: Statement<[], Row>;
  readonly #list: Statement<[number, number, number], Row>;
  readonly #newest: Statement<[], number | null>;
  readonly #isSeenTo: Statement<[number, string], number>;
  readonly #note: Statement<[Record<string, unknown>]>;
  readonly #waiting: Statement<[number], number>;
  readonly #untaken: Statement<[number, number], number>;
  readonly #held: Statement<[number], number>;
  readonly #isWaiting: Statement<[number], number>;
  readonly #outcomes: Statement<[number], { outcome: MemberOutcome; count: number }>;
  readonly #statuses: Statement<[number], { status: keyof RunCounts["messages"]; count: number }>;
  readonly #members: Statement<[number, string, number], RunMember>;
  readonly #prune: readonly Statement<[number, number]>[];
  readonly #deleteOf: readonly Statement<[number]>[];

  constructor(
    db: Database,
    options: { broadcasts: Broadcasts; messages: Messages; queue: OutboundQueue; events: Events },
  ) {
    this.#broadcasts = options.broadcasts;
    this.#messages = options.messages;
    this.#queue = options.queue;
    this.#events = options.events;
    this.#insert = db.prepare(`
      INSERT INTO broadcast_run (key, sid, broadcastKey, plannedAt, cause, status, createdAt, endedAt, reason, definition)
      VALUES (@key, @sid, @broadcastKey, @plannedAt, @cause, @status, @createdAt, @endedAt, @reason, @definition)`);
    this.#update = db.prepare(`
      UPDATE broadcast_run SET status = @status, members = @members, segments = @segments, cursor = @cursor,
        startedAt = @startedAt, endedAt = @endedAt, reason = @reason, text = @text WHERE key = @key`);
    this.#byKey = db.prepare(`SELECT ${COLUMNS} WHERE r.key = ?`);
    this.#atInstant = db
      .prepare<[number, number], number>(
        "SELECT key FROM broadcast_run WHERE broadcastKey = ? AND plannedAt = ?",
      )
      .pluck();
    this.#openOf = db.prepare(
      `SELECT ${COLUMNS} WHERE broadcastKey = ? AND status IN ('planned', 'started')`,
    );
    // The plus keeps SQLite from reading every run there was, in the order that is asked for.
    this.#open = db.prepare(`SELECT ${COLUMNS} WHERE status IN ('planned', 'started') ORDER BY +r.key`);
    this.#list = db.prepare(
      `SELECT ${COLUMNS} WHERE broadcastKey = ? AND r.key < ? ORDER BY r.key DESC LIMIT ?`,
    );
    this.#newest = db.prepare<[], number | null>("SELECT max(key) FROM broadcast_run").pluck();
    this.#isSeenTo = db
      .prepare<[number, string], number>(
        "SELECT 1 FROM broadcast_run_member WHERE runKey = ? AND phoneNumber = ?",
      )
      .pluck();
    this.#note = db.prepare(`
      INSERT INTO broadcast_run_member (runKey, phoneNumber, outcome, messageKey, messageSid)
      VALUES (@runKey, @phoneNumber, @outcome, @messageKey, @messageSid) ON CONFLICT DO NOTHING`);
    this.#waiting = db
      .prepare<[number], number>(`
        SELECT m.key FROM broadcast_run_member l JOIN message m ON m.key = l.messageKey
        WHERE l.runKey = ? AND m.status = 'queued'`)
      .pluck();
    this.#untaken = db
      .prepare<[number, number], number>(`
        SELECT m.key FROM broadcast_run_member l JOIN message m ON m.key = l.messageKey
        WHERE l.runKey = ? AND m.status = 'queued' AND (m.retryAt IS NULL OR m.retryAt < ?)`)
      .pluck();
    this.#held = db
      .prepare<[number], number>(`
        SELECT m.key FROM broadcast_run_member l JOIN message m ON m.key = l.messageKey
        WHERE l.runKey = ? AND m.status = 'queued' AND m.waitingFor = '${HELD}'`)
      .pluck();
    // The last to be accepted is the last to leave: one look, as a rule.
    this.#isWaiting = db
      .prepare<[number], number>(`
        SELECT 1 FROM broadcast_run_member l JOIN message m ON m.key = l.messageKey
        WHERE l.runKey = ? AND m.status = 'queued' AND m.rank IS NOT NULL ORDER BY l.phoneNumber DESC LIMIT 1`)
      .pluck();
    this.#outcomes = db.prepare(
      "SELECT outcome, count(*) AS count FROM broadcast_run_member WHERE runKey = ? GROUP BY outcome",
    );
    this.#statuses = db.prepare(`
      SELECT coalesce(hot.status, old.status, 'deleted') AS status, count(*) AS count
      FROM broadcast_run_member l LEFT JOIN message hot ON hot.key = l.messageKey
        LEFT JOIN message_retired old ON old.key = l.messageKey
      WHERE l.runKey = ? AND l.outcome = 'accepted' GROUP BY 1`);
    this.#members = db.prepare(`
      SELECT phoneNumber, outcome, messageSid FROM broadcast_run_member
      WHERE runKey = ? AND phoneNumber > ? ORDER BY phoneNumber LIMIT ?`);
    // A run goes when its ledger is gone: in between it counts fewer members, and nobody asks for it any more.
    this.#prune = [
      `DELETE FROM broadcast_run_member WHERE (runKey, phoneNumber) IN (
        SELECT runKey, phoneNumber FROM broadcast_run_member JOIN broadcast_run ON key = runKey
        WHERE runKey < ? AND status NOT IN ('planned', 'started') LIMIT ?)`,
      `DELETE FROM broadcast_run WHERE key IN (
        SELECT key FROM broadcast_run WHERE key < ? AND status NOT IN ('planned', 'started')
          AND NOT EXISTS (SELECT 1 FROM broadcast_run_member WHERE runKey = key) LIMIT ?)`,
    ].map((sql) => db.prepare(sql));
    this.#deleteOf = [
      "DELETE FROM broadcast_run_member WHERE runKey IN (SELECT key FROM broadcast_run WHERE broadcastKey = ?)",
      "DELETE FROM broadcast_run WHERE broadcastKey = ?",
    ].map((sql) => db.prepare(sql));
  }

  /** The door's commands, as `commands.ts` takes them. */
  get commands(): Commands {
    return {
      createBroadcast: (broadcast) => this.#broadcasts.insert(broadcast),
      changeBroadcast: (sid, change, at) => this.#broadcasts.change(sid, change, at),
      deleteBroadcast: (sid) => this.#deleteBroadcast(sid),
      getBroadcast: (sid) => this.#broadcasts.bySid(sid),
      listBroadcasts: (page) => this.#broadcasts.list(page),
      planRun: (run, also) => this.#plan(run, also),
      startRun: (sid, { at, events, ...start }) => {
        const row = this.#rowOf(sid);
        if (row?.status !== "planned") return null;
        for (const event of events) this.#events.insert(event);
        return this.#change(row, { status: "started", startedAt: at, reason: null, ...start });
      },
      explainRun: (sid, reason) => {
        const row = this.#rowOf(sid);
        if (row !== null && isOpen(row.status)) this.#change(row, { reason });
      },
      holdRun: (sid, hold) => this.#hold(sid, hold),
      releaseRun: (sid, at) => {
        const row = this.#rowOf(sid);
        if (row === null || !isOpen(row.status)) return;
        for (const message of this.#messagesOf(this.#held.all(row.key)))
          this.#messages.change(message, { retryAt: null, waitingFor: null }, at);
        this.#change(row, { reason: null });
      },
      isRunWaiting: (sid) => this.#isWaiting.get(keyOfSid(sid) ?? -1) !== undefined,
      acceptSlice: (sid, items, passedOver) => this.#acceptSlice(sid, items, passedOver),
      endRun: (sid, end) => this.#end(sid, end),
      openRuns: () => this.#open.all().map(runOf),
      getRun: (sid) => {
        const row = this.#rowOf(sid);
        return row === null ? null : runOf(row);
      },
      listRuns: (broadcastSid, { beforeSid, limit }) => {
        const before = beforeSid === undefined ? Number.MAX_SAFE_INTEGER : (keyOfSid(beforeSid) ?? 0);
        return this.#list.all(keyOfSid(broadcastSid) ?? -1, before, limit).map(runOf);
      },
      countRun: (sid) => this.#count(keyOfSid(sid) ?? -1),
      listRunMembers: (sid, { after = "", limit }) => this.#members.all(keyOfSid(sid) ?? -1, after, limit),
    };
  }

  newestKey(): number {
    return this.#newest.get() ?? 0;
  }

  /** Ledgers and runs made before a key, those that are over; at most `limit` rows. */
  pruneBefore(key: number, limit: number): number {
    let pruned = 0;
    for (const statement of this.#prune)
      if (pruned < limit) pruned += statement.run(key, limit - pruned).changes;
    return pruned;
  }

  #deleteBroadcast(sid: string): "deleted" | "busy" | "unknown" {
    if (this.#broadcasts.bySid(sid) === null) return "unknown";
    const key = keyOfSid(sid) ?? -1;
    if (this.#openOf.get(key) !== undefined) return "busy";
    for (const statement of this.#deleteOf) statement.run(key);
    this.#broadcasts.delete(sid);
    return "deleted";
  }

  #plan(run: NewRun, also: { judgedTo: number | null; events: readonly NewEvent[] }): PlanResult {
    const broadcast = this.#broadcasts.bySid(run.broadcastSid);
    const broadcastKey = keyOfSid(run.broadcastSid) ?? -1;
    if (broadcast === null) return { is: "gone" };
    const judged = () => {
      if (also.judgedTo !== null) this.#broadcasts.judged(broadcast, also.judgedTo);
    };
    if (this.#atInstant.get(broadcastKey, run.plannedAt) !== undefined) {
      judged();
      return { is: "known" };
    }
    const open = run.status === "planned" ? this.#openOf.get(broadcastKey) : undefined;
    if (open !== undefined) return { is: "busy", run: runOf(open) };
    const { sid, plannedAt, cause, status, createdAt, reason } = run;
    this.#insert.run({
      key: keyOfSid(sid),
      sid,
      broadcastKey,
      plannedAt,
      cause,
      status,
      createdAt,
      endedAt: status === "skipped" ? createdAt : null,
      reason,
      definition: JSON.stringify(run.definition),
    });
    judged();
    for (const event of also.events) this.#events.insert(event);
    const row = this.#rowOf(sid);
    if (row === null) throw new Error(`${sid} is not there`);
    return { is: "planned", run: runOf(row) };
  }

  #acceptSlice(
    sid: string,
    items: readonly SliceItem<NewOutbound>[],
    passedOver: string | null,
  ): SliceResult {
    const row = this.#rowOf(sid);
    if (row?.status !== "started") return { status: row?.status ?? "canceled", accepted: 0, fullAt: null };
    let { cursor } = row;
    let accepted = 0;
    let fullAt: string | null = null;
    for (const item of items) {
      const outcome = this.#acceptOne(row.key, item);
      if (outcome === "queue-full") {
        fullAt = item.phoneNumber;
        break;
      }
      if (outcome === "accepted") accepted++;
      if (passedOver === null || item.phoneNumber < passedOver) cursor = item.phoneNumber;
    }
    if (cursor !== row.cursor) this.#change(row, { cursor });
    return { status: row.status, accepted, fullAt };
  }

  #acceptOne(runKey: number, item: SliceItem<NewOutbound>): MemberOutcome | "queue-full" | "seen-to" {
    const { phoneNumber } = item;
    if (this.#isSeenTo.get(runKey, phoneNumber) !== undefined) return "seen-to";
    const result = "skipped" in item ? { is: item.skipped } : this.#queue.accept(item.message);
    if (result.is === "queue-full") return "queue-full";
    const messageSid = "message" in item && result.is === "accepted" ? item.message.sid : null;
    const messageKey = messageSid === null ? null : keyOfSid(messageSid);
    this.#note.run({ runKey, phoneNumber, outcome: result.is, messageKey, messageSid });
    return result.is;
  }

  #hold(sid: string, { until, reason, at }: Parameters<Door["holdRun"]>[1]): void {
    const row = this.#rowOf(sid);
    if (row === null || !isOpen(row.status)) return;
    for (const message of this.#messagesOf(this.#untaken.all(row.key, until)))
      this.#messages.change(message, { retryAt: until, waitingFor: HELD }, at);
    if (row.reason !== reason) this.#change(row, { reason });
  }

  #messagesOf(keys: readonly number[]): readonly MessageRow[] {
    return keys.flatMap((key) => this.#messages.byKey(key) ?? []);
  }

  #end(sid: string, end: Parameters<Door["endRun"]>[1]): StoredRun | null {
    const row = this.#rowOf(sid);
    if (row === null) return null;
    const waiting = end.status === "canceled" ? this.#messagesOf(this.#waiting.all(row.key)) : [];
    if (!isOpen(row.status) && waiting.length === 0) return null;
    for (const message of waiting) this.#messages.change(message, { status: "canceled" }, end.at);
    for (const event of end.events) this.#events.insert(event);
    return this.#change(row, { status: end.status, reason: end.reason, endedAt: end.at });
  }

  #count(runKey: number): RunCounts {
    const outcomes = { accepted: 0, "opted-out": 0, refused: 0, "no-text": 0, late: 0 };
    for (const { outcome, count } of this.#outcomes.all(runKey)) outcomes[outcome] = count;
    const messages = Object.fromEntries(
      this.#statuses.all(runKey).map(({ status, count }) => [status, count]),
    );
    return { outcomes, messages };
  }

  #rowOf(sid: string): Row | null {
    const row = this.#byKey.get(keyOfSid(sid) ?? -1);
    return row?.sid === sid ? row : null;
  }

  #change(row: Row, change: Partial<Row>): StoredRun {
    const changed = { ...row, ...change };
    const { key, status, members, segments, cursor, startedAt, endedAt, reason, text } = changed;
    this.#update.run({ key, status, members, segments, cursor, startedAt, endedAt, reason, text });
    return runOf(changed);
  }
}

function isOpen(status: RunStatus): boolean {
  return status === "planned" || status === "started";
}

function runOf({ key: _, definition, ...run }: Row): StoredRun {
  return { ...run, definition: JSON.parse(definition) };
}
