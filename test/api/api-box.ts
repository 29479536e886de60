import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import twilio from "twilio";
import { Accounts, ensureMainAccount } from "../../src/accounts/accounts.ts";
import { describeNumber } from "../../src/accounts/address.ts";
import { Applications } from "../../src/accounts/applications.ts";
import { Audiences } from "../../src/accounts/audience/audiences.ts";
import { reservedWords } from "../../src/accounts/audience/keywords.ts";
import { Inventory } from "../../src/accounts/inventory.ts";
import { Keys } from "../../src/accounts/keys.ts";
import { Numbers } from "../../src/accounts/numbers.ts";
import { DEFAULT_OPT_OUT, optOutWords } from "../../src/accounts/opt-out.ts";
import { Services } from "../../src/accounts/services.ts";
import { createApp } from "../../src/api/app.ts";
import { createServer, SERVER_BOUNDS, type ServerBounds } from "../../src/api/create-server.ts";
import type { ApiDeps, HealthReport } from "../../src/api/deps.ts";
import { Backups } from "../../src/daemon/backups.ts";
import { nearest } from "../../src/daemon/nearest.ts";
import type { Line, UssdResult } from "../../src/line/line.ts";
import { FaultBoard } from "../../src/line/simulator/fault-board.ts";
import { FaultDesk } from "../../src/line/simulator/fault-desk.ts";
import { SimulatedModem } from "../../src/line/simulator/modem.ts";
import { SimulatedNetwork } from "../../src/line/simulator/network.ts";
import { Broadcaster, type BroadcasterDeps } from "../../src/messaging/broadcast/broadcaster.ts";
import { BroadcastDesk } from "../../src/messaging/broadcast/desk.ts";
import { followRoutes } from "../../src/messaging/inbound/follow-routes.ts";
import { routeThrough } from "../../src/messaging/inbound/route.ts";
import { createAccept } from "../../src/messaging/outbound/accept.ts";
import { createEndQueued, createEndQueueOf } from "../../src/messaging/outbound/end-queued.ts";
import { createForecast } from "../../src/messaging/outbound/forecast-facts.ts";
import { type Plan, Plans } from "../../src/messaging/outbound/plans.ts";
import { KeySequence } from "../../src/runtime/ids.ts";
import { silentLog } from "../../src/runtime/log.ts";
import { openSettings } from "../../src/store/settings.ts";
import type { AccountRecord, NumberKind, NumberRecord, Settings } from "../../src/store/settings-document.ts";
import type { Store } from "../../src/store/store.ts";
import { FakeClock } from "../harness/fake-clock.ts";
import { openTestStore, TEST_WORKER_URL } from "../harness/open-test-store.ts";

export const OWN = "+33639980001";
export const APP_SID = `AC${"b".repeat(32)}`;
export const APP_TOKEN = "0123456789abcdef0123456789abcdef";

export type Answer = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Parsed; of an answer that is no JSON, empty. */
  readonly body: Record<string, unknown>;
};

export type RequestOptions = {
  readonly method?: string;
  readonly body?: string;
  readonly type?: string | null;
  /** `user:password`; null sends none. */
  readonly credentials?: string | null;
  readonly headers?: Record<string, string>;
};

/** The API on a loopback port, over the real store, settings and accept: what is faked is the clock and the lines. */
export class ApiBox {
  readonly baseUrl: string;
  readonly account: AccountRecord;
  readonly accounts: Accounts;
  readonly keys: Keys;
  readonly dataDir: string;
  readonly numbers: Numbers;
  readonly services: Services;
  readonly inventory: Inventory;
  readonly settings: Settings;
  readonly store: Store;
  readonly clock: FakeClock;
  readonly network: SimulatedNetwork;
  readonly client: ReturnType<typeof twilio>;
  readonly close: () => Promise<void>;

  constructor(parts: Omit<ApiBox, "client" | "clientOf" | "request" | "get" | "post" | "api">) {
    this.baseUrl = parts.baseUrl;
    this.account = parts.account;
    this.accounts = parts.accounts;
    this.keys = parts.keys;
    this.dataDir = parts.dataDir;
    this.numbers = parts.numbers;
    this.services = parts.services;
    this.inventory = parts.inventory;
    this.settings = parts.settings;
    this.store = parts.store;
    this.clock = parts.clock;
    this.network = parts.network;
    this.close = parts.close;
    this.client = this.clientOf(parts.account.sid, parts.account.authToken);
  }

  /** The official SDK with these credentials; a key's client names the account it is for. */
  clientOf(username: string, password: string, accountSid?: string): ReturnType<typeof twilio> {
    const client = twilio(username, password, accountSid === undefined ? {} : { accountSid });
    client.api.baseUrl = this.baseUrl;
    client.messaging.baseUrl = this.baseUrl;
    client.lookups.baseUrl = this.baseUrl;
    client.iam.baseUrl = this.baseUrl;
    return client;
  }

