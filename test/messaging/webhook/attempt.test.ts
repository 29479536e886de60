import twilio from "twilio";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AttemptContext, attempt, type Decision } from "../../../src/messaging/webhook/attempt.ts";
import { Cookies } from "../../../src/messaging/webhook/cookies.ts";
import { CredentialMemory } from "../../../src/messaging/webhook/credentials.ts";
import { NameLookup } from "../../../src/messaging/webhook/lookup.ts";
import type { NewEvent } from "../../../src/runtime/event.ts";
import type { WebhookFacts, WebhookTask } from "../../../src/store/store.ts";
import { FakeClock } from "../../harness/fake-clock.ts";
import {
  type Behaviour,
  isNotHttp,
  never,
  redirects,
  resets,
  says,
  twiml,
  WebhookSink,
} from "../../harness/webhook-sink.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";
const SM = `SM${"a".repeat(32)}`;
const AC = `AC${"b".repeat(32)}`;
const HOUR = 3_600_000;

const INBOUND: WebhookFacts = {
  kind: "inbound",
  messageSid: SM,
  accountSid: AC,
  messagingServiceSid: null,
  from: "+33612345678",
  to: "+33639980001",
  body: "confidential",
  numSegments: 1,
};
const STATUS: WebhookFacts = {
  kind: "status",
  messageSid: SM,
  accountSid: AC,
  messagingServiceSid: null,
  from: "+33639980001",
  to: "+33612345678",
  status: "delivered",
  errorCode: null,
  doneAt: null,
};

let sink: WebhookSink;
let clock: FakeClock;
let context: AttemptContext;

beforeEach(async () => {
  sink = await WebhookSink.start();
  clock = new FakeClock();
  context = {
    clock,
    timeoutMs: 15_000,
    lookup: new NameLookup(() => false),
    credentials: new CredentialMemory(),
    signal: new AbortController().signal,
    authTokenOf: (sid) => (sid === AC ? TOKEN : null),
    countryOf: () => null,
    cookies: new Cookies(clock),
    retryForMs: 48 * HOUR,
    replyWithinMs: HOUR,
    ageOf: (stamp) => clock.now() - stamp,
    onAsked: () => {},
    random: () => 0.5,
  };
});
afterEach(() => sink.stop());

function taskOf(fields: Partial<WebhookTask> = {}): WebhookTask {
  return {
    webhookId: "w1",
    queue: "q",
    facts: INBOUND,
    url: sink.url(),
    method: "POST",
    fallbackUrl: null,
    fallbackMethod: "POST",
    createdAt: clock.now(),
    idempotencyToken: "38053878-a5d4-4295-a906-cca8f58027c9",
    attempts: 0,
    notBefore: clock.now(),
    ...fields,
  };
}

function finished(decision: Decision): Extract<Decision, { is: "finish" }> {
  if (decision.is !== "finish") throw new Error("it was deferred");
  return decision;
}

const busy: Behaviour = (response) => {
  response.writeHead(503, { "Retry-After": "120" });
  response.end();
};
const bodiesOf = (decision: Decision) => finished(decision).messages.map(({ body }) => body);
const codesOf = (events: readonly NewEvent[]) => events.map(({ type, errorCode }) => [type, errorCode]);

