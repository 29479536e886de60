/**
 * The store's door: named commands and queries that return promises. Nothing else crosses it: no closure, no
 * statement, no row id (the opaque `…Id` texts here are names, not positions).
 *
 * A command's promise settles when the transaction that holds it is synced to disk (DESIGN §4.5). Commands sent
 * in one tick share one transaction, each in its own SAVEPOINT. Commands are carried out in the order they were
 * called. When the disk stops keeping its word every pending promise rejects with `store.failed`, and so does
 * every later one.
 */
import type { NewEvent } from "../runtime/event.ts";
import type { Direction, InboundSegment, MessageStatus, Report, Segment } from "../sms/message.ts";
import type { AudienceCommands, AudienceEffect } from "./audience-commands.ts";
import type { BackupCommands } from "./backup-commands.ts";
import type { BroadcastCommands } from "./broadcast-commands.ts";
import type { ClockCommands } from "./clock-commands.ts";
import type { HouseCommands } from "./house-commands.ts";
import type { Mend } from "./mend.ts";
import type { ClaimOptions, PlanCommands } from "./plan-commands.ts";
import type { Feedback, MessageFilter, QueueDepth, Standing, UsageDay, WebhookStanding } from "./reading.ts";
import type { OptOutChange, PoolFacts } from "./recipient.ts";
import type { RetentionCommands } from "./retention-commands.ts";
import type {
  OpenSubmission,
  ParkedReport,
  ReportRecord,
  SubmissionDetail,
  UnknownSubmission,
} from "./submission-record.ts";
import type { Redirected, Redirection, WebhookTarget } from "./webhook-target.ts";

/** Single messages go before broadcasts; FIFO within each (DESIGN §5). */
export type Lane = "single" | "broadcast";

/** A Message as it stands on disk; what `api/views.ts` renders. Times are epoch milliseconds. */
export type StoredMessage = {
  readonly sid: string;
  readonly accountSid: string;
  readonly direction: Direction;
  readonly from: string;
  readonly to: string;
  readonly body: string;
  readonly status: MessageStatus;
  readonly numSegments: number;
  readonly messagingServiceSid: string | null;
  readonly statusCallback: string | null;
  readonly errorCode: number | null;
  readonly errorMessage: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Outbound: when the carrier had every segment. Inbound: when it was received. */
  readonly sentAt: number | null;
  /** The line that took it or brought it; null before. */
  readonly line: string | null;
  /** Failed tries so far (disposition `retry` only). */
  readonly attempts: number;
  /** Not before this instant, while backing off; else null. */
  readonly retryAt: number | null;
  /** Why it is waiting, one sentence; null when it simply waits its turn. */
  readonly waitingFor: string | null;
};

export type NewOutbound = {
  readonly sid: string;
  readonly accountSid: string;
  readonly direction: "outbound-api" | "outbound-reply";
  readonly from: string;
  readonly to: string;
  readonly body: string;
  readonly alphabet: "gsm7" | "ucs2";
  /** The text of each Segment, as cut by `sms/`. The store adds the concatenation reference. */
  readonly parts: readonly string[];
  /** What it is worth on the air, where its line takes the text whole: `parts` is then the text alone. */
  readonly numSegments?: number;
  readonly messagingServiceSid: string | null;
  readonly statusCallback: string | null;
  /** The Number whose queue it joins (equal to `from` today). */
  readonly queue: string;
  readonly lane: Lane;
  readonly createdAt: number;
  /** `ValidityPeriod` as an instant: still queued then, it fails with 30036. */
  readonly expiresAt: number;
  /** The queue may not hold more Segments than this, this message included. */
  readonly maxQueuedSegments: number;
  /** The messaging service its sender is in: a STOP said to any of its Numbers holds here too. */
  readonly optOutScope?: string | null;
  /** The appliance's own answer to a keyword: sent whatever was opted out of, and in no list. */
  readonly automatic?: boolean;
  /** It is `scheduled` until this instant. Not more than 500,000 are. */
  readonly sendAt?: number | null;
  /** Remember that this sender of its service writes to this recipient. */
  readonly sticky?: boolean;
  /** It is a row that has failed already: nobody will send it, and the app is to learn why. */
  readonly refusal?: { readonly errorCode: number; readonly why: string } | null;
};

export type AcceptResult =
  | { readonly is: "accepted"; readonly message: StoredMessage }
  | { readonly is: "queue-full"; readonly queuedSegments: number }
  /** The recipient said STOP to this sender or to its service. Nothing is kept. */
  | { readonly is: "opted-out" };

