/**
 * The broadcasts at work: each minute it looks which planned instants have come, and pursues the runs that are under
 * way. What it knows is on disk; a tick that is late, early or doubled plans the same runs and no others.
 *
 * Nothing is planned and nothing sent while the wall clock is in doubt (DESIGN §5): a board that wakes up in the past
 * would send an old morning, or the same one again.
 */
import type { Clock, Timer } from "../../runtime/clock.ts";
import { reasonOf } from "../../runtime/fault.ts";
import type { KeySequence } from "../../runtime/ids.ts";
import type { Log } from "../../runtime/log.ts";
import type { BroadcastDefinition, StoredBroadcast } from "../../store/broadcast-commands.ts";
import { clockEvent, lateEvent, skippedEvent } from "./broadcast-events.ts";
import { isOnTime, judgeDue } from "./judge-due.ts";
import { type RunDeps, stepOf } from "./pursue-run.ts";
import { once, readCron, type Schedule } from "./schedule.ts";
import type { Ticker } from "./ticker.ts";

export type BroadcasterDeps = RunDeps & {
  readonly clock: Clock;
  readonly keys: KeySequence;
  readonly log: Log;
  readonly ticker: Ticker;
  /** Null: the wall clock is trusted. */
  readonly whyClockUntrusted: () => string | null;
};

const TICK_MS = 60_000;
const SOON_MS = 1_000;
/** A clock that is set back by less has only been put right. */
const SET_BACK_MS = 60_000;
const PAGE = 100;

export class Broadcaster {
  readonly #deps: BroadcasterDeps;
  readonly #stop = new AbortController();
  readonly #pursued = new Map<string, Promise<void>>();
  /** When each is due next, by its SID: to ask croner costs a millisecond, and it is asked once a run. */
  readonly #dueAt = new Map<
    string,
    { readonly judgedTo: number; readonly cron: string; readonly at: number | null }
  >();
  readonly #wakes = new Map<number, Timer>();
  #ticking: Promise<void> | null = null;
  #toldOfClock = false;

  constructor(deps: BroadcasterDeps) {
    this.#deps = deps;
  }

