/** A person unsubscribes and subscribes again, over the air, with the daemon restarted in between. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { type ApplianceClient, startDaemon } from "../harness/appliance.ts";
import { eventually, Site } from "../harness/program.ts";
import { twiml, WebhookSink } from "../harness/webhook-sink.ts";

const NUMBER = "+33639980001";
const HANDSET = "+33612345678";
const CONFIG = `dataDir: data
lines:
  - { name: sim1, type: modem, device: "sim:", number: "${NUMBER}", segmentsPerSecond: unlimited }
optOut: { languages: { fr: { replies: { stop: "Fini." } } } }
`;

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

const send = (client: ApplianceClient) =>
  client.post("{AC}/Messages.json", { From: NUMBER, To: HANDSET, Body: "Offer" });

async function onHandset(client: ApplianceClient): Promise<string[]> {
  const { messages } = await client.get("/appliance/v1/Simulator/Messages");
  return (messages as { direction: string; body: string }[])
    .filter(({ direction }) => direction === "to-handset")
    .map(({ body }) => body);
}

it.each(["SIGTERM", "SIGKILL"] as const)(
  "STOP blocks REST and TwiML with 21610 across an end by %s, and START lifts it",
  async (signal) => {
    sink.at("/sms", twiml("<Message>Are you sure?</Message>"));
    const first = await startDaemon(site, CONFIG);
    await first.client.post(`{AC}/IncomingPhoneNumbers/${await first.client.numberSid(NUMBER)}.json`, {
      SmsUrl: sink.url(),
    });
    await text(first.client, "stop");
    await eventually(async () => ((await onHandset(first.client)).includes("Fini.") ? true : null));
    await sink.received(1);
    expect(sink.requests[0]?.params["Body"]).toBe("stop");
    await eventually(async () => {
      const { events } = await first.client.get("/appliance/v1/Events");
      return (events as { error_code: number | null }[]).find((each) => each.error_code === 21610) ?? null;
    });
    expect(await send(first.client)).toMatchObject({ status: 400, json: { code: 21610 } });
    await first.daemon.end(signal);

    const { client } = await startDaemon(site, CONFIG);
    expect(await send(client)).toMatchObject({ status: 400, json: { code: 21610 } });
    await text(client, "START");
    await eventually(async () => ((await send(client)).status === 201 ? true : null));
    await eventually(async () => ((await onHandset(client)).includes("Offer") ? true : null));
    const all = (await client.get("{AC}/Messages.json"))["messages"] as { body: string }[];
    expect(all.map(({ body }) => body)).not.toContain("Fini.");
  },
);
