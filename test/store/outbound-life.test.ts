import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Claim, NewOutbound, Store } from "../../src/store/store.ts";
import { openTestStore, type TestStore } from "../harness/open-test-store.ts";
import { FROM, newOutbound, T0, TO } from "./new-outbound.ts";

let opened: TestStore;
let store: Store;

beforeEach(async () => {
  opened = await openTestStore();
  store = opened.store;
});

afterEach(() => opened.remove());

const LONG = ["first of three, ", "second of three, ", "third of three"];

async function accept(given: Partial<NewOutbound> = {}): Promise<string> {
  const message = newOutbound(given);
  expect((await store.accept(message)).is).toBe("accepted");
  return message.sid;
}

async function claim(limit: number, now = T0): Promise<readonly Claim[]> {
  return (await store.claim(FROM, { line: "sim1", limit, now })).claims;
}

async function claimOne(now = T0): Promise<Claim> {
  const [first] = await claim(1, now);
  if (first === undefined) throw new Error("nothing to claim");
  return first;
}

async function take(submission: Claim, reference: string, at = T0) {
  return store.settle(submission.submissionId, { is: "accepted", reference }, at);
}

async function statusOf(sid: string) {
  return (await store.getMessage(sid))?.status;
}

describe("a message of one segment", () => {
  it("goes from queued to delivered, and what Twilio announces is announced in order", async () => {
    const message = newOutbound({ statusCallback: "http://app.lan:3000/status" });
    const accepted = await store.accept(message);
    expect(accepted).toEqual({ is: "accepted", message: await store.getMessage(message.sid) });

    const submission = await claimOne(T0 + 10);
    expect(submission.segment).toEqual({
      from: FROM,
      to: TO,
      alphabet: "gsm7",
      text: "Bonjour",
      concatenation: null,
      validityMinutes: null,
    });
    expect(await store.getMessage(message.sid)).toMatchObject({
      status: "sending",
      line: null,
      sentAt: null,
    });

    const settled = await take(submission, "7", T0 + 20);
    expect(settled).toMatchObject({ is: "settled", message: { status: "sent" } });
    expect(await store.getMessage(message.sid)).toMatchObject({
      status: "sent",
      sentAt: T0 + 20,
      line: "sim1",
    });

    const [open] = await store.openSubmissions("sim1", "7");
    expect(open).toMatchObject({ submissionId: submission.submissionId, state: "accepted", recipient: TO });
    const reported = await store.recordReport(submission.submissionId, {
      state: "delivered",
      status: 0,
      errorCode: null,
      reference: "7",
      doneAt: "2026-01-04T11:15:31+01:00",
      at: T0 + 30,
    });
    expect(reported).toMatchObject({ is: "settled", message: { status: "delivered" } });
    expect(await store.getMessage(message.sid)).toMatchObject({ status: "delivered", updatedAt: T0 + 30 });
    expect(await store.openSubmissions("sim1", "7")).toEqual([]);

    const queue = `${FROM} http://app.lan:3000`;
    expect(await store.webhookQueues()).toEqual([queue]);
    const told: unknown[] = [];
    for (let task = await store.nextWebhook(queue); task !== null; task = await store.nextWebhook(queue)) {
      if (task.facts.kind === "status") told.push([task.method, task.facts.status, task.facts.doneAt]);
      await store.finishWebhook(task.webhookId, { replies: [], events: [] });
    }
    expect(told).toEqual([
      ["POST", "sent", null],
      ["POST", "delivered", "2026-01-04T11:15:31+01:00"],
    ]);
  });

  it("fails with the code it is given, an event and a webhook", async () => {
    const sid = await accept({ statusCallback: "http://app.lan/status" });
    const { submissionId } = await claimOne();
    const why = "CMS 30: the recipient is unknown";
    const { message } = await store.settle(submissionId, { is: "failed", errorCode: 30005, why }, T0 + 5);
    expect(message).toMatchObject({ sid, status: "failed" });
    expect(await store.getMessage(sid)).toMatchObject({
      status: "failed",
      errorCode: 30005,
      errorMessage: why,
    });
    expect(await store.listEvents({ limit: 5 })).toMatchObject([
      { type: "message.failed", messageSid: sid, errorCode: 30005, at: T0 + 5 },
    ]);
    const task = await store.nextWebhook(`${FROM} http://app.lan`);
    expect(task?.facts).toMatchObject({ kind: "status", status: "failed", errorCode: 30005 });
  });

  it("backs off, lets the next one pass, and comes back to its place when it is due", async () => {
    const first = await accept();
    const second = await accept();
    const third = await accept();
    const submission = await claimOne();
    await store.settle(
      submission.submissionId,
      { is: "retry", retryAt: T0 + 60_000, why: "CMS 42: congestion" },
      T0,
    );
    expect(await store.getMessage(first)).toMatchObject({
      status: "sending",
      attempts: 1,
      retryAt: T0 + 60_000,
      waitingFor: "CMS 42: congestion",
    });
    expect((await claimOne(T0 + 59_999)).messageSid).toBe(second);
    const again = await claimOne(T0 + 60_000);
    expect(again).toMatchObject({ messageSid: first, attempts: 1 });
    expect(again.submissionId).not.toBe(submission.submissionId);
    expect(await store.getMessage(first)).toMatchObject({ retryAt: null, waitingFor: null });
    expect((await claimOne(T0 + 60_000)).messageSid).toBe(third);
  });

  it("tells when the queue is worth asking again", async () => {
    expect(await store.claim(FROM, { line: "sim1", limit: 1, now: T0 })).toEqual({
      claims: [],
      nextDueAt: null,
    });
    await accept();
    const { submissionId } = await claimOne();
    await store.settle(submissionId, { is: "retry", retryAt: T0 + 500, why: "later" }, T0);
    expect(await store.claim(FROM, { line: "sim1", limit: 1, now: T0 })).toEqual({
      claims: [],
      nextDueAt: T0 + 500,
    });
  });

  it("is back in its place, no attempt burnt, when it is released", async () => {
    const first = await accept();
    await accept();
    const { submissionId } = await claimOne();
    await store.settle(submissionId, { is: "released", why: "the line stopped" }, T0);
    expect(await store.getMessage(first)).toMatchObject({ attempts: 0, waitingFor: "the line stopped" });
    expect(await store.submissionsOf(first)).toEqual([]);
    const again = await claimOne();
    expect(again.messageSid).toBe(first);
    expect(again.submissionId).not.toBe(submissionId);
    expect((await take({ ...again, submissionId }, "1")).is).toBe("stale");
  });

  it("is settled once: the second settlement is stale and changes nothing", async () => {
    const sid = await accept();
    const submission = await claimOne();
    await take(submission, "1", T0 + 1);
    const second = await store.settle(
      submission.submissionId,
      { is: "failed", errorCode: 1, why: "no" },
      T0 + 2,
    );
    expect(second).toMatchObject({ is: "stale", message: { sid, status: "sent" } });
    expect(await store.getMessage(sid)).toMatchObject({ status: "sent", updatedAt: T0 + 1 });
  });
});

