import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { NewEvent } from "../../src/runtime/event.ts";
import type { Store, WebhookNotice, WebhookTask } from "../../src/store/store.ts";
import { openTestStore, type TestStore } from "../harness/open-test-store.ts";
import { ACCOUNT, FROM, newOutbound, newSid, T0, TO } from "./new-outbound.ts";

let opened: TestStore;
let store: Store;

beforeEach(async () => {
  opened = await openTestStore();
  store = opened.store;
});

afterEach(() => opened.remove());

const QUEUE = `${FROM} http://app.lan`;
const FAILED: NewEvent = {
  type: "webhook.failed",
  level: "error",
  at: T0,
  text: "given up",
  errorCode: 11200,
};

/** An inbound message whose app is to be told. */
async function receive(body: string, queue = QUEUE): Promise<string> {
  const sid = newSid();
  const message = {
    sid,
    accountSid: ACCOUNT,
    from: TO,
    to: FROM,
    body,
    numSegments: 1,
    messagingServiceSid: null,
    line: "sim1",
    receivedAt: T0,
  };
  const { line: _line, receivedAt: _receivedAt, sid: _sid, ...facts } = message;
  await store.completeInbound({
    keptIds: [],
    message,
    webhook: {
      queue,
      facts: { kind: "inbound", messageSid: sid, ...facts },
      url: "http://app.lan/sms",
      method: "GET",
      fallbackUrl: "http://spare.lan/sms",
      fallbackMethod: "POST",
      createdAt: T0,
    },
    event: null,
  });
  return sid;
}

/** A status callback to the same app, for a message that failed at once. */
async function announce(): Promise<void> {
  const refusal = { errorCode: 30007, why: "filtered" };
  await store.accept(newOutbound({ statusCallback: "http://app.lan/status", refusal }));
}

async function head(queue = QUEUE): Promise<WebhookTask> {
  const task = await store.nextWebhook(queue);
  if (task === null) throw new Error("the queue is empty");
  return task;
}

function bodyOf(task: WebhookTask): string | null {
  return task.facts.kind === "inbound" ? task.facts.body : null;
}

