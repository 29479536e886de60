import type { Database, Statement } from "./database.ts";

/** Which Number of a service a recipient has met (contract §6.1, `StickySender`): it stays with them for good. */
export class StickySenders {
  readonly #get: Statement<[string, string], string>;
  readonly #put: Statement<[string, string, string]>;

  constructor(db: Database) {
    this.#get = db
      .prepare<[string, string], string>(
        "SELECT sender FROM sticky_sender WHERE service = ? AND recipient = ?",
      )
      .pluck();
    this.#put = db.prepare(`
      INSERT INTO sticky_sender (service, recipient, sender) VALUES (?, ?, ?)
      ON CONFLICT DO UPDATE SET sender = excluded.sender WHERE sender <> excluded.sender`);
  }

  get(service: string, recipient: string): string | null {
    return this.#get.get(service, recipient) ?? null;
  }

  put(service: string, recipient: string, sender: string): void {
    this.#put.run(service, recipient, sender);
  }
}
