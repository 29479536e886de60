/** Somebody asks for the weather by text, says STOP, takes it up again and leaves, with the daemon killed in between. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { type ApplianceClient, startDaemon } from "../harness/appliance.ts";
import { eventually, Site } from "../harness/program.ts";
import { twiml, WebhookSink } from "../harness/webhook-sink.ts";

const NUMBER = "+33639980001";
const HANDSET = "+33612345678";
const CONFIG = `dataDir: data
lines:
  - { name: sim1, type: modem, device: "sim:", number: "${NUMBER}", segmentsPerSecond: unlimited }
`;
const WELCOME = "Inscription à la météo enregistrée. Répondez METEO STOP pour vous désinscrire.";
const GOODBYE = "Désinscription de la météo enregistrée. Répondez METEO pour vous réinscrire.";

let site: Site;
let sink: WebhookSink;
beforeEach(async () => {
  site = new Site();
  sink = await WebhookSink.start();
});
afterEach(async () => {
  await site.end();
  await sink.stop();
});

const text = (client: ApplianceClient, body: string) =>
  client.post("/appliance/v1/Simulator/Messages", { From: HANDSET, To: NUMBER, Body: body });

async function onHandset(client: ApplianceClient, body: string): Promise<void> {
  await eventually(async () => {
    const { messages } = await client.get("/appliance/v1/Simulator/Messages");
    const received = (messages as { direction: string; body: string }[]).filter(
      (message) => message.direction === "to-handset" && message.body === body,
    );
    return received.length > 0 ? true : null;
  });
}

async function members(client: ApplianceClient, audience: string) {
  return (await client.get(`${audience}/Members`))["members"] as Record<string, unknown>[];
}

/** Waits until the only member has said STOP, or has not. */
const optedOut = (client: ApplianceClient, audience: string, is: boolean) =>
  eventually(async () => ((await members(client, audience))[0]?.["opted_out"] === is ? true : null));

it("METEO subscribes, STOP and START hold, METEO STOP leaves; the app hears of none but STOP and START", async () => {
  sink.at("/sms", twiml(""));
  const first = await startDaemon(site, CONFIG);
  await first.client.post(`{AC}/IncomingPhoneNumbers/${await first.client.numberSid(NUMBER)}.json`, {
    SmsUrl: sink.url(),
  });
  const { json } = await first.client.post("/appliance/v1/Audiences", {
    FriendlyName: "la météo",
    Keyword: "METEO",
  });
  const audience = `/appliance/v1/Audiences/${json["sid"]}`;
  await text(first.client, "Meteo");
  await onHandset(first.client, WELCOME);
  expect(await members(first.client, audience)).toMatchObject([
    { phone_number: HANDSET, joined_by: "keyword", opted_out: false },
  ]);
  await text(first.client, "STOP");
  await optedOut(first.client, audience, true);
  expect(await members(first.client, audience)).toMatchObject([{ opted_out_of: [NUMBER] }]);
  await first.daemon.end("SIGKILL");

  const { client } = await startDaemon(site, CONFIG);
  await optedOut(client, audience, true);
  await text(client, "START");
  await optedOut(client, audience, false);
  await text(client, "meteo stop");
  await onHandset(client, GOODBYE);
  expect(await members(client, audience)).toEqual([]);
  expect((await client.get(audience))["members"]).toBe(0);

  await text(client, "Paris");
  await eventually(() =>
    Promise.resolve(sink.requests.some(({ params }) => params["Body"] === "Paris") || null),
  );
  expect(new Set(sink.requests.map(({ params }) => params["Body"]))).toEqual(
    new Set(["STOP", "START", "Paris"]),
  );
});
