/**
 * When what is about to be queued will have been handed over, and what stands in its way. Pure: facts and `now` in,
 * instants and warnings out; whoever asks gathers the facts (`forecast-facts.ts`) or makes them up.
 *
 * Each Line is followed from event to event (a Number is done, a cap is reached, a period ends, a quiet time begins or
 * ends); between two events Segments flow evenly. A Line's pace is shared among its Numbers as the feed shares it: all
 * alike, and none more than its own rate. What was queued before goes first and is not held by quiet times, which are
 * the new load's alone. Nobody knows what else will be sent meanwhile, nor what fails: it is a forecast, not a promise.
 */
import type { Rate } from "./accept.ts";

/** Epoch milliseconds; `until` is not part of it. */
export type Span = { readonly from: number; readonly until: number };

export const SEGMENT_CAPS = [
  "segmentsPerMinute",
  "segmentsPerHour",
  "segmentsPerDay",
  "segmentsPerMonth",
] as const;
export type SegmentCap = (typeof SEGMENT_CAPS)[number];

export type CapFacts = {
  readonly cap: SegmentCap;
  readonly limit: number;
  /** In the period that holds `now`. */
  readonly used: number;
  /** The end of the period that holds an instant. */
  readonly endOf: (at: number) => number;
};

export type NumberLoad = {
  readonly number: string;
  /** To be sent: the load that is asked about. */
  readonly segments: number;
  /** Before it in its queue. */
  readonly queuedSegments: number;
  readonly segmentsPerSecond: Rate;
};

export type LineLoad = {
  readonly line: string;
  /** Null when the Line is ready; else what it is, in words. It is forecast as if it were ready at once. */
  readonly notReady: string | null;
  readonly numbers: readonly NumberLoad[];
  /** Measured, of the Line as a whole; null: nothing was, and the Numbers' rates alone decide. */
  readonly secondsPerSegment: number | null;
  readonly maxSegmentsPerSecond: Rate;
  readonly caps: readonly CapFacts[];
};

export type ForecastRequest = {
  readonly now: number;
  /** Nothing of the load goes before this instant. */
  readonly startAt: number;
  /** Null: there is none. */
  readonly deadlineAt: number | null;
  /** When nothing of the load goes; ascending, not overlapping. */
  readonly quiet: readonly Span[];
  readonly lines: readonly LineLoad[];
  /** How an instant is written for the person who asks. */
  readonly timeText: (at: number) => string;
};

/** `text`: one sentence for a person. */
export type ForecastWarning = { readonly line: string; readonly text: string } & (
  | { readonly is: "deadline"; readonly deadlineAt: number }
  /** The cap stops the load at `at`, and it goes on at `until`. Once for each cap. */
  | { readonly is: "cap"; readonly cap: SegmentCap; readonly at: number; readonly until: number }
  | { readonly is: "not-ready" }
  /** More people than the plan's month has recipients left. */
  | { readonly is: "recipients" }
);

export type LineForecast = {
  readonly line: string;
  /** Of the load. */
  readonly segments: number;
  /** When the last of them is with the network; null when that is further away than anybody can say. */
  readonly doneAt: number | null;
};

export type Forecast = {
  readonly segments: number;
  /** When the last Line is done; null when one of them will not be within the horizon. */
  readonly doneAt: number | null;
  readonly lines: readonly LineForecast[];
  readonly warnings: readonly ForecastWarning[];
};

const HORIZON_MS = 62 * 86_400_000;
/** A cap of one segment a minute is not followed through two months: whoever asks waits for the answer. */
const MOST_STEPS = 20_000;
/** Segments are whole; what is left of one after division is none. */
const TINY = 1e-6;
/** Of a Number that may go as fast as its Line takes it, on a Line nobody has measured. */
const UNMEASURED_PER_SECOND = 1;

const CAP_WORDS: Readonly<Record<SegmentCap, string>> = {
  segmentsPerMinute: "a minute",
  segmentsPerHour: "an hour",
  segmentsPerDay: "a day",
  segmentsPerMonth: "a month",
};

export function forecast(request: ForecastRequest): Forecast {
  const followed = request.lines.map((line) => follow(line, request));
  const lines = followed.map(({ forecast }) => forecast);
  const loaded = lines.filter(({ segments }) => segments > 0);
  const ends = loaded.map(({ doneAt }) => doneAt);
  return {
    segments: lines.reduce((sum, { segments }) => sum + segments, 0),
    doneAt: ends.reduce<number | null>(
      (last, end) => (last === null || end === null ? null : Math.max(last, end)),
      request.startAt,
    ),
    lines,
    warnings: followed.flatMap(({ warnings }) => warnings),
  };
}

type Flow = { readonly rate: number; queued: number; own: number };
type Cap = CapFacts & { used: number; endsAt: number };