describe("a chain of documents", () => {
  it("is read to its end before anything is sent", async () => {
    sink
      .at(
        "/sms",
        twiml('<Message>1</Message><Redirect method="GET">more/two?x=1</Redirect><Message>no</Message>'),
      )
      .at("/more/two", twiml("<Message>2</Message><Redirect>three</Redirect>"))
      .at("/more/three", twiml("<Message>3</Message>"));
    const decision = await attempt(taskOf(), context);
    expect(bodiesOf(decision)).toEqual(["1", "2", "3"]);
    expect(finished(decision).events).toEqual([]);
    expect(sink.requests.map(({ method, path }) => [method, path])).toEqual([
      ["POST", "/sms"],
      ["GET", "/more/two"],
      ["POST", "/more/three"],
    ]);
  });

  it("gets the same parameters, the same token and a new signature each time", async () => {
    sink.at("/sms", twiml('<Redirect method="GET">/two</Redirect>')).at("/two", twiml(""));
    await attempt(taskOf(), context);
    const [first, second] = sink.requests;
    expect(second?.params).toEqual(first?.params);
    const header = "i-twilio-idempotency-token";
    expect(second?.headers[header]).toBe(first?.headers[header]);
    const signed = String(second?.headers["x-twilio-signature"]);
    expect(twilio.validateRequest(TOKEN, signed, sink.url(second?.target), {})).toBe(true);
  });

  it("resolves URLs against the document they are in, after HTTP redirects", async () => {
    sink
      .at("/sms", redirects(307, "/deep/down/doc"))
      .at(
        "/deep/down/doc",
        twiml('<Message action="status">a</Message><Message statusCallback="/s">b</Message>'),
      );
    const { messages } = finished(await attempt(taskOf(), context));
    expect(messages.map(({ statusCallback }) => statusCallback)).toEqual([
      sink.url("/deep/down/status"),
      sink.url("/s"),
    ]);
  });

  it("skips what its URL cannot be, says so and goes on", async () => {
    sink.at(
      "/sms",
      twiml('<Message action="http://[bad">a</Message><Message>b</Message><Redirect>ftp://x/</Redirect>'),
    );
    const decision = await attempt(taskOf(), context);
    expect(bodiesOf(decision)).toEqual(["b"]);
    expect(codesOf(finished(decision).events)).toEqual([
      ["twiml.error", 14105],
      ["twiml.error", 11100],
    ]);
  });

  it("of more than fifty documents ends, and what it asked for is limited to ten messages", async () => {
    sink.at("/sms", twiml("<Message>x</Message><Redirect>/sms</Redirect>"));
    const decision = await attempt(taskOf(), context);
    expect(sink.requests).toHaveLength(50);
    expect(bodiesOf(decision)).toHaveLength(10);
    expect(codesOf(finished(decision).events)).toEqual([
      ["twiml.error", 14106],
      ["twiml.error", 14109],
    ]);
  });

  it("that breaks in the middle is asked for again from its beginning, and sends nothing yet", async () => {
    sink.at("/sms", twiml("<Message>1</Message><Redirect>/two</Redirect>")).at("/two", resets);
    expect(await attempt(taskOf(), context)).toMatchObject({
      is: "defer",
      deferral: {
        aside: false,
        attempts: 1,
        event: { type: "webhook.retry", detail: { url: sink.url("/two") } },
      },
    });
  });

  it("that ends in a 404 sends what was asked for before", async () => {
    sink.at("/sms", twiml("<Message>1</Message><Redirect>/gone?text=confidential</Redirect>"));
    const decision = await attempt(taskOf(), context);
    expect(bodiesOf(decision)).toEqual(["1"]);
    const [event] = finished(decision).events;
    expect(event).toMatchObject({ type: "webhook.failed", errorCode: 11200 });
    expect(event?.detail).toMatchObject({ url: sink.url("/gone"), httpStatus: 404 });
  });
});