describe("a message of several segments", () => {
  it("is sent when the network has every segment and delivered when every report says so", async () => {
    const sid = await accept({ parts: LONG });
    const claims = await claim(10);
    expect(claims.map((each) => [each.index, each.segment.text])).toEqual(
      LONG.map((text, index) => [index, text]),
    );
    const references = new Set(claims.map((each) => each.segment.concatenation?.reference));
    expect(references.size).toBe(1);
    expect(claims.map((each) => each.segment.concatenation)).toMatchObject([
      { referenceBits: 8, total: 3, sequence: 1 },
      { referenceBits: 8, total: 3, sequence: 2 },
      { referenceBits: 8, total: 3, sequence: 3 },
    ]);
    for (const [index, each] of claims.entries()) {
      expect(await statusOf(sid)).toBe("sending");
      await take(each, `${index}`, T0 + index);
    }
    expect(await store.getMessage(sid)).toMatchObject({ status: "sent", sentAt: T0 + 2 });
    for (const each of claims) {
      expect(await statusOf(sid)).toBe("sent");
      await store.recordReport(each.submissionId, {
        state: "delivered",
        status: 0,
        errorCode: null,
        reference: `${each.index}`,
        doneAt: null,
        at: T0 + 9,
      });
    }
    expect(await statusOf(sid)).toBe("delivered");
  });

  it("draws a new concatenation reference for the next message to the same handset, also after a restart", async () => {
    await accept({ parts: LONG });
    await accept({ parts: LONG });
    const claims = await claim(6);
    const [first, second] = [claims[0], claims[3]].map((each) => each?.segment.concatenation?.reference);
    expect(second).toBe(((first ?? 0) + 1) % 256);
    opened = await opened.reopen();
    store = opened.store;
    await accept({ parts: LONG });
    const third = (await claim(6)).find((each) => each.segment.concatenation !== null);
    expect(third?.segment.concatenation?.reference).toBe(((second ?? 0) + 1) % 256);
  });

  it("is finished before the next message is begun, whoever comes in between", async () => {
    const earlier = await accept();
    const long = await accept({ parts: LONG });
    const [first] = await claim(2);
    await store.settle(first?.submissionId ?? "", { is: "retry", retryAt: T0 + 5, why: "busy" }, T0);
    const single = await accept();
    expect((await claim(4, T0 + 10)).map((each) => [each.messageSid, each.index])).toEqual([
      [long, 1],
      [long, 2],
      [earlier, 0],
      [single, 0],
    ]);
  });

  it("lets single messages go before the rest of it when it is a broadcast, and ends before the next one begins", async () => {
    const long = await accept({ parts: LONG, lane: "broadcast" });
    const next = await accept({ lane: "broadcast" });
    expect((await claimOne()).messageSid).toBe(long);
    const single = await accept();
    expect((await claim(4)).map((each) => [each.messageSid, each.index])).toEqual([
      [single, 0],
      [long, 1],
      [long, 2],
      [next, 0],
    ]);
  });

  it("fails as a whole when one segment can never go, and its other segments are dropped", async () => {
    const sid = await accept({ parts: LONG });
    const [first, second] = await claim(2);
    if (first === undefined || second === undefined) throw new Error("two segments expected");
    await store.settle(first.submissionId, { is: "failed", errorCode: 30007, why: "barred" }, T0);
    expect(await statusOf(sid)).toBe("failed");
    const released = await store.settle(
      second.submissionId,
      { is: "released", why: "its message failed" },
      T0,
    );
    expect(released).toMatchObject({ is: "settled", message: { status: "failed" } });
    expect(await claim(5)).toEqual([]);
    expect(await store.queueDepths()).toEqual([]);
  });

  it("keeps what the network took of it when another segment backs off", async () => {
    const sid = await accept({ parts: LONG });
    const [first, second, third] = await claim(3);
    if (first === undefined || second === undefined || third === undefined) throw new Error("three expected");
    await take(first, "1");
    await store.settle(second.submissionId, { is: "retry", retryAt: T0 + 1000, why: "busy" }, T0);
    await store.settle(third.submissionId, { is: "released", why: "busy" }, T0);
    await accept();
    expect((await claimOne(T0 + 1)).messageSid).not.toBe(sid);
    expect((await claim(5, T0 + 1000)).map((each) => [each.messageSid, each.index])).toEqual([
      [sid, 1],
      [sid, 2],
    ]);
  });

  it("is undelivered once, with the first failing report, and says why", async () => {
    const sid = await accept({ parts: LONG, statusCallback: "http://app.lan/status" });
    const claims = await claim(3);
    for (const each of claims) await take(each, `${each.index}`);
    for (const each of claims) {
      await store.recordReport(each.submissionId, {
        state: "failed",
        status: 70,
        errorCode: 30003,
        reference: `${each.index}`,
        doneAt: null,
        at: T0 + 5,
      });
    }
    expect(await store.getMessage(sid)).toMatchObject({ status: "undelivered", errorCode: 30003 });
    const failures = (await store.listEvents({ limit: 10 })).filter(
      (event) => event.type === "message.failed",
    );
    expect(failures).toHaveLength(1);
    expect((await store.submissionsOf(sid)).map((each) => each.reportStatus)).toEqual([70, 70, 70]);
  });
});

