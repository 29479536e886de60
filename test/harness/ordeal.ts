/**
 * One line's modem fails, in real time and over TCP, while another line goes on: the built daemon, two simulators
 * as processes of their own, and an app.
 */
import { expect, type TestContext } from "vitest";
import { type ApplianceClient, startDaemon } from "./appliance.ts";
import { eventually, type Program, Site } from "./program.ts";
import { type SimulatorClient, startSimulator } from "./simulator.ts";
import { SteadyTraffic } from "./steady-traffic.ts";
import { says, WebhookSink } from "./webhook-sink.ts";

const A = "+33639980001";
const B = "+33639980002";
const PHONE = "+33612345678";
/** The slowest fault takes 200 s: 180 s without a result, and finding out that the modem is mute. */
const SHOWN_FOR_MS = 400_000;
const TEXTS = ["first", "second", "third"];

type Rehearsal = {
  readonly daemon: Program;
  readonly client: ApplianceClient;
  readonly faulty: SimulatorClient;
  readonly healthy: SteadyTraffic;
  /** What the app was told came in on line a. */
  readonly toldOfA: string[];
};

async function rehearse({ onTestFinished }: TestContext): Promise<Rehearsal> {
  const site = new Site();
  onTestFinished(() => site.end());
  const sink = await WebhookSink.start();
  onTestFinished(() => sink.stop());
  const [a, b] = await Promise.all([startSimulator(site, A), startSimulator(site, B)]);
  const lines = [
    { name: "a", type: "modem", device: a.simulator.device, number: A, segmentsPerSecond: "unlimited" },
    { name: "b", type: "modem", device: b.simulator.device, number: B, segmentsPerSecond: "unlimited" },
  ];
  const { daemon, client } = await startDaemon(site, JSON.stringify({ dataDir: "data", lines }));
  for (const { name, number } of lines) {
    await eventually(async () => ((await client.line(name))["state"] === "ready" ? true : null));
    await client.post(`{AC}/IncomingPhoneNumbers/${await client.numberSid(number)}.json`, {
      SmsUrl: sink.url(`/${name}`),
    });
  }
  const toldOfA: string[] = [];
  sink.at("/a", (response, request) => {
    toldOfA.push(request.params["Body"] ?? "");
    says(204, null)(response, request);
  });
  const healthy = new SteadyTraffic({ client, simulator: b.simulator, number: B, sink, path: "/b" });
  return { daemon, client, faulty: a.simulator, healthy, toldOfA };
}

async function send(client: ApplianceClient, body: string): Promise<string> {
  const { status, json } = await client.post("{AC}/Messages.json", { From: A, To: PHONE, Body: body });
  if (status !== 201) throw new Error(`POST Messages answered ${status}`);
  return String(json["sid"]);
}

/** What line a was, as the log has it: each state and its reason. Whoever asks now and then may miss one. */
function statesOfA({ lines }: Program): readonly string[] {
  return lines.flatMap((text) => {
    if (!text.includes('"line state"')) return [];
    const { line, to, state = to, reason } = JSON.parse(text) as Record<string, string>;
    return line === "a" ? [`${state}: ${reason}`] : [];
  });
}

async function told(client: ApplianceClient): Promise<readonly string[]> {
  const { events } = await client.get("/appliance/v1/Events?PageSize=1000");
  return (events as { line: string | null; text: string }[])
    .filter(({ line }) => line === "a")
    .map(({ text }) => text)
    .reverse();
}

/** Puts the modem of line a into its trouble; `sendTexts` gives the line three texts to send. */
export type Strike = (faulty: SimulatorClient, sendTexts: () => Promise<void>) => Promise<void>;

/**
 * Line a in trouble until `over` the states it has shown, then well again by itself; and what holds whatever the
 * trouble is: its texts went out once and came in once, and line b never paused a second longer than it does anyway.
 * What line a showed, and what its events say.
 */
export async function ordeal(
  context: TestContext,
  strike: Strike,
  over: (shown: readonly string[], forMs: number) => boolean,
): Promise<{ readonly shown: readonly string[]; readonly events: readonly string[] }> {
  const { daemon, client, faulty, healthy, toldOfA } = await rehearse(context);
  const startedAt = Date.now();
  healthy.start();
  await eventually(async () => ((await healthy.sent()).length >= 6 ? true : null));

  expect(await client.line("a")).toMatchObject({ state: "ready", reason: "registered" });
  const statesBefore = statesOfA(daemon).length;
  const faultyAt = Date.now();
  let sids: readonly string[] = [];
  await strike(faulty, async () => {
    sids = await Promise.all(TEXTS.map((text) => send(client, text)));
  });
  await faulty.text(PHONE, A, "in the meantime");
  const shown = await eventually(async () => {
    const seen = statesOfA(daemon).slice(statesBefore - 1);
    return over(seen, Date.now() - faultyAt) ? seen : null;
  }, SHOWN_FOR_MS);
  await faulty.faultsOver();
  for (const sid of sids) await client.statuses(sid, "delivered");
  await eventually(async () => (toldOfA.length > 0 ? true : null));
  const wellAt = Date.now();
  await healthy.stop();

  expect((await faulty.arrived()).map(({ body }) => body).sort()).toEqual(TEXTS);
  expect(toldOfA).toEqual(["in the meantime"]);
  const { sent, received } = healthy.expected;
  expect([...(await healthy.sent())].sort()).toEqual([...sent].sort());
  expect([...healthy.received].sort()).toEqual([...received].sort());
  const usual = await healthy.longestGaps(startedAt, faultyAt);
  const meanwhile = await healthy.longestGaps(faultyAt, wellAt);
  expect(meanwhile.out).toBeLessThan(usual.out + 1000);
  expect(meanwhile.in).toBeLessThan(usual.in + 1000);
  return { shown, events: await told(client) };
}