/** A Submission recorded as *trying* and the Segment to hand over. */
export type Claim = {
  readonly submissionId: string;
  readonly messageSid: string;
  readonly lane: Lane;
  readonly segment: Segment;
  /** 0-based position of the Segment in its Message. */
  readonly index: number;
  readonly attempts: number;
  readonly expiresAt: number;
};

export type ClaimResult = {
  readonly claims: readonly Claim[];
  /** When nothing can be claimed now: the earliest `retryAt` in this queue, or when the plan lets its broadcasts go on;
   *  null when it is empty. */
  readonly nextDueAt: number | null;
};

/** What became of a Submission. Only `failed` and `retry` say anything about the Message's future. */
export type Settlement =
  | { readonly is: "accepted"; readonly reference: string }
  | { readonly is: "failed"; readonly errorCode: number; readonly why: string }
  | { readonly is: "retry"; readonly retryAt: number; readonly why: string }
  /** Not sent and nobody's fault: back in its place, no attempt burnt. */
  | { readonly is: "released"; readonly why: string }
  /** `told`: `why` in an operator's words, where those are others. */
  | { readonly is: "unknown"; readonly why: string; readonly told?: string };

/** An *unknown* may still be settled as accepted: its answer came late.
 * `stale`: the Submission was already settled (a report was quicker, or a restart judged it). */
export type SettleResult = {
  readonly is: "settled" | "stale";
  /** Not the whole row: it crosses threads once per Segment. */
  readonly message: Pick<StoredMessage, "sid" | "accountSid" | "status">;
  /** No report with the reference it was accepted with was parked by then. */
  readonly reports?: "none";
  /** Of one that is unknown now: how often its Segment was sent again before, because nobody knew. */
  readonly resends?: number;
};

export type KeptSegment = {
  readonly keptId: string;
  readonly line: string;
  readonly receivedAt: number;
  readonly segment: InboundSegment;
  /** The Message that shows it already, while other parts of that Message are missing. */
  readonly shownIn?: string;
};

export type NewInbound = {
  readonly sid: string;
  readonly accountSid: string;
  readonly from: string;
  readonly to: string;
  readonly body: string;
  readonly numSegments: number;
  readonly messagingServiceSid: string | null;
  readonly line: string;
  readonly receivedAt: number;
  /** 30009 and what is missing, of a Message that is shown with gaps. */
  readonly error?: { readonly code: number; readonly text: string };
};

/** What a keyword does beside being a Message (contract §4.5). */
export type KeywordEffect = {
  readonly change: OptOutChange | null;
  /** Sent when the change changed something, or when there is none. */
  readonly reply: NewOutbound | null;
  /** Sent whatever the change changed. */
  readonly repliesAlways?: boolean;
  readonly event: NewEvent | null;
};

/** What a webhook tells an app, kept as facts; `webhook/payload.ts` gives them Twilio's spelling. */
export type WebhookFacts =
  | {
      readonly kind: "inbound";
      readonly messageSid: string;
      readonly accountSid: string;
      readonly messagingServiceSid: string | null;
      readonly from: string;
      readonly to: string;
      readonly body: string;
      readonly numSegments: number;
      readonly optOutType?: "STOP" | "START" | "HELP";
      /** Parts of it are missing: `mendInbound` may rewrite it while it waits. */
      readonly isIncomplete?: boolean;
    }
  | {
      readonly kind: "status";
      readonly messageSid: string;
      readonly accountSid: string;
      readonly messagingServiceSid: string | null;
      readonly from: string;
      readonly to: string;
      readonly status: MessageStatus;
      readonly errorCode: number | null;
      readonly doneAt: string | null;
    };

export type HttpMethod = "GET" | "POST";

export type NewWebhook = WebhookTarget & { readonly facts: WebhookFacts; readonly createdAt: number };

export type WebhookTask = NewWebhook & {
  readonly webhookId: string;
  /** One UUID for all tries (contract §9.1). */
  readonly idempotencyToken: string;
  readonly attempts: number;
  readonly notBefore: number;
};

export type WebhookNotice = {
  readonly queue: string;
  /** What stands behind all that was in the queue before; null when it has to be looked up. */
  readonly first: WebhookTask | null;
  /** There came more than that one. */
  readonly more: boolean;
  /** Queues that webhooks were taken from, to this one or out of it: what is known of any of them is no more true. */
  readonly movedFrom?: readonly string[];
};

export type WebhookDeferral = {
  readonly attempts: number;
  readonly notBefore: number;
  /** True: it leaves its queue and is retried alone, so that it holds nobody up (DESIGN §4.4). */
  readonly aside: boolean;
  readonly event: NewEvent | null;
  /** Who was asked: nothing is done if the webhook goes elsewhere by now. */
  readonly asked?: WebhookTarget;
};