describe("the webhook queue", () => {
  it("gives the oldest, due or not, the same one until it has ended", async () => {
    await receive("one");
    await receive("two");
    const task = await head();
    expect(task).toMatchObject({
      queue: QUEUE,
      url: "http://app.lan/sms",
      method: "GET",
      fallbackUrl: "http://spare.lan/sms",
      attempts: 0,
      notBefore: T0,
    });
    expect(task.idempotencyToken).toMatch(/^[0-9a-f-]{36}$/);
    await store.deferWebhook(task.webhookId, { attempts: 1, notBefore: T0 + 500, aside: false, event: null });
    expect(await head()).toEqual({ ...task, attempts: 1, notBefore: T0 + 500 });
    await store.finishWebhook(task.webhookId, { replies: [], events: [] });
    expect(bodyOf(await head())).toBe("two");
  });

  it("gives what stands behind the head too, in order, no more than it is asked for", async () => {
    for (const body of ["one", "two", "three"]) await receive(body);
    await receive("elsewhere", `${FROM} http://other.lan`);
    expect((await store.nextWebhooks(QUEUE, 2)).map(bodyOf)).toEqual(["one", "two"]);
    expect((await store.nextWebhooks(QUEUE, 9)).map(bodyOf)).toEqual(["one", "two", "three"]);
    expect(await store.nextWebhooks("nobody's", 9)).toEqual([]);
  });

  it("tells who listens what came into it, so that nobody need read it again", async () => {
    const told: WebhookNotice[] = [];
    store.onWebhook((notice) => told.push(notice));
    await receive("one");
    await Promise.all([receive("two"), receive("three")]);
    const [one, two] = await store.nextWebhooks(QUEUE, 2);
    expect(told).toEqual([
      { queue: QUEUE, first: one, more: false },
      { queue: QUEUE, first: two, more: true },
    ]);
  });

  it("tells of one received message what it waits for and what stands before it, until it has ended", async () => {
    const sids = [await receive("one"), await receive("two"), await receive("three")];
    const elsewhere = await receive("elsewhere", `${FROM} http://other.lan`);
    const { webhookId } = await head();
    await store.deferWebhook(webhookId, { attempts: 2, notBefore: T0 + 500, aside: false, event: null });
    const first = { attempts: 2, notBefore: T0 + 500 };
    const standings = () => Promise.all(sids.map((sid) => store.webhookStandingOf(sid)));
    expect(await standings()).toEqual([
      { url: "http://app.lan/sms", attempts: 2, ahead: 0, head: first },
      { url: "http://app.lan/sms", attempts: 0, ahead: 1, head: first },
      { url: "http://app.lan/sms", attempts: 0, ahead: 2, head: first },
    ]);
    expect(await store.webhookStandingOf(elsewhere)).toMatchObject({ ahead: 0, head: { attempts: 0 } });

    await store.deferWebhook(webhookId, { attempts: 3, notBefore: T0 + 900, aside: true, event: null });
    expect(await standings()).toMatchObject([{ attempts: 3, ahead: 0 }, { ahead: 0 }, { ahead: 1 }]);
    await store.finishWebhook(webhookId, { replies: [], events: [] });
    expect((await standings())[0]).toBeNull();
  });

  it("says how many wait in all, and since when", async () => {
    expect(await store.webhookBacklog()).toEqual({ waiting: 0, oldestAt: null });
    await receive("one");
    await receive("elsewhere", `${FROM} http://other.lan`);
    expect(await store.webhookBacklog()).toEqual({ waiting: 2, oldestAt: T0 });
  });

  it("keeps its order and its tokens through a power cut", async () => {
    await receive("one");
    await receive("two", `${FROM} http://other.lan`);
    const before = await head();
    const after = await opened.powerCut();
    try {
      expect(await after.store.webhookQueues()).toEqual([QUEUE, `${FROM} http://other.lan`]);
      expect(await after.store.nextWebhook(QUEUE)).toEqual(before);
    } finally {
      await after.remove();
    }
  });

  it("lets the next one through when one is put aside, which keeps a queue of its own", async () => {
    await receive("one");
    await receive("two");
    const told: string[] = [];
    store.onWebhook(({ queue }) => told.push(queue));
    const first = await head();
    const deferral = { attempts: 1, notBefore: T0 + 500, aside: true, event: FAILED };
    await store.deferWebhook(first.webhookId, deferral);
    expect(bodyOf(await head())).toBe("two");
    const [own] = told;
    expect(await store.webhookQueues()).toEqual([QUEUE, own]);
    expect(await store.listEvents({ limit: 5 })).toMatchObject([FAILED]);
    expect(bodyOf(await head(own))).toBe("one");
    await store.deferWebhook(first.webhookId, { ...deferral, attempts: 2, event: null });
    expect(await head(own)).toMatchObject({ webhookId: first.webhookId, attempts: 2 });
    expect(told).toHaveLength(1);
  });

  it("ends with the replies and events of the answer, or not at all", async () => {
    await receive("Paris");
    const { webhookId } = await head();
    const reply = newOutbound({ direction: "outbound-reply" });
    const twice = store.finishWebhook(webhookId, { replies: [reply, reply], events: [FAILED] });
    await expect(twice).rejects.toThrow("UNIQUE");
    expect(await store.getMessage(reply.sid)).toBeNull();
    expect(await store.queueDepths()).toEqual([]);
    expect(await store.listEvents({ limit: 5 })).toEqual([]);

    const other = newOutbound({ direction: "outbound-reply", maxQueuedSegments: 1 });
    const results = await store.finishWebhook(webhookId, { replies: [reply, other], events: [FAILED] });
    expect(results).toMatchObject([
      { is: "accepted", message: { sid: reply.sid, direction: "outbound-reply" } },
      { is: "queue-full", queuedSegments: 1 },
    ]);
    expect(await store.nextWebhook(QUEUE)).toBeNull();
    expect(await store.listEvents({ limit: 5 })).toHaveLength(1);
  });

  it("ends with the event of a reply that is refused", async () => {
    await receive("Paris");
    const { webhookId } = await head();
    const full = newOutbound({ direction: "outbound-reply", maxQueuedSegments: 0 });
    const refusals = { "queue-full": FAILED };
    await store.finishWebhook(webhookId, { replies: [full], events: [], refusals });
    const after = await opened.powerCut();
    try {
      expect(await after.store.listEvents({ limit: 5 })).toMatchObject([FAILED]);
      expect(await after.store.nextWebhook(QUEUE)).toBeNull();
    } finally {
      await after.remove();
    }
  });

  it("does not act on an answer twice", async () => {
    await receive("Paris");
    const { webhookId } = await head();
    await store.finishWebhook(webhookId, { replies: [], events: [] });
    const again = store.finishWebhook(webhookId, { replies: [newOutbound()], events: [] });
    await expect(again).rejects.toThrow("has ended");
    expect(await store.queueDepths()).toEqual([]);
  });
});

