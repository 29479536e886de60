/** When a run would be done, in a sentence, and what stands in its way: `outbound/forecast.ts` asked about an audience. */
import type { BroadcastDefinition } from "../../store/broadcast-commands.ts";
import type { ForecastWarning, Span } from "../outbound/forecast.ts";
import type { ForecastAnswer, ForecastQuestion } from "../outbound/forecast-facts.ts";
import { deadlineOf } from "./judge-due.ts";
import { endOfQuiet, localText, nextQuiet, type QuietHours } from "./local-time.ts";

export type Foreseen = Omit<ForecastAnswer, "warnings"> & {
  readonly warnings: readonly { readonly is: ForecastWarning["is"] | "quiet"; readonly text: string }[];
  /** `240 people, 312 segments, done by 2026-12-01 07:19 GMT+1 on 2 lines`. */
  readonly text: string;
  readonly startAt: number;
};

const MINUTE_MS = 60_000;

/** How many people get a Message, and by queue the Segments and the people. */
export type Load = {
  readonly recipients: number;
  readonly loads: ReadonlyMap<string, number>;
  readonly people: ReadonlyMap<string, number>;
};

export type Forecasting = (question: ForecastQuestion) => Promise<ForecastAnswer>;

export async function foresee(
  definition: BroadcastDefinition,
  { recipients, loads, people }: Load,
  { startAt, forecast }: { readonly startAt: number; readonly forecast: Forecasting },
): Promise<Foreseen> {
  const deadlineAt = deadlineOf({ plannedAt: startAt, definition });
  const { quietHours, timeZone } = definition;
  const quiet = quietSpans(quietHours, { from: startAt, until: deadlineAt }, timeZone);
  const timeText = (at: number) => localText(at, timeZone);
  const answer = await forecast({ segments: loads, people, startAt, deadlineAt, quiet, timeText });
  const lines = answer.lines.filter(({ segments }) => segments > 0).length;
  const done =
    answer.doneAt === null
      ? "done nobody can say when"
      : `done by ${localText(Math.ceil(answer.doneAt / MINUTE_MS) * MINUTE_MS, timeZone)}`;
  const counts = [counted(recipients, "person", "people"), counted(answer.segments, "segment", "segments")];
  const text = `${counts.join(", ")}, ${done} on ${counted(lines, "line", "lines")}`;
  const warnings = [
    ...quietWarnings(quiet, { startAt, doneAt: answer.doneAt, deadlineAt }, timeText),
    ...answer.warnings,
  ];
  return { ...answer, warnings, text, startAt };
}

/** Those that begin within the span, in their order. */
export function quietSpans(
  quiet: QuietHours | null,
  { from, until }: Span,
  timeZone: string,
): readonly Span[] {
  const spans: Span[] = [];
  let at = from;
  for (;;) {
    const begin = nextQuiet(quiet, at, timeZone);
    if (begin === null || begin >= until) return spans;
    at = endOfQuiet(quiet, begin, timeZone);
    spans.push({ from: begin, until: at });
  }
}

/** Of those that hold something of it up. */
function quietWarnings(
  quiet: readonly Span[],
  {
    startAt,
    doneAt,
    deadlineAt,
  }: { readonly startAt: number; readonly doneAt: number | null; readonly deadlineAt: number },
  timeText: (at: number) => string,
): Foreseen["warnings"] {
  const [first] = quiet;
  if (first === undefined || (doneAt !== null && first.from >= doneAt)) return [];
  const until = timeText(first.until);
  const tooLate =
    first.until < deadlineAt
      ? ""
      : ` Its deadline, ${timeText(deadlineAt)}, is no later: nobody is sent anything.`;
  const text =
    first.from <= startAt
      ? `Its time is in its quiet hours: nothing is sent before ${until}.${tooLate}`
      : `Its quiet hours begin at ${timeText(first.from)}, before it is done: the rest waits until ${until}.`;
  return [{ is: "quiet", text }];
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
