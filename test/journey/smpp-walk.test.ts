/** What a site with a carrier does in its first hour: the built daemon, the official SDK, an SMSC in memory or over TCP. */
import twilio from "twilio";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ApplianceClient, startDaemon } from "../harness/appliance.ts";
import { eventually, Site } from "../harness/program.ts";
import { startSmsc } from "../harness/smsc.ts";

const NUMBER = "+33755500001";
const SHORT_CODE = "36123";
const HANDSET = "+33612345678";
const SIM = "+33639980001";

type HandsetMessage = { direction: string; from: string; to: string; body: string; parts: number };

let site: Site;
beforeEach(() => {
  site = new Site();
});
afterEach(() => site.end());

function sdkOf(box: ApplianceClient): ReturnType<typeof twilio> {
  const sdk = twilio(box.sid, box.token);
  sdk.api.baseUrl = box.base;
  return sdk;
}

async function ready(box: ApplianceClient, name: string): Promise<void> {
  await eventually(async () => ((await box.line(name))["state"] === "ready" ? true : null));
}

/** Buys the one number the line offers, as on Twilio. */
async function bought(box: ApplianceClient, smsUrl: string): Promise<string> {
  const sdk = sdkOf(box);
  const [offer] = await sdk.availablePhoneNumbers("FR").mobile.list({ limit: 5 });
  const number = await sdk.incomingPhoneNumbers.create({ phoneNumber: offer?.phoneNumber ?? "", smsUrl });
  return number.phoneNumber;
}

async function weatherApp(box: ApplianceClient): Promise<string> {
  const weather = site.run("examples/weather.js", [], { PORT: "0" });
  expect(box.sid).toMatch(/^AC/);
  return weather.line((line) => /http:\S+\/sms/.exec(line)?.[0] ?? null);
}

describe("over url: sim:", () => {
  const CONFIG = `dataDir: data
lines:
  - { name: carrier, type: smpp, url: "sim:", numbers: ["${NUMBER}", "${SHORT_CODE}", "PYLONE"] }
`;

  it("buys a number, sends to a receipt, and answers a text by TwiML", async () => {
    const { client: box } = await startDaemon(site, CONFIG);
    await ready(box, "carrier");
    expect(await box.line("carrier")).toMatchObject({ kind: "smpp", simulated: true });
    const from = await bought(box, await weatherApp(box));
    expect(from).toBe(NUMBER);

    const sent = await sdkOf(box).messages.create({
      from,
      to: HANDSET,
      body: "a text of several parts. ".repeat(12),
    });
    expect(sent).toMatchObject({ status: "queued", numSegments: "2" });
    await box.statuses(sent.sid, "delivered");
    const detail = await box.get(`/appliance/v1/Messages/${sent.sid}`);
    expect(detail).toMatchObject({
      line: "carrier",
      submissions: [
        { line: "carrier", report_state: "delivered", report_status: 2 },
        { line: "carrier", report_state: "delivered" },
      ],
    });

    await box.post("/appliance/v1/Simulator/Messages", { From: HANDSET, To: NUMBER, Body: "Paris" });
    const reply = await eventually(async () => {
      const { messages } = await box.get("/appliance/v1/Simulator/Messages");
      return (messages as HandsetMessage[]).find(({ body }) => body.startsWith("Paris: ")) ?? null;
    });
    expect(reply).toMatchObject({ direction: "to-handset", from: NUMBER, to: HANDSET });
  });

  it("sends from a short code and a name, which are the account's from the start", async () => {
    const { client: box } = await startDaemon(site, CONFIG);
    await ready(box, "carrier");
    const [code] = await sdkOf(box).shortCodes.list();
    expect(code?.shortCode).toBe(SHORT_CODE);
    for (const from of [SHORT_CODE, "PYLONE"]) {
      const { sid } = await sdkOf(box).messages.create({ from, to: HANDSET, body: `from ${from}` });
      await box.statuses(sid, "delivered");
    }
    const { messages } = await box.get("/appliance/v1/Simulator/Messages");
    const arrived = (messages as HandsetMessage[]).map(({ from, body }) => `${from}: ${body}`);
    expect(arrived).toEqual(["PYLONE: from PYLONE", "36123: from 36123"]);
  });

  it("is throttled by its carrier without burning an attempt, and shows it", async () => {
    const { client: box } = await startDaemon(
      site,
      CONFIG.replace('"PYLONE"] ', '"PYLONE"], segmentsPerSecond: unlimited '),
    );
    await ready(box, "carrier");
    const fault = await box.post("/appliance/v1/Simulator/Faults", { Fault: "throttle", PerSecond: "40" });
    expect(fault.status).toBe(201);
    const sids = await Promise.all(
      Array.from({ length: 120 }, async (_, at) => {
        const { json } = await box.post("{AC}/Messages.json", {
          From: SHORT_CODE,
          To: HANDSET,
          Body: `m${at}`,
        });
        return String(json["sid"]);
      }),
    );
    await eventually(async () => ((await box.line("carrier"))["throttled_to"] === null ? null : true));
    for (const sid of sids) await box.statuses(sid, "delivered");
    const last = await box.get(`/appliance/v1/Messages/${sids.at(-1)}`);
    expect(last).toMatchObject({ attempts: 0, status: "delivered" });
    const { events } = await box.get("/appliance/v1/Events?Type=line.throttled");
    expect(events).toHaveLength(1);
  });

  it("takes over the queue of a modem that is not there, and says so everywhere", async () => {
    const { client: box } = await startDaemon(
      site,
      `${CONFIG}  - { name: gsm1, type: modem, device: "tcp://127.0.0.1:9", number: "${SIM}", fallback: carrier, fallbackAfterSeconds: 2 }\n`,
    );
    await ready(box, "carrier");
    const { sid } = await sdkOf(box).messages.create({ from: SIM, to: HANDSET, body: "over the other way" });
    const early = await box.get(`/appliance/v1/Messages/${sid}/Explanation`);
    expect(String(early["reason"])).toMatch(/goes over carrier/);
    await box.statuses(sid, "delivered");
    expect(await box.get(`/appliance/v1/Messages/${sid}`)).toMatchObject({
      line: "carrier",
      submissions: [{ line: "carrier" }],
    });
    expect(await box.line("gsm1")).toMatchObject({ fallback: "carrier", fallback_active: true });
    expect(await box.line("carrier")).toMatchObject({ carries: ["gsm1"] });
    const health = await box.get("/health");
    expect(health).toMatchObject({ status: "warn", checks: { "line:gsm1": { status: "warn" } } });
    const { events } = await box.get("/appliance/v1/Events?Type=line.fallback");
    expect(events).toMatchObject([{ level: "warning", line: "gsm1" }]);
  });
});

