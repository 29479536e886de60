/**
 * A site with an audience: the real store (its worker's part in this thread), the accounts, the dispatcher and the
 * broadcasts on a clock that is told. What is faked is the line, and the plug.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseAddress } from "../../../src/accounts/address.ts";
import { Numbers } from "../../../src/accounts/numbers.ts";
import { type ServicePatch, Services } from "../../../src/accounts/services.ts";
import { Broadcaster, type BroadcasterDeps } from "../../../src/messaging/broadcast/broadcaster.ts";
import { BroadcastDesk } from "../../../src/messaging/broadcast/desk.ts";
import type { FetchBody } from "../../../src/messaging/broadcast/fetch-body.ts";
import { type Accept, createAccept, type Rate } from "../../../src/messaging/outbound/accept.ts";
import { Dispatcher } from "../../../src/messaging/outbound/dispatcher.ts";
import { createForecast } from "../../../src/messaging/outbound/forecast-facts.ts";
import { LineRoster } from "../../../src/messaging/outbound/line-roster.ts";
import { PhoneTurns } from "../../../src/messaging/outbound/phone-turns.ts";
import { KeySequence } from "../../../src/runtime/ids.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import type { BroadcastDefinition, StoredRun } from "../../../src/store/broadcast-commands.ts";
import type { AccountRecord, ServiceRecord } from "../../../src/store/settings-document.ts";
import type { Store, StoredMessage } from "../../../src/store/store.ts";
import { MemorySettings } from "../../accounts/memory-settings.ts";
import { FakeClock, settle } from "../../harness/fake-clock.ts";
import { FakeLine } from "../../harness/fake-line.ts";
import { LifeClock } from "../../soak/life-clock.ts";
import { openLifeStore } from "../../soak/life-store.ts";
import { ACCOUNT, NUMBER, numberRecord } from "../numbers.ts";

const MINUTE = 60_000;
const ACCOUNT_RECORD: AccountRecord = {
  sid: ACCOUNT,
  friendlyName: "town",
  authToken: "t".repeat(32),
  status: "active",
  ownerAccountSid: null,
  createdAt: 0,
  updatedAt: 0,
};

export const MORNING: BroadcastDefinition = {
  name: "Morning",
  cron: "0 7 * * *",
  at: null,
  timeZone: "Europe/Paris",
  from: NUMBER,
  messagingServiceSid: null,
  audienceSid: "",
  body: "Sun today",
  bodyUrl: null,
  bodyMethod: "GET",
  bodyPer: "run",
  onBodyFailure: "skip",
  retryMinutes: 30,
  maxAgeMinutes: null,
  fallbackText: null,
  maxSegments: 6,
  ifMissed: "catch-up",
  deadlineMinutes: 600,
  quietHours: null,
};

export type TownOptions = {
  readonly wallMs: number;
  /** One number each; one where it is not said. */
  readonly lines?: number;
  readonly rate?: Rate;
  /** What the app answers. */
  readonly fetchBody?: FetchBody;
  readonly countries?: readonly string[];
  /** Called with each command before it goes to the store, and its number in this life. */
  readonly onCommand?: (name: string, nth: number, life: Life) => "go" | "die-before" | "die-after";
};

/** From a start of the program until it is stopped or killed. */
export class Life {
  readonly store: Store;
  readonly desk: BroadcastDesk;
  readonly broadcaster: Broadcaster;
  readonly accept: Accept;
  readonly keys: KeySequence;
  readonly #dispatcher: Dispatcher;
  readonly #clock: LifeClock;
  readonly #kill: () => void;
  alive = true;

