/**
 * The phones of the simulated world: any number that is no modem is a handset, at first use. A handset joins
 * the parts of what it receives, as phones do, and shows the whole text. The log is bounded; so is the number
 * of texts still missing a part.
 */
import type { Submit } from "./codec/tpdu.ts";
import { partOf, textOf, type UserData } from "./codec/user-data.ts";

export type HandsetMessage = {
  /** The handset's own number. */
  readonly handset: string;
  readonly direction: "to-handset" | "from-handset";
  readonly from: string;
  readonly to: string;
  readonly body: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** How many SMSs it took. */
  readonly parts: number;
};

export const MESSAGES_KEPT = 1000;

export class Handsets {
  readonly #messages: HandsetMessage[] = [];
  readonly #incomplete = new Map<string, Map<number, UserData>>();

  get messages(): readonly HandsetMessage[] {
    return [...this.#messages];
  }

  /** One SMS arrives; the message it completes, if it does. */
  receive(from: string, submit: Submit, at: number): HandsetMessage | null {
    const parts = this.#join(from, submit);
    if (parts === null) return null;
    const to = submit.destination;
    const body = textOf(parts);
    return this.#add({ handset: to, direction: "to-handset", from, to, body, at, parts: parts.length });
  }

  sent(from: string, to: string, body: string, parts: number, at: number): HandsetMessage {
    return this.#add({ handset: from, direction: "from-handset", from, to, body, at, parts });
  }

  #join(from: string, submit: Submit): readonly UserData[] | null {
    const part = partOf(submit);
    if (part === null || part.total === 1) return [submit];
    const key = `${from} ${submit.destination} ${part.reference} ${part.total}`;
    const parts = this.#incomplete.get(key) ?? new Map<number, UserData>();
    parts.set(part.sequence, submit);
    this.#incomplete.delete(key);
    if (parts.size === part.total)
      return [...parts.entries()].sort(([a], [b]) => a - b).map(([, data]) => data);
    this.#incomplete.set(key, parts);
    const [oldest] = this.#incomplete.keys();
    if (this.#incomplete.size > MESSAGES_KEPT && oldest !== undefined) this.#incomplete.delete(oldest);
    return null;
  }

  #add(message: HandsetMessage): HandsetMessage {
    this.#messages.push(message);
    if (this.#messages.length > MESSAGES_KEPT) this.#messages.shift();
    return message;
  }
}
