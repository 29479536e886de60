/**
 * The audiences: made, changed and deleted here, and their members with them. All that comes in is asked whether it
 * is one of their keywords, so they are kept in memory beside the disk; there are few. Their members are not.
 *
 * A file of members is checked as a whole before any of it is written, then written a slice at a time, so that a long
 * one holds up nobody's message. Each slice can be written twice: who loses power in the middle sends the file again.
 */
import type { Clock } from "../../runtime/clock.ts";
import type { KeySequence } from "../../runtime/ids.ts";
import type {
  AudienceCommands,
  AudiencePatch,
  AudienceRecord,
  JoinedBy,
  MemberPatch,
  NewMember,
} from "../../store/audience-commands.ts";
import {
  type AudienceKeyword,
  clashOf,
  isKeyword,
  type KeywordMap,
  keywordMap,
  type ReservedWords,
  readAudienceKeyword,
} from "./keywords.ts";
import { MAX_ATTRIBUTES } from "./member-fields.ts";

export const MAX_AUDIENCES = 200;
/** Of one audience, but for those who join by a text of their own. */
export const MAX_MEMBERS = 100_000;
/** Members written in one transaction. */
const SLICE = 500;

export type AudienceFields = Partial<Omit<AudiencePatch, "friendlyName">> & { readonly friendlyName: string };

export type MemberFields = MemberPatch & {
  readonly phoneNumber: string;
  /** Of a member that is not there yet; now and as given when absent. */
  readonly joinedAt?: number;
  readonly joinedBy?: JoinedBy;
};

export type PutResult =
  | {
      readonly is: "kept";
      readonly added: number;
      readonly changed: number;
      /** Numbers that were named more than once. */
      readonly folded: number;
    }
  | { readonly is: "too-many-attributes"; readonly phoneNumber: string }
  | { readonly is: "full"; readonly members: number }
  | { readonly is: "unknown" };

/** `refused`: why, one sentence. */
export type AudienceResult =
  | { readonly is: "kept"; readonly audience: AudienceRecord }
  | { readonly is: "refused"; readonly why: string }
  | { readonly is: "unknown" };

export class Audiences {
  readonly #store: AudienceCommands;
  readonly #keys: KeySequence;
  readonly #clock: Clock;
  readonly #reserved: ReservedWords;
  readonly #known = new Map<string, AudienceRecord>();
  #words: KeywordMap<AudienceRecord> = new Map();
  /** Two that ask for the same word at once ask one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: {
    readonly store: AudienceCommands;
    readonly keys: KeySequence;
    readonly clock: Clock;
    readonly reserved: ReservedWords;
  }) {
    this.#store = options.store;
    this.#keys = options.keys;
    this.#clock = options.clock;
    this.#reserved = options.reserved;
  }

  /** Before the first text is received. */
  async load(): Promise<void> {
    for (const audience of await this.#store.listAudiences({ after: null, limit: MAX_AUDIENCES })) {
      this.#known.set(audience.sid, audience);
    }
    this.#words = keywordMap(this.#known.values());
  }

  /** Null: the text means nothing to any of them. */
  readKeyword(text: string): AudienceKeyword<AudienceRecord> | null {
    return readAudienceKeyword(text, this.#words, this.#reserved);
  }

  /** What is answered must not be one: another box like this one would answer it. */
  isKeyword(text: string): boolean {
    return isKeyword(text, this.#words, this.#reserved);
  }

  create(fields: AudienceFields): Promise<AudienceResult> {
    return this.#inTurn(async () => {
      if (this.#known.size >= MAX_AUDIENCES) {
        return refused(`There are ${MAX_AUDIENCES} audiences, as many as there may be: delete one first.`);
      }
      const audience = { sid: this.#keys.sid("AU"), ...EMPTY, ...fields, createdAt: this.#clock.now() };
      const clash = clashOf(audience, [...this.#known.values()], this.#reserved);
      return clash === null ? this.#keep(await this.#store.createAudience(audience)) : refused(clash);
    });
  }

  update(sid: string, patch: AudiencePatch): Promise<AudienceResult> {
    return this.#inTurn(async () => {
      const known = this.#known.get(sid);
      if (known === undefined) return { is: "unknown" };
      const others = [...this.#known.values()].filter((audience) => audience.sid !== sid);
      const clash = clashOf({ ...known, ...patch }, others, this.#reserved);
      if (clash !== null) return refused(clash);
      const updated = await this.#store.updateAudience(sid, patch, this.#clock.now());
      return updated === null ? { is: "unknown" } : this.#keep(updated);
    });
  }

  /** With its members; its keywords mean nothing from now on. */
  delete(sid: string): Promise<boolean> {
    return this.#inTurn(async () => {
      const deleted = await this.#store.deleteAudience(sid);
      this.#known.delete(sid);
      this.#words = keywordMap(this.#known.values());
      return deleted;
    });
  }

  /** All of them or, where one does not fit, none. Of a number that is named twice the later counts. */
  async putMembers(
    audienceSid: string,
    members: readonly MemberFields[],
    joinedBy: JoinedBy,
  ): Promise<PutResult> {
    const known = await this.#store.countMembers(audienceSid);
    if (known === null) return { is: "unknown" };
    const now = this.#clock.now();
    const byNumber = new Map(members.map((member) => [member.phoneNumber, member]));
    const each: readonly NewMember[] = [...byNumber.values()].map((member) => ({
      joinedAt: now,
      joinedBy,
      ...member,
      sid: this.#keys.sid("MB"),
    }));
    let more = 0;
    for (const slice of slicesOf(each)) {
      const plan = await this.#store.planMembers(audienceSid, slice, { maxAttributes: MAX_ATTRIBUTES });
      if (plan.is !== "fits") return plan;
      more += plan.added;
    }
    if (more > 0 && known + more > MAX_MEMBERS) return { is: "full", members: known + more };
    let [added, changed] = [0, 0];
    for (const slice of slicesOf(each)) {
      const put = await this.#store.putMembers(audienceSid, slice, now);
      if (put.is === "unknown") return put;
      added += put.added;
      changed += put.changed;
    }
    return { is: "kept", added, changed, folded: members.length - each.length };
  }

  deleteMember(audienceSid: string, sid: string): Promise<boolean> {
    return this.#store.deleteMember(audienceSid, sid);
  }

  #keep(audience: AudienceRecord): AudienceResult {
    this.#known.set(audience.sid, audience);
    this.#words = keywordMap(this.#known.values());
    return { is: "kept", audience };
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }
}

const EMPTY = {
  language: null,
  keywords: [],
  confirm: true,
  welcomeText: null,
  goodbyeText: null,
  forwardKeywords: false,
} as const;

function refused(why: string): AudienceResult {
  return { is: "refused", why };
}

function* slicesOf<T>(all: readonly T[]): Iterable<readonly T[]> {
  for (let at = 0; at < all.length; at += SLICE) yield all.slice(at, at + SLICE);
}
