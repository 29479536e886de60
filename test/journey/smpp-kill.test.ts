/** The plug is pulled on the SMPP way: the daemon, or the SMSC, dies with a window of submit_sm in every stage. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ApplianceClient, startDaemon } from "../harness/appliance.ts";
import { eventually, type Program, Site } from "../harness/program.ts";
import { Relay } from "../harness/relay.ts";
import type { SimulatorClient } from "../harness/simulator.ts";
import { startSmsc } from "../harness/smsc.ts";
import { says, WebhookSink } from "../harness/webhook-sink.ts";

const SHORT_CODE = "36123";
const PHONE = "+33612345678";
const WINDOW = 10;
/** On the wire, recorded behind it, and still in the queue. */
const BODIES = Array.from({ length: 25 }, (_, at) => `m${at + 1}`);

let site: Site;
let smsc: SimulatorClient;
let smscProcess: Program;
beforeEach(async () => {
  site = new Site();
  ({ smsc, process: smscProcess } = await startSmsc(site, { numbers: [SHORT_CODE] }));
});
afterEach(() => site.end());

function configOf({ waitSeconds = 4, port = smsc.port, more = "" } = {}): string {
  return `dataDir: data
outbound: { unknownOutcomeWaitSeconds: ${waitSeconds} }
lines:
  - { name: carrier, type: smpp, url: "smpp://box:any@127.0.0.1:${port}", numbers: ["${SHORT_CODE}"], window: ${WINDOW}, segmentsPerSecond: unlimited${more} }
`;
}

async function ready(client: ApplianceClient): Promise<void> {
  await eventually(async () => ((await client.line("carrier"))["state"] === "ready" ? true : null));
}

/** The SIDs by body. Each to a phone of its own, or all to one. */
async function accepted(client: ApplianceClient, bodies = BODIES, to?: string): Promise<Map<string, string>> {
  const sids = new Map<string, string>();
  for (const [at, body] of bodies.entries()) {
    const recipient = to ?? `+336123400${String(at).padStart(2, "0")}`;
    const form = { From: SHORT_CODE, To: recipient, Body: body };
    const { status, json } = await client.post("{AC}/Messages.json", form);
    expect(status).toBe(201);
    sids.set(body, String(json["sid"]));
  }
  return sids;
}

async function allAre(client: ApplianceClient, sids: Map<string, string>, status: string): Promise<void> {
  for (const sid of sids.values()) await client.statuses(sid, status);
}

async function arrivedAt(at: SimulatorClient): Promise<string[]> {
  return (await at.arrived()).map(({ body }) => body).sort();
}

/** Waits until so many texts are on phones; their bodies. */
function onPhones(count: number): Promise<string[]> {
  return eventually(async () => {
    const bodies = await arrivedAt(smsc);
    return bodies.length >= count ? bodies : null;
  });
}

/** The bodies of what an event says was sent again. */
async function resent(client: ApplianceClient, sids: Map<string, string>): Promise<string[]> {
  const { events } = await client.get("/appliance/v1/Events?Type=message.resent&PageSize=1000");
  const bodyOf = new Map([...sids].map(([body, sid]) => [sid, body]));
  return (events as Record<string, unknown>[])
    .map(({ message_sid }) => bodyOf.get(String(message_sid)) ?? "?")
    .sort();
}

function bodiesOf(...lists: readonly (readonly string[])[]): string[] {
  return lists.flat().sort();
}