function follow(
  line: LineLoad,
  { now, startAt, deadlineAt, quiet, timeText }: ForecastRequest,
): { readonly forecast: LineForecast; readonly warnings: readonly ForecastWarning[] } {
  const segments = line.numbers.reduce((sum, number) => sum + number.segments, 0);
  if (segments === 0) return { forecast: { line: line.line, segments, doneAt: startAt }, warnings: [] };
  const closed: readonly Span[] = [{ from: now, until: startAt }, ...quiet];
  const pace = paceOf(line);
  const flows: Flow[] = line.numbers.map((number) => ({
    rate: ratePerSecond(number.segmentsPerSecond, pace),
    queued: number.queuedSegments,
    own: number.segments,
  }));
  const caps: Cap[] = line.caps.map((cap) => ({ ...cap, endsAt: cap.endOf(now) }));
  const reached = new Map<SegmentCap, ForecastWarning>();
  let at = now;
  let doneAt: number | null = null;
  for (let step = 0; step < MOST_STEPS && at - now < HORIZON_MS; step++) {
    if (flows.every(({ own }) => own < TINY)) {
      doneAt = Math.ceil(at);
      break;
    }
    for (const cap of caps) {
      if (at < cap.endsAt) continue;
      cap.used = 0;
      cap.endsAt = cap.endOf(at);
    }
    const isClosed = closed.some(({ from, until }) => from <= at && at < until);
    const full = caps.filter(({ limit, used }) => limit - used < TINY);
    for (const cap of full)
      if (!isClosed && !reached.has(cap.cap)) reached.set(cap.cap, capWarning(line, cap, { at, timeText }));
    const shares = full.length > 0 ? flows.map(() => 0) : sharesOf(flows, isClosed, pace);
    const total = shares.reduce((sum, share) => sum + share, 0);
    const edges = [
      ...caps.map(({ endsAt }) => endsAt),
      ...closed.flatMap(({ from, until }) => [from, until]),
    ];
    const ends = [
      ...edges.filter((edge) => edge > at).map((edge) => (edge - at) / 1000),
      ...caps.map(({ limit, used }) => (total > 0 ? (limit - used) / total : Number.POSITIVE_INFINITY)),
      ...flows.map((flow, index) => (flow.queued > TINY ? flow.queued : flow.own) / (shares[index] ?? 0)),
    ];
    const seconds = Math.min(...ends.filter((end) => end > 0));
    if (!Number.isFinite(seconds)) break;
    flows.forEach((flow, index) => {
      const sent = (shares[index] ?? 0) * seconds;
      if (flow.queued > TINY) flow.queued -= sent;
      else flow.own -= sent;
    });
    for (const cap of caps) cap.used += total * seconds;
    at += seconds * 1000;
  }
  const warnings = [
    ...notReadyWarning(line),
    ...reached.values(),
    ...deadlineWarning(line, doneAt, { deadlineAt, timeText }),
  ];
  return { forecast: { line: line.line, segments, doneAt }, warnings };
}

/** Segments per second of the Line as a whole; infinite where nothing bounds it but its Numbers. */
function paceOf({ secondsPerSegment, maxSegmentsPerSecond }: LineLoad): number {
  const measured = secondsPerSegment === null ? Number.POSITIVE_INFINITY : 1 / secondsPerSegment;
  return maxSegmentsPerSecond === "unlimited" ? measured : Math.min(measured, maxSegmentsPerSecond);
}

function ratePerSecond(rate: Rate, pace: number): number {
  if (rate !== "unlimited") return rate;
  return Number.isFinite(pace) ? pace : UNMEASURED_PER_SECOND;
}

/** All alike, none more than its own rate: what one leaves over is the others'. */
function sharesOf(flows: readonly Flow[], isClosed: boolean, pace: number): readonly number[] {
  const active = flows.filter(({ queued, own }) => queued > TINY || (!isClosed && own > TINY));
  const shares = new Map<Flow, number>();
  let left = pace;
  [...active]
    .sort((a, b) => a.rate - b.rate)
    .forEach((flow, index) => {
      const share = Math.min(flow.rate, left / (active.length - index));
      shares.set(flow, share);
      left -= share;
    });
  return flows.map((flow) => shares.get(flow) ?? 0);
}

function capWarning(
  { line }: LineLoad,
  { cap, limit, endsAt }: Cap,
  { at, timeText }: { readonly at: number } & Pick<ForecastRequest, "timeText">,
): ForecastWarning {
  const until = timeText(endsAt);
  const text = `${line} reaches the ${limit} segments ${CAP_WORDS[cap]} of its SIM plan at ${timeText(at)}: the rest waits until ${until}.`;
  return { is: "cap", line, cap, at: Math.ceil(at), until: endsAt, text };
}

function deadlineWarning(
  { line }: LineLoad,
  doneAt: number | null,
  { deadlineAt, timeText }: Pick<ForecastRequest, "deadlineAt" | "timeText">,
): readonly ForecastWarning[] {
  if (deadlineAt === null || (doneAt !== null && doneAt <= deadlineAt)) return [];
  const done = doneAt === null ? "nobody can say when" : `at ${timeText(doneAt)}`;
  const text = `${line} cannot keep the deadline of ${timeText(deadlineAt)}: it is done ${done}.`;
  return [{ is: "deadline", line, deadlineAt, text }];
}

function notReadyWarning({ line, notReady }: LineLoad): readonly ForecastWarning[] {
  if (notReady === null) return [];
  return [{ is: "not-ready", line, text: `${line} is not ready (${notReady}): it is done so much later.` }];
}