describe("a Number that points elsewhere", () => {
  const TARGET = {
    queue: `${FROM} http://new.lan`,
    url: "http://new.lan/sms",
    method: "POST",
    fallbackUrl: null,
    fallbackMethod: "GET",
  } as const;
  const OLD = {
    queue: QUEUE,
    url: "http://app.lan/sms",
    method: "GET",
    fallbackUrl: "http://spare.lan/sms",
    fallbackMethod: "POST",
  } as const;
  const redirect = (target: typeof TARGET | null = TARGET) =>
    store.redirectInbound({ to: FROM, accountSid: ACCOUNT, target, event: FAILED });

  it("takes what waits for its old app with it, put aside and put off or not, in the order it came", async () => {
    for (const body of ["one", "two", "three"]) await receive(body);
    const first = await head();
    const late = { attempts: 3, notBefore: T0 + 60_000, event: null };
    await store.deferWebhook(first.webhookId, { ...late, aside: true });
    const second = await head();
    await store.deferWebhook(second.webhookId, { ...late, aside: false });
    expect(await redirect()).toEqual({ moved: 3, ended: 0 });
    expect(await store.webhookQueues()).toEqual([TARGET.queue]);
    const moved = await store.nextWebhooks(TARGET.queue, 9);
    expect(moved.map(bodyOf)).toEqual(["one", "two", "three"]);
    expect(moved[0]).toEqual({ ...first, ...TARGET, attempts: 0, notBefore: T0 });
    expect(moved[1]).toEqual({ ...second, ...TARGET, attempts: 0, notBefore: T0 });
    expect(await redirect()).toEqual({ moved: 0, ended: 0 });
  });

  it("leaves other Numbers, other accounts and status callbacks alone", async () => {
    await receive("one");
    await receive("of another", `${FROM}9 http://app.lan`);
    expect(
      await store.redirectInbound({ to: FROM, accountSid: `${ACCOUNT}x`, target: TARGET, event: FAILED }),
    ).toEqual({ moved: 0, ended: 0 });
    await announce();
    expect(await redirect()).toEqual({ moved: 1, ended: 0 });
    expect((await store.nextWebhooks(QUEUE, 9)).map(({ facts }) => facts.kind)).toEqual(["status"]);
  });

  it("tells who listens which queues are not what they were", async () => {
    await receive("one");
    const told: WebhookNotice[] = [];
    store.onWebhook((notice) => told.push(notice));
    await redirect();
    expect(told).toEqual([{ queue: TARGET.queue, first: null, more: false, movedFrom: [QUEUE] }]);
    await redirect(null);
    expect(told.slice(1)).toEqual([
      { queue: TARGET.queue, first: null, more: false, movedFrom: [TARGET.queue] },
    ]);
  });

  it("that is nowhere ends what waits, each with an event of its message", async () => {
    await receive("one");
    await receive("two");
    const sids = (await store.nextWebhooks(QUEUE, 9)).map(({ facts }) => facts.messageSid);
    expect(await redirect(null)).toEqual({ moved: 0, ended: 2 });
    expect(await store.webhookQueues()).toEqual([]);
    expect((await store.listEvents({ limit: 9 })).map(({ messageSid }) => messageSid).reverse()).toEqual(
      sids,
    );
  });

  it("lets no late word of the old app put off or give up what the new one is to be told", async () => {
    await receive("one");
    const { webhookId } = await head();
    await redirect();
    const deferral = { attempts: 1, notBefore: T0 + 500, aside: true, event: FAILED, asked: OLD };
    expect(await store.deferWebhook(webhookId, deferral)).toBe("moved");
    const given = { replies: [newOutbound()], events: [FAILED], asked: OLD, isGivenUp: true };
    expect(await store.finishWebhook(webhookId, given)).toBe("moved");
    expect(await head(TARGET.queue)).toMatchObject({ webhookId, ...TARGET, attempts: 0 });
    expect(await store.listEvents({ limit: 9 })).toEqual([]);
    expect(await store.queueDepths()).toEqual([]);
  });

  it("counts an answer of the old app that was late, and none for what has ended", async () => {
    await receive("one");
    await receive("two");
    const [one, two] = await store.nextWebhooks(QUEUE, 2);
    await redirect();
    const result = { replies: [newOutbound()], events: [], asked: OLD };
    expect(await store.finishWebhook(one?.webhookId ?? "", result)).toMatchObject([{ is: "accepted" }]);
    expect(bodyOf(await head(TARGET.queue))).toBe("two");
    await redirect(null);
    const again = { replies: [newOutbound()], events: [], asked: OLD };
    expect(await store.finishWebhook(two?.webhookId ?? "", again)).toBe("moved");
    expect(await store.queueDepths()).toMatchObject([{ messages: 1 }]);
  });
});
