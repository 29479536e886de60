/** Broadcasts and their runs as they are written. */
import type { DryMessage, DryRun } from "../messaging/broadcast/dry-run.ts";
import { endOfQuiet, isQuiet, localText } from "../messaging/broadcast/local-time.ts";
import type { RunCounts, RunMember, StoredBroadcast, StoredRun } from "../store/broadcast-commands.ts";
import { dateText, dateTextOrNull } from "./views.ts";

export function broadcastView(
  { sid, state, createdAt, updatedAt, definition }: StoredBroadcast,
  nextRuns: readonly number[],
): Record<string, unknown> {
  const { quietHours, timeZone } = definition;
  const path = `/appliance/v1/Broadcasts/${sid}`;
  const quietText = (at: number) => {
    const until = endOfQuiet(quietHours, at, timeZone);
    const deadline = at + definition.deadlineMinutes * 60_000;
    const tooLate =
      deadline > until
        ? ""
        : ` Its deadline, ${localText(deadline, timeZone)}, is no later: nobody is sent anything.`;
    return `The run of ${localText(at, timeZone)} is in its quiet hours: nothing of it is sent before ${localText(until, timeZone)}.${tooLate}`;
  };
  return {
    sid,
    friendly_name: definition.name,
    status: state,
    cron: definition.cron,
    at: dateTextOrNull(definition.at),
    time_zone: timeZone,
    from: definition.from,
    messaging_service_sid: definition.messagingServiceSid,
    audience_sid: definition.audienceSid,
    body: definition.body,
    body_url: definition.bodyUrl,
    body_method: definition.bodyMethod,
    body_per: definition.bodyPer,
    on_body_failure: definition.onBodyFailure,
    retry_minutes: definition.retryMinutes,
    max_age_minutes: definition.maxAgeMinutes,
    fallback_text: definition.fallbackText,
    max_segments: definition.maxSegments,
    if_missed: definition.ifMissed,
    deadline_minutes: definition.deadlineMinutes,
    quiet_hours: quietHours === null ? null : `${clockText(quietHours.from)}-${clockText(quietHours.until)}`,
    warnings: nextRuns
      .filter((at) => isQuiet(quietHours, at, timeZone))
      .slice(0, 1)
      .map(quietText),
    next_runs: nextRuns.map((at) => ({ date: dateText(at), local: localText(at, timeZone) })),
    date_created: dateText(createdAt),
    date_updated: dateText(updatedAt),
    uri: path,
    subresource_uris: { runs: `${path}/Runs`, dry_run: `${path}/DryRun` },
  };
}

/** `counts`: null in a list, where they are not looked up. */
export function runView(run: StoredRun, counts: RunCounts | null): Record<string, unknown> {
  const path = `/appliance/v1/Broadcasts/${run.broadcastSid}/Runs/${run.sid}`;
  return {
    sid: run.sid,
    broadcast_sid: run.broadcastSid,
    status: run.status,
    reason: run.reason,
    cause: run.cause,
    date_planned: dateText(run.plannedAt),
    local: localText(run.plannedAt, run.definition.timeZone),
    members: run.members,
    segments: run.segments,
    outcomes: counts === null ? null : snakeCased(counts.outcomes),
    messages: counts === null ? null : counts.messages,
    date_created: dateText(run.createdAt),
    date_started: dateTextOrNull(run.startedAt),
    date_ended: dateTextOrNull(run.endedAt),
    uri: path,
    subresource_uris: { members: `${path}/Members` },
  };
}

export function runMemberView({ phoneNumber, outcome, messageSid }: RunMember): Record<string, unknown> {
  return { phone_number: phoneNumber, outcome: outcome.replace("-", "_"), message_sid: messageSid };
}

export function dryRunView({ survey, why, foreseen }: DryRun): Record<string, unknown> {
  return {
    would_send: why === null,
    reason: why,
    members: survey.members,
    recipients: survey.recipients,
    segments: survey.segments,
    skipped: snakeCased(survey.skipped),
    fallback_texts: survey.instead,
    forecast: foreseen?.text ?? null,
    forecast_from: dateTextOrNull(foreseen?.startAt ?? null),
    forecast_done: dateTextOrNull(foreseen?.doneAt ?? null),
    warnings: foreseen?.warnings.map(({ text }) => text) ?? [],
  };
}

export function dryMessageView(message: DryMessage): Record<string, unknown> {
  const { to } = message;
  if (message.is === "skipped") {
    return {
      to,
      from: null,
      body: null,
      num_segments: 0,
      encoding: null,
      forced_by: null,
      reason: message.why,
    };
  }
  const { from, text, segments, alphabet, forcedBy, instead } = message;
  return {
    to,
    from,
    body: text,
    num_segments: segments,
    encoding: alphabet === "gsm7" ? "GSM-7" : "UCS-2",
    forced_by: forcedBy,
    reason: instead,
  };
}

function snakeCased(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).map(([name, count]) => [name.replace("-", "_"), count]));
}

function clockText(minutes: number): string {
  const text = (part: number) => String(part).padStart(2, "0");
  return `${text(Math.floor(minutes / 60))}:${text(minutes % 60)}`;
}
