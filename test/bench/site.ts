/** A daemon on a data folder of its own, the modem it talks to, and an app it tells of what comes in. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Load, Loaded } from "./load.ts";
import { Measured, machineMs } from "./process.ts";
import type { SmscOptions, SmscTold } from "./smsc.ts";

const HERE = fileURLToPath(new URL(".", import.meta.url));
/** dist/, seen from dist/bench/test/bench/. */
const DIST = fileURLToPath(new URL("../../../", import.meta.url));

export const SID = `AC${"0".repeat(32)}`;
export const TOKEN = "1".repeat(32);
const NUMBERS = `/2010-04-01/Accounts/${SID}/IncomingPhoneNumbers.json`;
const CONFIG = "pylone.yaml";
/** As `npm start` and the systemd unit start it. */
const SHIPPED = ["--max-old-space-size=512", "--max-semi-space-size=4", "--v8-pool-size=1"];
export const NUMBER = "+33639980001";
export const PHONE = "+33639980011";

/** What the modem tells the time of. */
export type Told = "cmgs" | "prompt" | "pdu" | "answer" | "cmti";

export type SiteOptions = {
  /** The carrier's side; null: a modem line whose device does not exist, so that nothing is sent. */
  readonly peer:
    | { readonly is: "modem"; readonly airMs: number }
    | ({ readonly is: "smsc" } & Omit<SmscOptions, "number" | "phone">)
    | null;
  /** What node is told before the daemon's script. */
  readonly nodeArgs?: readonly string[];
  /** Fills the data folder before the daemon starts. */
  readonly prepare?: (dataDir: string) => Promise<void>;
};

export class Site {
  readonly peer: Measured | null;
  readonly #folder: string;
  readonly #controlPort: number;
  readonly #nodeArgs: readonly string[];
  #started: Started;

  private constructor(parts: {
    peer: Measured | null;
    folder: string;
    controlPort: number;
    nodeArgs: readonly string[];
    started: Started;
  }) {
    this.peer = parts.peer;
    this.#folder = parts.folder;
    this.#controlPort = parts.controlPort;
    this.#nodeArgs = parts.nodeArgs;
    this.#started = parts.started;
  }

  static async open(options: SiteOptions): Promise<Site> {
    const folder = mkdtempSync(join(tmpdir(), "pylone-bench-"));
    const { peer, line, controlPort } = await openPeer(options.peer, folder);
    const dataDir = join(folder, "data");
    await options.prepare?.(dataDir);
    const config = {
      http: { host: "127.0.0.1", port: 0 },
      dataDir,
      account: { sid: SID, authToken: TOKEN },
      lines: [{ name: "bench", ...line }],
    };
    writeFileSync(join(folder, CONFIG), JSON.stringify(config));
    const nodeArgs = options.nodeArgs ?? [];
    let site: Site | null = null;
    try {
      const started = await startDaemon(folder, nodeArgs);
      site = new Site({ peer, folder, controlPort, nodeArgs, started });
      if (options.peer?.is === "smsc") await site.api(NUMBERS, { PhoneNumber: NUMBER });
      if (peer !== null && !(options.peer?.is === "smsc" && options.peer.isShut)) await site.lineReady();
      return site;
    } catch (error) {
      // What has been started would otherwise outlive the bench.
      if (site === null) await peer?.stop();
      else await site.close();
      throw error;
    }
  }

  get daemon(): Measured {
    return this.#started.daemon;
  }

  /** From the daemon's start to its word that it is ready. */
  get readyAfterMs(): number {
    return this.#started.readyAfterMs;
  }

  /** Stopped in order and started anew, on the same data. */
  async restart(): Promise<void> {
    await this.daemon.stop();
    this.#started = await startDaemon(this.#folder, this.#nodeArgs);
  }

