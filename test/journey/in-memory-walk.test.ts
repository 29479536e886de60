/** The first walk of a new user: no hardware, no configuration but a port of its own. */
import { createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startDaemon } from "../harness/appliance.ts";
import { eventually, Site } from "../harness/program.ts";

const NUMBER = "+33639980001";
const HANDSET = "+33612345678";
const CONFIG = `dataDir: data
lines:
  - { name: sim1, type: modem, device: "sim:", number: "${NUMBER}" }
`;

type HandsetMessage = { from: string; to: string; body: string };

let site: Site;
beforeEach(() => {
  site = new Site();
});
afterEach(() => site.end());

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe("on the in-memory modem", () => {
  it("sends a text: 201, queued to delivered, and the text on the handset", async () => {
    const { client } = await startDaemon(site, CONFIG);
    const answer = await client.post("{AC}/Messages.json", { From: NUMBER, To: HANDSET, Body: "Hello" });
    expect(answer.status).toBe(201);
    expect(answer.json).toMatchObject({
      status: "queued",
      from: NUMBER,
      to: HANDSET,
      body: "Hello",
      num_segments: "1",
    });
    const sid = String(answer.json["sid"]);
    const seen = await client.statuses(sid, "delivered");
    const order = ["queued", "sending", "sent", "delivered"];
    expect(seen).toEqual(order.filter((status) => seen.includes(status)));
    const { messages } = await client.get("/appliance/v1/Simulator/Messages");
    expect(messages).toEqual([expect.objectContaining({ from: NUMBER, to: HANDSET, body: "Hello" })]);
  });

  it("tells an app each status in order, signed", async () => {
    const { client } = await startDaemon(site, CONFIG);
    const told: string[] = [];
    const { createServer: createHttpServer } = await import("node:http");
    const sink = createHttpServer((request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      request.on("end", () => {
        const signed = request.headers["x-twilio-signature"] === undefined ? "unsigned " : "";
        told.push(signed + new URLSearchParams(body).get("MessageStatus"));
        response.end();
      });
    });
    await new Promise<void>((resolve) => sink.listen(0, "127.0.0.1", resolve));
    const { port } = sink.address() as { port: number };
    await client.post("{AC}/Messages.json", {
      From: NUMBER,
      To: HANDSET,
      Body: "Hello",
      StatusCallback: `http://127.0.0.1:${port}/status`,
    });
    await eventually(async () => (told.includes("delivered") ? told : null));
    expect(told).toEqual(["sending", "sent", "delivered"].filter((status) => told.includes(status)));
    expect(told).toContain("sent");
    sink.closeAllConnections();
    await new Promise((resolve) => sink.close(resolve));
  });

  it("plays the weather story: a place texted in, its weather texted back, nobody naming whom to answer", async () => {
    const { client } = await startDaemon(site, CONFIG);
    const port = await freePort();
    const smsUrl = `http://127.0.0.1:${port}/sms`;
    const weather = site.run("examples/weather.js", [], {
      PORT: String(port),
      PUBLIC_URL: smsUrl,
      TWILIO_AUTH_TOKEN: client.token,
    });
    await weather.line((line) => (line.includes(smsUrl) ? line : null));

    const updated = await client.post(`{AC}/IncomingPhoneNumbers/${await client.numberSid(NUMBER)}.json`, {
      SmsUrl: smsUrl,
    });
    expect(updated.json["sms_url"]).toBe(smsUrl);
    const texted = await client.post("/appliance/v1/Simulator/Messages", {
      From: HANDSET,
      To: NUMBER,
      Body: "Paris",
    });
    expect(texted.status).toBe(201);

    const reply = await eventually(async () => {
      const { messages } = await client.get("/appliance/v1/Simulator/Messages");
      return (messages as HandsetMessage[]).find(({ from }) => from === NUMBER) ?? null;
    });
    expect(reply).toMatchObject({ to: HANDSET, body: expect.stringMatching(/^Paris: /) });
    const all = (await client.get("{AC}/Messages.json"))["messages"] as Record<string, unknown>[];
    expect(all.map(({ direction }) => direction)).toEqual(["outbound-reply", "inbound"]);
  });
});
