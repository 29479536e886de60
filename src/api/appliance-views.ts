/** The appliance's own resources, in the style of Twilio's: snake case, RFC 2822 dates, every key every time. */
import type { Line } from "../line/line.ts";
import type { Rate } from "../messaging/outbound/accept.ts";
import type { FallbackView } from "../messaging/outbound/fallback.ts";
import { type PlanView, stopOf } from "../messaging/outbound/plans.ts";
import type { Event } from "../runtime/event.ts";
import type { PlanPeriod } from "../store/plan-commands.ts";
import type { Standing } from "../store/reading.ts";
import type { NumberRecord } from "../store/settings-document.ts";
import type { StoredMessage } from "../store/store.ts";
import type { SubmissionDetail } from "../store/submission-record.ts";
import type { HandsetMessage } from "./deps.ts";
import { explain, type WaitingFacts } from "./explain.ts";
import type { WebhookView } from "./explain-received.ts";
import { dateText, dateTextOrNull, messageView } from "./views.ts";

/** How a Line stands to the others, and to its carrier. */
export type LineTraffic = {
  readonly numbers: readonly NumberRecord[];
  readonly rateOf: (number: string) => Rate;
  /** Null when no other Line stands in for it. */
  readonly fallback: FallbackView | null;
  /** The Lines whose queues it carries. */
  readonly carries: readonly string[];
  /** Segments per second while its carrier holds it back. */
  readonly throttledTo: number | null;
  /** Measured; null: nothing was. */
  readonly secondsPerSegment: number | null;
  /** Null when it has none. */
  readonly plan: PlanView | null;
  /** The serial port it holds now. */
  readonly port: string | null;
};

export function lineView(line: Line, traffic: LineTraffic): Record<string, unknown> {
  const { numbers, rateOf, fallback, carries, throttledTo, secondsPerSegment, plan, port } = traffic;
  const { state, reason, since, simulated, facts, counters, recovery = null } = line.status;
  return {
    name: line.name,
    kind: line.kind,
    simulated,
    state,
    reason,
    since: dateText(since),
    window: line.window,
    port,
    numbers: numbers.map((number) => ({
      sid: number.sid,
      phone_number: number.phoneNumber,
      segments_per_second: rateOf(number.phoneNumber),
    })),
    fallback: fallback?.line ?? null,
    fallback_active: fallback?.isActive ?? false,
    fallback_refuses: fallback?.refuses ?? [],
    fallback_since: dateTextOrNull(fallback?.since ?? null),
    carries,
    throttled_to: throttledTo === null ? null : Math.round(throttledTo * 10) / 10,
    seconds_per_segment: secondsPerSegment === null ? null : Number(secondsPerSegment.toPrecision(3)),
    plan: plan === null ? null : planView(plan),
    manufacturer: facts.manufacturer,
    model: facts.model,
    imei: facts.imei,
    iccid: facts.iccid,
    imsi: facts.imsi,
    operator: facts.operator,
    technology: facts.technology,
    signal_dbm: facts.signalDbm,
    network_asked: dateTextOrNull(facts.networkAskedAt ?? null),
    smsc: facts.smsc,
    smsc_asked: dateTextOrNull(facts.smscAskedAt ?? null),
    own_number: facts.ownNumber,
    storage: facts.storage ?? null,
    last_sent: dateTextOrNull(facts.lastSentAt),
    last_received: dateTextOrNull(facts.lastReceivedAt),
    counters,
    recovery:
      recovery === null
        ? null
        : {
            trouble: recovery.trouble,
            reason: recovery.reason,
            since: dateText(recovery.since),
            last_step: recovery.lastStep,
            next_step: recovery.nextStep,
            next_step_not_before: dateTextOrNull(recovery.nextStepAt),
          },
  };
}