  constructor(town: Town, options: TownOptions) {
    const clock = new LifeClock(town.clock);
    this.#clock = clock;
    const opened = openLifeStore(town.dataDir, clock.now());
    this.#kill = opened.kill;
    this.store = this.#mortal(opened.store, options.onCommand ?? (() => "go"));
    const { store } = this;
    const { rate = 1, fetchBody = async () => ({ is: "trouble", why: "there is no app" }) } = options;
    const log = silentLog();
    this.keys = new KeySequence(clock, store.newestKey);
    this.accept = createAccept({ store, keys: this.keys, clock, limits: { maxQueued: 100_000 } });
    const roster = new LineRoster({
      lines: town.lines,
      lineNameOf: (phoneNumber) => town.numbers.byNumber(phoneNumber)?.line ?? null,
    });
    this.#dispatcher = new Dispatcher({
      store,
      roster,
      clock,
      log,
      rateOf: () => rate,
      policy: { onUnknownOutcome: "resend", unknownOutcomeWaitSeconds: 60 },
      turns: new PhoneTurns(),
    });
    for (const line of town.lines)
      line.start({
        onInbound: async () => "kept",
        onReport: async () => "kept",
        onUndecodable: async () => "kept",
        onState: (state, reason) => roster.stateChanged(line.name, state, reason),
        onEvent: () => {},
        onNetworkTime: () => {},
      });
    const deps: BroadcasterDeps = {
      store,
      clock,
      keys: this.keys,
      log,
      ticker: { start: () => {}, stop: async () => {} },
      accountSid: ACCOUNT,
      accounts: { bySid: (sid) => (sid === ACCOUNT ? ACCOUNT_RECORD : null) },
      numbers: town.numbers,
      services: town.services,
      siteCountry: "FR",
      countries: options.countries ?? null,
      receiveOnly: new Set(),
      rateOf: () => rate,
      prepare: this.accept.prepare,
      paceOf: (phoneNumber) => {
        const measured = this.#dispatcher.secondsPerSegment(roster.lineOf(phoneNumber)?.name ?? "");
        return measured === null ? null : 1 / measured;
      },
      whyClockUntrusted: () => town.whyClockUntrusted,
      texts: { fetchBody, now: () => clock.now() },
      forecast: createForecast({
        store,
        clock,
        lineOf: (phoneNumber) => roster.lineOf(phoneNumber),
        rateOf: () => rate,
        maxRateOf: () => "unlimited",
        throttledTo: () => null,
        secondsPerSegment: (line) => this.#dispatcher.secondsPerSegment(line),
        capsOf: async () => [],
        recipientsOf: async () => null,
      }),
    };
    this.broadcaster = new Broadcaster(deps);
    this.desk = new BroadcastDesk(deps, this.broadcaster);
  }

  async start(): Promise<void> {
    await this.#dispatcher.start();
  }

  /** Between two instructions: no timer fires, no command is carried out any more. */
  kill(): void {
    if (!this.alive) return;
    this.alive = false;
    this.#clock.kill();
    this.#kill();
  }

  #mortal(store: Store, fate: NonNullable<TownOptions["onCommand"]>): Store {
    let nth = 0;
    const over = () => new Promise<never>(() => {});
    return new Proxy(store, {
      get: (target, name: keyof Store) => {
        const command = target[name] as unknown;
        if (typeof command !== "function") return command;
        if (name === "onQueued" || name === "onWebhook") return command.bind(target);
        return (...args: readonly unknown[]) => {
          if (!this.alive) return over();
          const end = fate(name, ++nth, this);
          if (end === "die-before") {
            this.kill();
            return over();
          }
          const answer = (command as (...args: readonly unknown[]) => Promise<unknown>).apply(target, [
            ...args,
          ]);
          if (end === "go") return answer.then((value) => (this.alive ? value : over()));
          return answer.then(() => {
            this.kill();
            return over();
          });
        };
      },
    });
  }
}

export class Town {
  readonly clock: FakeClock;
  readonly lines: readonly FakeLine[];
  readonly numbers: Numbers;
  readonly services: Services;
  readonly dataDir = mkdtempSync(join(tmpdir(), "pylone-town-"));
  whyClockUntrusted: string | null = null;
  audienceSid = "";
  life: Life;
  readonly #options: TownOptions;
  readonly #settings = new MemorySettings();

