/** Why an app has not been told of a received Message yet: read by whoever asks, never by what delivers. */
import type { Database, Statement } from "./database.ts";
import type { WebhookStanding } from "./reading.ts";

type Row = { readonly key: number; readonly queue: string; readonly url: string; readonly attempts: number };
type Head = { readonly attempts: number; readonly notBefore: number };

export class WebhookStandings {
  readonly #ofMessage: Statement<[string], Row>;
  readonly #head: Statement<[string], Head>;
  readonly #ahead: Statement<[string, number], number>;

  constructor(db: Database) {
    // It looks through everything that waits: an index would cost every webhook a page, for a question seldom asked.
    this.#ofMessage = db.prepare(`
      SELECT key, queue, url, attempts FROM webhook
      WHERE facts ->> '$.messageSid' = ? AND facts ->> '$.kind' = 'inbound' LIMIT 1`);
    this.#head = db.prepare("SELECT attempts, notBefore FROM webhook WHERE queue = ? ORDER BY key LIMIT 1");
    this.#ahead = db
      .prepare<[string, number], number>("SELECT count(*) FROM webhook WHERE queue = ? AND key < ?")
      .pluck();
  }

  of(messageSid: string): WebhookStanding | null {
    const row = this.#ofMessage.get(messageSid);
    const head = row === undefined ? undefined : this.#head.get(row.queue);
    if (row === undefined || head === undefined) return null;
    const { url, attempts, queue, key } = row;
    return { url, attempts, ahead: this.#ahead.get(queue, key) ?? 0, head };
  }
}
