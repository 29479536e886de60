/**
 * Hands PDUs to the dialogue and knows which are on their way. A send waits for an open USSD request, because many
 * modems refuse a text while one is open, and is preceded by `+CMMS` where it follows another closely.
 */
import type { Clock } from "../../runtime/clock.ts";
import type { CommandResult } from "./at/command.ts";
import type { Dialogue } from "./at/dialogue.ts";
import { send } from "./commands.ts";
import { MORE_MESSAGES, MoreMessages } from "./more-messages.ts";
import type { Ussd } from "./ussd.ts";

type Pdu = { readonly hex: string; readonly tpduLength: number };

export class Sender {
  readonly #dialogue: Dialogue;
  readonly #clock: Clock;
  readonly #ussd: Ussd;
  readonly #sending = new Set<Promise<CommandResult>>();
  #more = new MoreMessages(false);
  #withdrawn = false;

  constructor(options: { readonly dialogue: Dialogue; readonly clock: Clock; readonly ussd: Ussd }) {
    this.#dialogue = options.dialogue;
    this.#clock = options.clock;
    this.#ussd = options.ussd;
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
    return this.#dialogue.run(send(pdu), { signal }).finally(() => more.ended(this.#clock.monotonicMs()));
  }
}
