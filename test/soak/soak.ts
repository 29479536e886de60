import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FaultBoard } from "../../src/line/simulator/fault-board.ts";
import { FaultSchedule } from "../../src/line/simulator/fault-schedule.ts";
import { SimulatedModem } from "../../src/line/simulator/modem.ts";
import { SimulatedNetwork } from "../../src/line/simulator/network.ts";
import { between, pick, type Random, seededRandom } from "../../src/line/simulator/random.ts";
import { ROUGH_WEATHER } from "../../src/line/simulator/weather.ts";
import type { Event } from "../../src/runtime/event.ts";
import { type Log, silentLog } from "../../src/runtime/log.ts";
import { cut } from "../../src/sms/cut.ts";
import type { StoredMessage } from "../../src/store/store.ts";
import { FakeClock, settle } from "../harness/fake-clock.ts";
import { ACCOUNT } from "../messaging/numbers.ts";
import { Ledger, type Totals } from "./ledger.ts";
import { Life, type Station } from "./life.ts";
import { WireWatch } from "./wire.ts";

export type SoakOptions = {
  /** Simulated hours with faults; the time until everything has come to its end is added. */
  readonly hours: number;
  readonly seed: number;
  readonly lines?: number;
  /** Of each line and each way, on average. */
  readonly messageEverySeconds?: number;
  /** Of each line, from one fault to the next, on average. */
  readonly faultEverySeconds?: number;
  /** From one death of the process to the next, on average. */
  readonly crashEveryHours?: number;
  readonly log?: Log;
  /** After each simulated hour. */
  readonly onHour?: (hour: number, totals: Totals, heapBytes: number | null) => void;
  /** The heap in use after a collection, where it can be had. */
  readonly heapBytes?: () => number | null;
};

export type SoakReport = Totals & {
  readonly seed: number;
  readonly problems: readonly string[];
  /** PDUs that the modem was given and whose answer never came, came late or said nothing. */
  readonly accidents: number;
  readonly crashes: number;
  readonly faults: Readonly<Record<string, number>>;
  /** After the first quarter and at the end; null where it cannot be measured. */
  readonly heapBytes: readonly [number, number] | null;
};

const HOUR_MS = 3_600_000;
const STEP_MS = 1000;
const IDENTITY = /#(\d+) /;
/** A report may be ten minutes late: after an hour a message without one has none. */
const SENT_FOR_GOOD_MS = HOUR_MS;
const PHONES = ["+33639980101", "+33639980102", "+33639980103", "+33639980104", "+33639980105"] as const;

/**
 * The daemon's inside on simulated modems in rough weather, in simulated time. At the end: everything accepted
 * went out, everything texted came in once, nothing went out twice but what was on the wire in an accident, and
 * each number's messages kept their order.
 */
export async function runSoak(options: SoakOptions): Promise<SoakReport> {
  const soak = new Soak(options);
  try {
    return await soak.run();
  } finally {
    soak.remove();
  }
}

class Soak {
  readonly #options: Required<Omit<SoakOptions, "onHour" | "heapBytes">> & SoakOptions;
  readonly #clock = new FakeClock();
  readonly #network: SimulatedNetwork;
  readonly #dataDir = mkdtempSync(join(tmpdir(), "pylone-soak-"));
  readonly #stations: readonly Station[];
  readonly #boards: readonly FaultBoard[];
  readonly #schedules: readonly FaultSchedule[];
  readonly #ledger = new Ledger();
  readonly #faults = new Map<string, number>();
  readonly #sidOf = new Map<number, string>();
  readonly #random: Random;
  #life: Life;
  #lastId = 0;
  #crashes = 0;
  #lastEvent: string | null = null;

