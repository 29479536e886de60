/**
 * What is let go of: by age, by number, and the texts before the rest. Each command does a bounded piece of work, since
 * everybody else waits for the same worker; whoever calls asks again until it is done.
 */
import type { Alterations } from "./alterations.ts";
import type { BroadcastRuns } from "./broadcast-runs.ts";
import type { ClockSteps } from "./clock-steps.ts";
import type { Database, Statement } from "./database.ts";
import type { Events } from "./events.ts";
import type { Inbound } from "./inbound.ts";
import type { ParkedReports } from "./parked-reports.ts";
import type { PlanUses } from "./plan-uses.ts";
import type { Batch, KeptSince } from "./retention-commands.ts";
import type { Retired } from "./retired.ts";

type FingerprintRow = { readonly line: string; readonly fingerprint: string; readonly receivedAt: number };

/** Rows of a few octets are looked at in larger steps than Messages are deleted in. */
const LOOKED_AT_EACH = 4;

export class Retention {
  readonly #tables: {
    retired: Retired;
    alterations: Alterations;
    events: Events;
    inbound: Inbound;
    parked: ParkedReports;
    plans: PlanUses;
    runs: BroadcastRuns;
    steps: ClockSteps;
  };
  readonly #fingerprints: Statement<[string, string, number], FingerprintRow>;
  readonly #forget: Statement<[string, string]>;
  /** They are in no order of time: they are gone through, from where the last batch ended. */
  #lookedAt = { line: "", fingerprint: "" };

  constructor(
    db: Database,
    tables: {
      retired: Retired;
      alterations: Alterations;
      events: Events;
      inbound: Inbound;
      parked: ParkedReports;
      plans: PlanUses;
      runs: BroadcastRuns;
      steps: ClockSteps;
    },
  ) {
    this.#tables = tables;
    this.#fingerprints = db.prepare(`
      SELECT line, fingerprint, receivedAt FROM fingerprint WHERE (line, fingerprint) > (?, ?)
      ORDER BY line, fingerprint LIMIT ?`);
    this.#forget = db.prepare("DELETE FROM fingerprint WHERE line = ? AND fingerprint = ?");
  }

  prune(before: KeptSince, limit: number): Batch {
    const { retired, alterations, events, inbound, parked, plans, runs, steps } = this.#tables;
    const messagesBefore = steps.firstKeyOf(before.messages, "message");
    const kinds = [
      (room: number) => retired.pruneBefore(messagesBefore, room),
      (room: number) => runs.pruneBefore(messagesBefore, room),
      (room: number) => alterations.pruneFeedback(messagesBefore, room),
      (room: number) => runs.pruneBefore(messagesBefore, room),
      (room: number) => events.pruneBefore(steps.firstKeyOf(before.events, "event"), room),
      (room: number) => inbound.pruneQuarantine(steps.firstKeyOf(before.undecodable, "inbound"), room),
      (room: number) => inbound.pruneShown(steps.firstKeyOf(before.shownParts, "inbound"), room),
      (room: number) => parked.pruneBefore(steps.firstKeyOf(before.parkedReports, "parked"), room),
    ];
    let changed = 0;
    for (const prune of kinds) if (changed < limit) changed += prune(limit - changed);
    if (changed === limit) return { changed, isDone: false };
    changed += plans.prune();
    const looked = this.#pruneFingerprints(before.fingerprints, (limit - changed) * LOOKED_AT_EACH);
    return { changed: changed + looked.changed, isDone: looked.isDone };
  }

  pruneBeyond(messages: number, limit: number): Batch {
    const { retired } = this.#tables;
    if (!retired.countOn(limit * LOOKED_AT_EACH)) return { changed: 0, isDone: false };
    const changed = retired.pruneOldest(Math.min(limit, retired.count - messages));
    return { changed, isDone: retired.count <= messages };
  }

  redactBefore(at: number, limit: number): Batch {
    const { retired, steps } = this.#tables;
    return retired.redactBefore(steps.firstKeyOf(at, "message"), limit);
  }

  #pruneFingerprints(before: number, limit: number): Batch {
    const rows = this.#fingerprints.all(this.#lookedAt.line, this.#lookedAt.fingerprint, limit);
    let changed = 0;
    for (const { line, fingerprint, receivedAt } of rows)
      if (receivedAt < before) changed += this.#forget.run(line, fingerprint).changes;
    const isDone = rows.length < limit;
    this.#lookedAt = isDone ? { line: "", fingerprint: "" } : (rows.at(-1) ?? this.#lookedAt);
    return { changed, isDone };
  }
}
