/**
 * `GET /health`: pass, warn or fail for the store, each line and the webhooks. Fail as a whole (503) only when the
 * store cannot commit or no line can send: one modem out of three is a warning, not an outage, and so is one whose
 * queue goes over its fallback, an app that has not answered for minutes, and a SIM plan that is nearly used up.
 *
 * Anybody may ask, so asking is cheap, one commit serves everybody for some seconds, and no app is named.
 */
import type { HealthReport } from "../api/deps.ts";
import type { Line } from "../line/line.ts";
import type { Fallbacks } from "../messaging/outbound/fallback.ts";
import { nearCaps, type PlanView, stopOf } from "../messaging/outbound/plans.ts";
import type { Clock } from "../runtime/clock.ts";
import { reasonOf } from "../runtime/fault.ts";
import type { Store } from "../store/store.ts";

type HealthCheck = HealthReport["checks"][string];

/** What apps are still to be told, and for how long the oldest of it has waited. */
type WebhookBacklog = { readonly waiting: number; readonly oldestMs: number };

const PING_KEEPS_MS = 5_000;
const PING_PATIENCE_MS = 3_000;
const APP_SILENT_MS = 5 * 60_000;

export function createHealth(deps: {
  readonly store: Pick<Store, "ping">;
  readonly lines: readonly Line[];
  readonly webhooks: () => Promise<WebhookBacklog>;
  /** Names of lines that are made to receive and nothing else. */
  readonly receiveOnly?: ReadonlySet<string>;
  /** Absent: no line has a fallback. */
  readonly fallbacks?: Pick<Fallbacks, "viewOf">;
  /** By line; absent: none has a plan. */
  readonly plans?: () => Promise<ReadonlyMap<string, PlanView>>;
  readonly clock: Clock;
  /** Why the wall clock is in doubt, or null. */
  readonly whyClockUntrusted?: () => string | null;
  /** Of the API's own certificate; null without TLS. */
  readonly certificate?: () => HealthCheck | null;
}): () => Promise<HealthReport> {
  const { store, lines, webhooks, clock, plans = async () => new Map() } = deps;
  const isReady = (name: string) => lines.some((line) => line.name === name && line.status.state === "ready");
  /** The line that carries its queue, and what it does not take; null when none does. */
  const carriedOf = (line: Line): Carried | null => {
    const view = deps.fallbacks?.viewOf(line.name) ?? null;
    if (view?.spill !== "carrying" || !isReady(view.line)) return null;
    const { isActive, refuses } = view;
    if (!isActive) return { isActive, text: `${view.line} does not take its sender, so its queue waits` };
    const but = refuses.length === 0 ? "" : `, but for ${refuses.length} of its numbers, which wait`;
    return { isActive, text: `its queue goes over ${view.line}${but}` };
  };
  let asked: { at: number; answer: ReturnType<typeof askStore> } | null = null;

  return async () => {
    const now = clock.monotonicMs();
    if (asked === null || now - asked.at > PING_KEEPS_MS) {
      asked = { at: now, answer: askStore(store, { webhooks, plans }, clock) };
    }
    const { disk, apps, used } = await asked.answer;
    const checks: Record<string, HealthCheck> = { store: disk, ...(apps === null ? {} : { webhooks: apps }) };
    for (const line of lines) checks[`line:${line.name}`] = lineCheck(line, carriedOf(line));
    for (const [line, view] of used ?? []) checks[`plan:${line}`] = planCheck(view);
    const doubt = deps.whyClockUntrusted?.() ?? null;
    if (doubt !== null) checks["clock"] = { status: "warn", text: `not to be trusted: ${doubt}` };
    const certificate = deps.certificate?.() ?? null;
    if (certificate !== null) checks["certificate"] = certificate;
    const canSend = lines.some(({ name }) => isReady(name) && deps.receiveOnly?.has(name) !== true);
    if (disk.status !== "fail" && !canSend) checks["sending"] = NOTHING_SENDS;
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

const NOTHING_SENDS: HealthCheck = {
  status: "fail",
  text: "no line can send: what apps post waits in its queue (the lines' own checks say why)",
};

type Carried = { readonly isActive: boolean; readonly text: string };

function lineCheck(line: Line, carried: Carried | null): HealthCheck {
  const { state, reason, simulated } = line.status;
  const kind = simulated ? "simulated, " : "";
  const detour = carried === null ? "" : `; ${carried.text}`;
  const text = `${kind}${state}${reason === "" ? "" : `: ${reason}`}${detour}`;
  if (carried?.isActive === true) return { status: "warn", text };
  switch (state) {
    case "ready":
      // An SMSC that took the bind and answers nothing: the reason says so.
      return {
        status: line.kind === "smpp" && (line.status.recovery ?? null) !== null ? "warn" : "pass",
        text,
      };
    case "opening":
    case "starting":
      return { status: "warn", text };
    case "refused":
    case "stopped":
      return { status: "fail", text };
  }
}

function planCheck(view: PlanView): HealthCheck {
  const near = nearCaps(view).join("; ");
  const stop = stopOf(view, 1);
  if (near === "") return { status: "pass", text: "no cap is near" };
  const waits =
    stop === null || stop.period === "minute"
      ? ""
      : `; broadcasts wait until ${new Date(stop.until).toISOString()}`;
  return { status: "warn", text: `${near}${waits}` };
}

/** Nothing is said of the webhooks and the plans while the store says nothing. */
async function askStore(
  store: Pick<Store, "ping">,
  {
    webhooks,
    plans,
  }: { webhooks: () => Promise<WebhookBacklog>; plans: () => Promise<ReadonlyMap<string, PlanView>> },
  clock: Clock,
): Promise<{
  readonly disk: HealthCheck;
  readonly apps: HealthCheck | null;
  readonly used: ReadonlyMap<string, PlanView> | null;
}> {
  const started = clock.monotonicMs();
  const committed = store.ping(clock.now()).then(
    (): HealthCheck => ({
      status: "pass",
      text: `commits in ${Math.ceil(clock.monotonicMs() - started)} ms`,
    }),
    (error: unknown): HealthCheck => ({ status: "fail", text: reasonOf(error) }),
  );
  const told = webhooks().then(webhookCheck, () => null);
  const counted = plans().catch(() => null);
  const [disk, apps, used] = await Promise.all([
    patiently(committed, clock),
    patiently(told, clock),
    patiently(counted, clock),
  ]);
  return {
    disk: disk ?? { status: "fail", text: `no commit within ${PING_PATIENCE_MS / 1000} s` },
    apps,
    used,
  };
}

function webhookCheck({ waiting, oldestMs }: WebhookBacklog): HealthCheck {
  if (waiting === 0) return { status: "pass", text: "no app is still to be told anything" };
  const age = oldestMs < 120_000 ? `${Math.ceil(oldestMs / 1000)} s` : `${Math.round(oldestMs / 60_000)} min`;
  const text = `${waiting} to be told to apps, the oldest for ${age}`;
  if (oldestMs < APP_SILENT_MS) return { status: "pass", text };
  return { status: "warn", text: `${text}: an app does not answer (/appliance/v1/Events says which)` };
}

/** Null when it takes too long. */
async function patiently<T>(work: Promise<T>, clock: Clock): Promise<T | null> {
  const waited = new AbortController();
  const tooLong = clock.sleep(PING_PATIENCE_MS, { signal: waited.signal }).then(
    () => null,
    () => null,
  );
  try {
    return await Promise.race([work, tooLong]);
  } finally {
    waited.abort();
  }
}
