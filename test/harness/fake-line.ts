import type {
  Line,
  LineHandlers,
  LineKind,
  LineState,
  LineStatus,
  SubmitOptions,
  SubmitOutcome,
} from "../../src/line/line.ts";
import type { Clock } from "../../src/runtime/clock.ts";
import { Fault, type FaultFields } from "../../src/runtime/fault.ts";
import type { Segment } from "../../src/sms/message.ts";

export type Handed = {
  readonly segment: Segment;
  readonly submissionId: string;
  /** Monotonic. */
  readonly atMs: number;
};

type OnAir = Handed & { readonly answer: (outcome: SubmitOutcome) => void };

/**
 * A carrier behind the Line contract: it takes Segments and answers as told. By default every Segment is
 * accepted at once; `airMs` makes it take that long; `hold()` leaves the answers to the test.
 */
export class FakeLine implements Line {
  readonly name: string;
  readonly kind: LineKind;
  readonly window: number;
  /** Monotonic; null: it promises nothing. */
  pulse: { dueBy: number | null } = { dueBy: null };
  /** Everything it was handed, in order. */
  readonly handed: Handed[] = [];
  airMs = 0;
  /** What the carrier says to what `willAnswer` does not answer. */
  carrier: (handed: Handed) => SubmitOutcome = () => this.accepted();
  /** Told of every answer, as the carrier remembers it. */
  onTaken: (handed: Handed, outcome: SubmitOutcome) => void = () => {};
  /** True: the Segment is not written yet, so that an abort still calls it back. */
  beforePrompt = false;
  /** The most Submissions that were on the air at once. */
  mostOnAir = 0;
  readonly #clock: Clock;
  readonly #answers: ((handed: Handed) => SubmitOutcome)[] = [];
  #handlers: LineHandlers | null = null;
  #state: LineState = "opening";
  #held = false;
  #onAir: OnAir[] = [];
  #reference = 0;

  constructor(options: { clock: Clock; name?: string; kind?: LineKind; window?: number }) {
    this.#clock = options.clock;
    this.name = options.name ?? "sim1";
    this.kind = options.kind ?? "modem";
    this.window = options.window ?? 1;
  }

  get status(): LineStatus {
    return {
      state: this.#state,
      reason: "as told",
      since: this.#clock.now(),
      simulated: true,
      facts: {
        manufacturer: null,
        model: null,
        imei: null,
        iccid: null,
        imsi: null,
        operator: null,
        technology: null,
        signalDbm: null,
        smsc: null,
        ownNumber: null,
        lastSentAt: null,
        lastReceivedAt: null,
      },
      counters: {},
    };
  }

  /** The texts it was handed, in order. */
  get texts(): readonly string[] {
    return this.handed.map(({ segment }) => segment.text);
  }

  get onAir(): readonly Handed[] {
    return this.#onAir;
  }

  start(handlers: LineHandlers): void {
    this.#handlers = handlers;
  }

  become(state: LineState): void {
    this.#state = state;
    this.#handlers?.onState(state, "as told");
  }

  /** From now on answers come from `answer`. */
  hold(): void {
    this.#held = true;
  }

  /** Answers the Submission that is longest on the air. */
  answer(outcome: SubmitOutcome = this.accepted()): void {
    const first = this.#onAir[0];
    if (first === undefined) throw new Error(`${this.name} has nothing on the air to answer`);
    first.answer(outcome);
  }

  /** The next Segments are answered so, one each; after that they are accepted. */
  willAnswer(...answers: (SubmitOutcome | ((handed: Handed) => SubmitOutcome))[]): void {
    for (const answer of answers) this.#answers.push(typeof answer === "function" ? answer : () => answer);
  }

  accepted(): SubmitOutcome {
    return { is: "accepted", reference: String(this.#reference++ % 256) };
  }

  submit(segment: Segment, { submissionId, signal }: SubmitOptions): Promise<SubmitOutcome> {
    const handed: Handed = { segment, submissionId, atMs: this.#clock.monotonicMs() };
    this.handed.push(handed);
    return new Promise((resolve) => {
      const answer = (outcome: SubmitOutcome) => {
        this.#onAir = this.#onAir.filter((other) => other !== onAir);
        this.onTaken(handed, outcome);
        resolve(outcome);
      };
      const onAir: OnAir = { ...handed, answer };
      this.#onAir.push(onAir);
      this.mostOnAir = Math.max(this.mostOnAir, this.#onAir.length);
      signal.addEventListener("abort", () => {
        if (this.beforePrompt) answer(rejected({ disposition: "line", code: "line.stopped" }));
      });
      if (this.#held) return;
      const outcome = () => this.#answers.shift()?.(handed) ?? this.carrier(handed);
      if (this.airMs === 0) answer(outcome());
      else this.#clock.timer(this.airMs, () => answer(outcome()));
    });
  }

  async stop(): Promise<void> {
    this.#state = "stopped";
  }
}

export function rejected(fault: Partial<FaultFields> & Pick<FaultFields, "disposition">): SubmitOutcome {
  return { is: "rejected", fault: new Fault({ code: "modem.cms", message: "refused as told", ...fault }) };
}

export function unknown(): SubmitOutcome {
  return {
    is: "unknown",
    fault: new Fault({ code: "at.timeout", disposition: "unknown", message: "no answer in time" }),
  };
}