  async load(options: {
    readonly clients: number;
    readonly messages: number;
    readonly recipients?: number;
    readonly first?: number;
  }): Promise<Loaded> {
    const load: Load = {
      port: this.#started.port,
      sid: SID,
      token: TOKEN,
      from: NUMBER,
      to: PHONE,
      recipients: 1,
      ...options,
    };
    const generator = new Measured(join(HERE, "load.js"), [JSON.stringify(load)], this.#folder);
    const loaded = await generator.line((line) => JSON.parse(line) as Loaded);
    await generator.ended;
    return loaded;
  }

  /** The `count` next times of this kind that the modem tells, from its line `from` on. */
  async times(kind: Told, count: number, from: number): Promise<readonly number[]> {
    const { peer } = this;
    if (peer === null) throw new Error("there is no modem");
    const times: number[] = [];
    await peer.line((line) => {
      const said = JSON.parse(line) as { is: string; at: number };
      if (said.is === kind) times.push(said.at);
      return times.length >= count ? true : null;
    }, from);
    return times;
  }

  /** Waits until so many messages are delivered: what they write afterwards is theirs too. */
  async delivered(count: number): Promise<void> {
    for (;;) {
      const page = await this.api(`/2010-04-01/Accounts/${SID}/Messages.json?PageSize=1000`);
      const { messages } = page as { messages: { status: string }[] };
      if (messages.slice(0, Math.min(1000, count)).every(({ status }) => status === "delivered")) return;
      await pause(200);
    }
  }

  /** An app: when each webhook's request was there. It answers so long after. */
  async app(answerAfterMs = 0): Promise<{ readonly times: number[]; readonly close: () => void }> {
    const times: number[] = [];
    const server = createServer((request, response) => {
      times.push(machineMs());
      request.resume();
      if (answerAfterMs === 0) response.end();
      else setTimeout(() => response.end(), answerAfterMs);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const listed = await this.api(NUMBERS);
    const [number] = (listed as { incoming_phone_numbers: { sid: string }[] }).incoming_phone_numbers;
    await this.api(`/2010-04-01/Accounts/${SID}/IncomingPhoneNumbers/${number?.sid}.json`, {
      SmsUrl: `http://127.0.0.1:${port}/sms`,
    });
    return {
      times,
      close: () => {
        server.close();
        server.closeAllConnections();
      },
    };
  }

  /** What the SMSC tells, once `enough` says so of it. */
  async carrier(enough: (told: SmscTold) => boolean): Promise<SmscTold> {
    const { peer } = this;
    if (peer === null) throw new Error("there is no SMSC");
    return peer.line((line) => {
      const told = JSON.parse(line) as SmscTold;
      return enough(told) ? told : null;
    });
  }

  /** What `slow-disk.ts` measured since it was asked last. */
  async loopDelay(): Promise<{ readonly p99Ms: number; readonly worstMs: number }> {
    const from = this.daemon.lines.length;
    this.daemon.signal("SIGUSR2");
    return this.daemon.line((line) => {
      const said = JSON.parse(line) as { is?: string; p99Ms: number; worstMs: number };
      return said.is === "loop" ? said : null;
    }, from);
  }

  /** Failed tries of the newest thousand messages, all together. */
  async attemptsBurnt(): Promise<number> {
    const page = await this.api(`/2010-04-01/Accounts/${SID}/Messages.json?PageSize=1000`);
    const { messages } = page as { messages: { sid: string }[] };
    let burnt = 0;
    for (const { sid } of messages) {
      const detail = (await this.api(`/appliance/v1/Messages/${sid}`)) as { attempts: number };
      burnt += detail.attempts;
    }
    return burnt;
  }

  async text(body: string): Promise<void> {
    const fields = new URLSearchParams({ From: PHONE, To: NUMBER, Body: body });
    const answer = await fetch(`http://127.0.0.1:${this.#controlPort}/Messages`, {
      method: "POST",
      body: fields,
    });
    if (!answer.ok) throw new Error(await answer.text());
  }

  /** Every text that reached a handset of the modem's network. */
  async handsets(): Promise<readonly string[]> {
    const answer = await fetch(`http://127.0.0.1:${this.#controlPort}/Messages`);
    const { messages } = (await answer.json()) as { messages: { direction: string; body: string }[] };
    return messages.filter(({ direction }) => direction === "to-handset").map(({ body }) => body);
  }

  get port(): number {
    return this.#started.port;
  }

  get dataDir(): string {
    return join(this.#folder, "data");
  }

  async close(): Promise<void> {
    await this.daemon.stop();
    await this.peer?.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async lineReady(): Promise<void> {
    for (;;) {
      const { lines } = (await this.api("/appliance/v1/Lines")) as { lines: { state: string }[] };
      if (lines[0]?.state === "ready") return;
      await pause(50);
    }
  }

  async api(path: string, form?: Record<string, string>): Promise<unknown> {
    const answer = await fetch(`http://127.0.0.1:${this.#started.port}${path}`, {
      headers: { authorization: `Basic ${Buffer.from(`${SID}:${TOKEN}`).toString("base64")}` },
      ...(form === undefined ? {} : { method: "POST", body: new URLSearchParams(form) }),
    });
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
    return answer.json();
  }
}

type Started = { readonly daemon: Measured; readonly port: number; readonly readyAfterMs: number };

async function startDaemon(folder: string, nodeArgs: readonly string[]): Promise<Started> {
  const begunAt = machineMs();
  const args = ["serve", "--config", join(folder, CONFIG)];
  const daemon = new Measured(join(DIST, "main.js"), args, folder, [...SHIPPED, ...nodeArgs]);
  const port = await daemon.line((text) => {
    const found = /"port":(\d+),.*"msg":"ready"/.exec(text);
    return found === null ? null : Number(found[1]);
  });
  return { daemon, port, readyAfterMs: machineMs() - begunAt };
}

async function openPeer(
  wanted: SiteOptions["peer"],
  folder: string,
): Promise<{ peer: Measured | null; line: object; controlPort: number }> {
  const modemLine = { type: "modem", number: NUMBER, segmentsPerSecond: "unlimited" };
  if (wanted === null) {
    return { peer: null, line: { ...modemLine, device: "/dev/pylone-bench-absent" }, controlPort: 0 };
  }
  if (wanted.is === "smsc") return openSmsc(wanted, folder);
  const peer = new Measured(join(HERE, "modem.js"), [NUMBER, String(wanted.airMs)], folder);
  const ready = await peer.line((text) => {
    const said = JSON.parse(text) as { is: string; modemPort: number; controlPort: number };
    return said.is === "ready" ? said : null;
  });
  const device = `tcp://127.0.0.1:${ready.modemPort}`;
  return { peer, line: { ...modemLine, device }, controlPort: ready.controlPort };
}

async function openSmsc(
  wanted: Omit<SmscOptions, "number" | "phone">,
  folder: string,
): Promise<{ peer: Measured; line: object; controlPort: number }> {
  const options: SmscOptions = { ...wanted, number: NUMBER, phone: PHONE };
  const peer = new Measured(join(HERE, "smsc.js"), [JSON.stringify(options)], folder);
  const { port } = await peer.line((text) => JSON.parse(text) as SmscTold);
  const line = {
    type: "smpp",
    url: `smpp://bench:bench@127.0.0.1:${port}`,
    numbers: [NUMBER],
    window: 50,
    segmentsPerSecond: "unlimited",
    maxSegmentsPerSecond: "unlimited",
  };
  return { peer, line, controlPort: 0 };
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
