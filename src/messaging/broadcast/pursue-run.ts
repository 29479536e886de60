/**
 * One step of one run, taken again until it says otherwise. Nothing is remembered here: what a step finds on disk tells
 * how far the run is, so that a power cut between any two of them changes nothing.
 *
 *   planned ─▶ text ─▶ the audience surveyed ─▶ started ─▶ a slice ─▶ … ─▶ the queue empty of it ─▶ finished
 */
import type { StoredBroadcast, StoredRun } from "../../store/broadcast-commands.ts";
import { failedEvent, finishedEvent, skippedEvent, startedEvent, textEvent } from "./broadcast-events.ts";
import { foresee } from "./foresee.ts";
import { deadlineOf } from "./judge-due.ts";
import { endOfQuiet, isQuiet, localText } from "./local-time.ts";
import { type Sender, senderFor } from "./senders.ts";
import { type Looked, type SliceDeps, slice } from "./slice.ts";
import { type SurveyDeps, survey, whyNothing } from "./survey.ts";
import { type TextDeps, textOfRun } from "./texts.ts";

/** `soon`: when the queue has room. `later`: at the next tick. `over`: it has ended. */
export type Step = "again" | "soon" | "later" | "over";

export type RunDeps = SurveyDeps & SliceDeps;

/** Members whose turn has passed are written down so many at a time. */
const LATE_AT_ONCE = 500;
/** `looked`: of this pursuit of the run. */
export async function stepOf(
  run: StoredRun,
  broadcast: StoredBroadcast,
  deps: RunDeps,
  looked: Looked,
): Promise<Step> {
  const { store } = deps;
  const now = deps.texts.now();
  if (broadcast.state === "paused") {
    await store.holdRun(run.sid, pauseOf(run, now));
    return "later";
  }
  const isLate = now >= deadlineOf(run);
  if (isLate && run.status === "planned") return skip(run, run.reason ?? "its deadline has passed", deps);
  if (isLate) return endLate(run, deps);
  const { quietHours, timeZone } = run.definition;
  if (isQuiet(quietHours, now, timeZone)) {
    const until = endOfQuiet(quietHours, now, timeZone);
    const reason = `quiet hours until ${localText(until, timeZone)}`;
    await store.holdRun(run.sid, { until, reason, at: now });
    return "later";
  }
  if (run.status === "planned") return begin(run, deps);
  const sender = senderFor(run.definition, deps);
  if (sender.is === "no") return wait(run, sender.why, deps);
  if (run.reason !== null) await store.releaseRun(run.sid, now);
  return send(run, sender, deps, looked);
}

async function begin(run: StoredRun, deps: RunDeps): Promise<Step> {
  const { store } = deps;
  const sender = senderFor(run.definition, deps);
  if (sender.is === "no") return fail(run, sender.why, deps);
  const text = await textOfRun(run, textDepsOf(sender, deps));
  const at = deps.texts.now();
  if (text !== null && text.is !== "text") {
    if (text.is === "none") return skip(run, text.why, deps);
    if (run.reason === null) await store.addEvent(textEvent(run, at, text.why, true));
    return wait(run, text.why, deps);
  }
  const surveyed = await survey({ ...run, text: text?.text ?? null }, deps);
  if (surveyed.is === "no") return fail(run, surveyed.why, deps);
  const why = whyNothing(surveyed.survey);
  // People may still join when it is made: an audience without any is no fault.
  if (surveyed.survey.members === 0) return skip(run, "the audience is empty", deps);
  if (why !== null) return fail(run, why, deps);
  const { members, segments, recipients, instead, why: troubled } = surveyed.survey;
  const reason = text?.instead ?? (instead > 0 ? troubled : null);
  const foreseen = await foresee(run.definition, surveyed.survey, { startAt: at, forecast: deps.forecast });
  const started = await store.startRun(run.sid, {
    at,
    members,
    segments: segments ?? recipients,
    text: text?.text ?? null,
    events: [
      ...(reason === null ? [] : [textEvent(run, at, reason, false)]),
      startedEvent(run, at, foreseen),
    ],
  });
  if (started === null) return "over";
  return "again";
}

async function send(run: StoredRun, sender: Sender, deps: RunDeps, looked: Looked): Promise<Step> {
  const sliced = await slice(run, sender, deps, looked);
  if (sliced.is === "wait") return wait(run, sliced.why, deps);
  if (sliced.is !== "everybody") return sliced.is;
  return (await deps.store.isRunWaiting(run.sid)) ? "soon" : finish(run, deps);
}

/** Of a pause: until it is over, or what is held has expired. */
export function pauseOf(run: StoredRun, at: number): { until: number; reason: string; at: number } {
  return { until: deadlineOf(run), reason: "the broadcast is paused", at };
}

async function endLate(run: StoredRun, deps: RunDeps): Promise<Step> {
  const page = { after: run.cursor, limit: LATE_AT_ONCE };
  const members = await deps.store.listMembers(run.definition.audienceSid, page);
  if (members.length === 0) return finish(run, deps);
  const items = members.map(({ phoneNumber }) => ({ phoneNumber, skipped: "late" as const }));
  const { status } = await deps.store.acceptSlice(run.sid, items, null);
  return status === "started" ? "again" : "over";
}

async function finish(run: StoredRun, { store, texts }: RunDeps): Promise<Step> {
  const at = texts.now();
  const counts = await store.countRun(run.sid);
  const isGone = (await store.getAudience(run.definition.audienceSid)) === null;
  const reason = isGone ? "its audience was deleted before everybody in it was seen to" : null;
  const events = [finishedEvent(run, at, counts, reason)];
  await store.endRun(run.sid, { status: "finished", reason, at, events });
  return "over";
}

async function skip(run: StoredRun, why: string, { store, texts }: RunDeps): Promise<Step> {
  const at = texts.now();
  const events = [skippedEvent(run, at, why)];
  await store.endRun(run.sid, { status: "skipped", reason: why, at, events });
  return "over";
}

async function fail(run: StoredRun, why: string, { store, texts }: RunDeps): Promise<Step> {
  const at = texts.now();
  const events = [failedEvent(run, at, why)];
  await store.endRun(run.sid, { status: "failed", reason: why, at, events });
  return "over";
}

async function wait(run: StoredRun, why: string, { store }: RunDeps): Promise<Step> {
  if (run.reason !== why) await store.explainRun(run.sid, why);
  return "later";
}

function textDepsOf(sender: Sender, deps: RunDeps): TextDeps {
  return { ...deps.texts, smart: sender.service?.smartEncoding ?? false };
}
