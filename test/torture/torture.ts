/**
 * The built daemon, killed again and again with SIGKILL while apps post, phones text and an app that is told of both
 * is restarted; its modem and its SMSC are processes of their own and live on. Each round is one life on the same
 * data folder; a quarter of them end before the daemon is ready. What is left to chance comes from the seed, what
 * the machine makes of it does not: the same seed kills at the same moments, not in the same instruction.
 */
import { cpSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { between, type Random, seededRandom } from "../../src/line/simulator/random.ts";
import { ApplianceClient } from "../harness/appliance.ts";
import { eventually, type Program, Site } from "../harness/program.ts";
import { type SimulatorClient, startSimulator } from "../harness/simulator.ts";
import { startSmsc } from "../harness/smsc.ts";
import { App } from "./app.ts";
import { HandsetLog } from "./handset-log.ts";
import { type Accident, beginningOf, type History, type LineFacts, type Shown } from "./history.ts";
import { judge, sidsIn, type Verdict } from "./judge.ts";
import { Traffic } from "./traffic.ts";

export type TortureOptions = {
  readonly rounds: number;
  readonly seed: number;
  readonly onRound?: (round: number, what: string) => void;
};

export type TortureReport = Verdict & {
  readonly rounds: number;
  readonly seed: number;
  readonly seconds: number;
  /** What the daemon tells of the messages that the problems name. */
  readonly particulars: readonly unknown[];
  /** The logs of the last lives, and where the data folder is kept: where there are problems. */
  readonly logs: readonly string[];
  readonly keptIn: string | null;
};

const SIM = "+33639980001";
const SHORT_CODE = "36123";
const SID = `AC${"0".repeat(32)}`;
const TOKEN = "1".repeat(32);
const LINES: readonly LineFacts[] = [
  { name: "usb", number: SIM, window: 1, storesReports: true },
  { name: "carrier", number: SHORT_CODE, window: 10, storesReports: false },
];
/** So that the window is full when the daemon dies. */
const SMSC_ANSWERS_MS = 150;
const UNKNOWN_WAIT_SECONDS = 3;
const LONGEST_LIFE_MS = 1500;
const LONGEST_START_MS = 900;
const STARTS_KILLED = 0.25;
const APP_RESTARTS = 0.4;
/** Without anything new for so long, nothing comes any more. */
const SILENT_FOR_MS = 45_000;
const PARTICULARS = 10;
const LIVES_TOLD = 3;

export async function torture(options: TortureOptions): Promise<TortureReport> {
  const began = performance.now();
  const site = new Site();
  const app = await App.start(seededRandom(options.seed + 1));
  try {
    const box = await Box.open(site, app);
    const tortured = new Torture(options, { box, app });
    const history = await tortured.run();
    const verdict = judge(history);
    const seconds = Math.round((performance.now() - began) / 1000);
    const failed = verdict.problems.length > 0;
    return {
      ...options,
      ...verdict,
      seconds,
      particulars: failed ? await box.particulars(sidsIn(verdict.problems)) : [],
      logs: failed ? box.logs(LIVES_TOLD) : [],
      keptIn: failed ? await box.keep() : null,
    };
  } finally {
    await Promise.all([site.end(), app.stop()]);
  }
}

/** The daemon of the moment, and what it hangs on. */
class Box {
  readonly modem: SimulatorClient;
  readonly smsc: SimulatorClient;
  readonly #site: Site;
  readonly #config: string;
  readonly #lives: Program[] = [];
  /** Null while it is down. */
  client: ApplianceClient | null = null;

  private constructor(site: Site, config: string, modem: SimulatorClient, smsc: SimulatorClient) {
    this.#site = site;
    this.#config = config;
    this.modem = modem;
    this.smsc = smsc;
  }

  static async open(site: Site, app: App): Promise<Box> {
    const [{ simulator: modem }, { smsc }] = await Promise.all([
      startSimulator(site, SIM),
      startSmsc(site, { numbers: [SHORT_CODE] }),
    ]);
    await smsc.fault({ Fault: "late-answer", Ms: String(SMSC_ANSWERS_MS) });
    const config = join(site.folder, "pylone.yaml");
    writeFileSync(
      config,
      `dataDir: data
account: { sid: ${SID}, authToken: "${TOKEN}" }
outbound: { unknownOutcomeWaitSeconds: ${UNKNOWN_WAIT_SECONDS} }
lines:
  - { name: usb, type: modem, device: "${modem.device}", number: "${SIM}", segmentsPerSecond: unlimited }
  - { name: carrier, type: smpp, url: "smpp://box:any@127.0.0.1:${smsc.port}", numbers: ["${SHORT_CODE}"], window: 10, segmentsPerSecond: unlimited }
`,
    );
    const box = new Box(site, config, modem, smsc);
    // One life in peace: the numbers are there, and told whom to call.
    await box.start().ready;
    const client = box.client ?? failed("the daemon is down");
    const { short_codes: codes } = await client.get("{AC}/SMS/ShortCodes.json");
    const [code] = codes as { sid: string }[];
    const paths = [`IncomingPhoneNumbers/${await client.numberSid(SIM)}`, `SMS/ShortCodes/${code?.sid}`];
    for (const path of paths) {
      const { status } = await client.post(`{AC}/${path}.json`, { SmsUrl: app.url("/sms") });
      if (status !== 200) failed(`${path} was answered with ${status}`);
    }
    return box;
  }

  /** `ready` settles when it is up, or has died before. */
  start(): { readonly ready: Promise<void> } {
    const daemon = this.#site.run("main.js", ["serve", "--config", this.#config], {
      PYLONE_HTTP_HOST: "127.0.0.1",
      PYLONE_HTTP_PORT: "0",
    });
    this.#lives.push(daemon);
    const up = daemon.logged("ready").then(
      ({ port }) => {
        if (this.#lives.at(-1) === daemon)
          this.client = new ApplianceClient(`http://127.0.0.1:${port}`, `${SID}:${TOKEN}`);
      },
      () => {},
    );
    return { ready: up };
  }

  /** Throws when it was dead already: a daemon that ends by itself is a problem of its own. */
  async kill(): Promise<void> {
    const daemon = this.#lives.at(-1) ?? failed("there is no daemon");
    this.client = null;
    const { signal, code } = await daemon.end("SIGKILL");
    this.client = null;
    if (signal !== "SIGKILL") failed(`the daemon ended by itself, with ${code}:\n${tail(daemon)}`);
  }

  async particulars(sids: readonly string[]): Promise<readonly unknown[]> {
    const client = this.client;
    if (client === null) return [];
    return Promise.all(sids.slice(0, PARTICULARS).map((sid) => client.get(`/appliance/v1/Messages/${sid}`)));
  }

  /** Ends the last life; where its data folder is from now on. */
  async keep(): Promise<string> {
    await this.kill();
    const folder = mkdtempSync(join(tmpdir(), "pylone-torture-"));
    cpSync(join(this.#site.folder, "data"), folder, { recursive: true });
    return folder;
  }

  logs(lives: number): readonly string[] {
    return this.#lives.slice(-lives).map(tail);
  }
}

class Torture {
  readonly #options: TortureOptions;
  readonly #random: Random;
  readonly #box: Box;
  readonly #app: App;
  readonly #traffic: Traffic;
  readonly #handsets: readonly HandsetLog[];
  readonly #accidents: Accident[] = [];
  readonly #appRestarts: Promise<void>[] = [];

  constructor(options: TortureOptions, { box, app }: { readonly box: Box; readonly app: App }) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
    this.#box = box;
    this.#app = app;
    this.#handsets = [box.modem, box.smsc].map((each) => new HandsetLog(() => each.arrived()));
    this.#traffic = new Traffic({
      random: seededRandom(options.seed + 2),
      client: () => box.client,
      statusCallback: app.url("/status"),
      senders: [
        { number: SHORT_CODE, clients: 4, everyMs: 120, simulator: box.smsc },
        // The network brings a modem one thing every 300 ms, and each text out means a report.
        { number: SIM, clients: 1, everyMs: 1500, simulator: box.modem },
      ],
    });
  }

  async run(): Promise<History> {
    this.#traffic.start();
    for (let round = 1; round <= this.#options.rounds; round++) await this.#round(round);
    await this.#untilReady();
    await this.#traffic.stop();
    await Promise.all(this.#appRestarts);
    const shown = await this.#settled();
    return {
      lines: LINES,
      posts: this.#traffic.posts,
      texts: this.#traffic.texts,
      arrivals: this.#handsets.flatMap(({ all }) =>
        all.map(({ from, body }) => ({ from, text: beginningOf(body) })),
      ),
      told: this.#app.told,
      accidents: this.#accidents,
      shown,
      inDoubt: (await this.#events("message.unknown")).length,
      resent: countOf(await this.#events("message.resent")),
    };
  }

  /** What is left of the life that runs, its end, and the beginning of the next one. */
  async #round(round: number): Promise<void> {
    this.#traffic.round = round;
    const isAtStart = this.#random() < STARTS_KILLED;
    const afterMs = between(this.#random, 0, isAtStart ? LONGEST_START_MS : LONGEST_LIFE_MS);
    const restartsApp = this.#random() < APP_RESTARTS;
    const awayMs = between(this.#random, 50, 400);
    if (!isAtStart) await this.#untilReady();
    if (restartsApp) this.#appRestarts.push(this.#restartApp(round, awayMs));
    await sleep(afterMs);
    const at = performance.now();
    await this.#box.kill();
    const until = performance.now();
    this.#accidents.push({ is: "kill", round, at, until });
    this.#box.start();
    await Promise.all(this.#handsets.map((log) => log.update()));
    this.#options.onRound?.(
      round,
      `killed ${afterMs} ms after its ${isAtStart ? "start" : "readiness"}${restartsApp ? ", the app restarted" : ""}`,
    );
  }

  async #restartApp(round: number, awayMs: number): Promise<void> {
    // One after the other, whatever the rounds do.
    await this.#appRestarts.at(-1);
    const at = performance.now();
    await this.#app.restart(awayMs);
    this.#accidents.push({ is: "app restart", round, at, until: performance.now() });
  }

  #untilReady(): Promise<ApplianceClient> {
    return eventually(async () => this.#box.client, 60_000);
  }

  /** Waits until everything has come to its end; what has not, the judge names. */
  async #settled(): Promise<readonly Shown[]> {
    const client = await this.#untilReady();
    let [news, since] = [-1, performance.now()];
    for (;;) {
      await Promise.all(this.#handsets.map((log) => log.update()));
      const shown = await allMessages(client);
      const now = this.#app.told.length + this.#handsets.reduce((sum, { all }) => sum + all.length, 0);
      if (now !== news) [news, since] = [now, performance.now()];
      if (this.#isOver(shown) || performance.now() - since > SILENT_FOR_MS) return shown;
      await sleep(500);
    }
  }

  #isOver(shown: readonly Shown[]): boolean {
    const told = new Set(this.#app.told.map(({ sid, status }) => `${sid} ${status}`));
    const texts = new Set(this.#app.told.map(({ kind, text }) => (kind === "inbound" ? text : "")));
    const isToldOf = ({ sid, direction, status }: Shown) =>
      direction === "outbound-reply" || told.has(`${sid} ${status}`);
    return (
      shown.every((message) => isFinal(message) && isToldOf(message)) &&
      this.#traffic.texts.every(({ id }) => texts.has(`in ${id}`)) &&
      this.#traffic.texts.length > 0
    );
  }

  /** The SID of the message of each event of a type. */
  async #events(type: string): Promise<readonly string[]> {
    const client = await this.#untilReady();
    const events = await allPages(client, `/appliance/v1/Events?Type=${type}&PageSize=1000`, "events");
    return events.map((event) => String(event["message_sid"]));
  }
}

function countOf(sids: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const sid of sids) counts.set(sid, (counts.get(sid) ?? 0) + 1);
  return counts;
}

function isFinal({ status }: Shown): boolean {
  return !["queued", "sending", "sent"].includes(status);
}

async function allMessages(client: ApplianceClient): Promise<readonly Shown[]> {
  const rows = await allPages(client, "{AC}/Messages.json?PageSize=1000", "messages");
  return rows.map((row) => ({
    sid: String(row["sid"]),
    direction: String(row["direction"]),
    from: String(row["from"]),
    status: String(row["status"]),
    text: beginningOf(String(row["body"])),
  }));
}

async function allPages(client: ApplianceClient, path: string, key: string) {
  const rows: Record<string, unknown>[] = [];
  for (let next: string | null = path; next !== null; ) {
    const page: Record<string, unknown> = await client.get(next);
    rows.push(...(page[key] as Record<string, unknown>[]));
    const meta = (page["meta"] ?? {}) as Record<string, unknown>;
    const url = (page["next_page_uri"] ?? meta["next_page_url"] ?? null) as string | null;
    next = url === null ? null : url.replace(client.base, "");
  }
  return rows;
}

function tail(daemon: Program): string {
  return [...daemon.lines.slice(-40), daemon.errors].join("\n");
}

function failed(why: string): never {
  throw new Error(why);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
