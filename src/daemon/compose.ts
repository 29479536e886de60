/**
 * The one composition root: every service is constructed here and nowhere else. What comes out knows how to start
 * and stop in the right order; `serve.ts` decides when.
 */
import { Accounts, ensureMainAccount } from "../accounts/accounts.ts";
import { parseAddress } from "../accounts/address.ts";
import { Applications } from "../accounts/applications.ts";
import { Inventory } from "../accounts/inventory.ts";
import { Keys } from "../accounts/keys.ts";
import { Numbers } from "../accounts/numbers.ts";
import { optOutPolicy } from "../accounts/opt-out.ts";
import { Services } from "../accounts/services.ts";
import { createApp } from "../api/app.ts";
import type { Line } from "../line/line.ts";
import { PortClaims } from "../line/modem/find/find-port.ts";
import { FaultDesk } from "../line/simulator/fault-desk.ts";
import { followRoutes } from "../messaging/inbound/follow-routes.ts";
import { createKeywords } from "../messaging/inbound/keywords.ts";
import type { ServiceOfNumber } from "../messaging/inbound/numbers.ts";
import { createReceiver } from "../messaging/inbound/receive.ts";
import { createAnswer } from "../messaging/inbound/reply.ts";
import { ReplyLoop } from "../messaging/inbound/reply-loop.ts";
import { routeThrough } from "../messaging/inbound/route.ts";
import { createAccept } from "../messaging/outbound/accept.ts";
import { createEndQueued, createEndQueueOf } from "../messaging/outbound/end-queued.ts";
import { FullQueues } from "../messaging/outbound/full-queues.ts";
import { LineRoster } from "../messaging/outbound/line-roster.ts";
import { Pending } from "../messaging/outbound/pending.ts";
import { PhoneTurns } from "../messaging/outbound/phone-turns.ts";
import { createReportHandler } from "../messaging/outbound/report.ts";
import { WebhookDeliverer } from "../messaging/webhook/deliverer.ts";
import { ownAddresses } from "../messaging/webhook/own-address.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Fault } from "../runtime/fault.ts";
import { KeySequence } from "../runtime/ids.ts";
import type { Log } from "../runtime/log.ts";
import { version } from "../runtime/version.ts";
import { openStore } from "../store/open-store.ts";
import { openSettings } from "../store/settings.ts";
import type { AccountRecord } from "../store/settings-document.ts";
import type { Store } from "../store/store.ts";
import { Appliance } from "./appliance.ts";
import { Chores } from "./chores.ts";
import { composeAudiences } from "./compose-audiences.ts";
import { backupPlaceOf, composeBackups, settingsMend } from "./compose-backups.ts";
import { composeBroadcasts } from "./compose-broadcasts.ts";
import { type SiteClock, steadyClockOver, watchOf } from "./compose-clock.ts";
import { composeNetwork } from "./compose-network.ts";
import { composeOutbound } from "./compose-outbound.ts";
import type { LoadedConfig } from "./config.ts";
import type { KeyPath } from "./config-problems.ts";
import { makeDataFolder } from "./data-folder.ts";
import { createHealth } from "./health.ts";
import { choresOf } from "./housekeeping.ts";
import { handlersOf } from "./line-handlers.ts";
import { LineNumbers } from "./line-numbers.ts";
import { Metrics } from "./metrics.ts";
import { nearest } from "./nearest.ts";
import { createLine, isSimulated, type LineDeps } from "./open-lines.ts";
import { createRateOf } from "./rates.ts";
import { checkPemFiles } from "./read-pem.ts";
import { SimulatedLines } from "./simulated-lines.ts";

export type Composed = {
  readonly appliance: Appliance;
  readonly account: AccountRecord;
  /** The account was made by this start. */
  readonly firstStart: boolean;
  readonly numbers: Numbers;
};

