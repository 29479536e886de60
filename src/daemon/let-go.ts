/**
 * Retention, once an hour: Messages by age and by number, texts before the Messages, and what only the appliance needs.
 * It is done in batches with a pause of the same length between them, so that a million old rows never take more than
 * half of the disk's time, and an accept waits for one batch at most.
 */
import type { Clock } from "../runtime/clock.ts";
import type { Batch } from "../store/retention-commands.ts";
import type { Store } from "../store/store.ts";
import type { Config } from "./config-schema.ts";

const DAY = 24 * 3_600_000;
const EVENTS_KEPT_MS = 90 * DAY;
/** A network that offers a segment again does so within its validity, days at most. */
const FINGERPRINTS_KEPT_MS = 14 * DAY;
const PARKED_REPORTS_KEPT_MS = DAY;
/** One batch is one transaction: small enough that an accept never waits for it noticeably. */
const BATCH = 100;
const SHORTEST_PAUSE_MS = 5;

export async function letGo(
  deps: {
    readonly store: Pick<Store, "prune" | "pruneBeyond" | "redactBefore">;
    readonly clock: Clock;
    readonly retention: Config["retention"];
  },
  signal: AbortSignal,
): Promise<void> {
  const { store, clock } = deps;
  const { messagesDays, messagesMax, redactBodiesAfterDays } = deps.retention;
  const now = clock.now();
  // Parts, and PDUs that nobody could read, hold text as well.
  const textsMs = (redactBodiesAfterDays ?? Number.POSITIVE_INFINITY) * DAY;
  const before = {
    messages: now - messagesDays * DAY,
    events: now - EVENTS_KEPT_MS,
    undecodable: now - Math.min(EVENTS_KEPT_MS, textsMs),
    shownParts: now - Math.min(FINGERPRINTS_KEPT_MS, textsMs),
    fingerprints: now - FINGERPRINTS_KEPT_MS,
    parkedReports: now - PARKED_REPORTS_KEPT_MS,
  };
  const inBatches = async (next: () => Promise<Batch>) => {
    for (;;) {
      const startedMs = clock.monotonicMs();
      if ((await next()).isDone) return;
      await clock.sleep(Math.max(SHORTEST_PAUSE_MS, clock.monotonicMs() - startedMs), { signal });
    }
  };
  if (redactBodiesAfterDays !== undefined) await inBatches(() => store.redactBefore(now - textsMs, BATCH));
  await inBatches(() => store.prune(before, BATCH));
  if (messagesMax !== undefined) await inBatches(() => store.pruneBeyond(messagesMax, BATCH));
}
