/**
 * What an operator does with broadcasts. Whatever can be refused is refused here, in a sentence, before anything is kept:
 * a broadcast that would fail at seven in the morning is better told of the evening before.
 */
import type { BroadcastDefinition, StoredBroadcast, StoredRun } from "../../store/broadcast-commands.ts";
import { canceledEvent, stateEvent } from "./broadcast-events.ts";
import type { Broadcaster, BroadcasterDeps } from "./broadcaster.ts";
import { scheduleOf } from "./broadcaster.ts";
import { type DryRun, dryRun } from "./dry-run.ts";
import { pauseOf } from "./pursue-run.ts";
import { isTimeZone, readCron } from "./schedule.ts";
import { type Survey, survey, whyNothing } from "./survey.ts";
import { fitted } from "./texts.ts";

/** `code`: Twilio's, or the nearest it has. */
export type Refused = {
  readonly is: "refused";
  readonly code: 20422 | 21606 | 21617 | 21701 | 21704;
  readonly why: string;
};
export type Kept = { readonly is: "kept"; readonly broadcast: StoredBroadcast };
export type Begun = { readonly is: "begun"; readonly run: StoredRun };
type Unknown = { readonly is: "unknown" };

/** Of what a change says; what is absent stays. */
export type BroadcastPatch = Partial<BroadcastDefinition>;

const NEXT_RUNS = 10;

export class BroadcastDesk {
  readonly #deps: BroadcasterDeps;
  readonly #broadcaster: Broadcaster;

  constructor(deps: BroadcasterDeps, broadcaster: Broadcaster) {
    this.#deps = deps;
    this.#broadcaster = broadcaster;
  }

  async create(definition: BroadcastDefinition): Promise<Kept | Refused> {
    const { store, keys, clock } = this.#deps;
    const wrong = await this.#whyWrong(definition, true);
    if (wrong !== null) return wrong;
    const now = clock.now();
    const sid = keys.sid("BC");
    const broadcast: StoredBroadcast = {
      sid,
      state: "active",
      judgedTo: now,
      createdAt: now,
      updatedAt: now,
      definition,
    };
    await store.createBroadcast(broadcast);
    void this.#broadcaster.tick();
    return { is: "kept", broadcast };
  }

  /** A run that is under way ends as it began. What has passed meanwhile is not caught up with. */
  async change(
    sid: string,
    patch: BroadcastPatch,
    state: StoredBroadcast["state"] | null,
  ): Promise<Kept | Refused | Unknown> {
    const { store, clock } = this.#deps;
    const known = await store.getBroadcast(sid);
    if (known === null) return { is: "unknown" };
    const definition = { ...known.definition, ...patch };
    const isPatched = Object.keys(patch).length > 0;
    const reschedules = ["cron", "at", "timeZone"].some((name) => name in patch);
    const wrong = isPatched ? await this.#whyWrong(definition, reschedules) : null;
    if (wrong !== null) return wrong;
    const now = clock.now();
    const isResumed = state === "active" && known.state === "paused";
    const change = {
      definition,
      ...(state === null ? {} : { state }),
      ...(isResumed || reschedules ? { judgedTo: now } : {}),
    };
    const broadcast = await store.changeBroadcast(sid, change, now);
    if (broadcast === null) return { is: "unknown" };
    const isPaused = state === "paused" && known.state === "active";
    if (isPaused || isResumed) {
      await store.addEvent(stateEvent(broadcast, now));
      for (const run of await store.openRuns())
        if (isPaused && run.broadcastSid === sid) await store.holdRun(run.sid, pauseOf(run, now));
    }
    if (!isPaused) void this.#broadcaster.tick();
    return { is: "kept", broadcast };
  }

  async remove(sid: string): Promise<"deleted" | "busy" | "unknown"> {
    return this.#deps.store.deleteBroadcast(sid);
  }

  async runNow(sid: string): Promise<Begun | Refused | Unknown> {
    const { store, clock, keys, whyClockUntrusted } = this.#deps;
    const broadcast = await store.getBroadcast(sid);
    if (broadcast === null) return { is: "unknown" };
    const { definition, state } = broadcast;
    if (state === "paused") return refused("The broadcast is paused: set its Status to active first.");
    const untrusted = whyClockUntrusted();
    if (untrusted !== null) {
      return refused(
        `Nothing runs while the wall clock is not to be trusted: ${untrusted}. Set it, and vouch for it: POST /appliance/v1/Clock with Trust=now.`,
      );
    }
    const now = clock.now();
    const surveyed = await this.#survey(broadcast.sid, definition, now);
    if (surveyed.is === "refused") return surveyed;
    const why = whyNothing(surveyed.survey);
    if (why !== null) return refused(`Nothing would be sent: ${why}.`);
    const planned = await store.planRun(
      {
        sid: keys.sid("BR"),
        broadcastSid: sid,
        plannedAt: now,
        cause: "operator",
        status: "planned",
        reason: null,
        definition,
        createdAt: now,
      },
      { judgedTo: null, events: [] },
    );
    switch (planned.is) {
      case "planned":
        this.#broadcaster.pursue(planned.run.sid);
        return { is: "begun", run: planned.run };
      case "busy":
        return refused(`The run ${planned.run.sid} is still under way: wait for it, or cancel it.`);
      case "known":
        return refused("A run of this very instant is there already.");
      case "gone":
        return { is: "unknown" };
    }
  }

