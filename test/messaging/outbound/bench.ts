import type { LineKind } from "../../../src/line/line.ts";
import { createAccept, type OutboundRequest, type Rate } from "../../../src/messaging/outbound/accept.ts";
import { Dispatcher } from "../../../src/messaging/outbound/dispatcher.ts";
import { type FallbackRule, Fallbacks } from "../../../src/messaging/outbound/fallback.ts";
import { LineRoster } from "../../../src/messaging/outbound/line-roster.ts";
import { PhoneTurns } from "../../../src/messaging/outbound/phone-turns.ts";
import { type Plan, Plans } from "../../../src/messaging/outbound/plans.ts";
import { createReportHandler } from "../../../src/messaging/outbound/report.ts";
import type { UnknownPolicy } from "../../../src/messaging/outbound/unknown-watch.ts";
import { KeySequence } from "../../../src/runtime/ids.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import type { Report } from "../../../src/sms/message.ts";
import type { Store, StoredMessage } from "../../../src/store/store.ts";
import { FakeClock, settle } from "../../harness/fake-clock.ts";
import { FakeLine } from "../../harness/fake-line.ts";
import { openTestStore, type TestStore } from "../../harness/open-test-store.ts";
import { ACCOUNT, NUMBER, PHONE } from "../numbers.ts";

export type BenchOptions = {
  /** Line by name → the Numbers it serves. */
  readonly lines?: Readonly<Record<string, readonly string[]>>;
  readonly window?: number;
  readonly rate?: Rate;
  readonly policy?: Partial<UnknownPolicy>;
  /** Lines that are SMPP binds; the others are modems. */
  readonly smpp?: readonly string[];
  /** Segments per second of every Line as a whole. */
  readonly maxRate?: Rate;
  readonly fallbacks?: Readonly<Record<string, FallbackRule>>;
  /** SIM plans by Line; the site is in Paris. */
  readonly plans?: Readonly<Record<string, Plan>>;
};

/** The outbound side with the real store, and carriers that answer as told. */
export class Bench {
  readonly clock: FakeClock;
  readonly roster: LineRoster;
  readonly dispatcher: Dispatcher;
  readonly fallbacks: Fallbacks;
  readonly plans: Plans;
  readonly #testStore: TestStore;
  readonly #options: BenchOptions;
  readonly #accept: ReturnType<typeof createAccept>;
  readonly #report: ReturnType<typeof createReportHandler>;

