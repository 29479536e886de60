/**
 * `AT+CMMS=1` (27.005 §3.5.6) keeps the radio link up between one message and the next, which saves its set-up,
 * 2 to 4 s on 2G. It ends by itself when no send follows within 1 to 5 s, so a lone message never holds the
 * link, and nothing has to be taken back. It is asked for at the first message that follows another closely, as
 * those of a queue do; not before, for the link is no use to one message. A modem that refuses is not asked again.
 */
import type { Command, CommandResult } from "./at/command.ts";
import { set } from "./commands.ts";

export const MORE_MESSAGES: Command = set("AT+CMMS=1");

/** Within this after an answer every modem still holds the link. */
const HELD_MS = 1000;

export class MoreMessages {
  #supported: boolean;
  #asked = false;
  #under = 0;
  #lastAnswerAt = Number.NEGATIVE_INFINITY;

  constructor(supported: boolean) {
    this.#supported = supported;
  }

  /** A send begins. True when `MORE_MESSAGES` is to go before it. */
  begins(nowMs: number): boolean {
    const follows = this.#under > 0 || nowMs - this.#lastAnswerAt < HELD_MS;
    this.#under++;
    if (!follows) this.#asked = false;
    const due = this.#supported && follows && !this.#asked;
    if (due) this.#asked = true;
    return due;
  }

  ended(nowMs: number): void {
    this.#under--;
    this.#lastAnswerAt = nowMs;
  }

  answered(result: CommandResult): void {
    if (result.is === "error") this.#supported = false;
  }
}
