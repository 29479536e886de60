/** A number that is given back and bought again, by a running daemon and its restarts. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { type ApplianceClient, startDaemon } from "../harness/appliance.ts";
import { eventually, Site } from "../harness/program.ts";

const NUMBER = "+33639980001";
const HANDSET = "+33612345678";
const CONFIG = `dataDir: data
lines:
  - { name: sim1, type: modem, device: "sim:", number: "${NUMBER}", place: { locality: Paris } }
`;

let site: Site;
beforeEach(() => {
  site = new Site();
});
afterEach(() => site.end());

async function forSale(client: ApplianceClient): Promise<unknown[]> {
  const path = "{AC}/AvailablePhoneNumbers/FR/Mobile.json?InLocality=paris";
  const found = (await client.get(path))["available_phone_numbers"] as { phone_number: string }[];
  return found.map((number) => number.phone_number);
}

async function received(client: ApplianceClient): Promise<unknown[]> {
  const { messages } = await client.get(`{AC}/Messages.json?To=${encodeURIComponent(NUMBER)}`);
  return (messages as { body: string }[]).map(({ body }) => body);
}

it("stays released across a restart, keeps what is texted to it, and routes that when it is bought", async () => {
  const first = await startDaemon(site, CONFIG);
  expect(await forSale(first.client)).toEqual([]);
  const path = `/2010-04-01/Accounts/${first.client.sid}/IncomingPhoneNumbers/${await first.client.numberSid(NUMBER)}.json`;
  const answer = await fetch(first.client.base + path, {
    method: "DELETE",
    headers: { Authorization: `Basic ${btoa(`${first.client.sid}:${first.client.token}`)}` },
  });
  expect(answer.status).toBe(204);
  expect(await forSale(first.client)).toEqual([NUMBER]);
  await first.daemon.end("SIGTERM");

  const { client } = await startDaemon(site, CONFIG);
  await eventually(async () => ((await client.line("sim1"))["state"] === "ready" ? true : null));
  expect(await forSale(client)).toEqual([NUMBER]);
  const texted = await client.post("/appliance/v1/Simulator/Messages", {
    From: HANDSET,
    To: NUMBER,
    Body: "Hi",
  });
  expect(texted.status).toBe(201);
  await eventually(async () => {
    const { events } = await client.get("/appliance/v1/Events");
    return (events as { type: string }[]).some(({ type }) => type === "inbound.unrouted") ? true : null;
  });
  expect(await received(client)).toEqual([]);

  const bought = await client.post("{AC}/IncomingPhoneNumbers.json", { PhoneNumber: NUMBER });
  expect([bought.status, bought.json["type"]]).toEqual([201, "mobile"]);
  expect(await forSale(client)).toEqual([]);
  await eventually(async () => ((await received(client)).includes("Hi") ? true : null));
});
