/**
 * The store's door for audiences: named lists of people's numbers that are written to together. A member is one
 * number, at most once in its audience; whatever puts it there again changes the member that is there.
 *
 * Who said STOP stays a member, since START brings back what there was: `optedOutOf` tells of it. A Message to
 * them is refused at `accept` all the same.
 */
import type { NewEvent } from "../runtime/event.ts";

export type AudienceRecord = {
  /** `AU` and 32 hex digits, time-ordered. */
  readonly sid: string;
  readonly friendlyName: string;
  /** What its built-in confirmations are written in; null: in the person's. */
  readonly language: string | null;
  /** As they were written; by the first of them the confirmations name it. */
  readonly keywords: readonly string[];
  /** Whether its keywords are answered. */
  readonly confirm: boolean;
  /** Null: the built-in one. */
  readonly welcomeText: string | null;
  readonly goodbyeText: string | null;
  /** A text that is one of its keywords goes to the app's webhook as well. */
  readonly forwardKeywords: boolean;
  /** How many there are, those who said STOP included. */
  readonly members: number;
  readonly createdAt: number;
  readonly updatedAt: number;
};

export type NewAudience = Omit<AudienceRecord, "members" | "updatedAt">;
export type AudiencePatch = Partial<Omit<NewAudience, "sid" | "createdAt">>;

/** Added over the API, out of a file, or by a text of their own. */
export type JoinedBy = "api" | "import" | "keyword";

export type MemberRecord = {
  /** `MB` and 32 hex digits, time-ordered. */
  readonly sid: string;
  readonly audienceSid: string;
  /** E.164. */
  readonly phoneNumber: string;
  readonly language: string | null;
  /** None of them is empty. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly joinedAt: number;
  readonly joinedBy: JoinedBy;
  readonly updatedAt: number;
  /** The Numbers and messaging services (their SIDs) that this person said STOP to, whatever audience it was about:
   *  nothing is sent to them from one of these. Empty: nothing stands against it. */
  readonly optedOutOf: readonly string[];
};

/** What is absent stays as it is, or is nothing in a new member. */
export type MemberPatch = {
  readonly language?: string | null;
  /** By name; null takes one away. */
  readonly attributes?: Readonly<Record<string, string | null>>;
};

/** `sid`, `joinedAt` and `joinedBy` are for a member that is not there yet. */
export type NewMember = MemberPatch & Pick<MemberRecord, "sid" | "phoneNumber" | "joinedAt" | "joinedBy">;

export type MemberPlan =
  | { readonly is: "fits"; readonly added: number }
  | { readonly is: "too-many-attributes"; readonly phoneNumber: string }
  | { readonly is: "unknown" };

export type PutMembers =
  /** `changed`: members that were there and read otherwise now. */
  { readonly is: "kept"; readonly added: number; readonly changed: number } | { readonly is: "unknown" };

/** `toOptedOut`: to who said STOP to that Number, or to its messaging service. Null: none. */
export type KeywordAnswer<Answer> = { readonly usual: Answer | null; readonly toOptedOut: Answer | null };

/** A keyword that came in as a Message: carried out with it, in one transaction. */
export type AudienceEffect<Answer> = {
  readonly is: "join" | "leave";
  readonly audienceSid: string;
  /** The member it makes, if it is not there; of one that leaves, its number counts. */
  readonly member: NewMember;
  /** The Number it was texted to, and the messaging service that is in. */
  readonly scopes: { readonly number: string; readonly service: string | null };
  readonly answer: KeywordAnswer<Answer>;
  /** The same by language (`fr`), for a member whose own is known. */
  readonly answerIn: Readonly<Record<string, KeywordAnswer<Answer>>>;
  /** Written when it changed something. */
  readonly event: NewEvent;
};

export interface AudienceCommands {
  createAudience(audience: NewAudience): Promise<AudienceRecord>;
  /** Null: there is none of that SID. */
  updateAudience(sid: string, patch: AudiencePatch, at: number): Promise<AudienceRecord | null>;
  /** With all its members. False: there is none of that SID. */
  deleteAudience(sid: string): Promise<boolean>;
  getAudience(sid: string): Promise<AudienceRecord | null>;
  /** In the order of their SIDs, which is that of their creation; `after`: the SID before the first. */
  listAudiences(page: { after: string | null; limit: number }): Promise<readonly AudienceRecord[]>;

  /** In the order of their phone numbers; `after`: the number before the first. Empty for an audience that is not
   *  there. Who leaves or joins meanwhile moves nobody. `unseenBy`: a run; without those who are in its ledger. */
  listMembers(
    audienceSid: string,
    page: { after: string | null; limit: number; unseenBy?: string },
  ): Promise<readonly MemberRecord[]>;
  /** Kept, not counted. Null: there is no such audience. */
  countMembers(audienceSid: string): Promise<number | null>;
  /** Every attribute that some member has, in the order of their names. It looks at every member. */
  memberAttributes(audienceSid: string): Promise<readonly string[]>;
  getMember(audienceSid: string, by: { sid: string } | { phoneNumber: string }): Promise<MemberRecord | null>;
  /** What `putMembers` would do; nothing is written. */
  planMembers(
    audienceSid: string,
    members: readonly NewMember[],
    limits: { maxAttributes: number },
  ): Promise<MemberPlan>;
  /** Adds those that are not there, changes those that are. Of a number that is named twice the later counts. */
  putMembers(audienceSid: string, members: readonly NewMember[], at: number): Promise<PutMembers>;
  /** False: it is not there. */
  deleteMember(audienceSid: string, sid: string): Promise<boolean>;
}
