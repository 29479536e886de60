/**
 * The debugger: whatever goes wrong between the appliance and an app, and between an app's answer and its replies, is
 * an event with Twilio's code (contract §11, §12.3), a sentence, and the message it is about.
 */
import { afterEach, beforeEach, expect, it } from "vitest";
import { createAnswer } from "../../../src/messaging/inbound/reply.ts";
import { createAccept } from "../../../src/messaging/outbound/accept.ts";
import { WebhookDeliverer } from "../../../src/messaging/webhook/deliverer.ts";
import type { Event } from "../../../src/runtime/event.ts";
import { KeySequence } from "../../../src/runtime/ids.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import { FakeClock, settle } from "../../harness/fake-clock.ts";
import { openTestStore, type TestStore } from "../../harness/open-test-store.ts";
import {
  type Behaviour,
  closesInTheMiddle,
  isNotHttp,
  never,
  neverEnds,
  redirects,
  resets,
  says,
  twiml,
  WebhookSink,
} from "../../harness/webhook-sink.ts";
import { inventory, numberRecord, OTHER_ACCOUNT, parseFrench } from "../numbers.ts";
import { AC, HANDSET, NUMBER, receiveText } from "./receive-text.ts";

const STRANGER = "+33639980077";

let clock: FakeClock;
let home: TestStore;
let sink: WebhookSink;
let deliverer: WebhookDeliverer;

beforeEach(async () => {
  clock = new FakeClock();
  home = await openTestStore();
  sink = await WebhookSink.start();
  const { store } = home;
  const keys = new KeySequence(clock);
  const { prepare } = createAccept({ store, keys, clock, limits: { maxQueued: 1 } });
  const numbers = inventory([
    numberRecord({ accountSid: AC }),
    numberRecord({ accountSid: OTHER_ACCOUNT, phoneNumber: STRANGER }),
  ]);
  deliverer = new WebhookDeliverer({
    store,
    clock,
    log: silentLog(),
    authTokenOf: (sid) => (sid === AC ? "1".repeat(32) : null),
    answer: createAnswer({
      prepare,
      clock,
      numbers,
      parseAddress: parseFrench,
      rateOf: () => "unlimited",
      loop: { allows: (_from: string, to: string) => to !== "+33639980014" },
    }),
    options: { timeoutMs: 15_000, retryForHours: 48, replyWithinMinutes: 60 },
    isOwnAddress: (_address, port) => port === 8080,
    resolveName,
  });
  deliverer.start();
});
afterEach(async () => {
  const stopped = deliverer.stop(0);
  await clock.advance(0);
  await stopped;
  await sink.stop();
  await home.remove();
});

/** `ECONNREFUSED.test` ends as a connection that fails with that error does. */
async function resolveName(host: string): Promise<{ address: string; family: number }[]> {
  const code = host.split(".")[0]?.toUpperCase().replaceAll("-", "_") ?? "";
  if (code === "SILENT") return new Promise(() => {});
  throw Object.assign(new Error("made up"), { code });
}

type Case = {
  readonly code: number;
  readonly what: string;
  /** What the app does at `/sms`. */
  readonly app?: Behaviour;
  /** Where it is, when that is not `/sms` of the app. */
  readonly url?: string;
  /** How long nothing happens. */
  readonly waitMs?: number;
};

const fails = (errno: string) => `http://${errno.toLowerCase().replaceAll("_", "-")}.test/sms`;
const message = (attributes: string, body = "x") => twiml(`<Message ${attributes}>${body}</Message>`);

