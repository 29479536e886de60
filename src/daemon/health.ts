/**
 * `GET /health`: pass, warn or fail for the store and each line. Fail as a whole (503) only when the store cannot
 * commit or no line can send: one modem out of three is a warning, not an outage.
 *
 * Anybody may ask, so asking is cheap: one commit serves everybody for some seconds.
 */
import type { HealthReport } from "../api/deps.ts";
import type { Line } from "../line/line.ts";
import type { Clock } from "../runtime/clock.ts";
import { reasonOf } from "../runtime/fault.ts";
import type { Store } from "../store/store.ts";

type HealthCheck = HealthReport["checks"][string];

const PING_KEEPS_MS = 5_000;
const PING_PATIENCE_MS = 3_000;

export function createHealth(deps: {
  readonly store: Pick<Store, "ping">;
  readonly lines: readonly Line[];
  readonly clock: Clock;
  /** Why the wall clock is in doubt, or null. */
  readonly whyClockUntrusted?: () => string | null;
}): () => Promise<HealthReport> {
  const { store, lines, clock } = deps;
  let asked: { at: number; answer: Promise<HealthCheck> } | null = null;

  const storeCheck = (): Promise<HealthCheck> => {
    const now = clock.monotonicMs();
    if (asked === null || now - asked.at > PING_KEEPS_MS) asked = { at: now, answer: ping(store, clock) };
    return asked.answer;
  };

  return async () => {
    const disk = await storeCheck();
    const checks: Record<string, HealthCheck> = { store: disk };
    for (const line of lines) checks[`line:${line.name}`] = lineCheck(line);
    const doubt = deps.whyClockUntrusted?.() ?? null;
    if (doubt !== null) checks["clock"] = { status: "warn", text: `not to be trusted: ${doubt}` };
    const canSend = lines.some((line) => line.status.state === "ready");
    const all = Object.values(checks);
    const status =
      disk.status === "fail" || !canSend
        ? "fail"
        : all.every((check) => check.status === "pass")
          ? "pass"
          : "warn";
    return { status, checks };
  };
}

function lineCheck(line: Line): HealthCheck {
  const { state, reason, simulated } = line.status;
  const kind = simulated ? "simulated, " : "";
  const text = `${kind}${state}${reason === "" ? "" : `: ${reason}`}`;
  switch (state) {
    case "ready":
      return { status: "pass", text };
    case "opening":
    case "starting":
      return { status: "warn", text };
    case "refused":
    case "stopped":
      return { status: "fail", text };
  }
}

async function ping(store: Pick<Store, "ping">, clock: Clock): Promise<HealthCheck> {
  const waited = new AbortController();
  const started = clock.monotonicMs();
  const tooLong = clock.sleep(PING_PATIENCE_MS, { signal: waited.signal }).then(
    (): HealthCheck => ({ status: "fail", text: `no commit within ${PING_PATIENCE_MS / 1000} s` }),
    (): HealthCheck => ({ status: "pass", text: "commits" }),
  );
  const committed = store.ping(clock.now()).then(
    (): HealthCheck => ({
      status: "pass",
      text: `commits in ${Math.ceil(clock.monotonicMs() - started)} ms`,
    }),
    (error: unknown): HealthCheck => ({ status: "fail", text: reasonOf(error) }),
  );
  try {
    return await Promise.race([committed, tooLong]);
  } finally {
    waited.abort();
  }
}