export type WebhookResult = {
  readonly replies: readonly NewOutbound[];
  readonly events: readonly NewEvent[];
  /** Who was asked. If they did not take it (`isGivenUp`) it ends only if it goes nowhere else by now. */
  readonly asked?: WebhookTarget;
  readonly isGivenUp?: boolean;
  /** What is told when a reply is not accepted. */
  readonly refusals?: { readonly [Is in Exclude<AcceptResult["is"], "accepted">]?: NewEvent };
};

export type Completion = {
  /** The kept segments this Message was made of; they leave the store's inbox in the same transaction. */
  readonly keptIds: readonly string[];
  readonly message: NewInbound;
  readonly webhook: NewWebhook | null;
  readonly event: NewEvent | null;
  readonly keyword?: KeywordEffect | null;
  readonly audience?: AudienceEffect<NewOutbound> | null;
};

export type KeepResult =
  /** `siblings`: every kept, unfinished part of the same concatenated message, this one included, oldest first;
   *  and those that a Message with gaps shows already. */
  | { readonly is: "kept"; readonly keptId: string; readonly siblings: readonly KeptSegment[] }
  | { readonly is: "completed"; readonly message: StoredMessage }
  | { readonly is: "duplicate" };

/** `unfinished`: something of it may still be sent. `unknown`: there is no such Message (any more). */
export type RedactResult =
  | { readonly is: "redacted"; readonly message: StoredMessage }
  | { readonly is: "unfinished" }
  | { readonly is: "unknown" };

export type CancelResult =
  | { readonly is: "canceled"; readonly message: StoredMessage }
  | { readonly is: "not-scheduled" }
  | { readonly is: "unknown" };