function planView(view: PlanView): Record<string, unknown> {
  const { periods, recipients, warnAtPercent } = view;
  const of = (period: PlanPeriod) => {
    const { cap, used, endsAt } = periods[period];
    return { cap, used, ends: dateText(endsAt) };
  };
  const stop = stopOf(view, 1);
  return {
    segments_per_minute: of("minute"),
    segments_per_hour: of("hour"),
    segments_per_day: of("day"),
    segments_per_month: of("month"),
    recipients_per_month: { ...recipients, ends: dateText(periods.month.endsAt) },
    warn_at_percent: warnAtPercent,
    broadcasts_wait_until: dateTextOrNull(stop?.until ?? null),
  };
}

/** What stands behind a Message. */
export type MessageDetail = {
  readonly submissions: readonly SubmissionDetail[];
  /** Null when nothing of it waits to be sent. */
  readonly standing: Standing | null;
  /** Of a received Message, whose app has not answered yet; else null. */
  readonly webhook: WebhookView | null;
};

/** Twilio's Message and what stands behind it. */
export function messageDetailView(
  message: StoredMessage,
  { submissions, standing, webhook }: MessageDetail,
): Record<string, unknown> {
  return {
    ...messageView(message, "read"),
    line: message.line,
    send_at: dateTextOrNull(standing?.sendAt ?? null),
    attempts: message.attempts,
    retry_at: dateTextOrNull(message.retryAt),
    waiting_for: message.waitingFor,
    webhook:
      webhook === null
        ? null
        : {
            app: webhook.app,
            attempts: webhook.attempts,
            ahead: webhook.ahead,
            next_attempt: dateTextOrNull(webhook.nextAttemptAt),
          },
    submissions: submissions.map((submission) => ({
      submission_id: submission.submissionId,
      index: submission.index,
      line: submission.line,
      state: submission.state,
      reference: submission.reference,
      date_started: dateText(submission.startedAt),
      date_settled: dateTextOrNull(submission.settledAt),
      report_state: submission.reportState,
      report_status: submission.reportStatus,
      why: submission.why,
    })),
  };
}

/** "Why is it not sent", or "does my app know of it", in one answer. */
export function explanationView(message: StoredMessage, facts: WaitingFacts): Record<string, unknown> {
  const { standing, line, segmentsPerSecond } = facts;
  const { reason, nextAttemptAt, forecastAt } = explain(message, facts);
  const inQueue = standing?.sendAt === null ? standing : null;
  return {
    message_sid: message.sid,
    account_sid: message.accountSid,
    status: message.status,
    reason,
    error_code: message.errorCode,
    queue: standing?.queue ?? null,
    position: inQueue === null ? null : inQueue.messagesAhead + 1,
    messages_ahead: inQueue?.messagesAhead ?? null,
    segments_ahead: inQueue?.segmentsAhead ?? null,
    segments_per_second: standing === null ? null : segmentsPerSecond,
    line: line?.name ?? message.line,
    fallback: facts.fallback?.name ?? null,
    line_state: line?.state ?? null,
    line_reason: line?.reason ?? null,
    attempts: facts.webhook.standing?.attempts ?? message.attempts,
    next_attempt: dateTextOrNull(nextAttemptAt),
    forecast: dateTextOrNull(forecastAt),
    expires: dateTextOrNull(standing?.expiresAt ?? null),
  };
}

export function eventView(event: Event): Record<string, unknown> {
  return {
    sid: event.sid,
    type: event.type,
    level: event.level,
    date_created: dateText(event.at),
    text: event.text,
    line: event.line ?? null,
    account_sid: event.accountSid ?? null,
    message_sid: event.messageSid ?? null,
    error_code: event.errorCode ?? null,
    more_info: event.errorCode === undefined ? null : `https://www.twilio.com/docs/errors/${event.errorCode}`,
    detail: event.detail ?? null,
  };
}

export function handsetMessageView(message: HandsetMessage): Record<string, unknown> {
  return {
    handset: message.handset,
    direction: message.direction,
    from: message.from,
    to: message.to,
    body: message.body,
    parts: message.parts,
    date_created: dateText(message.at),
  };
}
