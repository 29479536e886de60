/**
 * A stop that was asked for: what is on the wire is waited for, ten seconds at most. Whoever asks again does not wait, nor
 * does a disk that no longer keeps its word.
 */
import type { Clock } from "../runtime/clock.ts";
import { Fault, reasonOf } from "../runtime/fault.ts";
import type { Log } from "../runtime/log.ts";
import type { Appliance } from "./appliance.ts";
import type { Endings, StopSignal } from "./endings.ts";
import { EXIT, exitCodeOf } from "./exit-codes.ts";

/** Longer than every grace inside; shorter than systemd's patience. */
const STOP_WITHIN_MS = 10_000;

/** Settles with the exit code; never rejects. */
export async function stopCleanly(
  appliance: Pick<Appliance, "stop">,
  signal: StopSignal,
  { endings, clock, log }: { endings: Endings; clock: Clock; log: Log },
): Promise<number> {
  const late = new AbortController();
  const stopped = appliance.stop(`The daemon stopped (${signal}).`).then(
    () => "stopped" as const,
    (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
  );
  const tooLate = clock.sleep(STOP_WITHIN_MS, { signal: late.signal }).then(
    () => "late" as const,
    () => "late" as const,
  );
  const outcome = await Promise.race([stopped, tooLate, endings.next()]);
  late.abort();
  if (outcome === "stopped") {
    log.info("stopped");
    return EXIT.ok;
  }
  if (outcome === "late")
    log.error(`not stopped within ${STOP_WITHIN_MS / 1000} s; what is open is judged at the next start`);
  else if (outcome instanceof Error) return explain(outcome, log);
  else if (outcome.is === "fatal") return explain(outcome.fault, log);
  else
    log.warn(
      { signal: outcome.signal },
      "a second signal: not waiting; what is open is judged at the next start",
    );
  return EXIT.forced;
}

/** Says why, and settles the exit code. */
export function explain(error: unknown, log: Log): number {
  if (error instanceof Fault) log.fatal({ code: error.code }, error.message);
  else log.fatal({ err: error }, reasonOf(error));
  return exitCodeOf(error);
}
