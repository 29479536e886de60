/** The door's commands over one open database: where the tables' files are put together. */
import { keyOfSid } from "../runtime/ids.ts";
import { Alterations } from "./alterations.ts";
import { AudienceMembers } from "./audience-members.ts";
import { Audiences } from "./audiences.ts";
import { BroadcastRuns } from "./broadcast-runs.ts";
import { Broadcasts } from "./broadcasts.ts";
import { ClockSteps } from "./clock-steps.ts";
import type { Database } from "./database.ts";
import { Depths } from "./depths.ts";
import { Events } from "./events.ts";
import { Horizon } from "./horizon.ts";
import { Inbound } from "./inbound.ts";
import { MessageList } from "./list-messages.ts";
import { Memory } from "./memory.ts";
import { Messages, storedOf } from "./messages.ts";
import { Notices } from "./notices.ts";
import { OptOuts } from "./opt-outs.ts";
import { OutboundQueue } from "./outbound-queue.ts";
import { Outcomes } from "./outcomes.ts";
import { ParkedReports } from "./parked-reports.ts";
import { PlanUses } from "./plan-uses.ts";
import type { Commands } from "./protocol.ts";
import { Retention } from "./retention.ts";
import { Retired } from "./retired.ts";
import { StickySenders } from "./sticky-senders.ts";
import type { StoredMessage } from "./store.ts";
import type { SubmissionDetail } from "./submission-record.ts";
import { detailOf, Submissions } from "./submissions.ts";
import { Undo } from "./undo.ts";
import { Usage } from "./usage.ts";
import { WebhookStandings } from "./webhook-standings.ts";
import { Webhooks } from "./webhooks.ts";

export type CommandSet = {
  readonly commands: Commands;
  readonly notices: Notices;
  readonly undo: Undo;
  readonly newestKey: number;
};

