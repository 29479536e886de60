/**
 * An app as Twilio's customers wrote it: every request validated with the SDK's own `validateRequest`, answered with
 * the SDK's own TwiML, and told what became of the reply.
 */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import twilio from "twilio";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type ApplianceClient, startDaemon } from "../harness/appliance.ts";
import { eventually, Site } from "../harness/program.ts";

const NUMBER = "+33639980001";
const HANDSET = "+33612345678";
const CONFIG = `dataDir: data
lines:
  - { name: sim1, type: modem, device: "sim:", number: "${NUMBER}", segmentsPerSecond: unlimited }
`;

type Seen = { readonly path: string; readonly params: Record<string, string>; readonly token: string };

/** `twilio.webhook()` without Express: 400 without a signature, 403 with a wrong one. */
class TwilioApp {
  readonly seen: Seen[] = [];
  readonly refused: string[] = [];
  /** Tokens of what came while it was down: a proxy before it answers 503. */
  readonly turnedAway: string[] = [];
  isDown = false;
  authToken = "";
  readonly #server: Server;

  private constructor() {
    this.#server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks).toString("utf8");
      const params = Object.fromEntries(new URLSearchParams(body));
      const token = String(request.headers["i-twilio-idempotency-token"]);
      if (this.isDown) {
        this.turnedAway.push(token);
        return void response.writeHead(503).end();
      }
      const signature = request.headers["x-twilio-signature"];
      if (typeof signature !== "string") return void response.writeHead(400).end("No signature header error");
      if (!twilio.validateRequest(this.authToken, signature, this.#urlOf(request), params)) {
        this.refused.push(request.url ?? "");
        return void response.writeHead(403).end("Twilio Request Validation Failed.");
      }
      const path = new URL(request.url ?? "", "http://app").pathname;
      this.seen.push({ path, params, token });
      if (path === "/status") return void response.writeHead(204).end();
      const twiml = new twilio.twiml.MessagingResponse();
      if (path === "/sms") twiml.redirect({ method: "POST" }, "/answer?step=2");
      else {
        const message = twiml.message({ action: "/status", statusCallback: "/status" }, "");
        message.body(`Météo de ${params["Body"]}: 19 °C <&>`);
      }
      response.writeHead(200, { "content-type": "text/xml" }).end(twiml.toString());
    });
  }

  static async start(): Promise<TwilioApp> {
    const app = new TwilioApp();
    await new Promise<void>((resolve) => app.#server.listen(0, "127.0.0.1", resolve));
    return app;
  }

  url(target: string): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${target}`;
  }

  at(path: string): readonly Seen[] {
    return this.seen.filter((each) => each.path === path);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #urlOf(request: IncomingMessage): string {
    return `http://${request.headers.host}${request.url}`;
  }
}

let site: Site;
let app: TwilioApp;
beforeEach(async () => {
  site = new Site();
  app = await TwilioApp.start();
});
afterEach(async () => {
  await site.end();
  await app.stop();
});

async function onHandset(client: ApplianceClient): Promise<string[]> {
  const { messages } = await client.get("/appliance/v1/Simulator/Messages");
  return (messages as { direction: string; body: string }[])
    .filter(({ direction }) => direction === "to-handset")
    .map(({ body }) => body);
}

it("gets the text, answers by TwiML over a redirect, and is told that its reply was sent and delivered", async () => {
  const { client } = await startDaemon(site, CONFIG);
  app.authToken = client.token;
  await client.post(`{AC}/IncomingPhoneNumbers/${await client.numberSid(NUMBER)}.json`, {
    SmsUrl: app.url("/sms?tenant=7&name=O'Brien"),
  });
  await client.post("/appliance/v1/Simulator/Messages", { From: HANDSET, To: NUMBER, Body: "Orléans & co" });

  await eventually(async () =>
    app.at("/status").at(-1)?.params["MessageStatus"] === "delivered" ? true : null,
  );
  expect(app.refused).toEqual([]);

  const [asked] = app.at("/sms");
  expect(asked?.params).toMatchObject({
    From: HANDSET,
    To: NUMBER,
    Body: "Orléans & co",
    AccountSid: client.sid,
    NumMedia: "0",
    NumSegments: "1",
    SmsStatus: "received",
    FromCountry: "FR",
    ToCountry: "FR",
    ApiVersion: "2010-04-01",
  });
  const [answered] = app.at("/answer");
  expect(answered?.params).toEqual(asked?.params);
  expect(answered?.token).toBe(asked?.token);

  const reply = "Météo de Orléans & co: 19 °C <&>";
  expect(await onHandset(client)).toEqual([reply]);
  const callbacks = app.at("/status").map(({ params }) => params);
  expect(callbacks.map(({ MessageStatus }) => MessageStatus)).toEqual(["sent", "delivered"]);
  const sid = callbacks[0]?.["MessageSid"] ?? "";
  expect(callbacks[1]).toMatchObject({
    MessageSid: sid,
    SmsSid: sid,
    SmsStatus: "delivered",
    From: NUMBER,
    To: HANDSET,
    AccountSid: client.sid,
    RawDlrDoneDate: expect.stringMatching(/^\d{10}$/),
  });
  expect(callbacks[1]).not.toHaveProperty("ErrorCode");
  expect(new Set(app.at("/status").map(({ token }) => token)).size).toBe(2);
  expect(await client.get(`{AC}/Messages/${sid}.json`)).toMatchObject({
    direction: "outbound-reply",
    status: "delivered",
    body: reply,
  });
  expect(await client.get("/health")).toMatchObject({ checks: { webhooks: { status: "pass" } } });
});

it("that was down when the appliance was killed is asked again with the same token, and its reply goes once", async () => {
  const first = await startDaemon(site, CONFIG);
  app.authToken = first.client.token;
  app.isDown = true;
  await first.client.post(`{AC}/IncomingPhoneNumbers/${await first.client.numberSid(NUMBER)}.json`, {
    SmsUrl: app.url("/answer"),
  });
  await first.client.post("/appliance/v1/Simulator/Messages", { From: HANDSET, To: NUMBER, Body: "Paris" });
  await eventually(async () => (app.turnedAway.length > 0 ? true : null));
  await first.daemon.end("SIGKILL");

  app.isDown = false;
  const { client } = await startDaemon(site, CONFIG);
  await eventually(async () =>
    app.at("/status").at(-1)?.params["MessageStatus"] === "delivered" ? true : null,
  );
  expect(app.at("/answer").map(({ token }) => token)).toEqual([app.turnedAway[0]]);
  expect(await onHandset(client)).toEqual(["Météo de Paris: 19 °C <&>"]);
});
