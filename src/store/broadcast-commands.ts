/** The store's door for broadcasts and their runs. Times are epoch milliseconds. */
import type { NewEvent } from "../runtime/event.ts";
import type { MessageStatus } from "../sms/message.ts";

/** What the operator has said. Checked before it comes here; a run keeps a copy, so that it ends as it began. */
export type BroadcastDefinition = {
  readonly name: string;
  /** Five fields, read in `timeZone`; null: once, at `at`. */
  readonly cron: string | null;
  readonly at: number | null;
  /** IANA name. */
  readonly timeZone: string;
  /** One of the two: a Number as it is in the inventory, or a service that chooses for each recipient. */
  readonly from: string | null;
  readonly messagingServiceSid: string | null;
  readonly audienceSid: string;
  /** One of the two: a template, or where the text is fetched. */
  readonly body: string | null;
  readonly bodyUrl: string | null;
  readonly bodyMethod: "GET" | "POST";
  readonly bodyPer: "run" | "member";
  readonly onBodyFailure: "fallback" | "skip" | "retry";
  /** With `retry`: for so long after the planned instant; then the fallback text where there is one. */
  readonly retryMinutes: number;
  /** An answer older than this (`Last-Modified`) counts as none; null: any age will do. */
  readonly maxAgeMinutes: number | null;
  readonly fallbackText: string | null;
  readonly maxSegments: number;
  readonly ifMissed: "catch-up" | "skip";
  /** After the planned instant: what has not gone out by then does not go out any more. */
  readonly deadlineMinutes: number;
  /** Minutes of the day in `timeZone`, `from` inclusive; may span midnight. */
  readonly quietHours: { readonly from: number; readonly until: number } | null;
};

export type StoredBroadcast = {
  readonly sid: string;
  readonly state: "active" | "paused";
  /** Every planned instant up to this one has been planned, or told of as missed. */
  readonly judgedTo: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly definition: BroadcastDefinition;
};

/** `planned` waits for its text or its hour; `started` hands Messages to the queue, a slice at a time. */
export type RunStatus = "planned" | "started" | "finished" | "skipped" | "failed" | "canceled";

export type StoredRun = {
  readonly sid: string;
  readonly broadcastSid: string;
  readonly plannedAt: number;
  readonly cause: "schedule" | "operator";
  readonly status: RunStatus;
  /** Why it waits, was skipped or failed; null when there is nothing to say. */
  readonly reason: string | null;
  readonly definition: BroadcastDefinition;
  /** What the app answered, or the fallback text in its place; null: the definition's template, or one per member. */
  readonly text: string | null;
  /** The audience when it started, and the Segments it was worth; null before. */
  readonly members: number | null;
  readonly segments: number | null;
  /** The last member who was seen to; null before the first. */
  readonly cursor: string | null;
  readonly createdAt: number;
  readonly startedAt: number | null;
  /** When the last of its Messages had left the queue, or it was ended otherwise. */
  readonly endedAt: number | null;
};

export type NewRun = Pick<
  StoredRun,
  "sid" | "broadcastSid" | "plannedAt" | "cause" | "reason" | "definition" | "createdAt"
> & { readonly status: "planned" | "skipped" };

export type PlanResult =
  | { readonly is: "planned"; readonly run: StoredRun }
  /** There is a run of that instant, whatever became of it. */
  | { readonly is: "known" }
  /** Another run is under way. Nothing was changed. */
  | { readonly is: "busy"; readonly run: StoredRun }
  | { readonly is: "gone" };

/** Why a member gets no Message: opted out, not to be reached from the sender, no text, or too late for it. */
export type SkipOutcome = "opted-out" | "refused" | "no-text" | "late";
export type MemberOutcome = "accepted" | SkipOutcome;

/** In the order of their phone numbers. */
export type SliceItem<Message> =
  | { readonly phoneNumber: string; readonly message: Message }
  | { readonly phoneNumber: string; readonly skipped: SkipOutcome };