describe("over TCP, to pylone simulate --smsc", () => {
  it("binds with its password, sends to a receipt, and answers a text by TwiML", async () => {
    const { smsc } = await startSmsc(site, { numbers: [NUMBER], password: "s3:@t" });
    const { client: box, daemon } = await startDaemon(
      site,
      `dataDir: data\nlines:\n  - { name: carrier, type: smpp, url: "smpp://box:s3%3A%40t@127.0.0.1:${smsc.port}", numbers: ["${NUMBER}"], window: 50 }\n`,
    );
    await ready(box, "carrier");
    expect(await box.line("carrier")).toMatchObject({ simulated: false, window: 50 });
    const from = await bought(box, await weatherApp(box));
    const { sid } = await sdkOf(box).messages.create({ from, to: HANDSET, body: "Hello over SMPP" });
    await smsc.arrival("Hello over SMPP");
    await box.statuses(sid, "delivered");
    await smsc.text(HANDSET, NUMBER, "tokyo");
    await eventually(
      async () => (await smsc.arrived()).find(({ body }) => body.startsWith("Tokyo: ")) ?? null,
    );
    expect(daemon.lines.join("\n")).not.toContain("s3");
  });

  it("is refused with a wrong password, says why, and never prints it", async () => {
    const { smsc } = await startSmsc(site, { numbers: [NUMBER], password: "right" });
    const { client: box, daemon } = await startDaemon(
      site,
      `dataDir: data\nlines:\n  - { name: carrier, type: smpp, url: "smpp://box:sesame@127.0.0.1:${smsc.port}", numbers: ["${NUMBER}"] }\n`,
    );
    await eventually(async () => ((await box.line("carrier"))["state"] === "refused" ? true : null));
    expect(String((await box.line("carrier"))["reason"])).toMatch(/password/);
    expect((await box.call("GET", "/health")).status).toBe(503);
    expect(JSON.stringify(await box.get("/appliance/v1/Lines"))).not.toContain("sesame");
    expect(daemon.lines.join("\n")).not.toContain("sesame");
  });
});
