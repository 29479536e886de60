/**
 * The second durable queue (DESIGN §4.4): what apps are told, in order per queue. A webhook that is put aside
 * gets a queue of its own, so that it is retried alone and holds nobody up.
 */
import { randomUUID } from "node:crypto";
import type { Database, Statement } from "./database.ts";
import type { Events } from "./events.ts";
import { newestKeyOf } from "./events.ts";
import type { Notices } from "./notices.ts";
import { idOfKey, keyOfId, RowKeys } from "./row-keys.ts";
import type { NewWebhook, WebhookDeferral, WebhookFacts, WebhookResult, WebhookTask } from "./store.ts";
import { isSameTarget, type Redirected, type Redirection, type WebhookTarget } from "./webhook-target.ts";

type WebhookRow = Omit<WebhookTask, "webhookId" | "facts"> & { readonly key: number; readonly facts: string };

export class Webhooks {
  readonly #notices: Notices;
  readonly #events: Events;
  readonly #keys: RowKeys;
  readonly #insert: Statement<[Record<string, unknown>]>;
  readonly #queues: Statement<[], string>;
  readonly #first: Statement<[string, number], WebhookRow>;
  readonly #count: Statement<[], number>;
  readonly #oldest: Statement<[], number>;
  readonly #targetOf: Statement<[number], WebhookTarget>;
  readonly #misdirected: Statement<[Record<string, unknown>], { key: number; queue: string; facts: string }>;
  readonly #redirect: Statement<[Record<string, unknown>]>;
  readonly #defer: Statement<[number, number, string, number]>;
  readonly #delete: Statement<[number]>;
  readonly #rewrite: Statement<[string, number, string]>;