describe("the queue", () => {
  it("serves single messages before broadcasts and each in the order they were accepted", async () => {
    const broadcast = await accept({ lane: "broadcast" });
    const one = await accept();
    const two = await accept();
    const claims = await claim(10);
    expect(claims.map((each) => each.messageSid)).toEqual([one, two, broadcast]);
  });

  it("gives single messages alone to whoever asks for them alone, and says nothing of broadcasts", async () => {
    const broadcast = await accept({ lane: "broadcast" });
    const one = await accept();
    const singles = () => store.claim(FROM, { line: "sim1", limit: 10, now: T0, lane: "single" });
    expect((await singles()).claims.map(({ messageSid, lane }) => [messageSid, lane])).toEqual([
      [one, "single"],
    ]);
    expect((await singles()).claims).toEqual([]);
    expect((await claimOne()).messageSid).toBe(broadcast);
  });

  it("is one per number", async () => {
    const other = newOutbound({ from: "+33639980009" });
    await store.accept(other);
    expect(await claim(10)).toEqual([]);
    const { claims } = await store.claim("+33639980009", { line: "sim1", limit: 1, now: T0 });
    expect(claims.map((each) => each.messageSid)).toEqual([other.sid]);
  });

  it("refuses what would make it longer than it may be, and says how long it is", async () => {
    await accept({ parts: LONG, maxQueuedSegments: 4 });
    const full = await store.accept(newOutbound({ parts: ["a", "b"], maxQueuedSegments: 4 }));
    expect(full).toEqual({ is: "queue-full", queuedSegments: 3 });
    await accept({ maxQueuedSegments: 4 });
    expect(await store.queueDepths()).toMatchObject([{ queue: FROM, messages: 2, segments: 4 }]);
    await claim(3);
    expect(await store.queueDepths()).toMatchObject([{ queue: FROM, messages: 1, segments: 1 }]);
    await accept({ parts: LONG, maxQueuedSegments: 4 });
  });

  it("counts its depth again from the rows when it is opened", async () => {
    await accept({ parts: LONG });
    await accept();
    await claim(2);
    const before = await store.queueDepths();
    opened = await opened.reopen();
    expect(await opened.store.queueDepths()).toEqual(before);
  });

  it("tells its listeners of a message that comes in or comes back, after the commit", async () => {
    const told: string[] = [];
    store.onQueued((queue) => told.push(queue));
    await accept();
    expect(told).toEqual([FROM]);
    const { submissionId } = await claimOne();
    await store.settle(submissionId, { is: "released", why: "the line stopped" }, T0);
    expect(told).toEqual([FROM, FROM]);
    await claimOne();
    expect(told).toEqual([FROM, FROM]);
  });

  it("tells of broadcasts as such, once for a transaction, unless a single message came with them", async () => {
    const told: string[] = [];
    store.onQueued((_queue, lane) => told.push(lane));
    await Promise.all([accept({ lane: "broadcast" }), accept({ lane: "broadcast" })]);
    expect(told).toEqual(["broadcast"]);
    await Promise.all([accept({ lane: "broadcast" }), accept(), accept({ lane: "broadcast" })]);
    expect(told).toEqual(["broadcast", "single"]);
  });
});