  private constructor(options: TownOptions) {
    this.#options = options;
    this.clock = new FakeClock(options.wallMs);
    const { clock } = this;
    const names = Array.from({ length: options.lines ?? 1 }, (_, at) => `sim${at + 1}`);
    this.lines = names.map((name) => new FakeLine({ clock, name }));
    this.numbers = new Numbers(this.#settings, clock);
    this.services = new Services(this.#settings, this.numbers, clock);
    this.life = new Life(this, options);
  }

  static async open(options: TownOptions & { readonly members?: number }): Promise<Town> {
    const { onCommand: _, ...quiet } = options;
    const town = new Town(quiet);
    const numbers = town.lines.map(({ name: line }, at) =>
      numberRecord({ sid: `PN${String(at).repeat(32)}`, phoneNumber: numberOf(at), line }),
    );
    await town.#settings.change((document) => ({ ...document, numbers }));
    await town.life.start();
    for (const line of town.lines) line.become("ready");
    const audience = await town.life.store.createAudience({
      sid: town.life.keys.sid("AU"),
      friendlyName: "Meteo",
      language: null,
      keywords: [],
      confirm: false,
      welcomeText: null,
      goodbyeText: null,
      forwardKeywords: false,
      createdAt: town.clock.now(),
    });
    town.audienceSid = audience.sid;
    await town.join(...Array.from({ length: options.members ?? 0 }, (_, at) => ({ phoneNumber: phone(at) })));
    return town;
  }

  /** The first; in most towns the only one. */
  get line(): FakeLine {
    const [line] = this.lines;
    if (line === undefined) throw new Error("a town has a line");
    return line;
  }

  /** A messaging service with the numbers of all lines in its pool. */
  async service(patch: ServicePatch = {}): Promise<ServiceRecord> {
    const service = await this.services.create(ACCOUNT, "Town", patch);
    for (const number of this.numbers.list(ACCOUNT)) await this.services.add(service, number);
    return service;
  }

  async join(...members: { phoneNumber: string; attributes?: Record<string, string> }[]): Promise<void> {
    const { store, keys } = this.life;
    const joinedAt = this.clock.now();
    const made = members.map((member) => ({
      ...member,
      sid: keys.sid("MB"),
      joinedAt,
      joinedBy: "api" as const,
    }));
    for (let first = 0; first < made.length; first += 500) {
      await store.putMembers(this.audienceSid, made.slice(first, first + 500), joinedAt);
    }
  }

  /** Throws when it is refused. */
  async broadcast(fields: Partial<BroadcastDefinition> = {}): Promise<string> {
    const kept = await this.life.desk.create({ ...MORNING, audienceSid: this.audienceSid, ...fields });
    if (kept.is === "refused") throw new Error(kept.why);
    return kept.broadcast.sid;
  }

  /** The box goes off, for so long. */
  async powerOff(ms = 0): Promise<void> {
    this.life.kill();
    for (const line of this.lines) line.become("stopped");
    await this.clock.advance(ms);
  }

  async powerOn(options: Partial<TownOptions> = {}): Promise<void> {
    this.life = new Life(this, { ...this.#options, ...options });
    await this.life.start();
    await this.tick();
    for (const line of this.lines) line.become("ready");
    await settle(40);
  }

  /** The ticker, and whatever follows from it without time passing. */
  async tick(): Promise<void> {
    void this.life.broadcaster.tick();
    await settle(40);
  }

  /** Time passes, with a tick at each step. */
  async pass(ms: number, stepMs = MINUTE): Promise<void> {
    for (let passed = 0; passed < ms && this.life.alive; passed += stepMs) {
      await this.clock.advance(Math.min(stepMs, ms - passed));
      await this.tick();
    }
  }

  async runs(broadcastSid: string): Promise<readonly StoredRun[]> {
    const runs = await this.life.store.listRuns(broadcastSid, { limit: 1000 });
    return [...runs].reverse();
  }

  /** Outbound, oldest first. */
  async messages(): Promise<readonly StoredMessage[]> {
    const all: StoredMessage[] = [];
    for (;;) {
      const beforeSid = all.at(-1)?.sid;
      const page = await this.life.store.listMessages({
        accountSid: ACCOUNT,
        ...(beforeSid === undefined ? {} : { beforeSid }),
        limit: 1000,
      });
      all.push(...page);
      if (page.length < 1000) return all.reverse();
    }
  }

  async events(type: string): Promise<readonly string[]> {
    const events = await this.life.store.listEvents({ type, limit: 1000 });
    return events.map(({ text }) => text).reverse();
  }

  close(): void {
    this.life.kill();
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}

/** The n-th line's. */
export function numberOf(at: number): string {
  return at === 0 ? NUMBER : NUMBER.replace(/.$/, String(at + 1));
}

/** The n-th member's, in order. */
export function phone(at: number): string {
  const text = `+336${String(20_000_000 + at)}`;
  if (parseAddress(text, "FR") === null) throw new Error(`${text} is no number`);
  return text;
}
