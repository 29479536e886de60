/**
 * The inbox: Segments that are kept but not yet a Message, and the fingerprints by which a second delivery of
 * the same TPDU is known (a network that missed our acknowledgement sends again). Both are written in one
 * transaction, so that a power cut leaves either both or neither.
 */
import type { InboundSegment } from "../sms/message.ts";
import type { Database, Statement } from "./database.ts";
import type { Events } from "./events.ts";
import { newestKeyOf } from "./events.ts";
import { segmentFromJson, segmentToJson } from "./inbound-segment.ts";
import type { OptOuts } from "./opt-outs.ts";
import type { OutboundQueue } from "./outbound-queue.ts";
import type { Retired } from "./retired.ts";
import { idOfKey, keyOfId, RowKeys } from "./row-keys.ts";
import type { Completion, KeepResult, KeptSegment, KeywordEffect } from "./store.ts";
import type { Webhooks } from "./webhooks.ts";

/** Service centres give up redelivering within this time. */
const FINGERPRINT_MS = 72 * 3_600_000;

type SegmentRow = {
  readonly key: number;
  readonly line: string;
  readonly receivedAt: number;
  readonly segment: string;
};
type Kept = { readonly line: string; readonly receivedAt: number; readonly segment: InboundSegment };

export class Inbound {
  readonly #retired: Retired;
  readonly #webhooks: Webhooks;
  readonly #events: Events;
  readonly #queue: OutboundQueue;
  readonly #optOuts: OptOuts;
  readonly #keys: RowKeys;
  readonly #insert: Statement<[Record<string, unknown>]>;
  readonly #siblings: Statement<[Record<string, unknown>], SegmentRow>;
  readonly #all: Statement<[], SegmentRow>;
  readonly #exists: Statement<[number]>;
  readonly #delete: Statement<[number]>;
  readonly #fingerprint: Statement<[Record<string, unknown>]>;
  readonly #pruneFingerprints: Statement<[number]>;
  readonly #quarantine: Statement<[number, string, number, string, string]>;
  readonly #pruneQuarantine: Statement<[number]>;

  constructor(
    db: Database,
    options: {
      retired: Retired;
      webhooks: Webhooks;
      events: Events;
      queue: OutboundQueue;
      optOuts: OptOuts;
    },
  ) {
    this.#retired = options.retired;
    this.#webhooks = options.webhooks;
    this.#events = options.events;
    this.#queue = options.queue;
    this.#optOuts = options.optOuts;
    this.#keys = new RowKeys(Math.max(newestKeyOf(db, "inbound_segment"), newestKeyOf(db, "undecodable")));
    this.#insert = db.prepare(`
      INSERT INTO inbound_segment (key, line, "from", "to", reference, referenceBits, total, receivedAt, segment)
      VALUES (@key, @line, @from, @to, @reference, @referenceBits, @total, @receivedAt, @segment)`);
    this.#siblings = db.prepare(`
      SELECT key, line, receivedAt, segment FROM inbound_segment
      WHERE line = @line AND "from" = @from AND reference = @reference AND reference IS NOT NULL
        AND referenceBits = @referenceBits AND total = @total AND "to" IS @to
      ORDER BY key`);
    this.#all = db.prepare("SELECT key, line, receivedAt, segment FROM inbound_segment ORDER BY key");
    this.#exists = db.prepare("SELECT 1 FROM inbound_segment WHERE key = ?");
    this.#delete = db.prepare("DELETE FROM inbound_segment WHERE key = ?");
    this.#fingerprint = db.prepare(`
      INSERT INTO fingerprint (line, fingerprint, receivedAt) VALUES (@line, @fingerprint, @receivedAt)
      ON CONFLICT DO UPDATE SET receivedAt = @receivedAt WHERE receivedAt <= @expired`);
    this.#pruneFingerprints = db.prepare("DELETE FROM fingerprint WHERE receivedAt < ?");
    this.#quarantine = db.prepare("INSERT INTO undecodable (key, line, at, why, raw) VALUES (?, ?, ?, ?, ?)");
    this.#pruneQuarantine = db.prepare("DELETE FROM undecodable WHERE key < ?");
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
    const keys = completion.keptIds.map(keyOfId);
    for (const key of keys) {
      if (key === null || this.#exists.get(key) === undefined) return false;
    }
    for (const key of keys) if (key !== null) this.#delete.run(key);
    this.#become(completion);
    return true;
  }

  unfinished(): readonly KeptSegment[] {
    return this.#all.all().map(keptOf);
  }

  quarantine(line: string, raw: string, why: string, at: number): void {
    this.#quarantine.run(this.#keys.next(at), line, at, why, raw);
  }

  pruneFingerprints(before: number): number {
    return this.#pruneFingerprints.run(before).changes;
  }

  pruneQuarantine(key: number): number {
    return this.#pruneQuarantine.run(key).changes;
  }

  #become(completion: Completion) {
    const stored = this.#retired.insertInbound(completion.message);
    if (completion.webhook !== null) this.#webhooks.insert(completion.webhook);
    if (completion.event !== null) this.#events.insert(completion.event);
    if (completion.keyword) this.#act(completion.keyword);
    return stored;
  }

  /** A reply that finds its queue full is not sent: the block is what counts. */
  #act({ change, reply, event }: KeywordEffect): void {
    const changed = change !== null && this.#optOuts.apply(change);
    if (changed && event !== null) this.#events.insert(event);
    if (reply !== null && (changed || change === null)) this.#queue.accept(reply);
  }
}

function keptOf(row: SegmentRow): KeptSegment {
  return {
    keptId: idOfKey(row.key),
    line: row.line,
    receivedAt: row.receivedAt,
    segment: segmentFromJson(row.segment),
  };
}