describe("validity", () => {
  it("fails with 30036 what nobody took in time, waiting or backing off, and nothing else", async () => {
    const backing = await accept({ expiresAt: T0 + 1000 });
    await store.settle((await claimOne()).submissionId, { is: "retry", retryAt: T0 + 9000, why: "busy" }, T0);
    const trying = await accept({ expiresAt: T0 + 1000 });
    await claimOne();
    const waiting = await accept({ expiresAt: T0 + 1000 });
    const later = await accept({ expiresAt: T0 + 1001 });
    expect(await store.expire(T0 + 999)).toBe(0);
    expect(await store.expire(T0 + 1000)).toBe(2);
    expect(await store.expire(T0 + 1000)).toBe(0);
    expect(await store.getMessage(waiting)).toMatchObject({ status: "failed", errorCode: 30036 });
    expect(await store.getMessage(backing)).toMatchObject({
      status: "failed",
      errorCode: 30036,
      retryAt: null,
    });
    expect(await statusOf(trying)).toBe("sending");
    expect(await statusOf(later)).toBe("queued");
    expect(await store.expire(T0 + 1001)).toBe(1);
  });

  it("looks again at what came later but expires earlier", async () => {
    await accept({ expiresAt: T0 + 9000 });
    expect(await store.expire(T0)).toBe(0);
    const hasty = await accept({ expiresAt: T0 + 10 });
    expect(await store.expire(T0 + 10)).toBe(1);
    expect(await statusOf(hasty)).toBe("failed");
  });

  it("tells the network what is left of a period that the app asked for, and nothing where it asked for none", async () => {
    await accept({ createdAt: T0, expiresAt: T0 + 600_000 });
    expect((await claimOne(T0 + 30_000)).segment.validityMinutes).toBe(10);
    await accept({ createdAt: T0, expiresAt: T0 + 600_000 });
    expect((await claimOne(T0 + 599_000)).segment.validityMinutes).toBe(1);
    await accept({ createdAt: T0, expiresAt: T0 + 36_000_000 });
    expect((await claimOne(T0 + 30_000)).segment.validityMinutes).toBeNull();
  });

  it("never hands over what is late", async () => {
    const late = await accept({ expiresAt: T0 + 10 });
    const inTime = await accept();
    expect((await claim(5, T0 + 10)).map((each) => each.messageSid)).toEqual([inTime]);
    expect(await store.getMessage(late)).toMatchObject({ status: "failed", errorCode: 30036 });
  });
});

