import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type AnswerHandler,
  type DelivererDeps,
  WebhookDeliverer,
} from "../../../src/messaging/webhook/deliverer.ts";
import { KeySequence } from "../../../src/runtime/ids.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import type { NewOutbound, Store } from "../../../src/store/store.ts";
import { FakeClock, settle } from "../../harness/fake-clock.ts";
import { openTestStore, type TestStore } from "../../harness/open-test-store.ts";
import {
  type Behaviour,
  drips,
  isNotHttp,
  never,
  neverEnds,
  redirects,
  resets,
  says,
  twiml,
  WebhookSink,
} from "../../harness/webhook-sink.ts";
import { AC, receiveText, type Text } from "./receive-text.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";
const HOUR = 3_600_000;

let clock: FakeClock;
let keys: KeySequence;
let home: TestStore;
let sink: WebhookSink;
let deliverer: WebhookDeliverer;

beforeEach(async () => {
  clock = new FakeClock();
  keys = new KeySequence(clock);
  home = await openTestStore();
  sink = await WebhookSink.start();
  deliverer = new WebhookDeliverer(depsOf(home.store));
});
afterEach(async () => {
  await stop(deliverer);
  await sink.stop();
  await home.remove();
});

/** Each message becomes one reply to the sender. */
const answer: AnswerHandler = ({ facts }, verbs) => ({
  replies: verbs.flatMap((verb) =>
    verb.verb === "message" ? [replyOf(facts.to, facts.from, verb.body)] : [],
  ),
  events: [],
});

function depsOf(store: DelivererDeps["store"], more: Partial<DelivererDeps> = {}): DelivererDeps {
  return {
    store,
    clock,
    log: silentLog(),
    authTokenOf: () => TOKEN,
    answer,
    options: { timeoutMs: 15_000, retryForHours: 48, replyWithinMinutes: 60 },
    isOwnAddress: () => false,
    random: () => 0.5,
    ...more,
  };
}

function replyOf(from: string, to: string, body: string, maxQueuedSegments = 100): NewOutbound {
  return {
    sid: keys.sid("SM"),
    accountSid: AC,
    direction: "outbound-reply",
    from,
    to,
    body,
    alphabet: "gsm7",
    parts: [body],
    messagingServiceSid: null,
    statusCallback: null,
    queue: from,
    lane: "single",
    createdAt: clock.now(),
    expiresAt: clock.now() + HOUR,
    maxQueuedSegments,
  };
}

const textIn = (text: Text) => {
  const { url = sink.url() } = text;
  return receiveText(home.store, { keys, clock }, { ...text, url });
};

/** The part that was missing came after all, as the inbound room has it. */
async function mendWhole(sid: string, body: string): Promise<void> {
  const mended = await home.store.mendInbound({
    sid,
    keptIds: [],
    now: { body, numSegments: 2, error: null },
    at: clock.now(),
    event: null,
  });
  expect(mended).toBe(true);
}

const events = (store: Store = home.store) => store.listEvents({ limit: 100 });
const queues = () => home.store.webhookQueues();
const bodiesAsked = () => sink.requests.map(({ params }) => params["Body"]);

async function repliesSent(): Promise<string[]> {
  const messages = await home.store.listMessages({ accountSid: AC, limit: 1000 });
  return messages
    .filter(({ direction }) => direction === "outbound-reply")
    .map(({ body }) => body)
    .reverse();
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await settle(1);
}

const allDelivered = () => until(async () => (await queues()).length === 0);
/** Nothing is under way but waiting for its time. */
const waiting = (timers: number) => until(() => sink.openNow === 0 && clock.pending === timers);

/** Time passes, a second at a time and never during a request, until the app was asked so many times in all. */
async function tried(count: number): Promise<void> {
  while (sink.requests.length < count) {
    if (clock.pending === 1 && sink.openNow === 0) await clock.advance(1_000);
    else await settle(1);
  }
}

