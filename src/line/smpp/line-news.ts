/**
 * What the operator is told of a line's binds, once each: that the SMSC refuses them, that there has been none for
 * long, and what came that nobody understands.
 */
import type { Clock } from "../../runtime/clock.ts";
import type { NewEvent } from "../../runtime/event.ts";
import type { RecoveryStatus } from "../line.ts";
import type { Bind } from "./bind.ts";
import type { Trouble } from "./bind-state.ts";

const LONG_MS = 10 * 60_000;
const KINDS_TOLD = 20;

export class LineNews {
  readonly #line: string;
  readonly #clock: Clock;
  readonly #onEvent: (event: NewEvent) => void;
  readonly #noise = new Set<string>();
  #refusal: string | null = null;
  /** Shown as a date, measured on the monotonic clock. */
  #down: { readonly since: number; readonly sinceMs: number } | null = null;
  #toldOfLong = false;

  constructor(options: {
    readonly line: string;
    readonly clock: Clock;
    readonly onEvent: (event: NewEvent) => void;
  }) {
    this.#line = options.line;
    this.#clock = options.clock;
    this.#onEvent = options.onEvent;
  }

  /** After any bind has changed its state. `isUp`: the line does what it is for, and nothing speaks against it. */
  look(binds: readonly Bind[], isUp: boolean): void {
    const refused = troubleOf(binds, "refused");
    if (refused !== null && refused.reason !== this.#refusal) {
      const text = `${this.#line}: ${refused.reason}. It is tried again in a while, and at every restart.`;
      this.#tell("line.refused", "error", text);
    }
    this.#refusal = refused?.reason ?? null;
    if (isUp) this.#up();
    else this.#isDown(binds);
  }

  /** The first of its kind is told. */
  noise(what: string): void {
    if (this.#noise.has(what) || this.#noise.size >= KINDS_TOLD) return;
    this.#noise.add(what);
    this.#tell("line.noise", "info", `${this.#line}: ${what}`);
  }

  /** What is done against it; null while all is well. */
  recovery(binds: readonly Bind[]): RecoveryStatus | null {
    const trouble = troubleOf(binds, null);
    if (this.#down === null || trouble === null) return null;
    const stands = binds.some(({ doubt }) => doubt !== null);
    const due = binds.flatMap(({ retryAt }) => retryAt ?? []);
    return {
      trouble: trouble.why,
      reason: trouble.reason,
      since: this.#down.since,
      lastStep: "connect and bind",
      nextStep: stands ? "enquire_link; without any answer, close and bind again" : "connect and bind again",
      nextStepAt: due.length === 0 ? null : Math.min(...due),
    };
  }

  #up(): void {
    if (this.#toldOfLong) this.#tell("line.recovery", "info", `${this.#line} is bound again.`);
    this.#toldOfLong = false;
    this.#down = null;
  }

  #isDown(binds: readonly Bind[]): void {
    const trouble = troubleOf(binds, null);
    if (trouble === null) return;
    const now = this.#clock.monotonicMs();
    this.#down ??= { since: this.#clock.now(), sinceMs: now };
    const downMs = now - this.#down.sinceMs;
    if (this.#toldOfLong || downMs < LONG_MS) return;
    this.#toldOfLong = true;
    const minutes = Math.floor(downMs / 60_000);
    this.#tell(
      "line.recovery",
      "warning",
      `${this.#line} has not been usable for ${minutes} minutes: ${trouble.reason}`,
    );
  }

  #tell(type: NewEvent["type"], level: NewEvent["level"], text: string): void {
    this.#onEvent({ type, level, at: this.#clock.now(), text, line: this.#line });
  }
}

function troubleOf(binds: readonly Bind[], why: Trouble["why"] | null): Trouble | null {
  for (const { state, doubt } of binds) {
    const trouble = "trouble" in state ? state.trouble : null;
    if (trouble !== null && (why === null || trouble.why === why)) return trouble;
    if (doubt !== null && why === null) return { why: "unanswered", reason: `bound, but ${doubt}` };
  }
  return null;
}
