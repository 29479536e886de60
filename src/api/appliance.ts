/** `/appliance/v1`: what the appliance knows and Twilio has no resource for. The main account's only. */
import type { Line } from "../line/line.ts";
import { stopOf, stopText } from "../messaging/outbound/plans.ts";
import type { Event, EventLevel } from "../runtime/event.ts";
import type { EventFilter, Standing, WebhookStanding } from "../store/reading.ts";
import type { StoredMessage } from "../store/store.ts";
import { ApiError } from "./api-error.ts";
import {
  eventView,
  explanationView,
  type LineTraffic,
  lineView,
  messageDetailView,
} from "./appliance-views.ts";
import { type ApiRouter, answer, canonicalSid, notFound, sidOf } from "./context.ts";
import type { ApiDeps } from "./deps.ts";
import type { WaitingFacts } from "./explain.ts";
import { untoldOf, viewOfWebhook, type WebhookFate } from "./explain-received.ts";
import { listFrom, pageOf } from "./page.ts";
import { textOf } from "./parameter.ts";

export function routeAppliance(router: ApiRouter, deps: ApiDeps): void {
  router.get("/appliance/v1/Lines", async (ctx) => {
    const cursorOf = (line: Line) => line.name;
    const lines = [...deps.roster.all()].sort((a, b) => (a.name < b.name ? -1 : 1));
    const plans = await deps.plans.views();
    const page = await pageOf<Line>(ctx, {
      key: "lines",
      cursor: /^[a-z0-9-]{1,32}$/,
      cursorOf,
      list: listFrom(lines, cursorOf),
      view: (line) => lineView(line, { ...trafficOf(line, deps), plan: plans.get(line.name) ?? null }),
    });
    answer(ctx, 200, page);
  });

  router.get("/appliance/v1/Messages/:sid", async (ctx) => {
    const message = await deps.store.getMessage(sidOf(ctx, ["SM", "MM"]));
    if (message === null) throw notFound(ctx);
    const [submissions, standing, waiting] = await Promise.all([
      deps.store.submissionsOf(message.sid),
      deps.store.standingOf(message.sid),
      webhookOf(message, deps),
    ]);
    const webhook = waiting === null ? null : viewOfWebhook(waiting, deps.clock.now());
    answer(ctx, 200, messageDetailView(message, { submissions, standing, webhook }));
  });

  router.get("/appliance/v1/Messages/:sid/Explanation", async (ctx) => {
    const message = await deps.store.getMessage(sidOf(ctx, ["SM", "MM"]));
    if (message === null) throw notFound(ctx);
    answer(ctx, 200, explanationView(message, await factsOf(message, deps)));
  });

  router.get("/appliance/v1/Events", async (ctx) => {
    const filter = readEventFilter(new URLSearchParams(ctx.querystring));
    const page = await pageOf<Event>(ctx, {
      key: "events",
      cursor: /^NO[0-9a-f]{32}$/,
      cursorOf: (event) => event.sid,
      list: (after, limit) =>
        deps.store.listEvents({ ...filter, ...(after === null ? {} : { beforeSid: after }), limit }),
      view: eventView,
    });
    answer(ctx, 200, page);
  });
}

const LEVELS: readonly EventLevel[] = ["info", "warning", "error"];

function readEventFilter(query: URLSearchParams): Omit<EventFilter, "beforeSid" | "limit"> {
  const levelText = textOf(query, "Level");
  const level = LEVELS.find((known) => known === levelText);
  if (levelText !== null && level === undefined) {
    throw new ApiError(20422, `The 'Level' ${levelText.slice(0, 40)} is none of ${LEVELS.join(", ")}.`);
  }
  const type = textOf(query, "Type");
  const messageSid = textOf(query, "MessageSid");
  return {
    ...(level === undefined ? {} : { level }),
    ...(type === null ? {} : { type }),
    ...(messageSid === null ? {} : { messageSid: canonicalSid(messageSid) ?? messageSid }),
  };
}

async function factsOf(message: StoredMessage, deps: ApiDeps): Promise<WaitingFacts> {
  const standing = await deps.store.standingOf(message.sid);
  const number = deps.numbers.byNumber(standing?.queue ?? message.from);
  const line = number === null ? null : deps.roster.get(number.line);
  const fallback = line === null || number === null ? null : fallbackOf(line.name, number.phoneNumber, deps);
  const carrier = fallback?.spill === "carrying" ? fallback.name : (line?.name ?? null);
  return {
    standing,
    isAccountActive: deps.accounts.bySid(message.accountSid)?.status === "active",
    line:
      line === null
        ? null
        : {
            name: line.name,
            state: line.status.state,
            reason: line.status.reason,
            sends: !deps.receiveOnly.has(line.name),
          },
    fallback,
    planStop: carrier === null ? null : await planStopOf(carrier, standing, deps),
    segmentsPerSecond: deps.rateOf(standing?.queue ?? message.from),
    webhook: await fateOf(message, deps),
    now: deps.clock.now(),
  };
}

/** The store looks through every webhook that waits: it is asked only of what may have one. */
async function webhookOf(message: StoredMessage, { store }: ApiDeps): Promise<WebhookStanding | null> {
  return message.direction === "inbound" ? store.webhookStandingOf(message.sid) : null;
}

async function fateOf(message: StoredMessage, deps: ApiDeps): Promise<WebhookFate> {
  const standing = await webhookOf(message, deps);
  if (standing !== null || message.direction !== "inbound") return { standing, untold: null };
  return { standing, untold: untoldOf(await deps.store.listEvents({ messageSid: message.sid, limit: 100 })) };
}

function trafficOf({ name }: Line, deps: ApiDeps): Omit<LineTraffic, "plan"> {
  const { numbers, rateOf, fallbacks, throttledTo, secondsPerSegment, portOf } = deps;
  return {
    numbers: numbers.ofLine(name),
    rateOf,
    fallback: fallbacks.viewOf(name),
    carries: fallbacks.carriedBy(name),
    throttledTo: throttledTo(name),
    secondsPerSegment: secondsPerSegment(name),
    port: portOf(name),
  };
}

/** A broadcast that has not begun waits for room in the plan of the Line that would take it. */
async function planStopOf(
  line: string,
  standing: Standing | null,
  deps: ApiDeps,
): Promise<WaitingFacts["planStop"]> {
  if (standing === null || !standing.isBroadcast || standing.hasBegun) return null;
  const view = await deps.plans.viewOf(line);
  const stop = view === null ? null : stopOf(view, standing.waitingSegments);
  return stop === null ? null : { text: stopText(line, stop), until: stop.until };
}

function fallbackOf(line: string, number: string, deps: ApiDeps): WaitingFacts["fallback"] {
  const view = deps.fallbacks.viewOf(line);
  if (view === null) return null;
  const { state, reason } = deps.roster.get(view.line)?.status ?? { state: "stopped", reason: "" };
  const isRefused = deps.fallbacks.isRefused(view.line, number);
  return { name: view.line, spill: view.spill, inMs: view.inMs, state, reason, isRefused };
}