  constructor(db: Database, options: { notices: Notices; events: Events }) {
    this.#notices = options.notices;
    this.#events = options.events;
    this.#keys = new RowKeys(newestKeyOf(db, "webhook"));
    this.#insert = db.prepare(`
      INSERT INTO webhook (key, queue, url, method, fallbackUrl, fallbackMethod, createdAt, idempotencyToken,
        attempts, notBefore, facts)
      VALUES (@key, @queue, @url, @method, @fallbackUrl, @fallbackMethod, @createdAt, @idempotencyToken, 0,
        @createdAt, @facts)`);
    this.#queues = db.prepare<[], string>("SELECT DISTINCT queue FROM webhook ORDER BY queue").pluck();
    this.#first = db.prepare("SELECT * FROM webhook WHERE queue = ? ORDER BY key LIMIT ?");
    this.#count = db.prepare<[], number>("SELECT count(*) FROM webhook").pluck();
    this.#oldest = db.prepare<[], number>("SELECT createdAt FROM webhook ORDER BY key LIMIT 1").pluck();
    this.#targetOf = db.prepare(
      "SELECT queue, url, method, fallbackUrl, fallbackMethod FROM webhook WHERE key = ?",
    );
    // A queue's name begins with its Number and a space, and `!` is what follows a space: the index finds them.
    const misdirected = `queue >= @to || ' ' AND queue < @to || '!'
      AND facts ->> '$.kind' = 'inbound' AND facts ->> '$.to' = @to AND facts ->> '$.accountSid' = @accountSid
      AND (queue, url, method, fallbackUrl, fallbackMethod)
        IS NOT (@queue, @url, @method, @fallbackUrl, @fallbackMethod)`;
    this.#misdirected = db.prepare(`SELECT key, queue, facts FROM webhook WHERE ${misdirected} ORDER BY key`);
    this.#redirect = db.prepare(`
      UPDATE webhook SET queue = @queue, url = @url, method = @method, fallbackUrl = @fallbackUrl,
        fallbackMethod = @fallbackMethod, attempts = 0, notBefore = createdAt
      WHERE ${misdirected}`);
    this.#defer = db.prepare("UPDATE webhook SET attempts = ?, notBefore = ?, queue = ? WHERE key = ?");
    this.#delete = db.prepare("DELETE FROM webhook WHERE key = ?");
    this.#rewrite = db.prepare(`
      UPDATE webhook SET facts = json_set(facts, '$.body', ?, '$.numSegments', ?)
      WHERE facts ->> '$.kind' = 'inbound' AND facts ->> '$.messageSid' = ?`);
  }

  insert(webhook: NewWebhook): void {
    const key = this.#keys.next(webhook.createdAt);
    const { queue, facts, url, method, fallbackUrl, fallbackMethod, createdAt } = webhook;
    const row = {
      queue,
      url,
      method,
      fallbackUrl,
      fallbackMethod,
      createdAt,
      idempotencyToken: randomUUID(),
    };
    this.#insert.run({ ...row, key, facts: JSON.stringify(facts) });
    const task: WebhookTask = { ...row, facts, webhookId: idOfKey(key), attempts: 0, notBefore: createdAt };
    this.#notices.webhook(queue, task);
  }

  /** The app that was not told of a received Message yet is told what it reads now. */
  rewriteInbound(messageSid: string, now: { readonly body: string; readonly numSegments: number }): void {
    this.#rewrite.run(now.body, now.numSegments, messageSid);
  }

  queues(): readonly string[] {
    return this.#queues.all();
  }

  first(queue: string, limit: number): readonly WebhookTask[] {
    return this.#first.all(queue, limit).map(({ key, facts, ...columns }) => ({
      ...columns,
      facts: JSON.parse(facts) as WebhookFacts,
      webhookId: idOfKey(key),
    }));
  }

  backlog(): { readonly waiting: number; readonly oldestAt: number | null } {
    return { waiting: this.#count.get() ?? 0, oldestAt: this.#oldest.get() ?? null };
  }

  defer(webhookId: string, deferral: WebhookDeferral): "deferred" | "moved" {
    const found = this.#find(webhookId, deferral.asked);
    if (found === null || found.isMoved) return "moved";
    const { key, queue } = found;
    const own = `~${webhookId}`;
    const moves = deferral.aside && !queue.endsWith(own);
    const next = moves ? `${queue}${own}` : queue;
    this.#defer.run(deferral.attempts, deferral.notBefore, next, key);
    if (moves) this.#notices.webhook(next, null);
    if (deferral.event !== null) this.#events.insert(deferral.event);
    return "deferred";
  }

  /** False: it has ended, or goes to somebody who was not asked. Throws where nobody says who was. */
  end(webhookId: string, { asked, isGivenUp = false }: Pick<WebhookResult, "asked" | "isGivenUp">): boolean {
    const found = this.#find(webhookId, asked);
    if (found === null || (isGivenUp && found.isMoved)) return false;
    this.#delete.run(found.key);
    return true;
  }

  redirectInbound({ to, accountSid, target, event }: Redirection): Redirected {
    const nowhere = { queue: null, url: null, method: null, fallbackUrl: null, fallbackMethod: null };
    const where = { to, accountSid, ...(target ?? nowhere) };
    const rows = this.#misdirected.all(where);
    const queues = [...new Set(rows.map(({ queue }) => queue))];
    if (target !== null) {
      if (rows.length > 0) this.#notices.moved(target.queue, queues);
      return { moved: this.#redirect.run(where).changes, ended: 0 };
    }
    for (const { key, facts } of rows) {
      const { messageSid } = JSON.parse(facts) as WebhookFacts;
      this.#delete.run(key);
      this.#events.insert({ ...event, messageSid, accountSid });
    }
    for (const queue of queues) this.#notices.moved(queue, [queue]);
    return { moved: 0, ended: rows.length };
  }

  /** Null: it has ended. Throws then where nobody says who was asked: an answer must not be acted on twice. */
  #find(webhookId: string, asked: WebhookTarget | undefined) {
    const key = keyOfId(webhookId);
    const target = key === null ? undefined : this.#targetOf.get(key);
    if (key !== null && target !== undefined) {
      return { key, queue: target.queue, isMoved: asked !== undefined && !isSameTarget(target, asked) };
    }
    if (asked === undefined) throw new Error(`webhook ${webhookId} has ended`);
    return null;
  }
}
