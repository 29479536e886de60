import type { Database, Statement } from "./database.ts";

/** What each Line must remember across power cuts (`LineMemory`), and the row by which the disk is tried. */
export class Memory {
  readonly #get: Statement<[string, string], string>;
  readonly #put: Statement<[string, string, string]>;
  readonly #ping: Statement<[number]>;

  constructor(db: Database) {
    this.#get = db
      .prepare<[string, string], string>("SELECT value FROM line_memory WHERE line = ? AND key = ?")
      .pluck();
    this.#put = db.prepare(`
      INSERT INTO line_memory (line, key, value) VALUES (?, ?, ?)
      ON CONFLICT DO UPDATE SET value = excluded.value`);
    this.#ping = db.prepare(
      "INSERT INTO ping (id, at) VALUES (1, ?) ON CONFLICT DO UPDATE SET at = excluded.at",
    );
  }

  get(line: string, key: string): string | null {
    return this.#get.get(line, key) ?? null;
  }

  put(line: string, key: string, value: string): void {
    this.#put.run(line, key, value);
  }

  ping(now: number): void {
    this.#ping.run(now);
  }
}