  constructor(options: SoakOptions) {
    this.#options = {
      lines: 2,
      messageEverySeconds: 20,
      faultEverySeconds: 300,
      crashEveryHours: 2,
      log: silentLog(),
      ...options,
    };
    const { lines, seed, faultEverySeconds } = this.#options;
    const clock = this.#clock;
    this.#random = seededRandom(seed);
    const airTime = { submitMs: 1500, deliverMs: 300, reportMs: 2000 };
    this.#network = new SimulatedNetwork({ clock, airTime });
    this.#network.behave({
      name: "ledger",
      onArrival: ({ text, sequence }) => {
        const id = Number(IDENTITY.exec(text)?.[1]);
        this.#ledger.taken(this.#sidOf.get(id) ?? `#${id}`, sequence);
        return null;
      },
    });
    const network = this.#network;
    this.#stations = Array.from({ length: lines }, (_, index) => ({
      name: `sim${index + 1}`,
      modem: new SimulatedModem({ number: `+3363998000${index + 1}`, network, clock }),
      wire: new WireWatch(clock),
    }));
    this.#boards = this.#stations.map(({ modem }) => new FaultBoard({ modem, network }));
    this.#schedules = this.#boards.map(
      (board, index) =>
        new FaultSchedule({
          board,
          seed: seed * 1000 + index,
          meanGapMs: faultEverySeconds * 1000,
          weather: ROUGH_WEATHER,
          onFault: ({ name }) => this.#faults.set(name, (this.#faults.get(name) ?? 0) + 1),
        }),
    );
    this.#life = this.#newLife();
  }

  async run(): Promise<SoakReport> {
    const { hours, seed } = this.#options;
    const heap: number[] = [];
    await this.#life.start();
    for (const schedule of this.#schedules) schedule.start();
    for (let hour = 1; hour <= hours; hour++) {
      await this.#hour();
      await this.#audit(false);
      const heapBytes = this.#options.heapBytes?.() ?? null;
      if (heapBytes !== null) heap.push(heapBytes);
      this.#options.onHour?.(hour, this.#ledger.totals, heapBytes);
    }
    for (const schedule of this.#schedules) schedule.stop();
    for (const board of this.#boards) board.allOff();
    for (let hour = 0; hour < 12 && (this.#ledger.open.length > 0 || this.#ledger.awaited > 0); hour++) {
      await this.#advance(HOUR_MS);
      await this.#audit(false);
    }
    await this.#audit(true);
    this.#ledger.close();
    const accidents = this.#stations.reduce((sum, { wire }) => sum + wire.accidents, 0);
    const { totals } = this.#ledger;
    if (totals.doubled > accidents)
      this.#ledger.problem(`${totals.doubled} parts went out twice, in ${accidents} accidents on the wire`);
    // What was claimed and not handed over yet when the process died is in doubt too, two for each line.
    const mostResent = accidents + this.#crashes * this.#stations.length * 2;
    if (totals.resent > mostResent)
      this.#ledger.problem(`${totals.resent} parts were sent again, ${mostResent} can be explained`);
    const first = heap[Math.floor(heap.length / 4)];
    const last = heap.at(-1);
    return {
      ...totals,
      seed,
      problems: this.#ledger.problems,
      accidents,
      crashes: this.#crashes,
      faults: Object.fromEntries([...this.#faults].sort()),
      heapBytes: first === undefined || last === undefined ? null : [first, last],
    };
  }

  remove(): void {
    this.#life.kill();
    this.#network.stop();
    rmSync(this.#dataDir, { recursive: true, force: true });
  }

  #newLife(): Life {
    return new Life({
      dataDir: this.#dataDir,
      stations: this.#stations,
      clock: this.#clock,
      log: this.#options.log,
    });
  }

  async #hour(): Promise<void> {
    const { messageEverySeconds, crashEveryHours } = this.#options;
    const chanceOfMessage = STEP_MS / 1000 / messageEverySeconds;
    const chanceOfCrash = STEP_MS / HOUR_MS / crashEveryHours;
    for (let at = 0; at < HOUR_MS; at += STEP_MS) {
      for (const { modem } of this.#stations) {
        if (this.#random() < chanceOfMessage) await this.#send(modem.number);
        if (this.#random() < chanceOfMessage) this.#text(modem.number);
      }
      if (this.#random() < chanceOfCrash) await this.#crash();
      await this.#clock.advance(STEP_MS);
    }
  }

  async #advance(ms: number): Promise<void> {
    for (let at = 0; at < ms; at += STEP_MS) await this.#clock.advance(STEP_MS);
  }

  async #send(from: string): Promise<void> {
    this.#lastId += 1;
    const id = this.#lastId;
    const result = await this.#life.accept.accept({
      accountSid: ACCOUNT,
      direction: "outbound-api",
      from,
      to: pick(this.#random, PHONES),
      body: this.#body(id),
      messagingServiceSid: null,
      statusCallback: null,
      queue: from,
      lane: "single",
      validitySeconds: null,
      segmentsPerSecond: "unlimited",
    });
    if (result.is !== "accepted") throw new Error(`not accepted: ${result.is}`);
    const { sid, numSegments } = result.message;
    this.#sidOf.set(id, sid);
    this.#ledger.accepted(sid, { queue: from, parts: numSegments });
  }

  #text(to: string): void {
    this.#lastId += 1;
    const body = this.#body(this.#lastId);
    const from = pick(this.#random, PHONES);
    this.#ledger.texted(body, from);
    const result = this.#network.text({ from, to, body });
    if (!result.accepted) throw new Error(result.reason);
  }

  /** Every part tells the message's number, however it is cut. */
  #body(id: number): string {
    const word = this.#random() < 0.2 ? `#${id} λ ` : `#${id} ab `;
    if (this.#random() >= 0.15) return word;
    const long = word.repeat(between(this.#random, 30, 50));
    return cut(long).parts.every((part) => IDENTITY.test(part)) ? long : word;
  }

  async #crash(): Promise<void> {
    this.#crashes += 1;
    this.#life.kill();
    await settle();
    this.#life = this.#newLife();
    await this.#life.start();
  }

  /** Looks at what has come to its end; with `isOver`, at everything. */
  async #audit(isOver: boolean): Promise<void> {
    const { store } = this.#life;
    for (const { type, messageSid } of await this.#newEvents())
      if (type === "message.resent" && messageSid !== undefined) this.#ledger.resent(messageSid);
    for (const sid of this.#ledger.open) {
      const message = await store.getMessage(sid);
      if (message === null) this.#ledger.problem(`${sid} is not in the store`);
      else if (this.#isFinal(message, isOver)) this.#ledger.judge(message, await store.submissionsOf(sid));
    }
    for (const queue of await store.webhookQueues()) {
      for (let task = await store.nextWebhook(queue); task !== null; task = await store.nextWebhook(queue)) {
        if (task.facts.kind === "inbound") this.#ledger.received(task.facts.from, task.facts.body);
        await store.finishWebhook(task.webhookId, { replies: [], events: [] });
      }
    }
  }

  /** Since the last time. */
  async #newEvents(): Promise<readonly Event[]> {
    const { store } = this.#life;
    const found: Event[] = [];
    const last = this.#lastEvent;
    for (let beforeSid: string | undefined; ; ) {
      const page = await store.listEvents({ limit: 500, ...(beforeSid === undefined ? {} : { beforeSid }) });
      for (const event of page) {
        if (event.sid === last) return found;
        if (found.length === 0) this.#lastEvent = event.sid;
        found.push(event);
        beforeSid = event.sid;
      }
      if (page.length < 500) return found;
    }
  }

  #isFinal({ status, sentAt }: StoredMessage, isOver: boolean): boolean {
    if (status === "queued" || status === "sending") return false;
    if (status !== "sent") return true;
    return isOver || (sentAt !== null && this.#clock.now() - sentAt > SENT_FOR_GOOD_MS);
  }
}