describe("a daemon killed with SIGKILL", { timeout: 120_000 }, () => {
  it("sends what it had accepted exactly once after a restart", async () => {
    await smsc.hold("binds");
    const { daemon, client: before } = await startDaemon(site, configOf());
    const sids = await accepted(before);
    expect((await daemon.end("SIGKILL")).signal).toBe("SIGKILL");
    expect(await smsc.arrived()).toEqual([]);

    await smsc.release("binds");
    const { client } = await startDaemon(site, configOf());
    await allAre(client, sids, "delivered");
    expect(await arrivedAt(smsc)).toEqual(bodiesOf(BODIES));
    expect(await resent(client, sids)).toEqual([]);
  });

  /** Killed with a window of submit_sm that the network has taken and nobody has answered. */
  async function killedInMidSend(config: string, to?: string) {
    const { daemon, client: before } = await startDaemon(site, config);
    await ready(before);
    await smsc.hold("results");
    const sids = await accepted(before, BODIES, to);
    const taken = await onPhones(WINDOW);
    await daemon.end("SIGKILL");
    await smsc.release("results");
    return { sids, taken };
  }

  it("does not send again what the network had taken, once the receipts say so", async () => {
    await smsc.fault({ Fault: "report-late", Ms: "2500" });
    const { sids, taken } = await killedInMidSend(configOf({ waitSeconds: 5 }));
    await smsc.acted("report-late", WINDOW);
    await smsc.faultsOver();

    const { client } = await startDaemon(site, configOf({ waitSeconds: 5 }));
    await allAre(client, sids, "delivered");
    expect(await arrivedAt(smsc)).toEqual(bodiesOf(BODIES));
    for (const body of await resent(client, sids)) expect(taken).not.toContain(body);
  });

  it.each([
    { to: "to phones of their own", phone: undefined },
    { to: "to one phone", phone: PHONE },
  ])(
    "settles by receipts that came before it died, $to, and loses nothing behind them",
    async ({ phone }) => {
      const config = configOf();
      const { daemon, client: before } = await startDaemon(site, config);
      await ready(before);
      await smsc.hold("results");
      const sids = await accepted(before, BODIES, phone);
      const taken = await onPhones(WINDOW);
      await eventually(async () => {
        const counters = (await before.line("carrier"))["counters"] as Record<string, number>;
        return counters["reports"] === WINDOW ? true : null;
      });
      await daemon.end("SIGKILL");
      await smsc.release("results");

      const { client } = await startDaemon(site, config);
      await allAre(client, sids, "delivered");
      expect(await arrivedAt(smsc)).toEqual(bodiesOf(BODIES));
      for (const body of await resent(client, sids)) expect(taken).not.toContain(body);
    },
  );

  it("does not confuse texts to one phone: the receipts settle those that were on the wire", async () => {
    const { daemon, client: first } = await startDaemon(site, configOf({ waitSeconds: 5 }));
    await ready(first);
    const before = await accepted(first, ["before"], PHONE);
    await allAre(first, before, "delivered");
    await daemon.end();
    await smsc.fault({ Fault: "report-late", Ms: "2500" });
    const { sids, taken } = await killedInMidSend(configOf({ waitSeconds: 5 }), PHONE);
    await smsc.acted("report-late", WINDOW);
    await smsc.faultsOver();

    const { client } = await startDaemon(site, configOf({ waitSeconds: 5 }));
    await allAre(client, sids, "delivered");
    expect(await arrivedAt(smsc)).toEqual(bodiesOf(["before"], BODIES));
    for (const body of await resent(client, sids)) expect(taken).not.toContain(body);
  });

  it("sends again what no receipt tells of, and says so in an event", async () => {
    await smsc.fault({ Fault: "report-lost" });
    const { sids, taken } = await killedInMidSend(configOf({ waitSeconds: 2 }));
    await smsc.acted("report-lost", WINDOW);
    await smsc.faultsOver();

    const { client } = await startDaemon(site, configOf({ waitSeconds: 2 }));
    await allAre(client, sids, "delivered");
    expect(await arrivedAt(smsc)).toEqual(bodiesOf(BODIES, taken));
    const told = await resent(client, sids);
    for (const body of taken) expect(told).toContain(body);
    expect(new Set(told).size).toBe(told.length);
  });

  it("tells the app once of texts whose acknowledgement never reached the SMSC", async () => {
    const sink = await WebhookSink.start();
    const { port } = sink;
    const relay = await Relay.start(smsc.port);
    const config = configOf({ port: relay.port });
    const { daemon, client: before } = await startDaemon(site, config);
    await ready(before);
    const { short_codes } = await before.get("{AC}/SMS/ShortCodes.json");
    const [code] = short_codes as { sid: string }[];
    await before.post(`{AC}/SMS/ShortCodes/${code?.sid}.json`, { SmsUrl: sink.url() });
    // Nobody is told before the daemon dies: the webhook that comes later is the only one.
    await sink.stop();
    relay.loseWhatIsSaid();
    await smsc.text(PHONE, SHORT_CODE, "only once");
    await smsc.text(PHONE, SHORT_CODE, "nor this twice");
    const inbound = async (client: ApplianceClient) => {
      const { messages } = await client.get(`{AC}/Messages.json?To=${SHORT_CODE}`);
      return (messages as { body: string }[]).map(({ body }) => body);
    };
    await eventually(async () => ((await inbound(before)).length === 2 ? true : null));
    await daemon.end("SIGKILL");

    const again = (await WebhookSink.start(port)).at("/sms", says(204, null));
    const { client } = await startDaemon(site, config);
    await eventually(async () => {
      const counters = (await client.line("carrier"))["counters"] as Record<string, number>;
      return counters["received"] === 2 ? true : null;
    });
    await smsc.text(PHONE, SHORT_CODE, "and on");
    await again.received(3);
    const told = again.requests.map(({ params }) => params["Body"]);
    expect(told).toEqual(["only once", "nor this twice", "and on"]);
    expect((await inbound(client)).sort()).toEqual([...told].sort());
    await Promise.all([again.stop(), relay.stop()]);
  });
});

