/**
 * Apps that post and phones that text, each one after the other, all at once, for as long as the torture lasts. An app
 * whose POST finds nobody, or gets no answer, writes that down and goes on with the next one.
 */
import { between, pick, type Random } from "../../src/line/simulator/random.ts";
import type { ApplianceClient } from "../harness/appliance.ts";
import type { SimulatorClient } from "../harness/simulator.ts";
import type { Post, Text } from "./history.ts";

const PHONES = Array.from({ length: 20 }, (_, at) => `+336123400${String(at).padStart(2, "0")}`);
/** Words of a long text, each its id: no part of one equals a part of another. */
const WORDS = 45;
const LONG_ONES = 0.1;
/** Until an app knocks again where nobody is. */
const KNOCK_AGAIN_MS = 30;

export type Sender = {
  readonly number: string;
  readonly clients: number;
  /** On average, of each client. Phones text half as often as a client posts. */
  readonly everyMs: number;
  readonly simulator: SimulatorClient;
};

export type TrafficOptions = {
  readonly random: Random;
  /** Null while the daemon is down. */
  readonly client: () => ApplianceClient | null;
  readonly statusCallback: string;
  readonly senders: readonly Sender[];
};

export class Traffic {
  readonly posts: Post[] = [];
  readonly texts: Text[] = [];
  round = 1;
  readonly #options: TrafficOptions;
  readonly #work: Promise<void>[] = [];
  #stopped = false;
  #lastId = 0;

  constructor(options: TrafficOptions) {
    this.#options = options;
  }

  start(): void {
    for (const sender of this.#options.senders) {
      for (let at = 0; at < sender.clients; at++)
        this.#work.push(this.#again(sender.everyMs, () => this.#post(sender.number)));
      this.#work.push(this.#again(sender.everyMs * 2, () => this.#text(sender)));
    }
  }

  /** Settles when what was begun has its end; rejects when a phone or an app was treated badly. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#work);
  }

  async #again(everyMs: number, deed: () => Promise<void>): Promise<void> {
    while (!this.#stopped) {
      await deed();
      await sleep(between(this.#options.random, 0, 2 * everyMs));
    }
  }

  async #post(from: string): Promise<void> {
    const client = this.#options.client();
    if (client === null) return sleep(KNOCK_AGAIN_MS);
    const id = this.#newId();
    const { random, statusCallback } = this.#options;
    const postedAt = performance.now();
    const form = {
      From: from,
      To: pick(random, PHONES),
      Body: `out ${id}${this.#more(id)}`,
      StatusCallback: statusCallback,
    };
    const answer = await client.post("{AC}/Messages.json", form).catch(() => null);
    if (answer !== null && answer.status !== 201)
      throw new Error(`POST Messages answered ${answer.status}: ${JSON.stringify(answer.json)}`);
    const answered =
      answer === null
        ? { answeredAt: null, sid: null }
        : { answeredAt: performance.now(), sid: String(answer.json["sid"]) };
    this.posts.push({ id, round: this.round, from, postedAt, ...answered });
  }

  async #text({ number, simulator }: Sender): Promise<void> {
    const id = this.#newId();
    const more = this.#more(id);
    const textedAt = performance.now();
    await simulator.text(pick(this.#options.random, PHONES), number, `in ${id}${more}`);
    const takenAt = performance.now();
    this.texts.push({ id, round: this.round, to: number, isLong: more !== "", textedAt, takenAt });
  }

  #more(id: number): string {
    return this.#options.random() < LONG_ONES ? ` ${id}`.repeat(WORDS) : "";
  }

  #newId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