async function stop(which: WebhookDeliverer): Promise<void> {
  const stopped = which.stop(0);
  await clock.advance(0);
  await stopped;
}

describe("a webhook", () => {
  it("is delivered as soon as it is committed, and its reply is queued with its end", async () => {
    sink.at("/sms", twiml("<Message>Sunny in Paris</Message>"));
    deliverer.start();
    await textIn({ body: "Paris" });
    await allDelivered();
    expect(bodiesAsked()).toEqual(["Paris"]);
    expect(await repliesSent()).toEqual(["Sunny in Paris"]);
    expect(await events()).toEqual([]);
  });

  it("that was waiting when the appliance started is delivered", async () => {
    sink.at("/sms", says(204, null));
    await textIn({ body: "early" });
    deliverer.start();
    await allDelivered();
    expect(bodiesAsked()).toEqual(["early"]);
  });

  it("does not wait for a clock that went back", async () => {
    sink.at("/sms", says(204, null));
    await textIn({ body: "from the future" });
    clock.jump(-HOUR / 2);
    deliverer.start();
    await allDelivered();
    expect(bodiesAsked()).toEqual(["from the future"]);
  });
});

describe("a wall clock that jumps ahead by years", () => {
  it("makes no fresh answer late", async () => {
    sink.at("/sms", resets, twiml("<Message>in time</Message>"));
    deliverer.start();
    await textIn({ body: "a" });
    await sink.received(1);
    await waiting(1);
    clock.jump(100_000 * HOUR);
    await clock.advance(1_000);
    await allDelivered();
    expect(await repliesSent()).toEqual(["in time"]);
    expect((await events()).map(({ type }) => type)).toEqual(["webhook.retry"]);
  });

  it("makes nobody give up", async () => {
    sink.at("/sms", says(503, null));
    deliverer.start();
    await textIn({ body: "a" });
    await tried(5);
    clock.jump(100_000 * HOUR);
    await tried(20);
    expect((await events()).map(({ type }) => type)).toEqual(["webhook.retry"]);
    expect(await queues()).toHaveLength(1);
  });
});

describe("a webhook that was put off", () => {
  it("is not asked for sooner because more came behind it, nor forgotten", async () => {
    sink.at("/sms", resets, twiml(""));
    deliverer.start();
    await textIn({ body: "a" });
    await sink.received(1);
    await waiting(1);
    await textIn({ body: "b" });
    await settle(50);
    await clock.advance(999);
    await settle(50);
    expect(bodiesAsked()).toEqual(["a"]);
    await clock.advance(1);
    await allDelivered();
    expect(bodiesAsked()).toEqual(["a", "a", "b"]);
  });

  it("by a clock that was years ahead is due when the clock is put right", async () => {
    sink.at("/sms", resets, twiml(""));
    clock.jump(10_000 * HOUR);
    deliverer.start();
    await textIn({ body: "a" });
    await sink.received(1);
    await waiting(1);
    clock.jump(-10_000 * HOUR);
    await clock.advance(1_000);
    await allDelivered();
    expect(bodiesAsked()).toEqual(["a", "a"]);
  });
});

