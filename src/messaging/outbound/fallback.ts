/**
 * Fallbacks: a modem that is down for longer than is set leaves the queues of its Numbers to an SMPP Line, until it
 * is ready again. `choose-line.ts` decides; here are the facts, the timers, and the events that say so.
 *
 * A carrier takes only the senders it knows. One that refuses a Number is not asked with it again for a day, or until
 * the next start: carriers do change their lists, and asking costs one Segment its place on the wire, nothing more.
 */
import type { Line, LineState } from "../../line/line.ts";
import type { Clock, Timer } from "../../runtime/clock.ts";
import type { NewEvent } from "../../runtime/event.ts";
import type { Fault } from "../../runtime/fault.ts";
import { maskNumber } from "../../runtime/log.ts";
import { type Spill, spillOf } from "./choose-line.ts";
import type { LineRoster } from "./line-roster.ts";

const REFUSED_FOR_MS = 86_400_000;

export type FallbackRule = { readonly line: string; readonly afterMs: number };

export type FallbackView = FallbackRule & {
  readonly spill: Spill;
  /** It carries, and takes one of the Line's Numbers at least as a sender. */
  readonly isActive: boolean;
  /** Numbers of the Line that the fallback's carrier does not take as senders: they wait for their own Line. */
  readonly refuses: readonly string[];
  /** Epoch milliseconds: since when it is active; null while it is not. */
  readonly since: number | null;
  /** How long until it would; null when it is not the time that decides. */
  readonly inMs: number | null;
};

type Watched = {
  readonly rule: FallbackRule;
  /** Monotonic; null while its own Line is ready. */
  downSinceMs: number | null;
  carryingSince: number | null;
  timer: Timer | null;
};

export class Fallbacks {
  readonly #roster: LineRoster;
  readonly #clock: Clock;
  readonly #onEvent: (event: NewEvent) => void;
  readonly #numbersOf: (line: string) => readonly string[];
  readonly #watched = new Map<string, Watched>();
  /** By fallback and Number; monotonic, until when. */
  readonly #refused = new Map<string, number>();
  #onMoved: (line: string) => void = () => {};
  #stopListening: (() => void) | null = null;

  constructor(options: {
    readonly roster: LineRoster;
    readonly clock: Clock;
    /** By the Line that may be down. */
    readonly rules: ReadonlyMap<string, FallbackRule>;
    /** The Numbers that a Line serves. */
    readonly numbersOf: (line: string) => readonly string[];
    readonly onEvent: (event: NewEvent) => void;
  }) {
    this.#numbersOf = options.numbersOf;
    this.#roster = options.roster;
    this.#clock = options.clock;
    this.#onEvent = options.onEvent;
    for (const [name, rule] of options.rules)
      this.#watched.set(name, { rule, downSinceMs: null, carryingSince: null, timer: null });
  }