  /** `api("/Messages.json")`: a path below the main account. */
  api(below: string): string {
    return `/2010-04-01/Accounts/${this.account.sid}${below}`;
  }

  get(path: string, options: RequestOptions = {}): Promise<Answer> {
    return this.request(path, options);
  }

  post(path: string, form: Record<string, string> | string, options: RequestOptions = {}): Promise<Answer> {
    const body = typeof form === "string" ? form : new URLSearchParams(form).toString();
    return this.request(path, { method: "POST", body, ...options });
  }

  async request(path: string, options: RequestOptions = {}): Promise<Answer> {
    const { method = "GET", body, type = "application/x-www-form-urlencoded" } = options;
    const credentials =
      options.credentials === undefined
        ? `${this.account.sid}:${this.account.authToken}`
        : options.credentials;
    const response = await fetch(this.baseUrl + path, {
      method,
      headers: {
        ...(credentials === null
          ? {}
          : { Authorization: `Basic ${Buffer.from(credentials).toString("base64")}` }),
        ...(body === undefined || type === null ? {} : { "Content-Type": type }),
        ...options.headers,
      },
      // A buffer, so that fetch adds no content type of its own.
      ...(body === undefined ? {} : { body: Buffer.from(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json") === true;
    const parsed: unknown = isJson ? JSON.parse(text) : {};
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: parsed as Record<string, unknown>,
    };
  }
}

export type BoxOptions = {
  readonly simulated?: boolean;
  readonly rate?: number;
  readonly maxQueued?: number;
  readonly mediaUrl?: ApiDeps["mediaUrl"];
  readonly countries?: ApiDeps["countries"];
  readonly health?: () => Promise<HealthReport>;
  readonly whyClockUntrusted?: string;
  readonly accept?: ApiDeps["accept"];
  readonly bounds?: Partial<ServerBounds>;
  readonly isTokenConfigured?: boolean;
  readonly fallbacks?: Partial<ApiDeps["fallbacks"]>;
  /** By line. */
  readonly plans?: Readonly<Record<string, Plan>>;
};

export async function openApiBox(options: BoxOptions = {}): Promise<ApiBox> {
  const clock = new FakeClock();
  const opened = await openTestStore({ clock });
  const { store } = opened;
  const stored = await openSettings(opened.dataDir);
  const configured = { sid: APP_SID, authToken: APP_TOKEN };
  const { account } = await ensureMainAccount(stored, configured, clock);
  const settings = followRoutes({
    settings: stored,
    store,
    routeOf: (number) => {
      const service = services.ofNumber(number);
      const application = applications.bySid(number.smsApplicationSid);
      return routeThrough(service === null ? null : { ...service, senders: [] }, number, application);
    },
    clock,
    log: silentLog(),
  });
  const accounts = new Accounts(settings, clock);
  const apiKeys = new Keys(settings, clock);
  const applications = new Applications(settings, clock);
  const numbers = new Numbers(settings, clock);
  const services = new Services(settings, numbers, clock);
  const inventory = new Inventory(numbers);
  const network = new SimulatedNetwork({ clock });
  const backups = new Backups({
    store,
    settings,
    clock,
    whyClockUntrusted: () => null,
    log: silentLog(),
    config: { at: "never", keep: 2, folder: join(opened.dataDir, "backups") },
    dataDir: opened.dataDir,
    configFile: null,
    timeZone: "Europe/Paris",
    processUrl: new URL("backup-process.js", TEST_WORKER_URL),
  });
  const keys = new KeySequence(clock, store.newestKey);
  const lines = [fakeLine("sim1", true, clock), fakeLine("gsm2", false, clock)];
  const modem = new SimulatedModem({ number: OWN, network, clock });
  modem.connect();
  const board = new FaultBoard({ modem, network });
  await provision(numbers, account, OWN, "sim1");

  const accept = createAccept({ store, keys, clock, limits: { maxQueued: options.maxQueued ?? 100_000 } });
  const vouchings: ApiDeps["clockTrust"]["vouched"][] = [];
  const clockTrust: ApiDeps["clockTrust"] = {
    get whyUntrusted() {
      return options.whyClockUntrusted === undefined || vouchings.length > 0
        ? null
        : options.whyClockUntrusted;
    },
    get vouched() {
      return vouchings.at(-1) ?? "never";
    },
    vouch: async (vouching) => {
      vouchings.push(vouching);
    },
  };
  const broadcastDeps: BroadcasterDeps = {
    store,
    clock,
    keys,
    log: silentLog(),
    ticker: { start: () => {}, stop: async () => {} },
    accountSid: account.sid,
    accounts,
    numbers,
    services,
    siteCountry: "FR",
    countries: options.countries ?? null,
    receiveOnly: new Set(["inbox"]),
    rateOf: () => options.rate ?? 1,
    prepare: accept.prepare,
    paceOf: () => null,
    whyClockUntrusted: () => clockTrust.whyUntrusted,
    texts: { fetchBody: async () => ({ is: "text", text: "from the app" }), now: () => clock.now() },
    forecast: createForecast({
      store,
      clock,
      lineOf: (number) => lines.find(({ name }) => name === numbers.byNumber(number)?.line) ?? null,
      rateOf: () => options.rate ?? 1,
      maxRateOf: () => "unlimited",
      throttledTo: () => null,
      secondsPerSegment: () => null,
      capsOf: async () => [],
      recipientsOf: async () => null,
    }),
  };
  const broadcaster = new Broadcaster(broadcastDeps);

  const app = createApp({
    accounts,
    keys: apiKeys,
    numbers,
    services,
    inventory,
    applications,
    backups,
    audiences: new Audiences({ store, keys, clock, reserved: reservedWords(optOutWords(DEFAULT_OPT_OUT)) }),
    store,
    endQueued: createEndQueued({ store, clock }),
    endQueueOf: createEndQueueOf({ store, clock }),
    accept: options.accept ?? accept,
    broadcasts: new BroadcastDesk(broadcastDeps, broadcaster),
    clockTrust,
    siteTimeZone: "Europe/Paris",
    nearest,
    isTokenConfigured: options.isTokenConfigured ?? false,
    portOf: () => null,
    fallbacks: { viewOf: () => null, carriedBy: () => [], isRefused: () => false, ...options.fallbacks },
    receiveOnly: new Set(["inbox"]),
    throttledTo: () => null,
    secondsPerSegment: () => null,
    plans: new Plans({
      plans: new Map(Object.entries(options.plans ?? {})),
      timeZone: "Europe/Paris",
      clock,
      store,
    }),
    roster: { all: () => lines, get: (name) => lines.find((line) => line.name === name) ?? null },
    siteCountry: "FR",
    rateOf: () => options.rate ?? 1,
    mediaUrl: options.mediaUrl ?? "refuse",
    countries: options.countries ?? null,
    health: options.health ?? (async () => ({ status: "pass", checks: {} })),
    metrics: async () => ({ type: "text/plain; version=0.0.4", text: "pylone_info 1\n" }),
    simulated: options.simulated === false ? null : network,
    faults: options.simulated === false ? null : new FaultDesk(new Map([["sim1", board]])),
    clock,
    log: silentLog(),
  });
  const server = createServer(app, { bounds: { ...SERVER_BOUNDS, ...options.bounds } });
  const baseUrl = `http://127.0.0.1:${await listen(server)}`;
  const close = async () => {
    await broadcaster.stop();
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
    network.stop();
    await opened.remove();
  };
  return new ApiBox({
    baseUrl,
    account,
    accounts,
    numbers,
    services,
    inventory,
    keys: apiKeys,
    settings,
    store,
    clock,
    network,
    dataDir: opened.dataDir,
    close,
  });
}

export function provision(
  numbers: Numbers,
  account: AccountRecord,
  phoneNumber: string,
  line: string,
  kind?: NumberKind,
): Promise<NumberRecord> {
  const described = describeNumber(phoneNumber, { lineKind: "modem", siteCountry: "FR" });
  return numbers.provision({
    accountSid: account.sid,
    phoneNumber,
    kind: kind ?? described.kind,
    country: described.country,
    line,
  });
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

const USSD: Readonly<Record<string, UssdResult>> = {
  "*100#": { is: "answered", text: "Solde 12.40 EUR", expectsAnswer: false },
  "*123#": { is: "answered", text: "1 Balance 2 Offers", expectsAnswer: true },
  "*1#": { is: "failed", why: "busy", reason: "another USSD request is being answered" },
  "*2#": { is: "failed", why: "refused", reason: "the network does not support this" },
  "*3#": { is: "failed", why: "not-ready", reason: "searching for a network" },
};

/** Stands where a Line stands; the API only looks at it. */
function fakeLine(name: string, simulated: boolean, clock: FakeClock): Line {
  return {
    name,
    kind: "modem",
    window: 1,
    pulse: { dueBy: null },
    status: {
      state: "ready",
      reason: "registered",
      since: clock.now(),
      simulated,
      facts: {
        manufacturer: "Example",
        model: "M1",
        imei: null,
        iccid: null,
        imsi: null,
        operator: "Example Mobile",
        technology: null,
        signalDbm: -71,
        networkAskedAt: clock.now(),
        smsc: "+33609001390",
        ownNumber: null,
        lastSentAt: null,
        lastReceivedAt: clock.now(),
        storage: { name: "ME", used: 3, total: 23 },
      },
      counters: { sent: 0, received: 1 },
    },
    start: () => {},
    submit: () => Promise.reject(new Error("the API submits nothing")),
    ussd: (code) => Promise.resolve(USSD[code] ?? { is: "failed", why: "no-answer", reason: "no answer" }),
    stop: async () => {},
  };
}