/** The schema is up to date; nothing else uses the database. Judges what the previous daemon left *trying*. */
export function createCommands(db: Database, openedAt: number): CommandSet {
  const undo = new Undo();
  const notices = new Notices(undo);
  const depths = new Depths(undo);
  const events = new Events(db);
  const webhooks = new Webhooks(db, { notices, events });
  const horizon = new Horizon(undo);
  const usage = new Usage(db);
  const messages = new Messages(db, { usage, undo, depths, horizon, notices, webhooks, events });
  const submissions = new Submissions(db, undo);
  const memory = new Memory(db);
  const retired = new Retired(db, { messages, submissions, usage, memory, undo });
  const optOuts = new OptOuts(db);
  const sticky = new StickySenders(db);
  const plans = new PlanUses(db, events);
  const queue = new OutboundQueue(db, { sticky, messages, submissions, depths, horizon, optOuts, plans });
  const parked = new ParkedReports(db);
  const outcomes = new Outcomes({ messages, submissions, retired, events, parked, plans });
  const audiences = new Audiences(db);
  const members = new AudienceMembers(db, { audiences, optOuts });
  const inbound = new Inbound(db, { retired, webhooks, events, queue, optOuts, members });
  const steps = new ClockSteps(db, { messages, submissions, horizon, openedAt });
  const list = new MessageList(db, steps);
  const webhookStandings = new WebhookStandings(db);
  const alterations = new Alterations(db, { messages, submissions, retired });
  const runs = new BroadcastRuns(db, { broadcasts: new Broadcasts(db), messages, queue, events });
  const tables = { retired, alterations, events, inbound, parked, plans, runs, steps };
  const retention = new Retention(db, tables);
  messages.recall();
  db.transaction(() => outcomes.recover(openedAt))();
  undo.forget();
  notices.take();

  function getMessage(sid: string): StoredMessage | null {
    const key = keyOfSid(sid);
    if (key === null) return null;
    const row = messages.byKey(key);
    if (row !== null && row.sid === sid) return storedOf(row);
    const old = retired.bySid(key, sid);
    return old === null ? null : storedOf(old);
  }

  function submissionsOf(sid: string): readonly SubmissionDetail[] {
    const key = keyOfSid(sid);
    if (key === null) return [];
    if (messages.byKey(key)?.sid === sid) return submissions.of(key).map((row) => detailOf(sid, row));
    return retired.submissionsOf(key, sid);
  }

  const commands: Commands = {
    accept: (message) => {
      const result = queue.accept(message);
      return result.is === "accepted" ? { is: result.is, status: result.message.status } : result;
    },
    poolFacts: (service, recipient, queues) => ({
      sticky: sticky.get(service, recipient),
      queuedSegments: queues.map((name) => depths.segments(name)),
    }),
    releaseScheduled: (now, inactiveAccounts) => queue.releaseScheduled(now, inactiveAccounts),
    claim: (name, options) => queue.claim(name, options),
    planUse: (line) => plans.use(line),
    settle: (submissionId, settlement, at) => outcomes.settle(submissionId, settlement, at),
    resolveUnknown: (submissionId, verdict, options) =>
      outcomes.resolveUnknown(submissionId, verdict, options),
    unknownSubmissions: () => submissions.unknown(),
    expire: (now) => queue.expire(now),
    endQueued: (accountSid, end) => queue.endAll(accountSid, end),
    endScheduled: (accountSid, end) => queue.endScheduled(accountSid, end),
    endQueue: (name, end) => queue.endQueue(name, end),
    queueDepths: () =>
      depths.all().map((depth) => ({ ...depth, oldestAt: messages.oldestWaiting(depth.queue) })),

    openSubmissions: (line, reference) => submissions.open(line, reference),
    recordReport: (submissionId, record) => outcomes.recordReport(submissionId, record),
    parkReport: (line, report, at) => parked.park(line, report, at),
    parkedReports: (line, reference) => parked.of(line, reference),
    dropParked: (parkedIds) => parked.drop(parkedIds),

    keepInbound: (kept, completion) => inbound.keep(kept, completion),
    completeInbound: (completion) => inbound.complete(completion),
    unfinishedInbound: () => inbound.unfinished(),
    publishIncomplete: (completion) => inbound.publishIncomplete(completion),
    mendInbound: (mend) => inbound.mend(mend),
    quarantine: (line, raw, why, at) => inbound.quarantine(line, raw, why, at),

    webhookQueues: () => webhooks.queues(),
    nextWebhook: (name) => webhooks.first(name, 1)[0] ?? null,
    nextWebhooks: (name, limit) => webhooks.first(name, limit),
    webhookBacklog: () => webhooks.backlog(),
    deferWebhook: (webhookId, deferral) => webhooks.defer(webhookId, deferral),
    finishWebhook: (webhookId, result) => {
      if (!webhooks.end(webhookId, result)) return "moved";
      for (const event of result.events) events.insert(event);
      return result.replies.map((reply) => {
        const accepted = queue.accept(reply);
        const event = accepted.is === "accepted" ? undefined : result.refusals?.[accepted.is];
        if (event !== undefined) events.insert(event);
        return accepted;
      });
    },
    redirectInbound: (redirection) => webhooks.redirectInbound(redirection),

    getMessage,
    listMessages: (filter) => list.list(filter),
    standingOf: (sid) => {
      const key = keyOfSid(sid);
      const row = key === null ? null : messages.byKey(key);
      return row?.sid === sid ? queue.standingOf(row) : null;
    },
    submissionsOf,
    webhookStandingOf: (sid) => webhookStandings.of(sid),

    usage: (accountSid, firstDay, lastDay) => usage.days(accountSid, firstDay, lastDay),
    redact: (sid, at) => {
      const result = alterations.redact(sid, at);
      if (result.is === "redacted") inbound.forgetShown(sid);
      return result;
    },
    deleteMessage: (sid) => {
      const result = alterations.delete(sid);
      if (result === "deleted") inbound.forgetShown(sid);
      return result;
    },
    cancelScheduled: (sid, at) => alterations.cancelScheduled(sid, at),
    keepFeedback: (sid, outcome, at) => alterations.keepFeedback(sid, outcome, at),

    createAudience: (audience) => audiences.create(audience),
    updateAudience: (sid, patch, at) => audiences.update(sid, patch, at),
    deleteAudience: (sid) => members.deleteAudience(sid),
    getAudience: (sid) => audiences.get(sid),
    listAudiences: (page) => audiences.list(page),
    listMembers: (audienceSid, page) => members.list(audienceSid, page),
    countMembers: (audienceSid) => audiences.get(audienceSid)?.members ?? null,
    memberAttributes: (audienceSid) => members.attributes(audienceSid),
    getMember: (audienceSid, by) => members.get(audienceSid, by),
    planMembers: (audienceSid, more, limits) => members.plan(audienceSid, more, limits),
    putMembers: (audienceSid, more, at) => members.put(audienceSid, more, at),
    deleteMember: (audienceSid, sid) => members.delete(audienceSid, sid),
    ...runs.commands,

    addEvent: (event) => events.insert(event),
    listEvents: (page) => events.list(page),
    getMemory: (line, key) => memory.get(line, key),
    putMemory: (line, key, value) => memory.put(line, key, value),
    retire: (options) =>
      retired.retire({ ...options, keysBefore: steps.firstKeyAfter(options.sentBefore, "message") }),
    prune: (before, limit) => retention.prune(before, limit),
    pruneBeyond: (messages, limit) => retention.pruneBeyond(messages, limit),
    redactBefore: (at, limit) => retention.redactBefore(at, limit),
    clockStepped: (step) => steps.step(step),
    ping: (now) => memory.ping(now),
  };
  return {
    commands,
    notices,
    undo,
    newestKey: Math.max(...[messages, retired, audiences, members, runs].map((table) => table.newestKey())),
  };
}