  /** Looks at once: what was under way when the box went off goes on. */
  start(): void {
    this.#deps.ticker.start(() => void this.tick());
    void this.tick();
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error("stopping"));
    await this.#deps.ticker.stop();
    for (const timer of this.#wakes.values()) timer.cancel();
    await this.#ticking;
    await Promise.all(this.#pursued.values());
  }

  /** Settles when everything due is planned; the runs themselves go on. One that comes during another is that one. */
  tick(): Promise<void> {
    if (this.#stop.signal.aborted) return Promise.resolve();
    this.#ticking ??= this.#tick()
      .catch((error: unknown) =>
        this.#deps.log.error({ reason: reasonOf(error) }, "broadcasts: a tick failed"),
      )
      .finally(() => {
        this.#ticking = null;
      });
    return this.#ticking;
  }

  /** A run that was just planned need not wait for the next tick. */
  pursue(runSid: string): void {
    if (this.#pursued.has(runSid) || this.#stop.signal.aborted) return;
    const pursued = this.#pursue(runSid)
      .catch((error: unknown) => {
        if (this.#stop.signal.aborted) return;
        this.#deps.log.error(
          { run: runSid, reason: reasonOf(error) },
          "a run stumbled; it is taken up again",
        );
      })
      .finally(() => this.#pursued.delete(runSid));
    this.#pursued.set(runSid, pursued);
  }

  async #tick(): Promise<void> {
    const { store, clock, whyClockUntrusted } = this.#deps;
    const [broadcasts, runs] = await Promise.all([this.#active(), store.openRuns()]);
    if (broadcasts.length === 0 && runs.length === 0) return;
    const why = whyClockUntrusted();
    if (why !== null && !this.#toldOfClock) await store.addEvent(clockEvent(clock.now(), why));
    this.#toldOfClock = why !== null;
    if (why !== null) return;
    const active = new Set(broadcasts.map(({ sid }) => sid));
    for (const sid of this.#dueAt.keys()) if (!active.has(sid)) this.#dueAt.delete(sid);
    for (const broadcast of broadcasts) await this.#plan(broadcast);
    for (const run of await store.openRuns()) this.pursue(run.sid);
  }

  async #active(): Promise<readonly StoredBroadcast[]> {
    const { store } = this.#deps;
    const all: StoredBroadcast[] = [];
    for (;;) {
      const beforeSid = all.at(-1)?.sid;
      const page = await store.listBroadcasts({
        ...(beforeSid === undefined ? {} : { beforeSid }),
        limit: PAGE,
      });
      all.push(...page);
      if (page.length < PAGE) return all.filter(({ state }) => state === "active");
    }
  }

  async #plan(broadcast: StoredBroadcast): Promise<void> {
    const { store, clock, keys } = this.#deps;
    const { sid: broadcastSid, definition, judgedTo, updatedAt } = broadcast;
    const now = clock.now();
    if (judgedTo > now + SET_BACK_MS) {
      // The clock was ahead, and believed: what it ran away from is still to come. The ledger knows what was sent.
      await store.changeBroadcast(broadcastSid, { judgedTo: now }, updatedAt);
      return;
    }
    const dueAt = this.#dueAtOf(broadcast, now);
    if (dueAt === null || dueAt > now) {
      this.#wakeAt(dueAt, now);
      return;
    }
    const due = scheduleOf(definition, now)?.newestIn(judgedTo, now) ?? null;
    if (due === null) return;
    const about = { broadcastSid, plannedAt: due.at, definition };
    const run = { ...about, sid: keys.sid("BR"), cause: "schedule", createdAt: now } as const;
    const skip = (why: string) =>
      store.planRun(
        { ...run, status: "skipped", reason: why },
        { judgedTo: now, events: [skippedEvent({ ...about, sid: run.sid }, now, why, due.count - 1)] },
      );
    const verdict = judgeDue(due.at, now, definition);
    if (verdict.is === "skip") {
      await skip(verdict.why);
      return;
    }
    const isLate = due.count > 1 || !isOnTime(due.at, now);
    const events = isLate ? [lateEvent({ ...about, sid: run.sid }, now, due.count - 1)] : [];
    const planned = await store.planRun(
      { ...run, status: "planned", reason: null },
      { judgedTo: now, events },
    );
    if (planned.is === "busy") await skip("the one before it is still under way");
  }

  /** What is due before the next tick is looked at when it is: an `At` has seconds. */
  #wakeAt(dueAt: number | null, now: number): void {
    if (dueAt === null || dueAt - now >= TICK_MS || this.#wakes.has(dueAt)) return;
    const timer = this.#deps.clock.timer(dueAt - now, () => {
      this.#wakes.delete(dueAt);
      void this.tick();
    });
    this.#wakes.set(dueAt, timer);
  }

  /** Null: never. */
  #dueAtOf({ sid, judgedTo, definition }: StoredBroadcast, now: number): number | null {
    const cron = `${definition.cron ?? definition.at} ${definition.timeZone}`;
    const known = this.#dueAt.get(sid);
    if (known?.judgedTo === judgedTo && known.cron === cron) return known.at;
    const at = scheduleOf(definition, now)?.next(judgedTo, 1)[0] ?? null;
    this.#dueAt.set(sid, { judgedTo, cron, at });
    return at;
  }

  async #pursue(runSid: string): Promise<void> {
    const { store, clock, whyClockUntrusted } = this.#deps;
    const { signal } = this.#stop;
    const looked = { since: clock.now(), upTo: new Map<string, string>() };
    while (!signal.aborted && whyClockUntrusted() === null) {
      const run = await store.getRun(runSid);
      if (run === null || (run.status !== "planned" && run.status !== "started")) return;
      const broadcast = await store.getBroadcast(run.broadcastSid);
      if (broadcast === null) return;
      const step = await stepOf(run, broadcast, this.#deps, looked);
      if (step === "over" || step === "later") return;
      if (step === "soon") await clock.sleep(SOON_MS, { signal });
    }
  }
}

/** Null: the expression has become impossible, which it was not when it was made. */
export function scheduleOf(
  { cron, at, timeZone }: Pick<BroadcastDefinition, "cron" | "at" | "timeZone">,
  now: number,
): Schedule | null {
  if (cron === null) return at === null ? null : once(at);
  const reading = readCron(cron, timeZone, now);
  return reading.is === "schedule" ? reading.schedule : null;
}
