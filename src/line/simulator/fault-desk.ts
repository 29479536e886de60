/**
 * Where a person or a test asks for faults over HTTP: the control port and the appliance's API hand over the
 * fields of a request and print what comes back. One board for each simulated line.
 *
 * `Fault` is a name of the table, or `random`: faults of all kinds at random moments, on average every
 * `GapSeconds`, the same for the same `Seed`.
 */
import type { FaultBoard } from "./fault-board.ts";
import { FaultSchedule } from "./fault-schedule.ts";
import type { FaultSettings } from "./fault-settings.ts";

export type FaultView = {
  readonly id: string;
  readonly line: string;
  readonly fault: string;
  readonly text: string;
  readonly every: number | null;
  readonly chance: number | null;
  readonly times: number | null;
  readonly ms: number | null;
  readonly code: number | null;
  readonly perSecond: number | null;
  readonly seed: number;
  /** Epoch milliseconds. */
  readonly since: number;
  readonly until: number | null;
  readonly acted: number | null;
};

export type FaultKind = { readonly fault: string; readonly text: string; readonly lines: readonly string[] };

type Schedule = { readonly schedule: FaultSchedule; readonly view: FaultView };

type Bounds = { readonly field: string; readonly from: number; readonly to: number; readonly whole: boolean };

const SETTINGS: Readonly<Record<keyof FaultSettings, Bounds>> = {
  every: { field: "Every", from: 1, to: 1_000_000, whole: true },
  chance: { field: "Chance", from: 0, to: 1, whole: false },
  times: { field: "Times", from: 1, to: 1_000_000, whole: true },
  ms: { field: "Ms", from: 0, to: 3_600_000, whole: true },
  code: { field: "Code", from: 0, to: 9999, whole: true },
  perSecond: { field: "PerSecond", from: 1, to: 1_000_000, whole: true },
  seed: { field: "Seed", from: 0, to: 2 ** 32 - 1, whole: true },
};
const SECONDS: Bounds = { field: "Seconds", from: 0.001, to: 1_000_000, whole: false };
const GAP: Bounds = { field: "GapSeconds", from: 1, to: 86_400, whole: false };
const FIELDS = new Set([
  "Fault",
  "Line",
  SECONDS.field,
  GAP.field,
  ...Object.values(SETTINGS).map(({ field }) => field),
]);
const DEFAULT_GAP_SECONDS = 300;

export class FaultDesk {
  readonly #boards: ReadonlyMap<string, FaultBoard>;
  readonly #schedules = new Map<string, Schedule>();

  /** By the name of the line. */
  constructor(boards: ReadonlyMap<string, FaultBoard>) {
    this.#boards = boards;
  }

