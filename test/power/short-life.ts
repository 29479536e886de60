/**
 * One short and busy life of the daemon under the recorder: both kinds of lines, texts both ways, long ones too,
 * replies, callbacks, settings that change. It ends by SIGKILL when everything has come to its end.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ApplianceClient } from "../harness/appliance.ts";
import { eventually, type Site } from "../harness/program.ts";
import { type SimulatorClient, startSimulator } from "../harness/simulator.ts";
import { startSmsc } from "../harness/smsc.ts";
import { type Behaviour, says, type WebhookSink } from "../harness/webhook-sink.ts";
import { recordingEnv } from "./recording.ts";

export const SIM = "+33639980001";
export const SHORT_CODE = "36123";
const LONG = " lorem ipsum".repeat(30);

export type Surroundings = {
  readonly site: Site;
  readonly sink: WebhookSink;
  readonly modem: SimulatorClient;
  readonly smsc: SimulatorClient;
};

export async function surroundings(site: Site, sink: WebhookSink): Promise<Surroundings> {
  const [{ simulator: modem }, { smsc }] = await Promise.all([
    startSimulator(site, SIM),
    startSmsc(site, { numbers: [SHORT_CODE] }),
  ]);
  sink.at("/status", says(204, null)).at("/sms", (response, request) => {
    const body = request.params["Body"] ?? "";
    // Every third is answered, in a text of its own.
    const isAnswered = Number(/\d+/.exec(body)?.[0]) % 3 === 0;
    (isAnswered ? replies(`re ${body.slice(0, 8)}`) : says(204, null))(response, request);
  });
  return { site, sink, modem, smsc };
}

/** With its length, so that the recording can be read. */
function replies(text: string): Behaviour {
  const xml = `<Response><Message>${text}</Message></Response>`;
  return says(200, "text/xml", xml, { "Content-Length": String(xml.length) });
}

/** Starts a daemon whose data folder is `data` in `root`. */
export async function startOn(
  { site, modem, smsc }: Surroundings,
  { root, script = "main.js", env = {} }: { root: string; script?: string; env?: Record<string, string> },
) {
  mkdirSync(root, { recursive: true });
  const config = `${root}.yaml`;
  writeFileSync(
    config,
    `dataDir: ${join(root, "data")}
outbound: { unknownOutcomeWaitSeconds: 1 }
lines:
  - { name: usb, type: modem, device: "${modem.device}", number: "${SIM}", segmentsPerSecond: unlimited }
  - { name: carrier, type: smpp, url: "smpp://box:any@127.0.0.1:${smsc.port}", numbers: ["${SHORT_CODE}"], segmentsPerSecond: unlimited }
`,
  );
  const daemon = site.run(script, ["serve", "--config", config], {
    PYLONE_HTTP_HOST: "127.0.0.1",
    PYLONE_HTTP_PORT: "0",
    ...env,
  });
  const { port } = await daemon.logged("ready");
  const asked = site.run("main.js", ["credentials", "--config", config]);
  await asked.ended;
  return { daemon, client: new ApplianceClient(`http://127.0.0.1:${port}`, asked.lines[0] ?? "") };
}

/** `root`: where its data folder was; `log`: what the recorder wrote. */
export type Life = { readonly root: string; readonly log: string; readonly sids: readonly string[] };

export async function live(
  around: Surroundings,
  options: {
    readonly name: string;
    readonly script: string;
    readonly recorder: string;
    readonly texts: number;
  },
): Promise<Life> {
  const { site, sink, modem, smsc } = around;
  const { name, script, recorder, texts } = options;
  const asked = sink.requests.length;
  const root = join(site.folder, name);
  const log = join(site.folder, `${name}.log`);
  mkdirSync(root);
  const env = recordingEnv(recorder, root, log);
  const { daemon, client } = await startOn(around, { root, script, env });
  const numbers = await Promise.all([SIM, SHORT_CODE].map((number) => pathOf(client, number)));
  const set = async (number: number, form: Record<string, string>) => {
    const { status } = await client.post(`${numbers[number]}.json`, form);
    if (status !== 200) throw new Error(`a setting was answered with ${status}`);
  };
  for (const each of [0, 1]) await set(each, { SmsUrl: sink.url("/sms") });
  for (const line of ["usb", "carrier"])
    await eventually(async () => ((await client.line(line))["state"] === "ready" ? true : null));

  const sids: string[] = [];
  const post = async (from: string, at: number) => {
    const { status, json } = await client.post("{AC}/Messages.json", {
      From: from,
      To: `+336123400${String(at % 100).padStart(2, "0")}`,
      Body: `out ${at}${at % 10 === 0 ? LONG : ""}`,
      StatusCallback: sink.url("/status"),
    });
    if (status !== 201) throw new Error(`POST Messages answered ${status}`);
    sids.push(String(json["sid"]));
  };
  const toSend = Array.from({ length: texts }, (_, at) => at + 1);
  const clients = [1, 2, 3].map(async () => {
    for (let at = toSend.shift(); at !== undefined; at = toSend.shift())
      await post(at % 8 === 0 ? SIM : SHORT_CODE, at);
  });
  const phones = async () => {
    for (let at = 1; at <= texts / 4; at++) {
      const [to, from] = at % 5 === 0 ? [SIM, modem] : [SHORT_CODE, smsc];
      await from.text("+33612340099", to, `in ${at}${at % 10 === 0 ? LONG : ""}`);
    }
  };
  const operator = async () => {
    for (let at = 1; at <= 6; at++) {
      await set(at % 2, { FriendlyName: `name ${at}` });
      await client.post("{AC}/Keys.json", { FriendlyName: `key ${at}` });
    }
  };
  await Promise.all([...clients, phones(), operator()]);
  await told(sink, { from: asked, sids, received: Math.floor(texts / 4) });
  await daemon.end("SIGKILL");
  return { root, log, sids };
}

async function pathOf(client: ApplianceClient, number: string): Promise<string> {
  if (number !== SHORT_CODE) return `{AC}/IncomingPhoneNumbers/${await client.numberSid(number)}`;
  const { short_codes: codes } = await client.get("{AC}/SMS/ShortCodes.json");
  return `{AC}/SMS/ShortCodes/${(codes as { sid: string }[])[0]?.sid}`;
}

/** Waits until the app knows each of these messages as delivered, and of so many that came in. */
async function told(
  sink: WebhookSink,
  { from, sids, received }: { from: number; sids: readonly string[]; received: number },
): Promise<void> {
  await eventually(async () => {
    const news = sink.requests
      .slice(from)
      .map(({ params }) => `${params["MessageSid"]} ${params["SmsStatus"]}`);
    const known = new Set(news);
    const inbound = [...known].filter((each) => each.endsWith(" received")).length;
    return inbound >= received && sids.every((sid) => known.has(`${sid} delivered`)) ? true : null;
  }, 120_000);
}
