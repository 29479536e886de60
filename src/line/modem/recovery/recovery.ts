/**
 * The ladder of one line, kept: it tells the ladder what was seen, counts what each rung achieves, and makes an
 * event of every climb, with the last seconds of the wire in it. Climbing itself is the line's and the session's.
 */
import type { Clock } from "../../../runtime/clock.ts";
import type { NewEvent } from "../../../runtime/event.ts";
import type { RecoveryStatus } from "../../line.ts";
import {
  AT_THE_FOOT,
  type Ladder,
  type LadderInput,
  type Life,
  type Means,
  next,
  nextStep,
  type Rung,
  type Step,
  type Trouble,
} from "./ladder.ts";

export type RecoveryOptions = {
  readonly line: string;
  readonly clock: Clock;
  readonly means: Means;
  readonly count: (counter: string) => void;
  readonly onEvent: (event: NewEvent) => void;
  /** The last seconds of the wire, masked. */
  readonly wireTail: () => string;
};

/** A dialogue that loses its place every minute is told of once in a while. */
const RESYNC_TOLD_EVERY_MS = 600_000;

const DOES: Readonly<Record<Rung, string>> = {
  resync: "the dialogue finds its place again",
  "re-init": "the modem is set up again",
  radio: "the radio is switched off and on",
  reopen: "the port is closed and opened again",
  reset: "the modem is told to restart",
  external: "the reset command is run",
  alert: "nothing is left but a person: look at the modem, its power, its antenna and its SIM",
};

export class Recovery {
  readonly #options: RecoveryOptions;
  #ladder: Ladder = AT_THE_FOOT;
  #resyncToldAt: number | null = null;

  constructor(options: RecoveryOptions) {
    this.#options = options;
  }

  get status(): RecoveryStatus | null {
    const { trouble, on } = this.#ladder;
    if (trouble === null) return null;
    const { clock, means } = this.#options;
    const now = clock.monotonicMs();
    const wall = (at: number) => Math.round(clock.now() + at - now);
    const step = nextStep(this.#ladder, means, now);
    return {
      trouble: trouble.is,
      reason: trouble.reason,
      since: wall(trouble.since),
      lastStep: on,
      nextStep: step?.rung ?? null,
      nextStepAt: step === null ? null : wall(step.at),
    };
  }

  lives(life: Life): Rung | null {
    return this.#feed({ is: "life", life, at: this.#options.clock.monotonicMs() });
  }

  /** The rung to climb now; null: wait. */
  suffers(trouble: Trouble, reason: string): Rung | null {
    return this.#feed({ is: "symptom", trouble, reason, at: this.#options.clock.monotonicMs() });
  }

  /** The dialogue has lost its place, and has found it again or not. */
  resynced(found: boolean, after: string): void {
    const { clock, line } = this.#options;
    this.#options.count("recovery.resync.climbed");
    if (!found) return;
    this.#options.count("recovery.resync.cured");
    const now = clock.monotonicMs();
    if (this.#resyncToldAt !== null && now - this.#resyncToldAt < RESYNC_TOLD_EVERY_MS) return;
    this.#resyncToldAt = now;
    this.#tell("info", `${line}: ${after}; ${DOES.resync} (resync)`, {
      trouble: "silence",
      rung: "resync",
      wire: this.#options.wireTail(),
    });
  }

  #feed(input: LadderInput): Rung | null {
    const before = this.#ladder;
    const step = next(before, input, this.#options.means);
    this.#ladder = step.ladder;
    if (step.cured !== null) this.#cured(before, step);
    if (step.climb !== null) this.#climbed(step.climb);
    return step.climb;
  }

  #climbed(rung: Rung): void {
    const { line, count, wireTail } = this.#options;
    const { trouble } = this.#ladder;
    if (trouble === null) return;
    count(`recovery.${rung}.climbed`);
    const level = rung === "alert" ? "error" : "warning";
    this.#tell(level, `${line}: ${trouble.reason} (${trouble.is}): ${DOES[rung]} (${rung})`, {
      trouble: trouble.is,
      rung,
      wire: wireTail(),
    });
  }

  #cured(before: Ladder, { cured }: Step): void {
    if (cured === null || cured === "by chance" || before.trouble === null) return;
    const { line, clock, count } = this.#options;
    count(`recovery.${cured}.cured`);
    const { is, since } = before.trouble.under ?? before.trouble;
    const seconds = Math.round((clock.monotonicMs() - since) / 1000);
    this.#tell("info", `${line} is well again after ${seconds} s (${is}); last step: ${cured}`, {
      trouble: is,
      rung: cured,
      seconds,
    });
  }

  #tell(level: NewEvent["level"], text: string, detail: NonNullable<NewEvent["detail"]>): void {
    const { line, clock, onEvent } = this.#options;
    onEvent({ type: "line.recovery", level, at: clock.now(), text, line, detail });
  }
}