describe("order", () => {
  it("is kept for each number, while numbers go side by side", async () => {
    sink.at("/sms", twiml(""));
    deliverer.start();
    const numbers = ["+33639980001", "+33639980002", "+33639980003"];
    const texts = numbers.flatMap((to) =>
      Array.from({ length: 10 }, (_, index) => ({ to, body: `${index}` })),
    );
    await Promise.all(texts.map(textIn));
    await allDelivered();
    for (const number of numbers) {
      const seen = sink.requests
        .filter(({ params }) => params["To"] === number)
        .map(({ params }) => params["Body"]);
      expect(seen).toEqual(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    }
    expect(sink.mostOpen).toBeLessThanOrEqual(3);
  });

  it("of many numbers is served by no more than the places there are", async () => {
    sink.at("/sms", twiml(""));
    const narrow = new WebhookDeliverer(
      depsOf(home.store, {
        options: { timeoutMs: 15_000, retryForHours: 48, replyWithinMinutes: 60, concurrency: 2 },
      }),
    );
    for (let index = 0; index < 20; index++) await textIn({ body: "x", to: `+3363998${1000 + index}` });
    narrow.start();
    await allDelivered();
    await stop(narrow);
    expect(sink.requests).toHaveLength(20);
    expect(sink.mostOpen).toBeLessThanOrEqual(2);
  });

  it("that is dead, with a hundred numbers, delays no other app's by anything", async () => {
    const dead = await WebhookSink.start();
    dead.at("/sms", never);
    sink.at("/sms", twiml(""));
    try {
      for (let index = 0; index < 100; index++) {
        await textIn({ body: "x", to: `+3363998${1000 + index}`, url: dead.url() });
      }
      deliverer.start();
      await dead.received(32);
      for (let index = 0; index < 40; index++) {
        await textIn({ body: "y", to: `+3363998${1000 + index}` });
      }
      // The clock stands still: not one of the dead app's time-outs has passed.
      expect(await sink.received(40)).toHaveLength(40);
      expect(dead.requests).toHaveLength(32);
    } finally {
      await stop(deliverer);
      await dead.stop();
    }
  });

  it("of twenty silent apps makes nobody suspect a leak", async () => {
    const warnings: string[] = [];
    const onWarning = (warning: Error) => warnings.push(warning.name);
    process.on("warning", onWarning);
    try {
      sink.at("/sms", never);
      deliverer.start();
      for (let index = 0; index < 20; index++) await textIn({ body: "x", to: `+3363998${1000 + index}` });
      await sink.received(20);
      await settle();
      expect(warnings).toEqual([]);
    } finally {
      process.off("warning", onWarning);
    }
  });

  it("a dead app holds its own queue and no other", async () => {
    const dead = await WebhookSink.start();
    dead.at("/sms", resets);
    sink.at("/sms", twiml("<Message>alive</Message>"));
    deliverer.start();
    await textIn({ body: "a", url: dead.url() });
    await textIn({ body: "b", url: dead.url() });
    await textIn({ body: "c", url: sink.url() });
    await textIn({ body: "d", to: "+33639980002", url: sink.url() });
    await until(async () => (await queues()).length === 1 && (await repliesSent()).length === 2);
    expect(bodiesAsked()).toEqual(["c", "d"]);
    await waiting(1);
    expect(dead.requests.map(({ params }) => params["Body"])).toEqual(["a"]);
    dead.at("/sms", says(204, null));
    await clock.advance(1_000);
    await allDelivered();
    expect(dead.requests.map(({ params }) => params["Body"])).toEqual(["a", "a", "b"]);
    await dead.stop();
  });

  it("goes on past a message that makes its app fail with 500, which is retried alone", async () => {
    sink.at("/sms", (response, request) => {
      const good = request.params["Body"] !== "poison" || sink.requests.length > 4;
      says(good ? 204 : 500, null)(response, request);
    });
    deliverer.start();
    for (const body of ["1", "poison", "2", "3"]) await textIn({ body });
    await until(() => sink.requests.length === 4);
    await waiting(1);
    expect(bodiesAsked()).toEqual(["1", "poison", "2", "3"]);
    expect(await events()).toMatchObject([
      { type: "webhook.retry", errorCode: 11200, detail: { httpStatus: 500 } },
    ]);
    await clock.advance(5_000);
    await allDelivered();
    expect(bodiesAsked().at(-1)).toBe("poison");
  });
});

describe("an app that is down and has a fallback", () => {
  it("loses nothing: the fallback is asked in the same try, in order, and its TwiML is acted on", async () => {
    sink.at("/plan-b", (response, request) =>
      twiml(`<Message>re ${request.params["Body"]}</Message>`)(response, request),
    );
    deliverer.start();
    const url = "http://127.0.0.1:1/sms";
    for (const body of ["1", "2", "3"]) await textIn({ body, url, fallbackUrl: sink.url("/plan-b") });
    await allDelivered();
    expect(bodiesAsked()).toEqual(["1", "2", "3"]);
    expect(await repliesSent()).toEqual(["re 1", "re 2", "re 3"]);
    expect((await events()).map(({ type }) => type)).toEqual(Array(3).fill("webhook.failed"));
  });

  it("holds its queue while both are down, and both are asked at each try, by the same token", async () => {
    sink.at("/sms", says(502, null)).at("/plan-b", says(503, null), twiml("<Message>at last</Message>"));
    deliverer.start();
    await textIn({ body: "1", fallbackUrl: sink.url("/plan-b") });
    await sink.received(2);
    await waiting(1);
    await textIn({ body: "2", fallbackUrl: sink.url("/plan-b") });
    await settle(50);
    expect(sink.requests.map(({ path }) => path)).toEqual(["/sms", "/plan-b"]);
    await clock.advance(1_000);
    await allDelivered();
    const asked = sink.requests.map(({ path, params }) => `${path} ${params["Body"]}`);
    expect(asked).toEqual(["/sms 1", "/plan-b 1", "/sms 1", "/plan-b 1", "/sms 2", "/plan-b 2"]);
    const tokens = sink.requests.map(({ headers }) => headers["i-twilio-idempotency-token"]);
    expect(new Set(tokens.slice(0, 4)).size).toBe(1);
    expect(await repliesSent()).toEqual(["at last", "at last"]);
  });
});

describe("a slow disk", () => {
  /** Ends of webhooks that are asked for and not synced, with what lets each go. */
  let pending: (() => void)[];
  let isSlow: boolean;
  beforeEach(() => {
    pending = [];
    isSlow = true;
    deliverer = new WebhookDeliverer(
      depsOf(
        cut(home.store, async (finish) => {
          const finished = finish();
          if (isSlow) await new Promise<void>((resolve) => pending.push(resolve));
          return finished;
        }),
      ),
    );
  });
  afterEach(async () => {
    isSlow = false;
    for (const release of pending) release();
  });

  it("does not set the pace: the next webhook is asked when the one before is answered", async () => {
    sink.at("/sms", twiml(""));
    deliverer.start();
    for (const body of ["1", "2", "3"]) await textIn({ body });
    await sink.received(3);
    expect(bodiesAsked()).toEqual(["1", "2", "3"]);
    await until(() => pending.length === 3);
  });

  it("has no more than four answers of a queue on their way to it", async () => {
    sink.at("/sms", twiml(""));
    deliverer.start();
    for (let index = 1; index <= 9; index++) await textIn({ body: String(index) });
    await sink.received(4);
    await settle(50);
    expect(bodiesAsked()).toEqual(["1", "2", "3", "4"]);
    pending.shift()?.();
    await sink.received(5);
    await settle(50);
    expect(bodiesAsked()).toEqual(["1", "2", "3", "4", "5"]);
  });

  it("does not let a webhook overtake one that its app did not take", async () => {
    sink.at("/sms", twiml(""), resets, twiml(""));
    deliverer.start();
    for (const body of ["1", "2", "3"]) await textIn({ body });
    await sink.received(2);
    await waiting(1);
    expect(bodiesAsked()).toEqual(["1", "2"]);
    await clock.advance(1_000);
    await sink.received(4);
    expect(bodiesAsked()).toEqual(["1", "2", "2", "3"]);
  });
});

describe("webhooks that are read ahead", () => {
  it("are not read at all where the commit that brought them tells of them", async () => {
    sink.at("/sms", twiml(""));
    let reads = 0;
    deliverer = new WebhookDeliverer(
      depsOf({
        ...cut(home.store, (finish) => finish()),
        nextWebhooks: (queue, limit) => {
          reads++;
          return home.store.nextWebhooks(queue, limit);
        },
      }),
    );
    deliverer.start();
    await settle();
    for (const body of ["1", "2", "3"]) {
      await textIn({ body });
      await allDelivered();
    }
    expect(bodiesAsked()).toEqual(["1", "2", "3"]);
    expect(reads).toBe(0);
  });

  it("keep their order whatever comes, fails, waits and syncs meanwhile", async () => {
    let random = 7;
    const draw = (below: number) => {
      random = (random * 1_103_515_245 + 12_345) & 0x7fffffff;
      return random % below;
    };
    const taken = new Map<string, string[]>();
    sink.at("/sms", (response, request) => {
      const { To = "", Body = "" } = request.params;
      const fails = draw(5) === 0;
      if (!fails) taken.set(To, [...(taken.get(To) ?? []), Body]);
      if (fails) says(503, null)(response, request);
      else twiml("")(response, request);
    });
    const slow = cut(home.store, async (finish) => {
      const finished = finish();
      await settle(draw(30));
      return finished;
    });
    deliverer = new WebhookDeliverer(depsOf(slow));
    deliverer.start();
    const sent = new Map<string, string[]>();
    for (let index = 0; index < 120; index++) {
      const to = `+3363998000${draw(3)}`;
      sent.set(to, [...(sent.get(to) ?? []), String(index)]);
      await textIn({ body: String(index), to });
      if (draw(4) === 0) await settle(draw(40));
      if (draw(6) === 0) await clock.advance(1_000);
    }
    while ((await queues()).length > 0) {
      if (sink.openNow === 0) await clock.advance(1_000);
      await settle(5);
    }
    expect(taken).toEqual(sent);
  });

  it("are asked of the store a handful at a time, not all of them", async () => {
    sink.at("/sms", never);
    for (let index = 0; index < 200; index++) await textIn({ body: String(index) });
    const limits: number[] = [];
    deliverer = new WebhookDeliverer(
      depsOf({
        ...cut(home.store, (finish) => finish()),
        nextWebhooks: (queue, limit) => {
          limits.push(limit);
          return home.store.nextWebhooks(queue, limit);
        },
      }),
    );
    deliverer.start();
    await sink.received(1);
    await settle(50);
    expect(limits.length).toBeLessThanOrEqual(2);
    expect(Math.max(...limits)).toBeLessThanOrEqual(17);
  });

  it("tell an app of a message as it reads now, not as it was read ahead", async () => {
    let answerFirst = () => {};
    sink.at(
      "/sms",
      (response, request) => {
        answerFirst = () => twiml("")(response, request);
      },
      twiml(""),
    );
    await textIn({ body: "first" });
    const sid = await textIn({ body: "[…] late", isIncomplete: true });
    deliverer.start();
    await sink.received(1);
    await settle(20);
    await mendWhole(sid, "not late");
    answerFirst();
    await sink.received(2);
    expect(bodiesAsked()).toEqual(["first", "not late"]);
  });
});

describe("a backlog", () => {
  it("is counted, with the age of its oldest, whatever the wall clock does", async () => {
    sink.at("/sms", resets);
    expect(await deliverer.backlog()).toEqual({ waiting: 0, oldestMs: 0 });
    await textIn({ body: "a" });
    await clock.advance(90_000);
    await textIn({ body: "b" });
    clock.jump(1_000 * HOUR);
    expect(await deliverer.backlog()).toEqual({ waiting: 2, oldestMs: 90_000 });
  });
});

describe("a connection", () => {
  it("serves one webhook after the other, and is closed at the stop", async () => {
    sink.at("/sms", twiml("<Message>ok</Message>"));
    deliverer.start();
    for (let index = 0; index < 20; index++) await textIn({ body: String(index) });
    await allDelivered();
    expect(sink.requests).toHaveLength(20);
    expect(sink.accepted).toBe(1);
    await stop(deliverer);
    await until(() => sink.connections === 0);
  });

  it("that the app closed meanwhile costs nothing: the webhook goes by a new one at once", async () => {
    sink.at("/sms", twiml(""));
    deliverer.start();
    await textIn({ body: "a" });
    await allDelivered();
    sink.at("/sms", resets, twiml(""));
    await textIn({ body: "b" });
    await allDelivered();
    expect(bodiesAsked()).toEqual(["a", "b", "b"]);
    const [, one, other] = sink.requests.map(({ headers }) => headers["i-twilio-idempotency-token"]);
    expect(other).toBe(one);
    expect(await events()).toEqual([]);
  });

  it("is not kept after an answer that was not read to its end", async () => {
    sink.at("/sms", neverEnds, twiml(""));
    deliverer.start();
    await textIn({ body: "a" });
    await textIn({ body: "b" });
    await allDelivered();
    expect(sink.accepted).toBe(2);
  });
});

describe("an app that is down for a day", () => {
  it("gets everything, in order, each with the token of its first try, and answers no more than an hour back", async () => {
    const { port } = sink;
    await sink.stop();
    deliverer.start();
    const url = `http://127.0.0.1:${port}/sms`;
    await textIn({ body: "0", url });
    await until(async () => (await events()).length === 1);
    for (let hour = 1; hour < 24; hour++) {
      await waiting(1);
      await clock.advance(HOUR);
      await textIn({ body: String(hour), url });
    }
    sink = await WebhookSink.start(port);
    sink.at("/sms", resets, twiml("<Message>at last</Message>"));
    await tried(1);
    await tried(2);
    await allDelivered();
    const all = Array.from({ length: 24 }, (_, hour) => String(hour));
    expect(bodiesAsked()).toEqual(["0", ...all]);
    const tokens = sink.requests.map(({ headers }) => headers["i-twilio-idempotency-token"]);
    expect(tokens[0]).toBe(tokens[1]);
    expect(new Set(tokens).size).toBe(24);
    expect(await repliesSent()).toEqual(["at last"]);
    expect((await events()).filter(({ type }) => type === "webhook.retry")).toHaveLength(1);
  });

  it("that stays down is given up on after two days, with an event for each message", async () => {
    sink.at("/sms", says(503, null));
    deliverer.start();
    const sid = await textIn({ body: "lost" });
    for (let hour = 0; hour < 49; hour++) {
      await tried(hour + 1);
      await until(async () => clock.pending === 1 || (await queues()).length === 0);
      await clock.advance(HOUR);
    }
    await until(async () => (await queues()).length === 0);
    expect(await events()).toMatchObject([
      {
        type: "webhook.failed",
        level: "error",
        messageSid: sid,
        errorCode: 11200,
        detail: { httpStatus: 503 },
      },
      { type: "webhook.retry", messageSid: sid },
    ]);
    expect(await home.store.getMessage(sid)).toMatchObject({ status: "received", body: "lost" });
  });
});

describe("an answer that is none", () => {
  const BAD: readonly (readonly [string, Behaviour, number, "webhook.failed" | "webhook.retry"])[] = [
    ["nonsense", says(200, "text/xml", "\u0000\u0001nonsense"), 12100, "webhook.failed"],
    ["HTML", says(200, "text/html", "<!DOCTYPE html><html><body>Hi<br></html>"), 12100, "webhook.failed"],
    ["500", says(500, "text/html", "<h1>Internal Server Error</h1>"), 11200, "webhook.retry"],
    ["404", says(404, "text/plain", "no"), 11200, "webhook.failed"],
    ["3 MB", says(200, "text/xml", Buffer.alloc(3_000_000, "a")), 11750, "webhook.failed"],
    ["an answer without end", neverEnds, 11750, "webhook.failed"],
    ["a redirect loop", redirects(302, "/sms"), 11215, "webhook.failed"],
    ["a reset", resets, 11200, "webhook.retry"],
    ["another protocol", isNotHttp, 11206, "webhook.retry"],
  ];

  it.each(BAD)("is an event and leaves the message kept: %s", async (_what, behaviour, errorCode, type) => {
    sink.at("/sms", behaviour);
    deliverer.start();
    const sid = await textIn({ body: "kept" });
    await until(async () => (await events()).length > 0);
    expect(await events()).toMatchObject([{ type, errorCode, messageSid: sid, accountSid: AC }]);
    expect(await home.store.getMessage(sid)).toMatchObject({ status: "received", body: "kept" });
    sink.at("/sms", twiml("<Message>better</Message>"));
    await textIn({ body: "next", to: "+33639980009" });
    await until(async () => (await repliesSent()).includes("better"));
  });

  it.each([
    ["never", never],
    ["a slow drip", drips],
  ])("is an event and leaves the message kept: %s", async (_what, behaviour) => {
    sink.at("/sms", behaviour, twiml("<Message>better</Message>"));
    deliverer.start();
    await textIn({ body: "kept" });
    await sink.received(1);
    await clock.advance(15_000);
    await until(async () => (await events()).length > 0);
    expect(await events()).toMatchObject([{ type: "webhook.retry", errorCode: 11200 }]);
    await waiting(1);
    await clock.advance(1_000);
    await allDelivered();
    expect(await repliesSent()).toEqual(["better"]);
  });
});

describe("a mistake of our own", () => {
  it("in making replies ends that webhook with an event, and nothing else", async () => {
    sink.at("/sms", twiml("<Message>x</Message>"));
    const broken = new WebhookDeliverer(
      depsOf(home.store, {
        answer: (task, verbs) => {
          if (task.facts.kind === "inbound" && task.facts.body === "bad") throw new Error("broken");
          return answer(task, verbs);
        },
      }),
    );
    broken.start();
    await textIn({ body: "bad" });
    await textIn({ body: "good" });
    await allDelivered();
    await stop(broken);
    expect(await repliesSent()).toEqual(["x"]);
    expect(await events()).toMatchObject([{ type: "webhook.failed", errorCode: 12400 }]);
  });

  it("a command the store refuses is tried again later, and nothing is lost", async () => {
    sink.at("/sms", twiml("<Message>x</Message>"));
    let refusals = 1;
    const refusing = cut(home.store, async (finish) => {
      if (refusals-- > 0) throw new Error("the store refuses");
      return finish();
    });
    const stubborn = new WebhookDeliverer(depsOf(refusing));
    stubborn.start();
    await textIn({ body: "a" });
    await sink.received(1);
    await waiting(1);
    await clock.advance(30_000);
    await allDelivered();
    await stop(stubborn);
    expect(await repliesSent()).toEqual(["x"]);
  });
});

describe("a queue of replies that is full", () => {
  it("refuses the reply with an event, and the webhook ends", async () => {
    sink.at("/sms", twiml("<Message>one</Message><Message>two</Message>"));
    const full = new WebhookDeliverer(
      depsOf(home.store, {
        answer: ({ facts }, verbs) => ({
          replies: verbs.flatMap((verb) =>
            verb.verb === "message" ? [replyOf(facts.to, facts.from, verb.body, 1)] : [],
          ),
          events: [],
        }),
      }),
    );
    full.start();
    await textIn({ body: "a" });
    await until(async () => (await events()).length > 0);
    await stop(full);
    expect(await repliesSent()).toEqual(["one"]);
    expect(await events()).toMatchObject([{ type: "message.failed", errorCode: 21611 }]);
    expect(await queues()).toEqual([]);
  });
});

describe("the plug pulled", () => {
  it("before the commit leaves the webhook and no reply; the app is asked again with the same token", async () => {
    sink.at("/sms", twiml("<Message>once</Message>"));
    const dying = new WebhookDeliverer(depsOf(cut(home.store, () => new Promise(() => {}))));
    dying.start();
    await textIn({ body: "a" });
    await sink.received(1);
    await until(() => sink.openNow === 0);
    home = await home.reopen();
    expect(await repliesSent()).toEqual([]);
    expect(await queues()).toHaveLength(1);
    deliverer = new WebhookDeliverer(depsOf(home.store));
    deliverer.start();
    await allDelivered();
    expect(await repliesSent()).toEqual(["once"]);
    const [first, second] = sink.requests.map(({ headers }) => headers["i-twilio-idempotency-token"]);
    expect(second).toBe(first);
  });

  it("after the commit leaves the replies and no webhook; the app is not asked again", async () => {
    sink.at("/sms", twiml("<Message>1</Message><Message>2</Message>"));
    let committed = false;
    const dying = new WebhookDeliverer(
      depsOf(
        cut(home.store, async (finish) => {
          await finish();
          committed = true;
          return new Promise(() => {});
        }),
      ),
    );
    dying.start();
    await textIn({ body: "a" });
    await until(() => committed);
    home = await home.reopen();
    deliverer = new WebhookDeliverer(depsOf(home.store));
    deliverer.start();
    expect(await queues()).toEqual([]);
    expect(await repliesSent()).toEqual(["1", "2"]);
    expect(sink.requests).toHaveLength(1);
  });
});

describe("the plug pulled while a slow disk syncs", () => {
  it("asks again what was answered and not synced, in order, by the same tokens, and sends each reply once", async () => {
    sink.at("/sms", (response, request) =>
      twiml(`<Message>re ${request.params["Body"]}</Message>`)(response, request),
    );
    const dying = new WebhookDeliverer(depsOf(cut(home.store, () => new Promise(() => {}))));
    dying.start();
    for (const body of ["1", "2", "3"]) await textIn({ body });
    await sink.received(3);
    await until(() => sink.openNow === 0);
    home = await home.reopen();
    deliverer = new WebhookDeliverer(depsOf(home.store));
    deliverer.start();
    await allDelivered();
    expect(bodiesAsked()).toEqual(["1", "2", "3", "1", "2", "3"]);
    const tokens = sink.requests.map(({ headers }) => headers["i-twilio-idempotency-token"]);
    expect(tokens.slice(3)).toEqual(tokens.slice(0, 3));
    expect(await repliesSent()).toEqual(["re 1", "re 2", "re 3"]);
  });
});

describe("stopping", () => {
  it("lets an app that is answering finish, within the grace", async () => {
    let release = () => {};
    sink.at("/sms", (response, request) => {
      release = () => twiml("<Message>in time</Message>")(response, request);
    });
    deliverer.start();
    await textIn({ body: "a" });
    await sink.received(1);
    const stopped = deliverer.stop();
    release();
    await stopped;
    expect(await repliesSent()).toEqual(["in time"]);
  });

  it("cuts a silent app off after the grace; the webhook is still in the queue, as it was", async () => {
    sink.at("/sms", never);
    deliverer.start();
    await textIn({ body: "a" });
    await textIn({ body: "b" });
    await sink.received(1);
    const stopped = deliverer.stop(3_000);
    await clock.advance(3_000);
    await stopped;
    const [queue = ""] = await queues();
    expect(await home.store.nextWebhook(queue)).toMatchObject({ attempts: 0, facts: { body: "a" } });
    expect(await events()).toEqual([]);
    expect(clock.pending).toBe(0);
    expect(sink.requests).toHaveLength(1);
  });

  it("starts nothing more, and may be asked twice, or before starting", async () => {
    await deliverer.stop();
    await deliverer.stop();
    deliverer.start();
    await textIn({ body: "a" });
    await settle(20);
    expect(sink.requests).toHaveLength(0);
  });
});

/** The store with its `finishWebhook` cut open: what lies between an answer and its commit. */
function cut(
  store: Store,
  around: (finish: () => ReturnType<Store["finishWebhook"]>) => ReturnType<Store["finishWebhook"]>,
): DelivererDeps["store"] {
  return {
    webhookQueues: () => store.webhookQueues(),
    webhookBacklog: () => store.webhookBacklog(),
    nextWebhooks: (queue, limit) => store.nextWebhooks(queue, limit),
    deferWebhook: (id, deferral) => store.deferWebhook(id, deferral),
    finishWebhook: (id, result) => around(() => store.finishWebhook(id, result)),
    onWebhook: (listener) => store.onWebhook(listener),
  };
}