describe("the fallback", () => {
  it.each([
    ["a 404", says(404, "text/plain", "no"), 11200],
    ["a 500", says(500, "text/html", "<h1>Oops</h1>"), 11200],
    ["nonsense", says(200, "text/xml", "confidential <"), 12100],
    ["an HTML page", says(200, "text/html", "<html><body/></html>"), 12102],
    ["JSON", says(200, "application/json", "{}"), 12300],
    ["3 MB", says(200, "text/xml", Buffer.alloc(3_000_000, "a")), 11750],
    ["a redirect loop", redirects(307, "/sms"), 11215],
  ])("is asked at once after %s, told why, and its answer counts", async (_what, behaviour, code) => {
    sink.at("/sms", behaviour).at("/plan-b", twiml("<Message>sorry</Message>"));
    const url = sink.url("/sms?tenant=7").replace("http://", "http://user:secret@");
    const task = taskOf({ url, fallbackUrl: sink.url("/plan-b"), fallbackMethod: "GET" });
    const decision = await attempt(task, context);
    expect(bodiesOf(decision)).toEqual(["sorry"]);
    const asked = sink.requests.at(-1);
    expect(asked).toMatchObject({ method: "GET", path: "/plan-b" });
    expect(asked?.params).toMatchObject({
      Body: "confidential",
      ErrorCode: String(code),
      ErrorUrl: sink.url("/sms?tenant=7"),
    });
    const { events } = finished(decision);
    expect(codesOf(events)).toEqual([[code >= 12000 ? "twiml.error" : "webhook.failed", code]]);
    expect(events[0]?.detail).toMatchObject({ url: sink.url("/sms?tenant=7") });
    expect(JSON.stringify(events)).not.toMatch(/secret|confidential/);
  });

  it("that fails too leaves a 500 to be retried aside", async () => {
    sink.at("/sms", says(500, null)).at("/plan-b", says(404, null));
    const decision = await attempt(taskOf({ fallbackUrl: sink.url("/plan-b") }), context);
    expect(decision).toMatchObject({
      is: "defer",
      deferral: { aside: true, attempts: 1, notBefore: clock.now() + 5000 },
    });
  });

  it("that fails too leaves a 404 given up on, with an event for each", async () => {
    sink.at("/sms", says(404, null)).at("/plan-b", isNotHttp);
    const decision = await attempt(taskOf({ fallbackUrl: sink.url("/plan-b") }), context);
    expect(codesOf(finished(decision).events)).toEqual([
      ["webhook.failed", 11200],
      ["webhook.failed", 11206],
    ]);
  });

  it.each([
    ["that resets", resets, 11200, ""],
    ["that speaks another protocol", isNotHttp, 11206, ""],
    ["that answers 502", says(502, null), 11200, ""],
    ["that answers 502 three times, as its URL asks for", says(502, null), 11200, "#rc=2&rp=5xx"],
    ["that answers 503 and Retry-After", busy, 11200, ""],
    ["that answers 429", says(429, null), 11200, ""],
  ])("is asked in the same try after an app %s", async (_what, behaviour, code, fragment) => {
    sink.at("/sms", behaviour).at("/plan-b", twiml("<Message>sorry</Message>"));
    const task = taskOf({ url: sink.url("/sms") + fragment, fallbackUrl: sink.url("/plan-b") });
    const decision = await attempt(task, context);
    expect(bodiesOf(decision)).toEqual(["sorry"]);
    expect(codesOf(finished(decision).events)).toEqual([["webhook.failed", code]]);
    const repeats = fragment === "" ? [] : ["/sms", "/sms"];
    expect(sink.requests.map(({ path }) => path)).toEqual(["/sms", ...repeats, "/plan-b"]);
    expect(sink.requests.at(-1)?.params).toMatchObject({
      ErrorCode: String(code),
      ErrorUrl: sink.url("/sms"),
    });
    const tokens = sink.requests.map(({ headers }) => headers["i-twilio-idempotency-token"]);
    expect(new Set(tokens)).toEqual(new Set([task.idempotencyToken]));
  });

  it.each([
    ["that nobody listens for", "http://127.0.0.1:1/sms"],
    ["whose name is not known", "http://nowhere.invalid/sms"],
    ["that speaks no TLS", "https"],
  ])("is asked in the same try after an app %s", async (_what, url) => {
    sink.at("/plan-b", twiml("<Message>sorry</Message>"));
    const primary = url === "https" ? sink.url().replace("http:", "https:") : url;
    const decision = await attempt(taskOf({ url: primary, fallbackUrl: sink.url("/plan-b") }), context);
    expect(bodiesOf(decision)).toEqual(["sorry"]);
    expect(sink.requests.at(-1)?.params["ErrorUrl"]).toBe(primary);
    const code = finished(decision).events[0]?.errorCode;
    expect(sink.requests.at(-1)?.params["ErrorCode"]).toBe(String(code));
  });

  it("is asked in the same try when the app's time is over", async () => {
    sink.at("/sms", never).at("/plan-b", twiml("<Message>sorry</Message>"));
    const decided = attempt(taskOf({ fallbackUrl: sink.url("/plan-b") }), context);
    await sink.received(1);
    await clock.advance(15_000);
    expect(bodiesOf(await decided)).toEqual(["sorry"]);
    expect(sink.requests.map(({ path }) => path)).toEqual(["/sms", "/plan-b"]);
  });

  it("that is silent too leaves its queue to wait, and the next try asks both again", async () => {
    sink.at("/sms", resets).at("/plan-b", isNotHttp, twiml("<Message>sorry</Message>"));
    const task = taskOf({ fallbackUrl: sink.url("/plan-b") });
    expect(await attempt(task, context)).toMatchObject({
      is: "defer",
      deferral: {
        aside: false,
        attempts: 1,
        event: {
          type: "webhook.retry",
          text: expect.stringMatching(/nor did its fallback URL: .*; it will be asked again/),
          detail: { url: sink.url("/sms"), fallbackUrl: sink.url("/plan-b"), fallbackErrorCode: 11206 },
        },
      },
    });
    expect(bodiesOf(await attempt({ ...task, attempts: 1 }, context))).toEqual(["sorry"]);
    const paths = sink.requests.map(({ path }) => path);
    expect(paths).toEqual(["/sms", "/plan-b", "/sms", "/plan-b"]);
  });

  it("that breaks off in the middle is not listened to, and nothing is sent yet", async () => {
    sink
      .at("/sms", resets)
      .at("/plan-b", twiml("<Message>1</Message><Redirect>/gone</Redirect>"))
      .at("/gone", resets);
    const decision = await attempt(taskOf({ fallbackUrl: sink.url("/plan-b") }), context);
    expect(decision).toMatchObject({ is: "defer", deferral: { aside: false } });
  });

  it("that fails too is given up on with its app when the waiting is over", async () => {
    sink.at("/sms", resets).at("/plan-b", says(404, null));
    const over = taskOf({
      fallbackUrl: sink.url("/plan-b"),
      attempts: 900,
      createdAt: clock.now() - 48 * HOUR,
    });
    const { messages, events } = finished(await attempt(over, context));
    expect(messages).toEqual([]);
    expect(codesOf(events)).toEqual([
      ["webhook.failed", 11200],
      ["webhook.failed", 11200],
    ]);
  });

  it("is told the URL that failed without its password and its fragment", async () => {
    sink.at("/sms", says(404, null)).at("/plan-b", twiml(""));
    const url = `${sink.url("/sms?tenant=7").replace("http://", "http://user:secret@")}#rc=1`;
    await attempt(taskOf({ url, fallbackUrl: sink.url("/plan-b") }), context);
    expect(sink.requests.at(-1)?.params["ErrorUrl"]).toBe(sink.url("/sms?tenant=7"));
  });
});

