/**
 * The inbox: Segments that are kept but not yet a Message, and the fingerprints by which a second delivery of
 * the same TPDU is known (a network that missed our acknowledgement sends again). Both are written in one
 * transaction, so that a power cut leaves either both or neither.
 *
 * A Message that is shown with gaps leaves its parts in `shown_part`, for those that may still come. Of every
 * part that a Message shows a second fingerprint is kept, without the network's time stamp: a telephone that
 * repeats a part has it stamped anew, and what would then be shown as half a message is known as a copy.
 */
import type { InboundSegment } from "../sms/message.ts";
import type { AudienceEffect } from "./audience-commands.ts";
import type { AudienceMembers } from "./audience-members.ts";
import type { Database, Statement } from "./database.ts";
import type { Events } from "./events.ts";
import { deleteBefore, newestKeyOf } from "./events.ts";
import { copyPrint, segmentFromJson, segmentToJson } from "./inbound-segment.ts";
import type { Mend } from "./mend.ts";
import type { OptOuts } from "./opt-outs.ts";
import type { OutboundQueue } from "./outbound-queue.ts";
import type { Retired } from "./retired.ts";
import { idOfKey, keyOfId, RowKeys } from "./row-keys.ts";
import type { Completion, KeepResult, KeptSegment, KeywordEffect, NewOutbound } from "./store.ts";
import type { Webhooks } from "./webhooks.ts";

/** Service centres give up redelivering within this time. */
const FINGERPRINT_MS = 72 * 3_600_000;

type SegmentRow = {
  readonly key: number;
  readonly line: string;
  readonly receivedAt: number;
  readonly segment: string;
  readonly sid?: string | null;
};
type Kept = { readonly line: string; readonly receivedAt: number; readonly segment: InboundSegment };

export class Inbound {
  readonly #retired: Retired;
  readonly #webhooks: Webhooks;
  readonly #events: Events;
  readonly #queue: OutboundQueue;
  readonly #optOuts: OptOuts;
  readonly #members: AudienceMembers;
  readonly #keys: RowKeys;
  readonly #insert: Statement<[Record<string, unknown>]>;
  readonly #siblings: Statement<[Record<string, unknown>], SegmentRow>;
  readonly #all: Statement<[], SegmentRow>;
  readonly #get: Statement<[number], SegmentRow>;
  readonly #show: Statement<[string, number]>;
  readonly #forget: Statement<[string]>;
  readonly #pruneShown: Statement<[number, number]>;
  readonly #known: Statement<[Record<string, unknown>]>;
  readonly #delete: Statement<[number]>;
  readonly #fingerprint: Statement<[Record<string, unknown>]>;
  readonly #quarantine: Statement<[number, string, number, string, string]>;
  readonly #pruneQuarantine: Statement<[number, number]>;