export interface Store
  extends AudienceCommands,
    BackupCommands,
    BroadcastCommands<NewOutbound>,
    ClockCommands,
    HouseCommands,
    PlanCommands,
    RetentionCommands {
  /** The newest key of any Message, audience, member or run on disk when it was opened: `KeySequence` goes on from it. */
  readonly newestKey: number;

  // ── outbound ──────────────────────────────────────────────────────────────────────────────────────────────
  /** A Message of a service is answered as `accepted`; when its queue is full it fails with 30001. */
  accept(message: NewOutbound): Promise<AcceptResult>;
  poolFacts(service: string, recipient: string, queues: readonly string[]): Promise<PoolFacts>;
  /** Lets what was scheduled for `now` or earlier join its queue, or fail with 30002 where its account may not send;
   *  at most 1,000 at a time; returns how many. */
  releaseScheduled(now: number, inactiveAccounts?: readonly string[]): Promise<number>;
  /** Takes up to `limit` Segments from the head of a queue for `line`, records each as *trying*, and moves
   *  their Messages to `sending`. First lets what is due come back from backing off, and expires what is late. */
  claim(queue: string, options: ClaimOptions): Promise<ClaimResult>;
  settle(submissionId: string, settlement: Settlement, at: number): Promise<SettleResult>;
  /** Ends an *unknown*: `resend` puts the Segment back at the head of its queue, `failed` ends the Message. */
  resolveUnknown(
    submissionId: string,
    verdict: "resend" | "failed",
    options: { at: number; event: NewEvent },
  ): Promise<SettleResult>;
  unknownSubmissions(): Promise<readonly UnknownSubmission[]>;
  /** Fails with 30036 what is still queued past its `expiresAt`, at most 1,000 at a time; returns how many. */
  expire(now: number): Promise<number>;
  /** Fails what waits for an account, what it has scheduled, or what waits in one queue or is scheduled to join it;
   *  at most 1,000 at a time; returns how many. */
  endQueued(accountSid: string, end: { errorCode: number; why: string; at: number }): Promise<number>;
  endScheduled(accountSid: string, end: { errorCode: number; why: string; at: number }): Promise<number>;
  endQueue(queue: string, end: { errorCode: number; why: string; at: number }): Promise<number>;
  queueDepths(): Promise<readonly QueueDepth[]>;

  // ── reports ───────────────────────────────────────────────────────────────────────────────────────────────
  /** Candidates for a Report: same line, and same reference, no reference yet, or the one that a line repeats
   *  whatever it sends. Newest first. */
  openSubmissions(line: string, reference: string): Promise<readonly OpenSubmission[]>;
  recordReport(submissionId: string, record: ReportRecord): Promise<SettleResult>;
  parkReport(line: string, report: Report, at: number): Promise<void>;
  /** Oldest first. Without a reference: every one of the line, for a Submission that has none. */
  parkedReports(line: string, reference: string | null): Promise<readonly ParkedReport[]>;
  dropParked(parkedIds: readonly string[]): Promise<void>;

  // ── inbound ───────────────────────────────────────────────────────────────────────────────────────────────
  /** Keeps a segment and its fingerprint. With `completion` (a message of one part, already routed) it becomes
   *  a Message in the same transaction; `completion.keptIds` is then empty. */
  keepInbound(
    kept: { line: string; receivedAt: number; segment: InboundSegment },
    completion: Completion | null,
  ): Promise<KeepResult>;
  /** False when any of its segments is no longer waiting (somebody else completed it). */
  completeInbound(completion: Completion): Promise<boolean>;
  /** Everything kept that no Message shows, and what a Message with gaps shows that some of it may belong to. */
  unfinishedInbound(): Promise<readonly KeptSegment[]>;
  /** Shows what is there of a Message whose other parts did not come. Its parts are remembered for those that
   *  come late. `copies`: they only repeat parts of a Message that was shown before; they are dropped. */
  publishIncomplete(completion: Completion): Promise<"published" | "copies" | "gone">;
  /** The Message and its webhook, where that has not ended, in one transaction. False when one of the parts is
   *  no longer waiting, or the Message is no longer there. */
  mendInbound(mend: Mend): Promise<boolean>;
  quarantine(line: string, raw: string, why: string, at: number): Promise<void>;

  // ── webhooks ──────────────────────────────────────────────────────────────────────────────────────────────
  webhookQueues(): Promise<readonly string[]>;
  /** The head of a queue, due or not; null when it is empty. */
  nextWebhook(queue: string): Promise<WebhookTask | null>;
  /** The head of a queue and what stands behind it, at most so many, in their order. */
  nextWebhooks(queue: string, limit: number): Promise<readonly WebhookTask[]>;
  webhookBacklog(): Promise<{ readonly waiting: number; readonly oldestAt: number | null }>;
  deferWebhook(webhookId: string, deferral: WebhookDeferral): Promise<"deferred" | "moved">;
  /** An app's answer, every reply it asks for and the webhook's end, in one transaction (DESIGN §4.3).
   *  `moved`: nothing was done, since `redirectInbound` ended it or has sent it elsewhere meanwhile. */
  finishWebhook(webhookId: string, result: WebhookResult): Promise<readonly AcceptResult[] | "moved">;
  /** All inbound webhooks of a Number that wait go to its new target, in their order, in one transaction. */
  redirectInbound(redirection: Redirection): Promise<Redirected>;
  /** Called after a commit that put webhooks into a queue. */
  onWebhook(listener: (notice: WebhookNotice) => void): void;
  /** Called with a queue's name after a commit that put a Message into it, or back into it: `single` when one was. */
  onQueued(listener: (queue: string, lane: Lane) => void): void;

  // ── reading ───────────────────────────────────────────────────────────────────────────────────────────────
  getMessage(sid: string): Promise<StoredMessage | null>;
  /** Newest created first; stable while rows are added. */
  listMessages(filter: MessageFilter): Promise<readonly StoredMessage[]>;
  /** Null when nothing of it waits to be sent, now or later. */
  standingOf(messageSid: string): Promise<Standing | null>;
  submissionsOf(messageSid: string): Promise<readonly SubmissionDetail[]>;
  /** Of a received Message; null when none waits. It looks through every webhook that does: not for a chore. */
  webhookStandingOf(messageSid: string): Promise<WebhookStanding | null>;
  /** What an account used, by day and category; both days included. */
  usage(accountSid: string, firstDay: number, lastDay: number): Promise<readonly UsageDay[]>;
  // ── altering ──────────────────────────────────────────────────────────────────────────────────────────────
  /** Erases a finished Message's text; all else stays. */
  redact(sid: string, at: number): Promise<RedactResult>;
  /** Deletes a finished Message with its Submissions and feedback. */
  deleteMessage(sid: string): Promise<"deleted" | "unfinished" | "unknown">;
  /** Only what is `scheduled`; announced to its status callback. */
  cancelScheduled(sid: string, at: number): Promise<CancelResult>;
  /** One Feedback per Message, the newest. Null when there is no such Message. */
  keepFeedback(sid: string, outcome: Feedback["outcome"], at: number): Promise<Feedback | null>;

  /** Commits what is pending, closes the database, ends the worker. Idempotent. */
  close(): Promise<void>;
}
