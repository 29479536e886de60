/** Gathers what a forecast is made of: queues, rates, what was measured, and what the plans leave. */
import type { Line } from "../../line/line.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Store } from "../../store/store.ts";
import type { Rate } from "./accept.ts";
import {
  type CapFacts,
  type Forecast,
  type ForecastWarning,
  forecast,
  type LineLoad,
  type Span,
} from "./forecast.ts";

export type RecipientsUse = { readonly cap: number | null; readonly used: number };

export type ForecastQuestion = {
  /** Segments to send, by Number. */
  readonly segments: ReadonlyMap<string, number>;
  /** How many people they are for, by Number. */
  readonly people: ReadonlyMap<string, number>;
  /** Epoch milliseconds; earlier than now is now. */
  readonly startAt: number;
  readonly deadlineAt: number | null;
  readonly quiet: readonly Span[];
  readonly timeText: (at: number) => string;
};

/** `unserved`: Numbers with something to send that no Line sends for. */
export type ForecastAnswer = Forecast & { readonly unserved: readonly string[] };

export function createForecast(deps: {
  readonly store: Pick<Store, "queueDepths">;
  readonly clock: Clock;
  /** The Line that serves a Number at present: its own, or the one that stands in for that. */
  readonly lineOf: (number: string) => Line | null;
  readonly rateOf: (number: string) => Rate;
  readonly maxRateOf: (line: string) => Rate;
  readonly throttledTo: (line: string) => number | null;
  readonly secondsPerSegment: (line: string) => number | null;
  readonly capsOf: (line: string) => Promise<readonly CapFacts[]>;
  /** Different ones in the month of a Line's SIM plan; null: it has none. */
  readonly recipientsOf: (line: string) => Promise<RecipientsUse | null>;
}): (question: ForecastQuestion) => Promise<ForecastAnswer> {
  return async ({ segments, people, startAt, deadlineAt, quiet, timeText }) => {
    const queued = new Map((await deps.store.queueDepths()).map((depth) => [depth.queue, depth.segments]));
    const numbersOf = new Map<Line, string[]>();
    const unserved: string[] = [];
    for (const number of new Set([...segments.keys(), ...queued.keys()])) {
      const line = deps.lineOf(number);
      if (line !== null) numbersOf.set(line, [...(numbersOf.get(line) ?? []), number]);
      else if ((segments.get(number) ?? 0) > 0) unserved.push(number);
    }
    const lines: LineLoad[] = [];
    const warnings: ForecastWarning[] = [];
    for (const [line, numbers] of numbersOf) {
      if (!numbers.some((number) => (segments.get(number) ?? 0) > 0)) continue;
      const onLine = numbers.reduce((sum, number) => sum + (people.get(number) ?? 0), 0);
      warnings.push(...recipientsWarning(line.name, onLine, await deps.recipientsOf(line.name)));
      const { state, reason } = line.status;
      lines.push({
        line: line.name,
        notReady: state === "ready" ? null : reason === "" ? state : `${state}: ${reason}`,
        numbers: numbers.map((number) => ({
          number,
          segments: segments.get(number) ?? 0,
          queuedSegments: queued.get(number) ?? 0,
          segmentsPerSecond: deps.rateOf(number),
        })),
        secondsPerSegment: deps.secondsPerSegment(line.name),
        maxSegmentsPerSecond: slower(deps.maxRateOf(line.name), deps.throttledTo(line.name)),
        caps: await deps.capsOf(line.name),
      });
    }
    const now = deps.clock.now();
    const answer = forecast({ now, startAt: Math.max(now, startAt), deadlineAt, quiet, lines, timeText });
    warnings.push(...answer.warnings);
    return { ...answer, warnings, doneAt: unserved.length > 0 ? null : answer.doneAt, unserved };
  };
}

/** Whom it has written to this month counts no more: nobody looks each of them up for a forecast. */
function recipientsWarning(
  line: string,
  people: number,
  use: RecipientsUse | null,
): readonly ForecastWarning[] {
  if (use?.cap == null || people <= use.cap - use.used) return [];
  const text = `The SIM plan of ${line} allows ${use.cap} different recipients a month, of which ${use.used} ${use.used === 1 ? "is" : "are"} used: of ${people} people those who are new, beyond that, are not sent to this month.`;
  return [{ is: "recipients", line, text }];
}

function slower(rate: Rate, throttled: number | null): Rate {
  if (throttled === null) return rate;
  return rate === "unlimited" ? throttled : Math.min(rate, throttled);
}
