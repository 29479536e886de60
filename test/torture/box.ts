/** The tortured box: the daemon of the moment on one data folder, and the modem and the SMSC it hangs on. */
import { cpSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ApplianceClient } from "../harness/appliance.ts";
import { eventually, type Program, type Site } from "../harness/program.ts";
import { type SimulatorClient, startSimulator } from "../harness/simulator.ts";
import { startSmsc } from "../harness/smsc.ts";
import type { App } from "./app.ts";
import type { LineFacts } from "./history.ts";

export const SIM = "+33639980001";
export const SHORT_CODE = "36123";
const SID = `AC${"0".repeat(32)}`;
const TOKEN = "1".repeat(32);
export const LINES: readonly LineFacts[] = [
  { name: "usb", number: SIM, window: 1, storesReports: true },
  { name: "carrier", number: SHORT_CODE, window: 10, storesReports: false },
];
/** So that the window is full when the daemon dies. */
const SMSC_ANSWERS_MS = 150;
const UNKNOWN_WAIT_SECONDS = 3;
const PARTICULARS = 10;

export class Box {
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
    // One life begins in peace: the modem is set up, the numbers are there, and told whom to call.
    await box.start().ready;
    const client = box.client ?? failed("the daemon is down");
    for (const { name } of LINES)
      await eventually(async () => ((await client.line(name))["state"] === "ready" ? true : null), 60_000);
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

function tail(daemon: Program): string {
  return [...daemon.lines.slice(-40), daemon.errors].join("\n");
}

function failed(why: string): never {
  throw new Error(why);
}
