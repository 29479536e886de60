import type { Line, LineState } from "../../line/line.ts";

export type LineListener = (line: Line, state: LineState, reason: string) => void;

/**
 * The Lines of this appliance by name, and which of them serves a Number. The composition root starts the Lines
 * and passes what their `onState` says to `stateChanged`; everyone who must wake up then listens here, so that
 * no Line has more than one owner.
 */
export class LineRoster {
  readonly #lines: ReadonlyMap<string, Line>;
  readonly #lineNameOf: (number: string) => string | null;
  readonly #listeners = new Set<LineListener>();

  constructor(options: {
    readonly lines: readonly Line[];
    /** The name of the Line that sends for a provisioned Number; null when there is no such Number, or none sends. */
    readonly lineNameOf: (number: string) => string | null;
  }) {
    this.#lines = new Map(options.lines.map((line) => [line.name, line]));
    this.#lineNameOf = options.lineNameOf;
  }

  all(): readonly Line[] {
    return [...this.#lines.values()];
  }

  get(name: string): Line | null {
    return this.#lines.get(name) ?? null;
  }

  lineOf(number: string): Line | null {
    const name = this.#lineNameOf(number);
    return name === null ? null : this.get(name);
  }

  /** Returns how to stop listening. */
  onState(listener: LineListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  stateChanged(name: string, state: LineState, reason: string): void {
    const line = this.get(name);
    if (line === null) return;
    for (const listener of this.#listeners) listener(line, state, reason);
  }
}
