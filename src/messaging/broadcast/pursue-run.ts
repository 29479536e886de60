/**
 * One step of one run, taken again until it says otherwise. Nothing is remembered here: what a step finds on disk tells
 * how far the run is, so that a power cut between any two of them changes nothing.
 *
 *   planned ─▶ text ─▶ the audience surveyed ─▶ started ─▶ a slice ─▶ … ─▶ the queue empty of it ─▶ finished
 *
 * A slice is what a queue's line really sends in a few seconds. The next one is put in when half of it is gone, so that a
 * run of thousands neither fills the queue nor leaves it empty, and little of it has to be held when it is paused.
 */
import type { MemberRecord } from "../../store/audience-commands.ts";
import type { SliceItem, StoredBroadcast, StoredRun } from "../../store/broadcast-commands.ts";
import type { NewOutbound, Store } from "../../store/store.ts";
import { type Accept, DEFAULT_VALIDITY_SECONDS, type Rate } from "../outbound/accept.ts";
import { failedEvent, finishedEvent, skippedEvent, startedEvent, textEvent } from "./broadcast-events.ts";
import { foresee } from "./foresee.ts";
import { deadlineOf } from "./judge-due.ts";
import { endOfQuiet, isQuiet, localText } from "./local-time.ts";
import { requestFrom, type Sender, senderFor } from "./senders.ts";
import { type SurveyDeps, survey, whyNothing } from "./survey.ts";
import { type TextDeps, textOfMember, textOfRun } from "./texts.ts";

/** `soon`: when the queue has room. `later`: at the next tick. `over`: it has ended. */
export type Step = "again" | "soon" | "later" | "over";

export type RunDeps = SurveyDeps & {
  readonly store: Store;
  readonly prepare: Accept["prepare"];
  /** Segments per second of the Line that serves a Number now, as measured and throttled; null: nobody knows. */
  readonly paceOf: (number: string) => number | null;
};

const SLICE_SECONDS = 10;
/** One on the air, one behind it. */
const LEAST_SLICE = 2;
const MOST_SLICE = 500;
/** Of a Number without a rate, on a Line that was not measured yet. */
const UNMEASURED_SLICE = 100;
/** Members whose turn has passed are written down so many at a time. */
const LATE_AT_ONCE = 500;
/** Apps are asked so many texts at once. */
const ASKED_AT_ONCE = 4;

export async function stepOf(run: StoredRun, broadcast: StoredBroadcast, deps: RunDeps): Promise<Step> {
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
  return slice(run, sender, deps);
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

async function slice(run: StoredRun, sender: Sender, deps: RunDeps): Promise<Step> {
  const { store } = deps;
  const room = await roomOf(sender, deps);
  const most = Math.max(...room.values(), 0);
  if (most <= 0) return "soon";
  const page = { after: run.cursor, limit: Math.min(most, MOST_SLICE) };
  const members = await store.listMembers(run.definition.audienceSid, page);
  if (members.length === 0) return (await store.isRunWaiting(run.sid)) ? "soon" : finish(run, deps);
  const { items, why } = await itemsFor(run, members, { sender, room, deps });
  if (items.length > 0) {
    const result = await store.acceptSlice(run.sid, items);
    if (result.status !== "started") return "over";
    if (result.fullAt !== null) return "soon";
  }
  if (why === null) return "again";
  return why === "no room" ? "soon" : wait(run, why, deps);
}

/** As many as there is room for, in their order; `why` the next one is not among them. */
async function itemsFor(
  run: StoredRun,
  members: readonly MemberRecord[],
  { sender, room, deps }: { sender: Sender; room: Map<string, number>; deps: RunDeps },
): Promise<{ readonly items: readonly SliceItem<NewOutbound>[]; readonly why: string | null }> {
  const items: SliceItem<NewOutbound>[] = [];
  const textDeps = textDepsOf(sender, deps);
  const isAsked = run.definition.bodyUrl !== null && run.text === null;
  const step = isAsked ? ASKED_AT_ONCE : members.length;
  for (let first = 0; first < members.length; first += step) {
    const some = members.slice(first, first + step);
    const texts = await Promise.all(some.map((member) => textOfMember(run, member, textDeps)));
    for (const [index, { phoneNumber }] of some.entries()) {
      const text = texts[index];
      const number = await sender.for(phoneNumber, (...asked) => deps.store.poolFacts(...asked));
      if (number === null) {
        items.push({ phoneNumber, skipped: "refused" });
      } else if (text?.is === "wait") {
        return { items, why: text.why };
      } else if (text?.is !== "text") {
        items.push({ phoneNumber, skipped: "no-text" });
      } else {
        const left = room.get(number.phoneNumber) ?? 0;
        if (left <= 0) return { items, why: "no room" };
        room.set(number.phoneNumber, left - text.segments);
        const request = { ...requestFrom(number, sender, deps), to: phoneNumber, body: text.text };
        const message = deps.prepare(request);
        items.push({ phoneNumber, message: { ...message, expiresAt: expiryOf(run, message) } });
      }
    }
  }
  return { items, why: null };
}

/** Segments that each of the sender's queues may take now: a slice, but nothing while more than half of one waits. */
async function roomOf(sender: Sender, { store, rateOf, paceOf }: RunDeps): Promise<Map<string, number>> {
  const depths = new Map((await store.queueDepths()).map(({ queue, segments }) => [queue, segments]));
  return new Map(
    sender.queues.map((queue) => {
      const whole = sliceOf(rateOf(queue), paceOf(queue));
      const waiting = depths.get(queue) ?? 0;
      return [queue, waiting > whole / 2 ? 0 : whole - waiting];
    }),
  );
}

/** In Segments; of the Number's rate, and what its Line does in a second (null: nobody knows). */
export function sliceOf(rate: Rate, pace: number | null): number {
  const perSecond = Math.min(rate === "unlimited" ? Infinity : rate, pace ?? Infinity);
  if (perSecond === Infinity) return UNMEASURED_SLICE;
  return Math.min(MOST_SLICE, Math.max(LEAST_SLICE, Math.ceil(perSecond * SLICE_SECONDS)));
}

/** Of a pause: until it is over, or what is held has expired. */
export function pauseOf(run: StoredRun, at: number): { until: number; reason: string; at: number } {
  return { until: deadlineOf(run), reason: "the broadcast is paused", at };
}

/** Not after the deadline: what a line has not taken by then fails with 30036. */
function expiryOf(
  run: StoredRun,
  { createdAt, expiresAt }: { createdAt: number; expiresAt: number },
): number {
  return Math.min(expiresAt, createdAt + DEFAULT_VALIDITY_SECONDS * 1000, deadlineOf(run));
}

async function endLate(run: StoredRun, deps: RunDeps): Promise<Step> {
  const page = { after: run.cursor, limit: LATE_AT_ONCE };
  const members = await deps.store.listMembers(run.definition.audienceSid, page);
  if (members.length === 0) return finish(run, deps);
  const items = members.map(({ phoneNumber }) => ({ phoneNumber, skipped: "late" as const }));
  const { status } = await deps.store.acceptSlice(run.sid, items);
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