const CASES: readonly Case[] = [
  { code: 11100, what: "a URL that is none", url: "nonsense" },
  { code: 11100, what: "a redirect to another protocol", app: redirects(302, "ftp://elsewhere/") },
  {
    code: 11100,
    what: "a redirect to the appliance itself",
    app: redirects(307, "http://127.0.0.1:8080/health"),
  },
  { code: 11100, what: "a <Redirect> to nowhere", app: twiml("<Redirect>http://[x</Redirect>") },
  { code: 11200, what: "404", app: says(404, "text/plain", "no") },
  { code: 11200, what: "401 without credentials", app: says(401, null, "", { "WWW-Authenticate": "Basic" }) },
  { code: 11200, what: "500", app: says(500, "text/html", "<h1>Oops</h1>") },
  { code: 11200, what: "503", app: says(503, null) },
  { code: 11200, what: "no answer in fifteen seconds", app: never, waitMs: 15_000 },
  { code: 11200, what: "a reset", app: resets },
  { code: 11200, what: "half an answer", app: closesInTheMiddle },
  { code: 11201, what: "no connection in five seconds", url: "http://silent.test/sms", waitMs: 5_000 },
  { code: 11202, what: "a refused connection", url: fails("ECONNREFUSED") },
  { code: 11203, what: "no answer within tt=", app: never, url: "#tt=3000", waitMs: 3_000 },
  { code: 11205, what: "a host that cannot be reached", url: fails("EHOSTUNREACH") },
  { code: 11206, what: "another protocol", app: isNotHttp },
  { code: 11210, what: "an unknown name", url: fails("ENOTFOUND") },
  { code: 11215, what: "redirects without end", app: redirects(307, "/sms") },
  { code: 11220, what: "a TLS handshake that fails", url: "https:" },
  { code: 11235, what: "a certificate for another name", url: fails("ERR_TLS_CERT_ALTNAME_INVALID") },
  { code: 11236, what: "an expired certificate", url: fails("CERT_HAS_EXPIRED") },
  { code: 11237, what: "a self-signed certificate", url: fails("DEPTH_ZERO_SELF_SIGNED_CERT") },
  { code: 11243, what: "an unknown word in rp=", url: "#rp=sometimes" },
  { code: 11750, what: "an answer without end", app: neverEnds },
  {
    code: 11770,
    what: "chunks without any",
    app: (response) => response.writeHead(200).flushHeaders() ?? response.end(),
  },
  { code: 12100, what: "no XML", app: says(200, "text/xml", "Hello & bye") },
  { code: 12100, what: "a document type", app: says(200, "text/xml", "<!DOCTYPE x><Response/>") },
  { code: 12102, what: "another root", app: says(200, "text/xml", "<html/>") },
  { code: 12200, what: "an unknown attribute", app: message('colour="red"') },
  { code: 12200, what: "media", app: twiml("<Message>x<Media>http://a/cat.png</Media></Message>") },
  { code: 12300, what: "an answer in JSON", app: says(200, "application/json", "{}") },
  { code: 14101, what: "a recipient that is none", app: message('to="!!"') },
  { code: 14101, what: "a reply to the number itself", app: message(`to="${NUMBER}"`) },
  { code: 14102, what: "a sender that is none", app: message('from="!!"') },
  { code: 14103, what: "a message without a text", app: twiml("<Message/>") },
  { code: 14103, what: "a text of 1601 characters", app: message("", "x".repeat(1601)) },
  { code: 14104, what: "a method that is none", app: message('method="PUT"') },
  { code: 14105, what: "a status callback that is no URL", app: message('action="http://[x"') },
  { code: 14106, what: "documents without end", app: twiml("<Redirect>/sms</Redirect>") },
  { code: 14107, what: "a reply that goes round", app: message('to="+33639980014"') },
  { code: 14108, what: "somebody else's number as sender", app: message(`from="${STRANGER}"`) },
  { code: 14109, what: "eleven messages", app: twiml("<Message>x</Message>".repeat(11)) },
  { code: 14110, what: "an unknown verb", app: twiml("<Play>x</Play>") },
  { code: 21611, what: "a reply too many for its queue", app: twiml("<Message>x</Message>".repeat(2)) },
];

it.each(CASES)("$code: $what", async ({ code, app, url, waitMs }) => {
  sink.at("/sms", app ?? twiml(""));
  const sid = await receiveText(
    home.store,
    { keys: new KeySequence(clock), clock },
    { body: "Secret", url: urlOf(url) },
  );
  if (waitMs !== undefined) {
    if (app !== undefined) await sink.received(1);
    while (clock.pending === 0) await settle(1);
    await clock.advance(waitMs);
  }
  const event = await eventOf(code);
  const failure = code === 14107;
  expect(event).toMatchObject({ errorCode: code, accountSid: AC });
  // A reply that is a row of its own tells of itself; all else of the message that came in.
  if (failure) expect(event.messageSid).toMatch(/^SM/);
  else expect(event.messageSid).toBe(sid);
  expect(event.text).toMatch(/^\S.{20,}/);
  expect(event.level).not.toBe("info");
  expect(JSON.stringify(event)).not.toContain("Secret");
  expect(JSON.stringify(event)).not.toContain(HANDSET);
});

function urlOf(url: string | undefined): string {
  if (url === undefined) return sink.url();
  if (url.startsWith("#")) return sink.url(`/sms${url}`);
  return url === "https:" ? sink.url().replace("http:", "https:") : url;
}

async function eventOf(code: number): Promise<Event> {
  for (let turns = 0; turns < 2_000; turns++) {
    const found = (await home.store.listEvents({ limit: 100 })).find(({ errorCode }) => errorCode === code);
    if (found !== undefined) return found;
    await settle(1);
  }
  const events = await home.store.listEvents({ limit: 100 });
  throw new Error(`no event has the code ${code}: ${JSON.stringify(events)}`);
}
