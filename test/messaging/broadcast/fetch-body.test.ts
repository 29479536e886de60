/** A broadcast's text, asked of real apps on the loopback: what is taken, and what is refused and why. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createFetchBody } from "../../../src/messaging/broadcast/fetch-body.ts";
import { signature } from "../../../src/messaging/webhook/signature.ts";
import { systemClock } from "../../../src/runtime/clock.ts";
import { FakeClock } from "../../harness/fake-clock.ts";
import {
  type Behaviour,
  isNotHttp,
  never,
  neverEnds,
  redirects,
  resets,
  says,
  twiml,
  WebhookSink,
} from "../../harness/webhook-sink.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";
const NOW = Date.parse("2027-06-10T05:00Z");

let sink: WebhookSink;
const stop = new AbortController();
beforeAll(async () => {
  sink = await WebhookSink.start();
});
afterAll(async () => {
  stop.abort(new Error("over"));
  await sink.stop();
});

let paths = 0;
async function ask(
  behaviour: Behaviour,
  options: { maxAgeMinutes?: number; ownPort?: number; timeoutMs?: number } = {},
) {
  const path = `/forecast${paths++}`;
  sink.at(path, behaviour);
  const wall = new FakeClock(NOW);
  const fetchBody = createFetchBody({
    clock: { ...systemClock, now: () => wall.now() },
    timeoutMs: options.timeoutMs ?? 30_000,
    isOwnAddress: (_address, port) => port === options.ownPort,
    authToken: () => TOKEN,
    signal: stop.signal,
  });
  return fetchBody({
    url: sink.url(`${path}?town=Brest`),
    method: "GET",
    params: [["PlannedAt", "2027-06-10T05:00:00.000Z"]],
    maxAgeMinutes: options.maxAgeMinutes ?? null,
  });
}

describe("a text", () => {
  it("is plain text, or the one message of TwiML", async () => {
    expect(await ask(says(200, "text/plain; charset=utf-8", " Pluie à midi \n"))).toEqual({
      is: "text",
      text: "Pluie à midi",
    });
    expect(await ask(twiml("<Message>Rain &amp; wind</Message>"))).toEqual({
      is: "text",
      text: "Rain & wind",
    });
  });

  it("is asked for with a signature, and with what it is for", async () => {
    await ask(says(200, "text/plain", "x"));
    const request = sink.requests.at(-1);
    expect(request?.params).toEqual({ town: "Brest", PlannedAt: "2027-06-10T05:00:00.000Z" });
    const requested = `http://127.0.0.1:${sink.port}${request?.target}`;
    expect(request?.headers["x-twilio-signature"]).toBe(signature({ authToken: TOKEN, requested, form: [] }));
  });

  it.each(["<!DOCTYPE html><p>Sign in</p>", "\n <HTML lang=en>", "<!-- proxy --><!doctype HTML>"])(
    "is no page of HTML that is called plain text: %s",
    async (page) => {
      expect(await ask(says(200, "text/plain", page))).toEqual({
        is: "trouble",
        why: "the answer was a page of HTML, not text/plain or TwiML",
      });
      expect(await ask(says(200, "text/plain", "<htmlet> & wind"))).toMatchObject({ is: "text" });
    },
  );

  it("may be where a redirect leads", async () => {
    sink.at("/elsewhere", says(200, "text/plain", "from elsewhere"));
    expect(await ask(redirects(302, "/elsewhere"))).toEqual({ is: "text", text: "from elsewhere" });
  });
});

describe("no text", () => {
  it.each<[string, Behaviour, RegExp]>([
    ["a page of HTML", says(200, "text/html", "<h1>Welcome</h1>"), /HTML/],
    [
      "HTML that is TwiML",
      says(200, "Text/HTML; charset=utf-8", "<Response><Message>x</Message></Response>"),
      /HTML/,
    ],
    ["JSON", says(200, "application/json", "{}"), /neither XML nor text/],
    ["nothing", says(200, "text/plain", ""), /empty/],
    ["blanks", says(200, "text/plain", " \n "), /empty/],
    ["an empty document", twiml(""), /empty/],
    ["two messages", twiml("<Message>a</Message><Message>b</Message>"), /one <Message>/],
    ["a redirect of TwiML", twiml("<Redirect>/x</Redirect>"), /one <Message>/],
    ["broken XML", says(200, "text/xml", "<Response>"), /XML/],
    ["an error", says(500, "text/plain", "oops"), /HTTP 500/],
    ["not found", says(404, "text/plain", "oops"), /HTTP 404/],
    ["more than 64 kB", neverEnds, /64 kB/],
    ["a reset", resets, /reset|ECONNRESET|closed|ended/i],
    ["no HTTP", isNotHttp, /./],
  ])("is %s", async (_what, behaviour, why) => {
    const answer = await ask(behaviour);
    expect(answer).toMatchObject({ is: "trouble", why: expect.stringMatching(why) });
  });

  it("is an app that never answers, after the time it has", async () => {
    expect(await ask(never, { timeoutMs: 200 })).toMatchObject({ is: "trouble" });
  });

  it("is this appliance itself", async () => {
    expect(await ask(says(200, "text/plain", "x"), { ownPort: sink.port })).toMatchObject({
      is: "trouble",
      why: expect.stringMatching(/own ports/),
    });
  });
});

describe("an age", () => {
  const dated = (at: string) => says(200, "text/plain", "Rain", { "Last-Modified": at });

  it("that is allowed is no matter", async () => {
    expect(await ask(dated("Thu, 10 Jun 2027 04:31:00 GMT"), { maxAgeMinutes: 30 })).toMatchObject({
      is: "text",
    });
    expect(await ask(dated("Thu, 10 Jun 2026 04:31:00 GMT"))).toMatchObject({ is: "text" });
  });

  it("that is too great is a trouble, and so is none where one is wanted", async () => {
    expect(await ask(dated("Thu, 10 Jun 2027 04:29:00 GMT"), { maxAgeMinutes: 30 })).toEqual({
      is: "trouble",
      why: "the answer is 31 minutes old, and 30 are allowed",
    });
    expect(await ask(says(200, "text/plain", "Rain"), { maxAgeMinutes: 30 })).toMatchObject({
      is: "trouble",
      why: expect.stringMatching(/Last-Modified/),
    });
  });
});
