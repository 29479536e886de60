/**
 * Hands PDUs to the dialogue and knows which are on their way. A send waits for an open USSD request, because many
 * modems refuse a text while one is open, and is preceded by `+CMMS` where it follows another closely.
 */
import type { Clock } from "../../runtime/clock.ts";
import type { CommandResult } from "./at/command.ts";
import type { Dialogue } from "./at/dialogue.ts";
import { send } from "./commands.ts";
import { MORE_MESSAGES, MoreMessages } from "./more-messages.ts";
import { SlowAnswer } from "./slow-answer.ts";
import type { Ussd } from "./ussd.ts";

type Pdu = { readonly hex: string; readonly tpduLength: number };

export type SenderOptions = {
  readonly dialogue: Dialogue;
  readonly clock: Clock;
  readonly ussd: Ussd;
  /** `slow` has changed. */
  readonly onSlow: () => void;
};

export class Sender {
  readonly #dialogue: Dialogue;
  readonly #clock: Clock;
  readonly #ussd: Ussd;
  readonly #slowAnswer: SlowAnswer;
  #slow: string | null = null;
  readonly #sending = new Set<Promise<CommandResult>>();
  #more = new MoreMessages(false);
  #withdrawn = false;

  constructor(options: SenderOptions) {
    const { dialogue, clock, onSlow } = options;
    this.#dialogue = dialogue;
    this.#clock = clock;
    this.#ussd = options.ussd;
    this.#slowAnswer = new SlowAnswer({
      clock,
      awaitedMs: () => dialogue.resultAwaitedMs,
      onSlow: (reason) => {
        this.#slow = reason;
        onSlow();
      },
    });
  }

  /** Whether this modem is worth asking for `+CMMS`. */
  adopt(moreMessages: boolean): void {
    this.#more = new MoreMessages(moreMessages);
  }

  submit(pdu: Pdu, signal: AbortSignal): Promise<CommandResult> {
    const sending = this.#submit(pdu, signal);
    this.#sending.add(sending);
    return sending.finally(() => this.#sending.delete(sending));
  }

  /** Why a text that is being sent holds everything up; null when none does. */
  get slow(): string | null {
    return this.#slow;
  }

  /** Withdraws the submissions that have not passed the point of no return. */
  withdraw(): void {
    this.#withdrawn = true;
    this.#ussd.stop("the line stops");
    this.#dialogue.withdraw();
  }

  /** Settles when the result of everything that was handed over is there. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#sending);
  }

  async #submit(pdu: Pdu, signal: AbortSignal): Promise<CommandResult> {
    if (this.#ussd.pending) {
      await this.#ussd.idle();
      if (this.#withdrawn) return { is: "aborted", phase: "queued" };
    }
    const more = this.#more;
    // It goes into the queue right before its send: nobody waits for its answer.
    if (more.begins(this.#clock.monotonicMs())) {
      this.#dialogue.run(MORE_MESSAGES).then(
        (result) => more.answered(result),
        () => undefined,
      );
    }
    this.#slowAnswer.begins();
    return this.#dialogue.run(send(pdu), { signal }).finally(() => {
      this.#slowAnswer.ended();
      more.ended(this.#clock.monotonicMs());
    });
  }
}