describe("an account's queue that is ended", () => {
  const end = { errorCode: 30002, why: "suspended", at: T0 + 5 };

  it("fails what waits and what backs off, and nothing of another account", async () => {
    const [first, second] = [await accept({ accountSid: "AC1" }), await accept({ accountSid: "AC1" })];
    const others = await accept({ accountSid: "AC2" });
    const claimed = await claimOne();
    await store.settle(claimed.submissionId, { is: "retry", retryAt: T0 + 60_000, why: "busy" }, T0 + 1);

    expect(await store.endQueued("AC1", end)).toBe(2);
    expect(await store.getMessage(first)).toMatchObject({ status: "failed", errorCode: 30002 });
    expect(await statusOf(second)).toBe("failed");
    expect(await statusOf(others)).toBe("queued");
    expect(await store.endQueued("AC1", end)).toBe(0);
    expect((await store.queueDepths())[0]).toMatchObject({ messages: 1 });
  });

  it("leaves what is on the wire to its outcome", async () => {
    const sid = await accept({ accountSid: "AC1" });
    const claimed = await claimOne();
    expect(await store.endQueued("AC1", end)).toBe(0);
    await take(claimed, "1");
    expect(await statusOf(sid)).toBe("sent");
  });
});

describe("a number's queue that is ended", () => {
  const end = { errorCode: 30037, why: "released", at: T0 + 5 };

  it("fails what waits and what backs off, and nothing of another number", async () => {
    const [first, second] = [await accept(), await accept()];
    const others = await accept({ queue: "+33639980009" });
    const claimed = await claimOne();
    await store.settle(claimed.submissionId, { is: "retry", retryAt: T0 + 60_000, why: "busy" }, T0 + 1);

    expect(await store.endQueue(FROM, end)).toBe(2);
    expect(await store.getMessage(first)).toMatchObject({ status: "failed", errorCode: 30037 });
    expect(await statusOf(second)).toBe("failed");
    expect(await statusOf(others)).toBe("queued");
    expect(await store.endQueue(FROM, end)).toBe(0);
  });
});
