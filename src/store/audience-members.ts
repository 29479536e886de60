/**
 * The people of the audiences. An attribute without a text is none, so that a file of them reads back as it was
 * written. Whom a person said STOP to is looked up with the member, not kept beside it: there is one truth of it.
 */
import { keyOfSid } from "../runtime/ids.ts";
import type {
  AudienceEffect,
  MemberPatch,
  MemberPlan,
  MemberRecord,
  NewMember,
  PutMembers,
} from "./audience-commands.ts";
import type { Audiences } from "./audiences.ts";
import type { Database, Statement } from "./database.ts";
import type { OptOuts } from "./opt-outs.ts";

type Row = Omit<MemberRecord, "audienceSid" | "attributes" | "optedOutOf"> & {
  readonly attributes: string;
  readonly optedOutOf: string;
};
type State = { readonly language: string | null; readonly attributes: string };

export class AudienceMembers {
  readonly #audiences: Audiences;
  readonly #optOuts: OptOuts;
  readonly #insert: Statement<[Record<string, unknown>]>;
  readonly #update: Statement<[Record<string, unknown>]>;
  readonly #state: Statement<[number, string], State>;
  readonly #byNumber: Statement<[number, string], Row>;
  readonly #bySid: Statement<[number | null, number, string], Row>;
  readonly #list: Statement<[number, string, number], Row>;
  readonly #listUnseen: Statement<[number, string, number | null, number], Row>;
  readonly #attributes: Statement<[number], string>;
  readonly #delete: Statement<[number, string]>;
  readonly #deleteAll: Statement<[number]>;
  readonly #newest: Statement<[], number | null>;

