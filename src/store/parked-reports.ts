import type { Report } from "../sms/message.ts";
import type { Database, Statement } from "./database.ts";
import { deleteBefore, newestKeyOf } from "./events.ts";
import { idOfKey, keyOfId, RowKeys } from "./row-keys.ts";
import type { ParkedReport } from "./submission-record.ts";

type ParkedRow = { readonly key: number; readonly at: number; readonly report: string };

/** Reports that came before the answer they are about: they wait for the Submission to learn its reference. */
export class ParkedReports {
  readonly #keys: RowKeys;
  readonly #insert: Statement<[number, string, string, number, string]>;
  readonly #of: Statement<[string, string], ParkedRow>;
  readonly #ofLine: Statement<[string], ParkedRow>;
  readonly #any: Statement<[string, string], number>;
  readonly #delete: Statement<[number]>;
  readonly #prune: Statement<[number, number]>;

  constructor(db: Database) {
    this.#keys = new RowKeys(newestKeyOf(db, "parked_report"));
    this.#insert = db.prepare(
      "INSERT INTO parked_report (key, line, reference, at, report) VALUES (?, ?, ?, ?, ?)",
    );
    this.#of = db.prepare(
      "SELECT key, at, report FROM parked_report WHERE line = ? AND reference = ? ORDER BY key",
    );
    this.#ofLine = db.prepare("SELECT key, at, report FROM parked_report WHERE line = ? ORDER BY key");
    this.#any = db
      .prepare<[string, string], number>(
        "SELECT 1 FROM parked_report WHERE line = ? AND reference = ? LIMIT 1",
      )
      .pluck();
    this.#delete = db.prepare("DELETE FROM parked_report WHERE key = ?");
    this.#prune = db.prepare(deleteBefore("parked_report"));
  }

  park(line: string, report: Report, at: number): void {
    this.#insert.run(this.#keys.next(at), line, report.reference, at, JSON.stringify(report));
  }

  /** Oldest first. */
  of(line: string, reference: string | null): readonly ParkedReport[] {
    const rows = reference === null ? this.#ofLine.all(line) : this.#of.all(line, reference);
    return rows.map((row) => ({
      parkedId: idOfKey(row.key),
      report: JSON.parse(row.report) as Report,
      at: row.at,
    }));
  }

  has(line: string, reference: string): boolean {
    return this.#any.get(line, reference) !== undefined;
  }

  drop(parkedIds: readonly string[]): void {
    for (const key of parkedIds.map(keyOfId)) if (key !== null) this.#delete.run(key);
  }

  pruneBefore(key: number, limit: number): number {
    return this.#prune.run(key, limit).changes;
  }
}