describe("a try that is not answered as it should be", () => {
  it("is an event the first time and silent after", async () => {
    sink.at("/sms", says(503, null));
    const first = await attempt(taskOf(), context);
    expect(first).toMatchObject({
      deferral: {
        event: {
          type: "webhook.retry",
          level: "warning",
          errorCode: 11200,
          detail: { httpStatus: 503, attempts: 1 },
        },
      },
    });
    expect(await attempt(taskOf({ attempts: 1 }), context)).toMatchObject({
      is: "defer",
      deferral: { attempts: 2, event: null },
    });
  });

  it("is given up on with an event after two days", async () => {
    sink.at("/sms", says(503, null));
    const old = taskOf({ attempts: 900, createdAt: clock.now() - 48 * HOUR });
    const decision = finished(await attempt(old, context));
    expect(decision.events).toMatchObject([
      { type: "webhook.failed", level: "error", errorCode: 11200, messageSid: SM, accountSid: AC },
    ]);
  });

  it("is ended when its account is gone", async () => {
    const orphan = taskOf({ facts: { ...INBOUND, accountSid: "ACgone" } });
    const decision = finished(await attempt(orphan, context));
    expect(codesOf(decision.events)).toEqual([["webhook.failed", 20404]]);
    expect(sink.requests).toHaveLength(0);
  });
});

