/**
 * The built daemon, killed again and again with SIGKILL while apps post, phones text and an app that is told of both
 * is restarted; its modem and its SMSC are processes of their own and live on. Each round is one life on the same
 * data folder; a quarter of them end before the daemon is ready. What is left to chance comes from the seed, what
 * the machine makes of it does not: the same seed kills at the same moments, not in the same instruction.
 */
import { between, type Random, seededRandom } from "../../src/line/simulator/random.ts";
import type { ApplianceClient } from "../harness/appliance.ts";
import { eventually, Site } from "../harness/program.ts";
import { App } from "./app.ts";
import { Box, LINES, SHORT_CODE, SIM } from "./box.ts";
import { HandsetLog } from "./handset-log.ts";
import { type Accident, beginningOf, type History, type Shown } from "./history.ts";
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

const LONGEST_LIFE_MS = 1500;
const LONGEST_START_MS = 900;
const STARTS_KILLED = 0.25;
const APP_RESTARTS = 0.4;
/** Without anything new for so long, nothing comes any more. */
const SILENT_FOR_MS = 45_000;
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
      inDoubt: (await this.#events("message.unknown")).map(({ line }) => line),
      resent: countOf((await this.#events("message.resent")).map(({ sid }) => sid)),
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

  async #events(type: string): Promise<readonly { readonly sid: string; readonly line: string }[]> {
    const client = await this.#untilReady();
    const events = await allPages(client, `/appliance/v1/Events?Type=${type}&PageSize=1000`, "events");
    return events.map(({ message_sid: sid, line }) => ({ sid: String(sid), line: String(line) }));
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

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