/** Opening the store takes the lock on the data folder, so it comes first: a second daemon touches nothing. */
export async function compose(options: {
  readonly loaded: LoadedConfig;
  readonly clock: Clock;
  readonly log: Log;
  /** What the environment calls the container it runs in. */
  readonly container: string | null;
  /** The disk no longer keeps its word. */
  readonly onFatal: (fault: Fault) => void;
}): Promise<Composed> {
  const { config, refusal } = options.loaded;
  const { dataDir } = config;
  const wrong: { path: KeyPath; text: string }[] = [];
  checkPemFiles(config, (path, text) => wrong.push({ path, text }));
  if (wrong.length > 0) throw refusal(wrong);
  await makeDataFolder(dataDir);
  const siteClock = await steadyClockOver(options.clock);
  const { clock } = siteClock;
  const metrics = new Metrics({ clock, version: version() });
  const store = await openStore({
    dataDir,
    backups: backupPlaceOf(options.loaded),
    onFatal: options.onFatal,
    clock,
    onCommit: metrics.committed,
    onDamage: (text) => options.log.error(text),
  });
  try {
    return await composeOn(store, metrics, { ...options, siteClock });
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function composeOn(
  store: Store,
  metrics: Metrics,
  options: {
    readonly loaded: LoadedConfig;
    readonly siteClock: SiteClock;
    readonly log: Log;
    readonly container: string | null;
  },
): Promise<Composed> {
  const { siteClock, log, container } = options;
  const { config, file } = options.loaded;
  const { clock } = siteClock;
  const stored = await openSettings(config.dataDir, settingsMend(store, options.loaded));
  const { account, created } = await ensureMainAccount(stored, config.account ?? null, clock);
  const settings = followRoutes({
    settings: stored,
    store,
    routeOf: (number) =>
      routeThrough(serviceOf(number), number, applications.bySid(number.smsApplicationSid)),
    clock,
    log,
  });
  const accounts = new Accounts(settings, clock);
  const apiKeys = new Keys(settings, clock);
  const applications = new Applications(settings, clock);
  const numbers = new Numbers(settings, clock);
  const services = new Services(settings, numbers, clock);
  const keys = new KeySequence(clock, store.newestKey);
  const pending = new Pending(log);
  const rateOf = createRateOf(config.lines, (phoneNumber) => numbers.byNumber(phoneNumber));
  const whole = new Set(
    config.lines.flatMap((line) =>
      line.type === "smpp" && line.longMessages === "payload" ? [line.name] : [],
    ),
  );
  const full = new FullQueues(clock, (event) => pending.own("keep an event", store.addEvent(event)));
  const accept = createAccept({
    store,
    keys,
    clock,
    limits: { maxQueued: config.outbound.maxQueued },
    onFull: (queue, segments) => full.refused(queue, segments),
    isWhole: (queue) => whole.has(numbers.byNumber(queue)?.line ?? ""),
  });

  const siteCountry = config.site.country;
  const simulated = config.lines.some(isSimulated) ? new SimulatedLines(clock, log) : null;
  const lineDeps: LineDeps = { clock, log, store, siteCountry, simulated, claims: new PortClaims() };
  const lines = config.lines.map((line, position) => createLine(line, position, lineDeps));
  const receiveOnly = new Set(
    config.lines.flatMap((line) => (line.type === "smpp" && line.bind === "receiver" ? [line.name] : [])),
  );
  const roster = new LineRoster({
    lines,
    lineNameOf: (phoneNumber) => {
      const name = numbers.byNumber(phoneNumber)?.line ?? null;
      return name === null || receiveOnly.has(name) ? null : name;
    },
  });
  const turns = new PhoneTurns();
  const outbound = composeOutbound({
    store,
    config,
    roster,
    numbers,
    rateOf,
    turns,
    pending,
    clock,
    log,
    onSettled: metrics.settled,
  });
  const { fallbacks, plans, dispatcher, forecast, paceOf } = outbound;

  const countryOf = (address: string) => parseAddress(address, siteCountry)?.country ?? null;
  const serviceOf: ServiceOfNumber = (number) => {
    const service = services.ofNumber(number);
    if (service === null) return null;
    return {
      ...service,
      // A START asks for them, and nothing else: a pool of hundreds is not walked through for every text.
      get senders() {
        return services.pool(service).map((member) => member.number.phoneNumber);
      },
    };
  };
  const policy = optOutPolicy(config.optOut);
  const keywords =
    policy === null
      ? null
      : createKeywords({ policy, prepare: accept.prepare, rateOf, serviceOf, countryOf, clock });
  const loop = new ReplyLoop(clock);
  const { optOut } = config;
  const by = { store, keys, prepare: accept.prepare, rateOf, serviceOf, countryOf, loop, optOut, clock };
  const { audiences, audienceWords } = await composeAudiences({ ...by, accountSid: account.sid });
  const { incompleteAfterHours } = config.inbound;
  const receive = createReceiver({
    store,
    keys,
    clock,
    log,
    numbers,
    parseAddress,
    siteCountry,
    serviceOf,
    keywords,
    audienceWords,
    incompleteAfterHours,
    applicationOf: (sid) => applications.bySid(sid),
    isActive: (accountSid) => accounts.bySid(accountSid)?.status === "active",
  });
  const report = createReportHandler({
    store,
    kindOf: (line) => roster.get(line)?.kind ?? "modem",
    clock,
    log,
    turns,
    onEnded: (messageSid) => dispatcher.withdraw(messageSid),
    inHandOf: (name) => {
      const line = config.lines.find((each) => each.name === name);
      return line?.type === "smpp" ? line.inboundWindow : 1;
    },
  });
  const inventory = new Inventory(numbers, () => pending.own("route what was kept", receive.routeKept()));
  const lineNumbers = new LineNumbers({
    lines: config.lines,
    numbers,
    inventory,
    accountSid: account.sid,
    siteCountry,
    configFile: file,
    routeKept: receive.routeKept,
    log,
  });

  const clockWatch = watchOf(siteClock, { store, pending });
  const whyClockUntrusted = () => clockWatch.whyUntrusted;
  const isOwnAddress = ownAddresses(() => [server.port]);
  const broadcasts = composeBroadcasts({
    store,
    clock,
    keys,
    log,
    accountSid: account.sid,
    accounts,
    numbers,
    services,
    siteCountry,
    receiveOnly,
    rateOf,
    prepare: accept.prepare,
    forecast,
    paceOf,
    whyClockUntrusted,
    config,
    isOwnAddress,
  });

  const endQueued = createEndQueued({ store, clock });
  const health = createHealth({
    store,
    lines,
    receiveOnly,
    fallbacks,
    plans: () => plans.views(),
    clock,
    webhooks: () => deliverer.backlog(),
    whyClockUntrusted,
    certificate: () => network.tls?.check ?? null,
  });
  const backups = composeBackups({ store, settings, clock, whyClockUntrusted, log, loaded: options.loaded });
  const app = createApp({
    backups,
    accounts,
    isTokenConfigured: config.account !== undefined,
    keys: apiKeys,
    numbers,
    services,
    inventory,
    applications,
    audiences,
    store,
    accept,
    endQueued,
    endQueueOf: createEndQueueOf({ store, clock }),
    roster,
    receiveOnly,
    fallbacks,
    throttledTo: (line) => dispatcher.throttledTo(line),
    secondsPerSegment: (line) => dispatcher.secondsPerSegment(line),
    plans,
    portOf: (line) => lineDeps.claims.heldBy(line),
    siteCountry,
    siteTimeZone: config.site.timezone,
    broadcasts: broadcasts.desk,
    clockTrust: clockWatch,
    nearest,
    rateOf,
    mediaUrl: config.outbound.mediaUrl,
    countries: config.outbound.countries ?? null,
    health,
    metrics: () => metrics.render(),
    simulated: simulated?.network ?? null,
    faults: simulated === null ? null : new FaultDesk(simulated.faultBoards),
    clock,
    log,
  });
  const network = await composeNetwork({ app, config, container, store, pending, clock, log });
  const { server } = network;
  const deliverer = new WebhookDeliverer({
    store,
    clock,
    log,
    authTokenOf: (accountSid) => accounts.bySid(accountSid)?.authToken ?? null,
    answer: createAnswer({
      prepare: accept.prepare,
      clock,
      numbers,
      parseAddress,
      rateOf,
      serviceOf,
      loop,
    }),
    options: config.webhook,
    isOwnAddress,
    onAsked: metrics.asked,
    countryOf,
  });

  metrics.observe({ store, lines, webhooks: () => deliverer.backlog(), health });
  await settings.catchUp();

  const look = (line: Line) => pending.own("provision a number", lineNumbers.look(line));
  const acceptedLate = dispatcher.acceptedLate.bind(dispatcher);
  const onState = (line: Line, reason: string) => {
    roster.stateChanged(line.name, line.status.state, reason);
    look(line);
  };
  const chores = new Chores({
    clock,
    log,
    chores: [
      { name: "look at the clock", everyMs: 10_000, run: () => clockWatch.look() },
      { name: "back up", everyMs: 60_000, run: () => backups.nightly() },
      ...network.chores,
      ...choresOf({
        store,
        clock,
        config,
        lines,
        look,
        endQueued,
        accounts,
        isClockSettled: () => clockWatch.isSettled,
        publishIncomplete: receive.publishIncomplete,
      }),
    ],
  });
  const appliance = new Appliance({
    lines: lines.map((line) => ({
      line,
      handlers: handlersOf(line, {
        store,
        clock,
        log,
        networkTime: (epochMs) => clockWatch.networkTime(epochMs),
        pending,
        receive,
        report,
        acceptedLate,
        onState,
      }),
    })),
    store,
    server,
    announcement: network.announcement,
    dispatcher,
    deliverer,
    chores,
    backups,
    lineNumbers,
    broadcasts,
    clockWatch,
    simulated,
    pending,
    clock,
  });
  return { appliance, account, firstStart: created, numbers };
}
