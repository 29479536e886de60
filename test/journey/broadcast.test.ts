/** The morning forecast by the built program: joined by text, asked of the weather app, and the plug pulled in the middle. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ApplianceClient, startDaemon } from "../harness/appliance.ts";
import { eventually, Site } from "../harness/program.ts";
import { type Behaviour, never, says, WebhookSink } from "../harness/webhook-sink.ts";

const NUMBER = "+33639980001";
const READERS = ["+33612345671", "+33612345672", "+33612345673"];
const CONFIG = `dataDir: data
lines:
  - { name: sim1, type: modem, device: "sim:", number: "${NUMBER}" }
`;
const FORECAST = "Tomorrow in Paris: sunny spells, 19 C, wind from the west";

type Handsets = { messages: { handset: string; direction: string; body: string }[] };

let site: Site;
beforeEach(() => {
  site = new Site();
});
afterEach(() => site.end());

async function created(client: ApplianceClient, path: string, form: Record<string, string>): Promise<string> {
  const answer = await client.post(path, form);
  if (answer.status !== 201)
    throw new Error(`${path} answered ${answer.status}: ${JSON.stringify(answer.json)}`);
  return String(answer.json["sid"]);
}

async function broadcast(client: ApplianceClient, more: Record<string, string>): Promise<string> {
  const audience = await created(client, "/appliance/v1/Audiences", {
    FriendlyName: "Meteo",
    Keyword: "METEO",
  });
  for (const From of READERS) {
    await client.post("/appliance/v1/Simulator/Messages", { From, To: NUMBER, Body: "Météo" });
  }
  const members = `/appliance/v1/Audiences/${audience}/Members`;
  await eventually(async () => {
    const { members: joined } = (await client.get(members)) as { members: unknown[] };
    return joined.length === READERS.length ? true : null;
  });
  const fields = {
    FriendlyName: "forecast",
    Cron: "0 7 * * *",
    From: NUMBER,
    AudienceSid: audience,
    ...more,
  };
  return `/appliance/v1/Broadcasts/${await created(client, "/appliance/v1/Broadcasts", fields)}`;
}

async function forecastsOn(client: ApplianceClient): Promise<string[]> {
  const { messages } = (await client.get("/appliance/v1/Simulator/Messages")) as unknown as Handsets;
  return messages.filter(({ body }) => body === FORECAST).map(({ handset }) => handset);
}

describe("the morning forecast", () => {
  it("is asked of the app and reaches everybody who joined by text, when it is run now", async () => {
    const { client } = await startDaemon(site, CONFIG);
    const weather = site.run("examples/weather.js", [], { PORT: "0" });
    const smsUrl = await weather.line((line) => /http:\S+\/sms/.exec(line)?.[0] ?? null);
    const url = new URL("/forecast?town=Paris", smsUrl).href;
    const path = await broadcast(client, { BodyUrl: url });
    expect(await client.get(`${path}/DryRun`)).toMatchObject({
      would_send: true,
      recipients: 3,
      segments: 3,
    });
    const run = await created(client, `${path}/Runs`, {});
    await eventually(async () => {
      const { messages } = (await client.get(`${path}/Runs/${run}`)) as { messages: { delivered?: number } };
      return messages.delivered === READERS.length ? true : null;
    });
    expect((await forecastsOn(client)).sort()).toEqual(READERS);
  });

  it.each<[string, Behaviour, RegExp]>([
    ["answers HTML", says(200, "text/html", "<h1>Sign in</h1>"), /HTML/],
    ["never answers", never, /./],
  ])("of an app that %s is sent to nobody, and an event says why", async (_what, behaviour, why) => {
    const sink = await WebhookSink.start();
    try {
      sink.at("/forecast", behaviour);
      const { client } = await startDaemon(site, `webhook: { timeoutMs: 500 }\n${CONFIG}`);
      const path = await broadcast(client, { BodyUrl: sink.url("/forecast") });
      expect((await client.get(`${path}/DryRun`))["would_send"]).toBe(false);
      const run = await created(client, `${path}/Runs`, {});
      const ended = await eventually(async () => {
        const found = await client.get(`${path}/Runs/${run}`);
        return found["status"] === "skipped" ? found : null;
      });
      expect(ended).toMatchObject({ reason: expect.stringMatching(why), outcomes: { accepted: 0 } });
      const { events } = await client.get("/appliance/v1/Events?Type=broadcast.skipped");
      expect(events).toMatchObject([{ text: expect.stringContaining(String(ended["reason"])) }]);
      const { members } = await client.get(`${path}/Runs/${run}/Members`);
      expect(members).toEqual([]);
    } finally {
      await sink.stop();
    }
  });

  it("goes on after kill -9 right after it was begun: everybody has one message, and nobody two", async () => {
    const first = await startDaemon(site, CONFIG);
    const path = await broadcast(first.client, { Body: FORECAST });
    const run = await created(first.client, `${path}/Runs`, {});
    await first.daemon.end("SIGKILL");
    const second = await startDaemon(site, CONFIG);
    await eventually(async () => {
      const { status } = await second.client.get(`${path}/Runs/${run}`);
      return status === "finished" ? true : null;
    });
    const { members } = (await second.client.get(`${path}/Runs/${run}/Members`)) as {
      members: { phone_number: string; outcome: string; message_sid: string }[];
    };
    expect(members.map(({ phone_number, outcome }) => [phone_number, outcome])).toEqual(
      READERS.map((phone) => [phone, "accepted"]),
    );
    const { messages } = (await second.client.get("{AC}/Messages.json?PageSize=100")) as unknown as {
      messages: { sid: string; body: string }[];
    };
    const sent = messages.filter(({ body }) => body === FORECAST).map(({ sid }) => sid);
    expect(sent.sort()).toEqual(members.map(({ message_sid }) => message_sid).sort());
  });
});
