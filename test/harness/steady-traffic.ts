/**
 * A line's everyday life, for journeys: a text out and a text in every 750 ms, each with the time when it was
 * there. A line that loses time shows it as a gap between two of them; what the machine lost for everybody is taken off.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { ApplianceClient } from "./appliance.ts";
import { Metronome } from "./metronome.ts";
import { eventually } from "./program.ts";
import type { SimulatorClient } from "./simulator.ts";
import { says, type WebhookSink } from "./webhook-sink.ts";

/** The simulated network brings a modem one thing every 300 ms: here a text and a report, with room to spare. */
const EVERY_MS = 750;
const PHONE = "+33612345670";

export class SteadyTraffic {
  /** When each text reached the app. */
  readonly #received: number[] = [];
  readonly #stop = new AbortController();
  readonly #under: Promise<void>[] = [];
  readonly #client: ApplianceClient;
  readonly #simulator: SimulatorClient;
  readonly #number: string;
  readonly #bodies: string[] = [];
  readonly #metronome = new Metronome();
  #running: Promise<void> = Promise.resolve();
  #count = 0;

  constructor(options: {
    readonly client: ApplianceClient;
    readonly simulator: SimulatorClient;
    readonly number: string;
    readonly sink: WebhookSink;
    readonly path: string;
  }) {
    this.#client = options.client;
    this.#simulator = options.simulator;
    this.#number = options.number;
    options.sink.at(options.path, (response, request) => {
      this.#received.push(Date.now());
      this.#bodies.push(request.params["Body"] ?? "");
      says(204, null)(response, request);
    });
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Settles when all of it has arrived; throws when something was refused. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#metronome.stop();
    await this.#running;
    await Promise.all(this.#under);
    const missing = async () => {
      const sent = this.#count - (await this.sent()).length;
      return `${sent} of ${this.#count} not sent, ${this.#count - this.#received.length} not received`;
    };
    const nothing = `0 of ${this.#count} not sent, 0 not received`;
    await eventually(async () => ((await missing()) === nothing ? true : null)).catch(async () => {
      throw new Error(`the healthy line: ${await missing()}`);
    });
  }

  /** What it has to have sent and received by now, in order. */
  get expected(): { readonly sent: readonly string[]; readonly received: readonly string[] } {
    const numbers = Array.from({ length: this.#count }, (_, at) => at + 1);
    return { sent: numbers.map((at) => `out ${at}`), received: numbers.map((at) => `in ${at}`) };
  }

  async sent(): Promise<readonly string[]> {
    return (await this.#simulator.arrived()).map(({ body }) => body);
  }

  get received(): readonly string[] {
    return this.#bodies;
  }

  /** The longest time without a text, in milliseconds, each way: from `from` to `until`, both epoch milliseconds. */
  async longestGaps(from: number, until: number): Promise<{ readonly out: number; readonly in: number }> {
    const out = (await this.#simulator.arrived()).map(({ at }) => Date.parse(at));
    return { out: this.#longestGap(out, from, until), in: this.#longestGap(this.#received, from, until) };
  }

  /** The stretches before the first and after the last count as well. */
  #longestGap(times: readonly number[], from: number, until: number): number {
    const within = times.filter((at) => at >= from && at <= until);
    const marks = [from, ...within, until];
    const gaps = marks.slice(1).map((at, index) => {
      const since = marks[index] ?? at;
      return at - since - this.#metronome.heldUpMs(since, at);
    });
    return Math.max(...gaps);
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      this.#count += 1;
      this.#under.push(this.#both(this.#count));
      await sleep(EVERY_MS);
    }
  }

  async #both(count: number): Promise<void> {
    const form = { From: this.#number, To: PHONE, Body: `out ${count}` };
    const [answer] = await Promise.all([
      this.#client.post("{AC}/Messages.json", form),
      this.#simulator.text(PHONE, this.#number, `in ${count}`),
    ]);
    if (answer.status !== 201) throw new Error(`POST Messages answered ${answer.status}`);
  }
}
