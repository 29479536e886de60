import { keyOfSid } from "../runtime/ids.ts";
import type { AudiencePatch, AudienceRecord, NewAudience } from "./audience-commands.ts";
import type { Database, Statement } from "./database.ts";

type Row = Omit<AudienceRecord, "keywords" | "confirm" | "forwardKeywords"> & {
  readonly key: number;
  readonly keywords: string;
  readonly confirm: 0 | 1;
  readonly forwardKeywords: 0 | 1;
};

/** Whom to write to together, without the people: `audience-members.ts` has those. */
export class Audiences {
  readonly #insert: Statement<[Record<string, unknown>]>;
  readonly #update: Statement<[Record<string, unknown>]>;
  readonly #get: Statement<[number], Row>;
  readonly #list: Statement<[number, number], Row>;
  readonly #delete: Statement<[number]>;
  readonly #grow: Statement<[number, number]>;
  readonly #newest: Statement<[], number | null>;

  constructor(db: Database) {
    this.#insert = db.prepare(`
      INSERT INTO audience (key, sid, friendlyName, language, keywords, confirm, welcomeText, goodbyeText,
        forwardKeywords, members, createdAt, updatedAt)
      VALUES (@key, @sid, @friendlyName, @language, @keywords, @confirm, @welcomeText, @goodbyeText,
        @forwardKeywords, 0, @createdAt, @createdAt)`);
    this.#update = db.prepare(`
      UPDATE audience SET friendlyName = @friendlyName, language = @language, keywords = @keywords,
        confirm = @confirm, welcomeText = @welcomeText, goodbyeText = @goodbyeText,
        forwardKeywords = @forwardKeywords, updatedAt = @updatedAt WHERE key = @key`);
    this.#get = db.prepare("SELECT * FROM audience WHERE key = ?");
    this.#list = db.prepare("SELECT * FROM audience WHERE key > ? ORDER BY key LIMIT ?");
    this.#delete = db.prepare("DELETE FROM audience WHERE key = ?");
    this.#grow = db.prepare("UPDATE audience SET members = members + ? WHERE key = ?");
    this.#newest = db.prepare<[], number | null>("SELECT max(key) FROM audience").pluck();
  }

  create(audience: NewAudience): AudienceRecord {
    const key = keyOfSid(audience.sid);
    if (key === null) throw new Error("an audience has a SID");
    this.#insert.run({ ...columnsOf(audience), key });
    return { ...audience, members: 0, updatedAt: audience.createdAt };
  }

  update(sid: string, patch: AudiencePatch, at: number): AudienceRecord | null {
    const row = this.#row(sid);
    if (row === null) return null;
    const updated = { ...recordOf(row), ...patch, updatedAt: at };
    this.#update.run({ ...columnsOf(updated), key: row.key });
    return updated;
  }

  get(sid: string): AudienceRecord | null {
    const row = this.#row(sid);
    return row === null ? null : recordOf(row);
  }

  /** Null: there is none of that SID. */
  keyOf(sid: string): number | null {
    return this.#row(sid)?.key ?? null;
  }

  list({ after, limit }: { after: string | null; limit: number }): readonly AudienceRecord[] {
    const key = after === null ? 0 : keyOfSid(after);
    return key === null ? [] : this.#list.all(key, limit).map(recordOf);
  }

  delete(key: number): void {
    this.#delete.run(key);
  }

  /** It has so many members more, or fewer. */
  grow(key: number, by: number): void {
    if (by !== 0) this.#grow.run(by, key);
  }

  newestKey(): number {
    return this.#newest.get() ?? 0;
  }

  #row(sid: string): Row | null {
    const key = keyOfSid(sid);
    const row = key === null ? undefined : this.#get.get(key);
    return row?.sid === sid ? row : null;
  }
}

function columnsOf(audience: NewAudience): Record<string, unknown> {
  return {
    ...audience,
    keywords: JSON.stringify(audience.keywords),
    confirm: audience.confirm ? 1 : 0,
    forwardKeywords: audience.forwardKeywords ? 1 : 0,
  };
}

function recordOf({ key: _key, ...row }: Row): AudienceRecord {
  return {
    ...row,
    keywords: JSON.parse(row.keywords) as readonly string[],
    confirm: row.confirm === 1,
    forwardKeywords: row.forwardKeywords === 1,
  };
}