  /** Every fault that can be switched on, with what it does and to which lines. */
  kinds(): readonly FaultKind[] {
    const kinds = new Map<string, FaultKind & { readonly lines: string[] }>();
    for (const [line, board] of this.#boards)
      for (const fault of board.names) {
        const text = board.knows(fault) ? board.describe(fault).text : "";
        const kind = kinds.get(`${board.kind} ${fault}`) ?? { fault, text, lines: [] };
        kind.lines.push(line);
        kinds.set(`${board.kind} ${fault}`, kind);
      }
    return [...kinds.values(), { fault: "random", text: RANDOM_TEXT, lines: [...this.#boards.keys()] }];
  }

  /** What is on now. */
  list(): readonly FaultView[] {
    const faults = [...this.#boards].flatMap(([line, board]) =>
      board.list().map(({ id, name, ...rest }) => ({
        id: `${line}.${id}`,
        line,
        fault: name,
        text: board.describe(name).text,
        ...rest,
      })),
    );
    return [...[...this.#schedules.values()].map(({ view }) => view), ...faults];
  }

  /** The fault, switched on; or the sentence that says what is wrong with the fields. */
  switchOn(fields: Readonly<Record<string, unknown>>): FaultView | string {
    const unknown = Object.keys(fields).find((field) => !FIELDS.has(field));
    if (unknown !== undefined) return `${unknown} is not known: ${[...FIELDS].join(", ")} are.`;
    const { Fault: name } = fields;
    const line = fields["Line"] ?? this.#lineFor(name);
    const board = typeof line === "string" ? this.#boards.get(line) : undefined;
    if (typeof line !== "string" || board === undefined)
      return `Line ${JSON.stringify(line)} is not simulated: ${[...this.#boards.keys()].join(", ")} can fail.`;
    if (typeof name !== "string" || !(name === "random" || board.knows(name)))
      return this.#oneOf(fields["Line"] === undefined ? [...this.#boards.values()] : [board]);
    const settings: Partial<Record<keyof FaultSettings, number>> = {};
    for (const [key, bounds] of Object.entries(SETTINGS) as [keyof FaultSettings, Bounds][]) {
      const value = read(fields, bounds);
      if (typeof value === "string") return value;
      if (value !== null) settings[key] = value;
    }
    const seconds = read(fields, SECONDS);
    if (typeof seconds === "string") return seconds;
    const gap = read(fields, GAP);
    if (typeof gap === "string") return gap;
    if (name === "random") return this.#schedule(line, board, settings.seed ?? 1, gap ?? DEFAULT_GAP_SECONDS);
    const { id } = board.on(name, { ...settings, ...(seconds === null ? {} : { forMs: seconds * 1000 }) });
    return this.list().find((view) => view.id === `${line}.${id}`) ?? "The fault is over already.";
  }

  /** A modem and an SMSC fail in their own ways: both are told where no line was named. */
  #oneOf(boards: readonly FaultBoard[]): string {
    const names = new Map(boards.map(({ kind, names }) => [kind, names.join(", ")]));
    if (names.size === 1) return `Fault is one of ${[...names.values()].join()}, random.`;
    const each = [...names].map(([kind, list]) => `of ${kind === "smsc" ? "an SMSC" : "a modem"} ${list}`);
    return `Fault is one of: ${each.join("; ")}; of either random.`;
  }

  /** The first that can fail so; else the first of all. */
  #lineFor(name: unknown): string | undefined {
    const [first] = this.#boards.keys();
    const able = [...this.#boards].find(([, board]) => typeof name === "string" && board.knows(name));
    return able?.[0] ?? first;
  }

  /** False when it is not on. */
  switchOff(id: string): boolean {
    const scheduled = this.#schedules.get(id);
    if (scheduled !== undefined) {
      scheduled.schedule.stop();
      return this.#schedules.delete(id);
    }
    const [, line = "", number = ""] = /^(.*)\.(\d+)$/.exec(id) ?? [];
    return this.#boards.get(line)?.off(Number(number)) ?? false;
  }

  allOff(): void {
    for (const { id } of this.list()) this.switchOff(id);
  }

  #schedule(line: string, board: FaultBoard, seed: number, gapSeconds: number): FaultView {
    const id = `${line}.random`;
    this.switchOff(id);
    const schedule = new FaultSchedule({ board, seed, meanGapMs: gapSeconds * 1000 });
    const neither = {
      every: null,
      chance: null,
      times: null,
      ms: null,
      code: null,
      perSecond: null,
      until: null,
      acted: null,
    };
    const since = board.network.clock.now();
    const view = { ...neither, id, line, fault: "random", text: RANDOM_TEXT, seed, since };
    this.#schedules.set(id, { schedule, view });
    schedule.start();
    return view;
  }
}

const RANDOM_TEXT = "faults of all kinds at random moments, on average every `GapSeconds`";

/** null: not given. A text: what is wrong with it. */
function read(fields: Readonly<Record<string, unknown>>, bounds: Bounds): number | string | null {
  const { field, from, to, whole } = bounds;
  const given = fields[field];
  if (given === undefined || given === "") return null;
  const value = typeof given === "number" ? given : typeof given === "string" ? Number(given) : Number.NaN;
  if (value >= from && value <= to && (!whole || Number.isInteger(value))) return value;
  return `${field} is a ${whole ? "whole " : ""}number from ${from} to ${to}.`;
}