  constructor(db: Database, options: { audiences: Audiences; optOuts: OptOuts }) {
    this.#audiences = options.audiences;
    this.#optOuts = options.optOuts;
    this.#insert = db.prepare(`
      INSERT INTO audience_member
        (audienceKey, phoneNumber, key, sid, language, joinedAt, joinedBy, updatedAt, attributes)
      VALUES (@audienceKey, @phoneNumber, @key, @sid, @language, @joinedAt, @joinedBy, @updatedAt, @attributes)`);
    this.#update = db.prepare(`
      UPDATE audience_member SET language = @language, attributes = @attributes, updatedAt = @updatedAt
      WHERE audienceKey = @audienceKey AND phoneNumber = @phoneNumber`);
    this.#state = db.prepare(
      "SELECT language, attributes FROM audience_member WHERE audienceKey = ? AND phoneNumber = ?",
    );
    const columns = `sid, phoneNumber, language, attributes, joinedAt, joinedBy, updatedAt,
      (SELECT json_group_array(scope) FROM opt_out WHERE recipient = phoneNumber) AS optedOutOf`;
    this.#byNumber = db.prepare(
      `SELECT ${columns} FROM audience_member WHERE audienceKey = ? AND phoneNumber = ?`,
    );
    this.#bySid = db.prepare(
      `SELECT ${columns} FROM audience_member WHERE key = ? AND audienceKey = ? AND sid = ?`,
    );
    this.#list = db.prepare(`
      SELECT ${columns} FROM audience_member WHERE audienceKey = ? AND phoneNumber > ?
      ORDER BY phoneNumber LIMIT ?`);
    this.#listUnseen = db.prepare(`
      SELECT ${columns} FROM audience_member AS a WHERE audienceKey = ? AND phoneNumber > ? AND NOT EXISTS (
        SELECT 1 FROM broadcast_run_member AS seen WHERE seen.runKey = ? AND seen.phoneNumber = a.phoneNumber)
      ORDER BY phoneNumber LIMIT ?`);
    this.#attributes = db
      .prepare<[number], string>(
        `SELECT DISTINCT each.key FROM audience_member, json_each(attributes) AS each
         WHERE audienceKey = ? ORDER BY each.key`,
      )
      .pluck();
    this.#delete = db.prepare("DELETE FROM audience_member WHERE audienceKey = ? AND phoneNumber = ?");
    this.#deleteAll = db.prepare("DELETE FROM audience_member WHERE audienceKey = ?");
    this.#newest = db.prepare<[], number | null>("SELECT max(key) FROM audience_member").pluck();
  }

  list(
    audienceSid: string,
    { after, limit, unseenBy }: { after: string | null; limit: number; unseenBy?: string },
  ): readonly MemberRecord[] {
    const key = this.#audiences.keyOf(audienceSid);
    if (key === null) return [];
    const rows =
      unseenBy === undefined
        ? this.#list.all(key, after ?? "", limit)
        : this.#listUnseen.all(key, after ?? "", keyOfSid(unseenBy), limit);
    return rows.map((row) => recordOf(audienceSid, row));
  }

  attributes(audienceSid: string): readonly string[] {
    const key = this.#audiences.keyOf(audienceSid);
    return key === null ? [] : this.#attributes.all(key);
  }

  get(audienceSid: string, by: { sid: string } | { phoneNumber: string }): MemberRecord | null {
    const key = this.#audiences.keyOf(audienceSid);
    if (key === null) return null;
    const row =
      "sid" in by ? this.#bySid.get(keyOfSid(by.sid), key, by.sid) : this.#byNumber.get(key, by.phoneNumber);
    return row === undefined ? null : recordOf(audienceSid, row);
  }

  plan(audienceSid: string, members: readonly NewMember[], limits: { maxAttributes: number }): MemberPlan {
    const key = this.#audiences.keyOf(audienceSid);
    if (key === null) return { is: "unknown" };
    let added = 0;
    for (const member of members) {
      const before = this.#state.get(key, member.phoneNumber);
      const { attributes } = patched(before, member);
      if (Object.keys(JSON.parse(attributes) as object).length > limits.maxAttributes) {
        return { is: "too-many-attributes", phoneNumber: member.phoneNumber };
      }
      if (before === undefined) added++;
    }
    return { is: "fits", added };
  }

  put(audienceSid: string, members: readonly NewMember[], at: number): PutMembers {
    const audienceKey = this.#audiences.keyOf(audienceSid);
    if (audienceKey === null) return { is: "unknown" };
    let added = 0;
    let changed = 0;
    for (const member of members) {
      const before = this.#state.get(audienceKey, member.phoneNumber);
      const now = patched(before, member);
      if (before === undefined) {
        this.#add(audienceKey, member, { ...now, at });
        added++;
      } else if (now.language !== before.language || now.attributes !== before.attributes) {
        this.#update.run({ ...now, audienceKey, phoneNumber: member.phoneNumber, updatedAt: at });
        changed++;
      }
    }
    this.#audiences.grow(audienceKey, added);
    return { is: "kept", added, changed };
  }

  delete(audienceSid: string, sid: string): boolean {
    const audienceKey = this.#audiences.keyOf(audienceSid);
    if (audienceKey === null) return false;
    const row = this.#bySid.get(keyOfSid(sid), audienceKey, sid);
    if (row === undefined) return false;
    this.#delete.run(audienceKey, row.phoneNumber);
    this.#audiences.grow(audienceKey, -1);
    return true;
  }

  /** One transaction: 100,000 of them are a tenth of a second, once. */
  deleteAudience(sid: string): boolean {
    const key = this.#audiences.keyOf(sid);
    if (key === null) return false;
    this.#deleteAll.run(key);
    this.#audiences.delete(key);
    return true;
  }

  /** Carries a keyword out. The answer is null when there is none to be sent. */
  act<Answer>(effect: AudienceEffect<Answer>): { readonly changed: boolean; readonly answer: Answer | null } {
    const { audienceSid, member, scopes } = effect;
    const audienceKey = this.#audiences.keyOf(audienceSid);
    if (audienceKey === null) return { changed: false, answer: null };
    const before = this.#state.get(audienceKey, member.phoneNumber);
    const isThere = before !== undefined;
    const changed = effect.is === "join" ? !isThere : isThere;
    if (changed && effect.is === "join") {
      this.#add(audienceKey, member, { ...patched(undefined, member), at: member.joinedAt });
    }
    if (changed && effect.is === "leave") this.#delete.run(audienceKey, member.phoneNumber);
    if (changed) this.#audiences.grow(audienceKey, effect.is === "join" ? 1 : -1);
    const isOptedOut = this.#optOuts.has(member.phoneNumber, scopes.number, scopes.service);
    const [language = ""] = before?.language?.split("-") ?? [];
    const { usual, toOptedOut } = effect.answerIn[language] ?? effect.answer;
    return { changed, answer: isOptedOut ? toOptedOut : usual };
  }

  newestKey(): number {
    return this.#newest.get() ?? 0;
  }

  #add(audienceKey: number, member: NewMember, state: State & { readonly at: number }): void {
    const { sid, phoneNumber, joinedAt, joinedBy } = member;
    const { language, attributes, at } = state;
    const key = keyOfSid(sid);
    this.#insert.run({
      audienceKey,
      phoneNumber,
      key,
      sid,
      language,
      joinedAt,
      joinedBy,
      updatedAt: at,
      attributes,
    });
  }
}

function patched(before: State | undefined, patch: MemberPatch): State {
  const attributes = { ...((before === undefined ? {} : JSON.parse(before.attributes)) as object) };
  const merged = Object.entries({ ...attributes, ...patch.attributes }).filter(
    ([, text]) => text !== null && text !== "",
  );
  return {
    language: patch.language === undefined ? (before?.language ?? null) : patch.language,
    attributes: JSON.stringify(Object.fromEntries(merged)),
  };
}

function recordOf(audienceSid: string, row: Row): MemberRecord {
  return {
    ...row,
    audienceSid,
    attributes: JSON.parse(row.attributes) as Readonly<Record<string, string>>,
    optedOutOf: JSON.parse(row.optedOutOf) as readonly string[],
  };
}
