/**
 * The phones of the simulated world: any number that is no modem is a handset, at first use. A handset joins
 * the parts of what it receives, as phones do, and shows the whole text. The log is bounded; so is the number
 * of texts still missing a part.
 */
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

type Arriving = UserData & { readonly destination: string };

export const MESSAGES_KEPT = 1000;

export class Handsets {
  readonly #messages: HandsetMessage[] = [];
  readonly #incomplete = new Map<string, Map<number, UserData>>();

  get messages(): readonly HandsetMessage[] {
    return [...this.#messages];
  }

  /** One SMS arrives; the message it completes, if it does. */
  receive(from: string, sms: Arriving, at: number): HandsetMessage | null {
    const parts = this.#join(from, sms);
    if (parts === null) return null;
    const to = sms.destination;
    const body = textOf(parts);
    return this.#add({ handset: to, direction: "to-handset", from, to, body, at, parts: parts.length });
  }

  sent(from: string, to: string, body: string, parts: number, at: number): HandsetMessage {
    return this.#add({ handset: from, direction: "from-handset", from, to, body, at, parts });
  }

  #join(from: string, sms: Arriving): readonly UserData[] | null {
    const part = partOf(sms);
    if (part === null || part.total === 1) return [sms];
    const key = `${from} ${sms.destination} ${part.reference} ${part.total}`;
    const parts = this.#incomplete.get(key) ?? new Map<number, UserData>();
    parts.set(part.sequence, sms);
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
