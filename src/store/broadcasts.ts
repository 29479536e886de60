/** The broadcasts an operator has made. Which of their instants are planned: `broadcast-runs.ts`. */
import { keyOfSid } from "../runtime/ids.ts";
import type { StoredBroadcast } from "./broadcast-commands.ts";
import type { Database, Statement } from "./database.ts";

type Row = Omit<StoredBroadcast, "definition"> & { readonly key: number; readonly definition: string };

export class Broadcasts {
  readonly #insert: Statement<[Record<string, unknown>]>;
  readonly #update: Statement<[Record<string, unknown>]>;
  readonly #delete: Statement<[number]>;
  readonly #byKey: Statement<[number], Row>;
  readonly #list: Statement<[number, number], Row>;

  constructor(db: Database) {
    this.#insert = db.prepare(`
      INSERT INTO broadcast (key, sid, state, judgedTo, createdAt, updatedAt, definition)
      VALUES (@key, @sid, @state, @judgedTo, @createdAt, @updatedAt, @definition)`);
    this.#update = db.prepare(`
      UPDATE broadcast SET state = @state, judgedTo = @judgedTo, updatedAt = @updatedAt, definition = @definition
      WHERE key = @key`);
    this.#delete = db.prepare("DELETE FROM broadcast WHERE key = ?");
    this.#byKey = db.prepare("SELECT * FROM broadcast WHERE key = ?");
    this.#list = db.prepare("SELECT * FROM broadcast WHERE key < ? ORDER BY key DESC LIMIT ?");
  }

  insert(broadcast: StoredBroadcast): void {
    const key = keyOfSid(broadcast.sid);
    if (key === null) throw new Error("a broadcast has a SID");
    this.#insert.run({ ...broadcast, key, definition: JSON.stringify(broadcast.definition) });
  }

  change(
    sid: string,
    change: Partial<Pick<StoredBroadcast, "state" | "definition" | "judgedTo">>,
    at: number,
  ): StoredBroadcast | null {
    const known = this.bySid(sid);
    if (known === null) return null;
    const changed = { ...known, ...change, updatedAt: at };
    this.#update.run({ ...changed, key: keyOfSid(sid), definition: JSON.stringify(changed.definition) });
    return changed;
  }

  /** It is no change of the operator's. */
  judged(broadcast: StoredBroadcast, judgedTo: number): void {
    this.change(broadcast.sid, { judgedTo }, broadcast.updatedAt);
  }

  delete(sid: string): void {
    this.#delete.run(keyOfSid(sid) ?? -1);
  }

  bySid(sid: string): StoredBroadcast | null {
    const row = this.#byKey.get(keyOfSid(sid) ?? -1);
    return row?.sid === sid ? broadcastOf(row) : null;
  }

  list({ beforeSid, limit }: { beforeSid?: string; limit: number }): readonly StoredBroadcast[] {
    const before = beforeSid === undefined ? Number.MAX_SAFE_INTEGER : keyOfSid(beforeSid);
    return before === null ? [] : this.#list.all(before, limit).map(broadcastOf);
  }
}

function broadcastOf({ sid, state, judgedTo, createdAt, updatedAt, definition }: Row): StoredBroadcast {
  return { sid, state, judgedTo, createdAt, updatedAt, definition: JSON.parse(definition) };
}