  private constructor(testStore: TestStore, clock: FakeClock, options: BenchOptions) {
    this.#testStore = testStore;
    this.#options = options;
    this.clock = clock;
    const { store } = testStore;
    const log = silentLog();
    const served = Object.entries(options.lines ?? { sim1: [NUMBER] });
    const kindOf = (name: string): LineKind => (options.smpp?.includes(name) === true ? "smpp" : "modem");
    const lines = served.map(
      ([name]) => new FakeLine({ clock, name, kind: kindOf(name), window: options.window ?? 1 }),
    );
    const lineNameOf = (number: string) =>
      served.find(([, numbers]) => numbers.includes(number))?.[0] ?? null;
    this.roster = new LineRoster({ lines, lineNameOf });
    for (const line of lines) {
      line.start({
        onInbound: async () => "refused",
        onReport: async () => "refused",
        onUndecodable: async () => "refused",
        onState: (state, reason) => this.roster.stateChanged(line.name, state, reason),
        onEvent: () => {},
        onNetworkTime: () => {},
      });
    }
    this.fallbacks = new Fallbacks({
      roster: this.roster,
      clock,
      rules: new Map(Object.entries(options.fallbacks ?? {})),
      numbersOf: (line) => served.find(([name]) => name === line)?.[1] ?? [],
      onEvent: (event) => void store.addEvent(event),
    });
    const plans = new Map(Object.entries(options.plans ?? {}));
    this.plans = new Plans({ plans, timeZone: "Europe/Paris", clock, store });
    const turns = new PhoneTurns();
    this.dispatcher = new Dispatcher({
      store,
      turns,
      roster: this.roster,
      clock,
      log,
      rateOf: () => options.rate ?? "unlimited",
      maxRateOf: () => options.maxRate ?? "unlimited",
      fallbacks: this.fallbacks,
      planTermsOf: (line) => this.plans.termsOf(line),
      policy: { onUnknownOutcome: "resend", unknownOutcomeWaitSeconds: 60, ...options.policy },
    });
    const keys = new KeySequence(clock, store.newestKey);
    this.#accept = createAccept({ store, keys, clock, limits: { maxQueued: 100_000 } });
    this.#report = createReportHandler({
      store,
      turns,
      kindOf,
      clock,
      log,
      onEnded: (messageSid) => this.dispatcher.withdraw(messageSid),
      inHandOf: () => 50,
    });
  }

  static async open(options: BenchOptions = {}, clock = new FakeClock()): Promise<Bench> {
    return new Bench(await openTestStore({ clock }), clock, options);
  }

  get store(): Store {
    return this.#testStore.store;
  }

  get line(): FakeLine {
    return this.lineNamed("sim1");
  }

  lineNamed(name: string): FakeLine {
    const line = this.roster.get(name);
    if (!(line instanceof FakeLine)) throw new Error(`no line ${name}`);
    return line;
  }

  /** Starts with every Line ready. */
  async start(): Promise<void> {
    for (const line of this.roster.all()) this.lineNamed(line.name).become("ready");
    await this.dispatcher.start();
    await this.quiet();
  }

  /** Accepts Messages, in order, and lets the consequences happen. Returns their SIDs. */
  async send(...bodies: string[]): Promise<string[]> {
    const sids = await Promise.all(bodies.map((body) => this.accept({ body })));
    await this.quiet();
    return sids;
  }

  async accept(request: Partial<OutboundRequest> = {}): Promise<string> {
    const from = request.from ?? NUMBER;
    const result = await this.#accept.accept({
      accountSid: ACCOUNT,
      direction: "outbound-api",
      from,
      to: PHONE,
      body: "hello",
      messagingServiceSid: null,
      statusCallback: null,
      queue: from,
      lane: "single",
      validitySeconds: null,
      segmentsPerSecond: "unlimited",
      ...request,
    });
    if (result.is !== "accepted") throw new Error(`not accepted: ${result.is}`);
    return result.message.sid;
  }

  async message(sid: string | undefined): Promise<StoredMessage> {
    const message = sid === undefined ? null : await this.store.getMessage(sid);
    if (message === null) throw new Error(`no message ${sid}`);
    return message;
  }

  async statuses(sids: readonly string[]): Promise<readonly string[]> {
    return Promise.all(sids.map(async (sid) => (await this.message(sid)).status));
  }

  async eventTypes(): Promise<readonly string[]> {
    const events = await this.store.listEvents({ limit: 100 });
    return events.map(({ type }) => type).reverse();
  }

  async report(fields: Partial<Report> = {}, line = "sim1"): Promise<string> {
    const kept = await this.#report(line, {
      reference: "0",
      recipient: PHONE,
      state: "delivered",
      status: 0,
      errorCode: null,
      tpScts: new Date(this.clock.now()).toISOString(),
      doneAt: null,
      raw: "00",
      ...fields,
    });
    if (kept === "kept") await this.quiet();
    return kept;
  }

  /** Time passes in steps, each with what it causes on disk. */
  async advance(ms: number, stepMs = ms): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      await this.clock.advance(Math.min(stepMs, left));
      await this.quiet();
    }
  }

  /** Lets the store answer everything it was asked, and everything that was asked because of that. */
  async quiet(): Promise<void> {
    for (let round = 0; round < 12; round++) {
      await this.store.queueDepths();
      await settle(1);
    }
  }

  /** The process is gone without a word; the next one opens the same data with a Line that is not ready yet. */
  async crash(): Promise<Bench> {
    return new Bench(await this.#testStore.reopen(), this.clock, this.#options);
  }

  async close(): Promise<void> {
    const stopping = this.dispatcher.stop(0);
    await this.clock.advance(0);
    await stopping;
    await this.#testStore.remove();
  }
}