export type SliceResult = {
  /** Of the run by now: one that is not `started` took nothing. */
  readonly status: RunStatus;
  readonly accepted: number;
  /** A queue had no room for this member; it and those behind it were not taken. */
  readonly fullAt: string | null;
};

export type RunMember = {
  readonly phoneNumber: string;
  readonly outcome: MemberOutcome;
  readonly messageSid: string | null;
};

/** How many members had which outcome; the accepted ones by their Message's status, `deleted` where it is gone. */
export type RunCounts = {
  readonly outcomes: Readonly<Record<MemberOutcome, number>>;
  readonly messages: Readonly<Partial<Record<MessageStatus | "deleted", number>>>;
};

export interface BroadcastCommands<Message> {
  createBroadcast(broadcast: StoredBroadcast): Promise<void>;
  /** Null when there is none. */
  changeBroadcast(
    sid: string,
    change: Partial<Pick<StoredBroadcast, "state" | "definition" | "judgedTo">>,
    at: number,
  ): Promise<StoredBroadcast | null>;
  /** With its runs and their ledgers. `busy`: one of them is under way. */
  deleteBroadcast(sid: string): Promise<"deleted" | "busy" | "unknown">;
  getBroadcast(sid: string): Promise<StoredBroadcast | null>;
  /** Newest first. */
  listBroadcasts(page: { beforeSid?: string; limit: number }): Promise<readonly StoredBroadcast[]>;

  /** The run, its events, and that its broadcast is judged up to `judgedTo` (not moved when null). */
  planRun(run: NewRun, also: { judgedTo: number | null; events: readonly NewEvent[] }): Promise<PlanResult>;
  /** From `planned`, with its events; null when it is not any more. */
  startRun(
    sid: string,
    start: {
      at: number;
      members: number;
      segments: number;
      text: string | null;
      events: readonly NewEvent[];
    },
  ): Promise<StoredRun | null>;
  /** Why a run that is under way waits; null: it does not. */
  explainRun(sid: string, reason: string | null): Promise<void>;
  /**
   * Accepts and writes down each member in one transaction; who is in the ledger already gets nothing more. The run's cursor
   * goes to the last of them, but stays before `passedOver`: the first who was left for later, null where nobody was.
   */
  acceptSlice(
    sid: string,
    items: readonly SliceItem<Message>[],
    passedOver: string | null,
  ): Promise<SliceResult>;
  /**
   * What of a run that is under way waits in the queue, and no Line has taken, is given to none before `until`; with the
   * reason why.
   */
  holdRun(sid: string, hold: { until: number; reason: string; at: number }): Promise<void>;
  /** What was held may go, and there is no reason any more. */
  releaseRun(sid: string, at: number): Promise<void>;
  /** Something of it is in the queue's order. What backs off, or waits for its recipient's SIM plan, is not. */
  isRunWaiting(sid: string): Promise<boolean>;
  /**
   * Null when it has ended already. With `canceled` what waits in the queue of it is canceled too, and as long as there is
   * such a thing a finished run can be canceled.
   */
  endRun(
    sid: string,
    end: {
      status: "finished" | "skipped" | "failed" | "canceled";
      reason: string | null;
      at: number;
      events: readonly NewEvent[];
    },
  ): Promise<StoredRun | null>;
  /** Those under way, oldest first. */
  openRuns(): Promise<readonly StoredRun[]>;
  getRun(sid: string): Promise<StoredRun | null>;
  /** Newest first; of one broadcast. */
  listRuns(broadcastSid: string, page: { beforeSid?: string; limit: number }): Promise<readonly StoredRun[]>;
  /** Looks each member's Message up: not for a chore. */
  countRun(sid: string): Promise<RunCounts>;
  /** In the order of phone numbers. */
  listRunMembers(sid: string, page: { after?: string; limit: number }): Promise<readonly RunMember[]>;
}