  constructor(
    db: Database,
    options: {
      retired: Retired;
      webhooks: Webhooks;
      events: Events;
      queue: OutboundQueue;
      optOuts: OptOuts;
      members: AudienceMembers;
    },
  ) {
    this.#retired = options.retired;
    this.#webhooks = options.webhooks;
    this.#events = options.events;
    this.#queue = options.queue;
    this.#optOuts = options.optOuts;
    this.#members = options.members;
    const tables = ["inbound_segment", "shown_part", "undecodable"] as const;
    this.#keys = new RowKeys(Math.max(...tables.map((table) => newestKeyOf(db, table))));
    this.#insert = db.prepare(`
      INSERT INTO inbound_segment (key, line, "from", "to", reference, referenceBits, total, receivedAt, segment)
      VALUES (@key, @line, @from, @to, @reference, @referenceBits, @total, @receivedAt, @segment)`);
    this.#siblings = db.prepare(`
      SELECT key, line, receivedAt, segment, NULL AS sid FROM inbound_segment
      WHERE line = @line AND "from" = @from AND reference = @reference AND reference IS NOT NULL
        AND referenceBits = @referenceBits AND total = @total AND "to" IS @to
      UNION ALL SELECT key, line, receivedAt, segment, sid FROM shown_part
      WHERE line = @line AND "from" = @from AND reference = @reference
        AND referenceBits = @referenceBits AND total = @total AND "to" IS @to
      ORDER BY key`);
    this.#all = db.prepare(`
      SELECT key, line, receivedAt, segment, NULL AS sid FROM inbound_segment
      UNION ALL SELECT key, line, receivedAt, segment, sid FROM shown_part AS shown
      WHERE EXISTS (SELECT 1 FROM inbound_segment AS late WHERE late.line = shown.line
        AND late."from" = shown."from" AND late.reference = shown.reference AND late.reference IS NOT NULL)
      ORDER BY key`);
    this.#get = db.prepare("SELECT key, line, receivedAt, segment FROM inbound_segment WHERE key = ?");
    this.#show = db.prepare(`
      INSERT INTO shown_part (key, sid, line, "from", "to", reference, referenceBits, total, receivedAt, segment)
      SELECT key, ?, line, "from", "to", reference, referenceBits, total, receivedAt, segment
      FROM inbound_segment WHERE key = ?`);
    this.#forget = db.prepare("DELETE FROM shown_part WHERE sid = ?");
    this.#pruneShown = db.prepare(deleteBefore("shown_part"));
    this.#known = db.prepare(`
      SELECT 1 FROM fingerprint WHERE line = @line AND fingerprint = @fingerprint AND receivedAt > @since`);
    this.#delete = db.prepare("DELETE FROM inbound_segment WHERE key = ?");
    this.#fingerprint = db.prepare(`
      INSERT INTO fingerprint (line, fingerprint, receivedAt) VALUES (@line, @fingerprint, @receivedAt)
      ON CONFLICT DO UPDATE SET receivedAt = @receivedAt WHERE receivedAt <= @expired`);
    this.#quarantine = db.prepare("INSERT INTO undecodable (key, line, at, why, raw) VALUES (?, ?, ?, ?, ?)");
    this.#pruneQuarantine = db.prepare(deleteBefore("undecodable"));
  }

  keep(kept: Kept, completion: Completion | null): KeepResult {
    const { line, receivedAt, segment } = kept;
    const { changes } = this.#fingerprint.run({
      line,
      fingerprint: segment.fingerprint,
      receivedAt,
      expired: receivedAt - FINGERPRINT_MS,
    });
    if (changes === 0) return { is: "duplicate" };
    if (completion !== null) {
      return { is: "completed", message: this.#become(completion) };
    }
    const key = this.#keys.next(receivedAt);
    const { concatenation } = segment;
    this.#insert.run({
      key,
      line,
      from: segment.from,
      to: segment.to,
      reference: concatenation?.reference ?? null,
      referenceBits: concatenation?.referenceBits ?? null,
      total: concatenation?.total ?? null,
      receivedAt,
      segment: segmentToJson(segment),
    });
    const keptId = idOfKey(key);
    if (concatenation === null) return { is: "kept", keptId, siblings: [{ keptId, ...kept }] };
    const siblings = this.#siblings.all({
      line,
      from: segment.from,
      to: segment.to,
      reference: concatenation.reference,
      referenceBits: concatenation.referenceBits,
      total: concatenation.total,
    });
    return { is: "kept", keptId, siblings: siblings.map(keptOf) };
  }

  complete(completion: Completion): boolean {
    const rows = this.#rows(completion.keptIds);
    if (rows === null) return false;
    for (const row of rows) this.#remember(row);
    this.#drop(rows);
    this.#become(completion);
    return true;
  }

  publishIncomplete(completion: Completion): "published" | "copies" | "gone" {
    const rows = this.#rows(completion.keptIds);
    if (rows === null) return "gone";
    if (rows.every((row) => this.#isCopy(row))) {
      this.#drop(rows);
      return "copies";
    }
    for (const row of rows) {
      this.#remember(row);
      this.#show.run(completion.message.sid, row.key);
    }
    this.#drop(rows);
    this.#become(completion);
    return "published";
  }

  mend({ sid, keptIds, now, at, event }: Mend): boolean {
    const rows = this.#rows(keptIds);
    if (rows === null) return false;
    if (now !== null) {
      if (!this.#retired.rewriteInbound(sid, now, at)) {
        // Gone, or erased, meanwhile: what comes now is a message of its own.
        this.#forget.run(sid);
        return false;
      }
      this.#webhooks.rewriteInbound(sid, now);
      for (const row of rows) {
        this.#remember(row);
        this.#show.run(sid, row.key);
      }
      if (now.error === null) this.#forget.run(sid);
    }
    this.#drop(rows);
    if (event !== null) this.#events.insert(event);
    return true;
  }

  unfinished(): readonly KeptSegment[] {
    return this.#all.all().map(keptOf);
  }

  quarantine(line: string, raw: string, why: string, at: number): void {
    this.#quarantine.run(this.#keys.next(at), line, at, why, raw);
  }

  /** Its text is to be nowhere any more; a part that still comes is a message of its own. */
  forgetShown(sid: string): void {
    this.#forget.run(sid);
  }

  pruneShown(key: number, limit: number): number {
    return this.#pruneShown.run(key, limit).changes;
  }

  pruneQuarantine(key: number, limit: number): number {
    return this.#pruneQuarantine.run(key, limit).changes;
  }

  /** Null when one of them is no longer waiting. */
  #rows(keptIds: readonly string[]): readonly SegmentRow[] | null {
    const rows: SegmentRow[] = [];
    for (const key of keptIds.map(keyOfId)) {
      const row = key === null ? undefined : this.#get.get(key);
      if (row === undefined) return null;
      rows.push(row);
    }
    return rows;
  }

  #drop(rows: readonly SegmentRow[]): void {
    for (const { key } of rows) this.#delete.run(key);
  }

  /** A Message shows this part from now on. */
  #remember({ line, receivedAt, segment }: SegmentRow): void {
    const part = segmentFromJson(segment);
    if (part.concatenation === null) return;
    this.#fingerprint.run({ line, fingerprint: copyPrint(line, part), receivedAt, expired: receivedAt });
  }

  #isCopy({ line, receivedAt, segment }: SegmentRow): boolean {
    const fingerprint = copyPrint(line, segmentFromJson(segment));
    return this.#known.get({ line, fingerprint, since: receivedAt - FINGERPRINT_MS }) !== undefined;
  }

  #become(completion: Completion) {
    const stored = this.#retired.insertInbound(completion.message);
    if (completion.webhook !== null) this.#webhooks.insert(completion.webhook);
    if (completion.event !== null) this.#events.insert(completion.event);
    if (completion.keyword) this.#act(completion.keyword);
    if (completion.audience) this.#joinOrLeave(completion.audience);
    return stored;
  }

  /** A reply that finds its queue full is not sent: the block is what counts. */
  #act({ change, reply, event, repliesAlways = false }: KeywordEffect): void {
    const changed = change !== null && this.#optOuts.apply(change);
    if (changed && event !== null) this.#events.insert(event);
    if (reply !== null && (changed || change === null || repliesAlways)) this.#queue.accept(reply);
  }

  #joinOrLeave(effect: AudienceEffect<NewOutbound>): void {
    const { changed, answer } = this.#members.act(effect);
    if (changed) this.#events.insert(effect.event);
    if (answer !== null) this.#queue.accept(answer);
  }
}

function keptOf(row: SegmentRow): KeptSegment {
  return {
    keptId: idOfKey(row.key),
    line: row.line,
    receivedAt: row.receivedAt,
    segment: segmentFromJson(row.segment),
    ...(row.sid === undefined || row.sid === null ? {} : { shownIn: row.sid }),
  };
}