  /** `onMoved`: the queues of this Line's Numbers are served by another Line from now on. */
  start(onMoved: (line: string) => void): void {
    if (this.#stopListening !== null) return;
    this.#onMoved = onMoved;
    this.#stopListening = this.#roster.onState(() => this.#lookAtAll());
    this.#lookAtAll();
  }

  /** Lines that go down because the process ends are no reason to move anything. */
  stop(): void {
    this.#stopListening?.();
    for (const { timer } of this.#watched.values()) timer?.cancel();
  }

  /** The Line that serves a Number now. */
  lineOf(number: string): Line | null {
    const own = this.#roster.lineOf(number);
    const watched = own === null ? undefined : this.#watched.get(own.name);
    if (watched === undefined || watched.carryingSince === null) return own;
    const { line } = watched.rule;
    return this.isRefused(line, number) ? own : this.#roster.get(line);
  }

  /** The fallback's carrier does not take this sender. */
  refuse(fallback: string, number: string, fault: Fault): void {
    if (this.isRefused(fallback, number)) return;
    this.#refused.set(keyOf(fallback, number), this.#clock.monotonicMs() + REFUSED_FOR_MS);
    const own = this.#roster.lineOf(number)?.name ?? "its own line";
    const text = `${fallback} does not take ${maskNumber(number)} as a sender (${fault.message}): its messages wait for ${own}. It is asked again in a day.`;
    this.#tell("line.fallback-refused", "warning", fallback, text);
    this.#onMoved(own);
  }

  isRefused(fallback: string, number: string): boolean {
    return (
      (this.#refused.get(keyOf(fallback, number)) ?? Number.NEGATIVE_INFINITY) > this.#clock.monotonicMs()
    );
  }

  /** Null when a Line has no fallback. */
  viewOf(line: string): FallbackView | null {
    const watched = this.#watched.get(line);
    if (watched === undefined) return null;
    const { rule, downSinceMs, carryingSince } = watched;
    const spill = this.#spillOf(line, watched);
    const inMs =
      spill === "waiting" && downSinceMs !== null
        ? downSinceMs + rule.afterMs - this.#clock.monotonicMs()
        : null;
    const numbers = this.#numbersOf(line);
    const refuses = numbers.filter((number) => this.isRefused(rule.line, number));
    const isActive = carryingSince !== null && (refuses.length === 0 || refuses.length < numbers.length);
    return { ...rule, spill, isActive, refuses, since: isActive ? carryingSince : null, inMs };
  }

  /** The Lines whose queues a Line carries at present. */
  carriedBy(fallback: string): readonly string[] {
    return [...this.#watched.keys()].filter((name) => {
      const view = this.viewOf(name);
      return view?.line === fallback && view.isActive;
    });
  }

  #lookAtAll(): void {
    for (const [name, watched] of this.#watched) this.#look(name, watched);
  }

  #look(name: string, watched: Watched): void {
    const { rule } = watched;
    if (this.#stateOf(name) === "ready") watched.downSinceMs = null;
    else watched.downSinceMs ??= this.#clock.monotonicMs();
    const spill = this.#spillOf(name, watched);
    const isCarrying = spill === "carrying";
    if (isCarrying !== (watched.carryingSince !== null)) {
      watched.carryingSince = isCarrying ? this.#clock.now() : null;
      if (isCarrying) this.#tellBegin(name, rule);
      else this.#tell("line.fallback", "info", name, `${name} is ready again: its queue returns to it.`);
      this.#onMoved(name);
    }
    watched.timer?.cancel();
    watched.timer = null;
    if (spill !== "waiting" || watched.downSinceMs === null) return;
    const wakeIn = watched.downSinceMs + rule.afterMs - this.#clock.monotonicMs();
    watched.timer = this.#clock.timer(wakeIn, () => this.#look(name, watched));
  }

  #spillOf(name: string, { rule, downSinceMs, carryingSince }: Watched): Spill {
    return spillOf({
      own: this.#stateOf(name),
      downMs: downSinceMs === null ? 0 : this.#clock.monotonicMs() - downSinceMs,
      afterMs: rule.afterMs,
      fallback: this.#stateOf(rule.line),
      isCarrying: carryingSince !== null,
    });
  }

  #stateOf(line: string): LineState {
    return this.#roster.get(line)?.status.state ?? "stopped";
  }

  #tellBegin(name: string, { line, afterMs }: FallbackRule): void {
    const reason = this.#roster.get(name)?.status.reason ?? "";
    const why = reason === "" ? "" : ` (${reason})`;
    const text = `${name} has not been ready for ${Math.round(afterMs / 1000)} s${why}: its queue goes over ${line}.`;
    this.#tell("line.fallback", "warning", name, text);
  }

  #tell(type: NewEvent["type"], level: NewEvent["level"], line: string, text: string): void {
    this.#onEvent({ type, level, at: this.#clock.now(), text, line });
  }
}

function keyOf(fallback: string, number: string): string {
  return `${fallback} ${number}`;
}
