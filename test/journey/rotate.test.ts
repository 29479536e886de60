/** `pylone credentials --rotate`, with the daemon running and without. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import twilio from "twilio";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ApplianceClient, startDaemon } from "../harness/appliance.ts";
import { pylone } from "../harness/command.ts";
import { Site } from "../harness/program.ts";
import { WebhookSink } from "../harness/webhook-sink.ts";

const CONFIG = `dataDir: data
lines:
  - { name: sim1, type: modem, device: "sim:", number: "+33639980001" }
`;

let site: Site;
beforeEach(() => {
  site = new Site();
});
afterEach(() => site.end());

it("rotates through the running daemon: the old token is refused, webhooks are signed with the new one", async () => {
  const sink = await WebhookSink.start();
  const { client } = await startDaemon(site, CONFIG);
  const number = await client.numberSid("+33639980001");
  await client.post(`{AC}/IncomingPhoneNumbers/${number}.json`, { SmsUrl: sink.url() });

  const { code, out, errors } = await pylone(site, ["credentials", "--rotate", "--config", "pylone.yaml"]);
  expect(code).toBe(0);
  expect(out).toMatch(/^AC[0-9a-f]{32}:[0-9a-f]{32}\n$/);
  expect(errors).toContain("every program that calls the API");
  expect(errors).toContain(`\n    http://127.0.0.1:${sink.port}\n`);
  expect((await client.call("GET", "/appliance/v1/Lines")).status).toBe(401);
  const renewed = new ApplianceClient(client.base, out.trim());
  expect((await renewed.call("GET", "/appliance/v1/Lines")).status).toBe(200);

  await renewed.post("/appliance/v1/Simulator/Messages", {
    From: "+33612345678",
    To: "+33639980001",
    Body: "signed?",
  });
  await sink.received(1);
  const [asked] = sink.requests;
  const signature = String(asked?.headers["x-twilio-signature"]);
  const url = sink.url();
  expect(twilio.validateRequest(renewed.token, signature, url, asked?.params ?? {})).toBe(true);
  expect(twilio.validateRequest(client.token, signature, url, asked?.params ?? {})).toBe(false);
  await sink.stop();
});

it("rotates beside a stopped daemon, which then starts on the new token", async () => {
  const { client, daemon } = await startDaemon(site, CONFIG);
  await daemon.end();
  const { code, out } = await pylone(site, ["credentials", "--rotate", "--json", "--config", "pylone.yaml"]);
  expect(code).toBe(0);
  const { sid, authToken } = JSON.parse(out) as { sid: string; authToken: string };
  expect(sid).toBe(client.sid);
  expect(authToken).not.toBe(client.token);
  const { client: next } = await startDaemon(site, CONFIG);
  expect(next.token).toBe(authToken);
  expect((await next.get("/appliance/v1/Events?Type=account.rotated"))["events"]).toHaveLength(1);
});

it("leaves a token that stands in the configuration, and says where", async () => {
  const { client, daemon } = await startDaemon(site, CONFIG);
  await daemon.end();
  const file = join(site.folder, "own.yaml");
  writeFileSync(file, `account: { sid: ${client.sid}, authToken: "${client.token}" }\n${CONFIG}`);
  const before = readFileSync(join(site.folder, "data/settings.json"), "utf8");
  const { code, errors } = await pylone(site, ["credentials", "--rotate", "--config", file]);
  expect(code).toBe(78);
  expect(errors).toContain(`change account.authToken in ${file} and restart the daemon`);
  expect(readFileSync(join(site.folder, "data/settings.json"), "utf8")).toBe(before);
});