  /** Null: it has ended, and nothing of it waits. What is on the air ends as it ends. */
  async cancel(runSid: string): Promise<StoredRun | null> {
    const { store, clock } = this.#deps;
    const run = await store.getRun(runSid);
    if (run === null) return null;
    const at = clock.now();
    const reason = "canceled by the operator";
    return store.endRun(runSid, { status: "canceled", reason, at, events: [canceledEvent(run, at)] });
  }

  async dryRun(
    sid: string,
    page: { after: string | null; limit: number },
  ): Promise<DryRun | Refused | Unknown> {
    const broadcast = await this.#deps.store.getBroadcast(sid);
    if (broadcast === null) return { is: "unknown" };
    const startAt = this.nextRuns(broadcast)[0] ?? this.#deps.clock.now();
    const result = await dryRun(broadcast, { ...page, startAt }, this.#deps);
    return result.is === "dry" ? result : refused(sentence(result.why), result.code);
  }

  nextRuns({ definition, judgedTo, state }: StoredBroadcast): readonly number[] {
    const now = this.#deps.clock.now();
    if (state === "paused") return [];
    return scheduleOf(definition, now)?.next(Math.max(now, judgedTo), NEXT_RUNS) ?? [];
  }

  async #whyWrong(definition: BroadcastDefinition, isScheduleNew: boolean): Promise<Refused | null> {
    const now = this.#deps.clock.now();
    const { cron, at, timeZone, fallbackText, maxSegments, body, bodyUrl } = definition;
    if (!isTimeZone(timeZone)) return refused(`The TimeZone ${timeZone} is unknown.`);
    if (cron !== null) {
      const reading = readCron(cron, timeZone, now);
      if (reading.is === "wrong") return refused(`The Cron '${cron}' cannot be kept: ${reading.why}.`);
    } else if (isScheduleNew && (at ?? 0) <= now) {
      return refused("The At has passed already.");
    }
    if (fallbackText !== null) {
      const fallback = fitted(fallbackText, { maxSegments }, { smart: false });
      if (fallback.is !== "text") return refused(`The FallbackText cannot be sent: ${fallback.why}.`, 21617);
    }
    if (bodyUrl !== null && definition.onBodyFailure === "fallback" && fallbackText === null) {
      return refused("A BodyUrl with OnBodyFailure=fallback needs a FallbackText.");
    }
    const surveyed = await this.#survey(null, definition, now);
    if (surveyed.is === "refused") return surveyed;
    return body === null ? null : whyTextWrong(surveyed.survey, definition);
  }

  async #survey(
    broadcastSid: string | null,
    definition: BroadcastDefinition,
    now: number,
  ): Promise<{ readonly is: "surveyed"; readonly survey: Survey } | Refused> {
    const run = { sid: null, broadcastSid: broadcastSid ?? "", plannedAt: now, text: null, definition };
    const surveyed = await survey(run, this.#deps);
    if (surveyed.is === "surveyed") return surveyed;
    return refused(sentence(surveyed.why), surveyed.code);
  }
}

/** Of a template, before it is kept: an audience may lack an attribute later, which is told then. */
function whyTextWrong(
  found: Survey,
  { fallbackText, body, maxSegments }: BroadcastDefinition,
): Refused | null {
  for (const [name, count] of found.needed) {
    const mend = `write {{${name}|otherwise}}`;
    if (count === 0)
      return refused(`No member has the attribute ${name} that the Body names: ${mend}, or give it to them.`);
    if (count < found.members && fallbackText === null) {
      return refused(
        `${found.members - count} of ${found.members} members lack the attribute ${name} that the Body names: ${mend}, or set a FallbackText for them.`,
      );
    }
  }
  if (found.members === 0 && body !== null) {
    const text = fitted(body, { maxSegments }, { smart: false });
    return text.is === "text" ? null : refused(`The Body cannot be sent: ${text.why}.`, 21617);
  }
  if (found.skipped["no-text"] === 0) return null;
  return refused(`The Body cannot be sent to ${found.skipped["no-text"]} members: ${found.why}.`, 21617);
}

function refused(why: string, code: Refused["code"] = 20422): Refused {
  return { is: "refused", code, why };
}

function sentence(why: string): string {
  return `${why.slice(0, 1).toUpperCase()}${why.slice(1)}.`;
}