describe("an answer that comes late", () => {
  it("is not acted on after replyWithinMinutes, and leads nowhere", async () => {
    sink.at("/sms", twiml("<Message>hi</Message><Redirect>/two</Redirect>"));
    const late = taskOf({ createdAt: clock.now() - HOUR - 1 });
    const { messages, events } = finished(await attempt(late, context));
    expect(messages).toEqual([]);
    expect(events).toMatchObject([{ type: "twiml.error", detail: { minutes: 60 } }]);
    expect(sink.requests).toHaveLength(1);
  });

  it("is acted on in the last minute", async () => {
    sink.at("/sms", twiml("<Message>hi</Message>"));
    expect(bodiesOf(await attempt(taskOf({ createdAt: clock.now() - HOUR }), context))).toEqual(["hi"]);
  });

  it("is no news when it asks for nothing", async () => {
    sink.at("/sms", says(204, null));
    const late = taskOf({ createdAt: clock.now() - 24 * HOUR });
    expect(finished(await attempt(late, context)).events).toEqual([]);
  });
});

describe("a status callback", () => {
  it.each([
    ["204", says(204, null)],
    ["HTML", says(200, "text/html", "<html>")],
    ["TwiML that would be acted on elsewhere", twiml("<Message>no</Message><Redirect>/two</Redirect>")],
    ["3 MB", says(200, "text/plain", Buffer.alloc(3_000_000, "a"))],
  ])("is done with any 2xx and asks for nothing: %s", async (_what, behaviour) => {
    sink.at("/sms", behaviour);
    const decision = await attempt(taskOf({ facts: STATUS }), context);
    expect(decision).toEqual({ is: "finish", messages: [], events: [] });
    expect(sink.requests).toHaveLength(1);
  });

  it("that is not there is given up on", async () => {
    const decision = await attempt(taskOf({ facts: STATUS, url: sink.url("/gone") }), context);
    expect(finished(decision).events).toMatchObject([
      { type: "webhook.failed", detail: { httpStatus: 404 } },
    ]);
  });
});

describe("a cookie", () => {
  const cookiesSeen = () => sink.requests.map(({ headers }) => headers.cookie);
  const gives = (...cookies: string[]): Behaviour => {
    return (response) => {
      response.writeHead(204, { "Set-Cookie": cookies });
      response.end();
    };
  };

  it("comes back in the same conversation, and in no other", async () => {
    sink.at("/sms", gives("session=abc; HttpOnly; Path=/", "lang=fr"));
    await attempt(taskOf(), context);
    await attempt(taskOf(), context);
    await attempt(taskOf({ facts: { ...INBOUND, from: "+33600000000" } }), context);
    await attempt(taskOf({ facts: STATUS }), context);
    expect(cookiesSeen()).toEqual([undefined, "session=abc; lang=fr", undefined, undefined]);
  });

  it("comes back within one chain of documents, where its path says", async () => {
    sink
      .at("/sms", redirects(302, "/deep/doc"))
      .at("/deep/doc", (response) => {
        response.writeHead(200, {
          "Content-Type": "text/xml",
          "Set-Cookie": ["here=1", "gone=1; Path=/other"],
        });
        response.end("<Response><Redirect>/deep/next</Redirect></Response>");
      })
      .at("/deep/next", twiml("<Redirect>/deeper</Redirect>"))
      .at("/deeper", twiml(""));
    await attempt(taskOf(), context);
    expect(cookiesSeen()).toEqual([undefined, undefined, "here=1", undefined]);
  });

  it("is forgotten when it expires, when the app takes it back, and after four idle hours", async () => {
    sink.at("/sms", gives("a=1; Max-Age=60", "b=2"), gives("b=2; Max-Age=0"), gives("c=3"), says(204, null));
    await attempt(taskOf(), context);
    clock.jump(61_000);
    await attempt(taskOf(), context);
    await attempt(taskOf(), context);
    await clock.advance(3 * HOUR);
    await attempt(taskOf(), context);
    await clock.advance(4 * HOUR);
    await attempt(taskOf(), context);
    expect(cookiesSeen()).toEqual([undefined, "b=2", undefined, "c=3", undefined]);
  });

  it("marked Secure is not sent in the clear, and one too long is not kept", async () => {
    sink.at("/sms", gives("s=1; Secure", `long=${"x".repeat(5_000)}`, "=nameless", "ok=1; Expires=nonsense"));
    await attempt(taskOf(), context);
    await attempt(taskOf(), context);
    expect(cookiesSeen()[1]).toBe("ok=1");
  });
});
