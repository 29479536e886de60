/**
 * Two mornings by the built program and a simulated modem that is a process of its own: joined by text, the forecast asked
 * of an app, the daemon killed while a text is on the air, and STOP before the second. What counts is on the handsets.
 */
import { afterEach, beforeEach, expect, it } from "vitest";
import { type ApplianceClient, startDaemon } from "../harness/appliance.ts";
import { eventually, Site } from "../harness/program.ts";
import { type SimulatorClient, startSimulator } from "../harness/simulator.ts";
import { says, WebhookSink } from "../harness/webhook-sink.ts";

const NUMBER = "+33639980001";
const READERS = Array.from({ length: 12 }, (_, at) => `+336123456${String(at + 10)}`);
const TODAY = "Today: sunny spells, 19 C";
const TOMORROW = "Tomorrow: drizzle, 15 C";
const WELCOME = "You are in.";

let site: Site;
let sink: WebhookSink;
let simulator: SimulatorClient;
beforeEach(async () => {
  site = new Site();
  sink = await WebhookSink.start();
  ({ simulator } = await startSimulator(site, NUMBER));
});
afterEach(async () => {
  await site.end();
  await sink.stop();
});

async function created(client: ApplianceClient, path: string, form: Record<string, string>): Promise<string> {
  const { status, json } = await client.post(path, form);
  if (status !== 201) throw new Error(`${path} answered ${status}: ${JSON.stringify(json)}`);
  return String(json["sid"]);
}

/** Whose handsets this text has arrived on, once for each time. */
async function readersOf(text: string): Promise<string[]> {
  const arrived = await simulator.arrived();
  return arrived
    .filter(({ body }) => body === text)
    .map(({ to }) => to)
    .sort();
}

const arrivals = (text: string, count: number) =>
  eventually(async () => ((await readersOf(text)).length >= count ? true : null));

/** Waits until it is finished, and every message of it delivered. */
const finished = (client: ApplianceClient, run: string, delivered: number) =>
  eventually(async () => {
    const found = await client.get(run);
    const messages = found["messages"] as { delivered?: number };
    return found["status"] === "finished" && messages.delivered === delivered ? found : null;
  });

type Ledger = { members: { phone_number: string; outcome: string; message_sid: string | null }[] };
type Listed = { messages: { sid: string; to: string; status: string; body: string }[] };

/** Member and message SID by the run's ledger, and by the list of Messages. */
async function ledgers(client: ApplianceClient, run: string, text: string) {
  const { members } = (await client.get(`${run}/Members?PageSize=100`)) as Ledger;
  const { messages } = (await client.get("{AC}/Messages.json?PageSize=200")) as unknown as Listed;
  const pairs = (entries: readonly (readonly [string, string | null])[]) => [...entries].sort();
  return {
    ledger: pairs(members.map(({ phone_number, message_sid }) => [phone_number, message_sid] as const)),
    messages: pairs(messages.filter(({ body }) => body === text).map(({ to, sid }) => [to, sid] as const)),
  };
}

it("everybody who joined gets one text though the daemon is killed in mid-run; who says STOP gets no second", async () => {
  sink.at("/forecast", says(200, "text/plain", TODAY), says(200, "text/plain", TOMORROW));
  const config = `dataDir: data
outbound: { unknownOutcomeWaitSeconds: 5 }
lines:
  - { name: usb, type: modem, device: "${simulator.device}", number: "${NUMBER}", segmentsPerSecond: 2 }
`;
  const first = await startDaemon(site, config);
  const audience = await created(first.client, "/appliance/v1/Audiences", {
    FriendlyName: "Weather",
    Keyword: "METEO",
    WelcomeText: WELCOME,
  });
  await eventually(async () => ((await first.client.line("usb"))["state"] === "ready" ? true : null));
  for (const reader of READERS) await simulator.text(reader, NUMBER, "Météo");
  await arrivals(WELCOME, READERS.length);
  expect((await first.client.get(`/appliance/v1/Audiences/${audience}`))["members"]).toBe(READERS.length);

  const broadcast = await created(first.client, "/appliance/v1/Broadcasts", {
    FriendlyName: "forecast",
    Cron: "0 7 * * *",
    From: NUMBER,
    AudienceSid: audience,
    BodyUrl: sink.url("/forecast"),
  });
  const runs = `/appliance/v1/Broadcasts/${broadcast}/Runs`;
  const one = `${runs}/${await created(first.client, runs, {})}`;
  await arrivals(TODAY, 4);
  // The network has the next one, and the modem does not say so any more.
  await simulator.hold("results");
  const before = (await readersOf(TODAY)).length;
  await arrivals(TODAY, before + 1);
  expect((await first.daemon.end("SIGKILL")).signal).toBe("SIGKILL");
  expect((await readersOf(TODAY)).length).toBeLessThan(READERS.length);
  await simulator.release("results");

  const { client } = await startDaemon(site, config);
  const whole = await finished(client, one, READERS.length);
  expect(whole).toMatchObject({
    members: READERS.length,
    segments: READERS.length,
    outcomes: { accepted: READERS.length, opted_out: 0, refused: 0, no_text: 0, late: 0 },
    messages: { delivered: READERS.length },
  });
  expect(await readersOf(TODAY)).toEqual(READERS);
  const { ledger, messages } = await ledgers(client, one, TODAY);
  expect(ledger).toEqual(messages);
  expect(ledger.map(([phone]) => phone)).toEqual(READERS);
  expect(sink.requests).toHaveLength(1);

  const [gone = "", ...others] = READERS;
  await simulator.text(gone, NUMBER, "STOP");
  const member = `/appliance/v1/Audiences/${audience}/Members?PhoneNumber=${encodeURIComponent(gone)}`;
  await eventually(async () => {
    const { members } = (await client.get(member)) as { members: { opted_out: boolean }[] };
    return members[0]?.opted_out ? true : null;
  });
  const two = `${runs}/${await created(client, runs, {})}`;
  expect(await finished(client, two, others.length)).toMatchObject({
    members: READERS.length,
    outcomes: { accepted: others.length, opted_out: 1 },
  });
  expect(await readersOf(TOMORROW)).toEqual(others);
  expect(await readersOf(TODAY)).toEqual(READERS);
  const second = await ledgers(client, two, TOMORROW);
  expect(second.ledger.find(([phone]) => phone === gone)).toEqual([gone, null]);
  expect(second.ledger.filter(([phone]) => phone !== gone)).toEqual(second.messages);
  expect((await client.get(runs))["runs"]).toHaveLength(2);
  expect(sink.requests).toHaveLength(2);
});