describe("an SMSC that dies in mid-traffic", { timeout: 120_000 }, () => {
  it("loses nothing, and doubles only what an event tells of", async () => {
    const config = configOf({ waitSeconds: 2 });
    const { client } = await startDaemon(site, config);
    await ready(client);
    // However slowly they are posted, some of them are on the wire when it dies.
    await smsc.fault({ Fault: "late-answer", Ms: "500" });
    await smsc.fault({ Fault: "report-lost" });
    const many = Array.from({ length: 100 }, (_, at) => `t${at + 1}`);
    const posting = accepted(client, many);
    await onPhones(30);
    const taken = await arrivedAt(smsc);
    await smscProcess.end("SIGKILL");
    const sids = await posting;

    const { smsc: after } = await startSmsc(site, { numbers: [SHORT_CODE], port: smsc.port });
    // What the dead one had answered is sent; its receipts never came.
    const sent = await eventually(async () => {
      const statuses = await Promise.all(
        [...sids].map(
          async ([body, sid]) => [body, (await client.get(`{AC}/Messages/${sid}.json`))["status"]] as const,
        ),
      );
      if (statuses.some(([, status]) => status !== "sent" && status !== "delivered")) return null;
      const unreported = statuses.filter(([, status]) => status === "sent").map(([body]) => body);
      // The receipts of the one that took its place may still be on their way.
      const late = await arrivedAt(after);
      return unreported.some((body) => late.includes(body)) ? null : unreported;
    });
    const arrived = await arrivedAt(after);
    expect(bodiesOf(sent, arrived)).toEqual(bodiesOf(many));
    expect(sent.length).toBeGreaterThan(0);
    const told = await resent(client, sids);
    expect(told.length).toBeGreaterThan(0);
    for (const body of arrived.filter((each) => taken.includes(each))) expect(told).toContain(body);
  });
});

describe("a daemon asked to stop with a window in flight", { timeout: 120_000 }, () => {
  async function inFlight() {
    const running = await startDaemon(site, configOf({ waitSeconds: 5 }));
    await ready(running.client);
    await smsc.hold("sends");
    const sids = await accepted(running.client);
    await eventually(async () => {
      const { messages } = await running.client.get("{AC}/Messages.json?PageSize=100");
      const sending = (messages as { status: string }[]).filter(({ status }) => status === "sending");
      return sending.length >= WINDOW ? true : null;
    });
    return { ...running, sids };
  }

  it("waits for the answers, unbinds, and sends the rest after the restart", async () => {
    const { daemon, sids } = await inFlight();
    const ended = daemon.end("SIGTERM");
    await daemon.logged("stopping");
    await smsc.release("sends");
    expect(await ended).toEqual({ code: 0, signal: null });
    expect((await smscProcess.logged("an ESME is gone"))["reason"]).toBe("unbound by the ESME");
    expect((await onPhones(WINDOW)).length).toBe(WINDOW);

    const { client } = await startDaemon(site, configOf({ waitSeconds: 5 }));
    await allAre(client, sids, "delivered");
    expect(await arrivedAt(smsc)).toEqual(bodiesOf(BODIES));
    expect(await resent(client, sids)).toEqual([]);
  });

  it("ends with 0 within ten seconds when none comes, and lets the receipts tell", async () => {
    const { daemon, sids } = await inFlight();
    expect(await daemon.end("SIGTERM")).toEqual({ code: 0, signal: null });
    const [stopping, stopped] = await Promise.all([daemon.logged("stopping"), daemon.logged("stopped")]);
    expect(Number(stopped["time"]) - Number(stopping["time"])).toBeLessThan(10_000);
    expect((await smscProcess.logged("an ESME is gone"))["reason"]).toBe("unbound by the ESME");

    await smsc.release("sends");
    const { client } = await startDaemon(site, configOf({ waitSeconds: 5 }));
    await allAre(client, sids, "delivered");
    expect(await arrivedAt(smsc)).toEqual(bodiesOf(BODIES));
    expect(await resent(client, sids)).toEqual([]);
  });
});
