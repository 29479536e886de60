/**
 * Who wants no messages, and from whom: a recipient and a scope, which is a Number or a messaging service
 * (contract §4.5). It is read in the transaction that accepts a Message and in the one that hands its first
 * Segment over, so that nothing slips between a STOP and a send.
 */
import type { Database, Statement } from "./database.ts";
import type { OptOutChange } from "./recipient.ts";

export class OptOuts {
  readonly #has: Statement<[string, string]>;
  readonly #insert: Statement<[string, string, number]>;
  readonly #delete: Statement<[string, string]>;

  constructor(db: Database) {
    this.#has = db.prepare("SELECT 1 FROM opt_out WHERE recipient = ? AND scope = ?");
    this.#insert = db.prepare(
      "INSERT INTO opt_out (recipient, scope, since) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
    );
    this.#delete = db.prepare("DELETE FROM opt_out WHERE recipient = ? AND scope = ?");
  }

  has(recipient: string, from: string, scope: string | null): boolean {
    if (this.#has.get(recipient, from) !== undefined) return true;
    return scope !== null && this.#has.get(recipient, scope) !== undefined;
  }

  /** True when something changed: who says STOP twice is answered once. */
  apply({ is, recipient, scopes, at }: OptOutChange): boolean {
    let changes = 0;
    for (const scope of scopes) {
      changes += (is === "stop" ? this.#insert.run(recipient, scope, at) : this.#delete.run(recipient, scope))
        .changes;
    }
    return changes > 0;
  }
}
