/** A text out and the weather story, over whatever `device` is; for the modems that are processes of their own. */
import { startDaemon } from "./appliance.ts";
import { eventually, type Site } from "./program.ts";
import type { SimulatorClient } from "./simulator.ts";

const NUMBER = "+33639980001";
const HANDSET = "+33612345678";

/** The texts that arrived on the handset, in order. The number is not configured: the SIM tells it. */
export async function walk(site: Site, device: string, simulator: SimulatorClient): Promise<string[]> {
  const { client } = await startDaemon(
    site,
    `dataDir: data\nlines:\n  - { name: usb, type: modem, device: "${device}" }\n`,
  );
  await eventually(async () => ((await client.line("usb"))["state"] === "ready" ? true : null));
  const numberSid = await eventually(() => client.numberSid(NUMBER).catch(() => null));

  const sent = await client.post("{AC}/Messages.json", {
    From: NUMBER,
    To: HANDSET,
    Body: "Hello over the wire",
  });
  if (sent.status !== 201)
    throw new Error(`POST Messages answered ${sent.status}: ${JSON.stringify(sent.json)}`);
  await client.statuses(String(sent.json["sid"]), "delivered");

  const weather = site.run("examples/weather.js", [], { PORT: "0" });
  const smsUrl = await weather.line((line) => /http:\S+\/sms/.exec(line)?.[0] ?? null);
  await client.post(`{AC}/IncomingPhoneNumbers/${numberSid}.json`, { SmsUrl: smsUrl });
  await simulator.text(HANDSET, NUMBER, "tokyo");
  return eventually(async () => {
    const arrived = await simulator.arrived();
    return arrived.length < 2 ? null : arrived.map(({ body }) => body);
  });
}
