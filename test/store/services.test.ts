/** What a Message of a messaging service has of its own: its beginnings, its schedule, who it meets. */
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDatabase } from "../../src/store/database.ts";
import type { Store, WebhookFacts } from "../../src/store/store.ts";
import { openTestStore, type TestStore } from "../harness/open-test-store.ts";
import { ACCOUNT, FROM, newOutbound, T0, TO } from "./new-outbound.ts";

const SERVICE = `MG${"0".repeat(32)}`;
const STATUS = "http://app.lan/status";
const LATER = T0 + 3_600_000;

let opened: TestStore;
let store: Store;

beforeEach(async () => {
  opened = await openTestStore();
  store = opened.store;
});

afterEach(() => opened.remove());

const ofService = (given: Parameters<typeof newOutbound>[0] = {}) =>
  newOutbound({ messagingServiceSid: SERVICE, statusCallback: STATUS, ...given });

async function told(): Promise<readonly string[]> {
  const statuses: string[] = [];
  for (const queue of await store.webhookQueues()) {
    for (let task = await store.nextWebhook(queue); task !== null; task = await store.nextWebhook(queue)) {
      const facts: WebhookFacts = task.facts;
      if (facts.kind === "status") statuses.push(`${facts.status} ${facts.errorCode ?? ""}`.trim());
      await store.finishWebhook(task.webhookId, { replies: [], events: [] });
    }
  }
  return statuses;
}

/** On the disk, behind the store's back: accepting as many takes minutes. */
async function multiplyTheOnlyMessage(dataDir: string, count: number): Promise<void> {
  const db = openDatabase(join(dataDir, "pylone.db"));
  const columns = (db.pragma("table_info(message)") as { name: string }[]).map(({ name }) => `"${name}"`);
  const copied = columns.map((name) => (name === '"key"' ? "key - number" : name));
  db.exec(`
    WITH RECURSIVE numbers (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers LIMIT ${count - 1})
    INSERT INTO message (${columns}) SELECT ${copied} FROM message, numbers`);
  db.close();
}

async function claimed(now: number): Promise<readonly string[]> {
  const { claims } = await store.claim(FROM, { line: "sim1", limit: 10, now });
  return claims.map(({ messageSid }) => messageSid);
}

describe("a message of a service", () => {
  it("is answered as accepted and is queued, which the app is told", async () => {
    const message = ofService();
    const result = await store.accept(message);
    expect(result).toMatchObject({ is: "accepted", message: { status: "accepted" } });
    expect(await store.getMessage(message.sid)).toMatchObject({ status: "queued" });
    expect(await told()).toEqual(["queued"]);
    expect(await claimed(T0)).toEqual([message.sid]);
  });

  it("that finds its queue full is a row that failed with 30001", async () => {
    const message = ofService({ maxQueuedSegments: 0 });
    expect((await store.accept(message)).is).toBe("accepted");
    expect(await store.getMessage(message.sid)).toMatchObject({ status: "failed", errorCode: 30001 });
    expect(await told()).toEqual(["failed 30001"]);
    expect(await store.queueDepths()).toEqual([]);
  });

  it("that nobody can send is a row that failed, without a sender", async () => {
    const message = ofService({ from: "", refusal: { errorCode: 21703, why: "nobody can" } });
    expect(await store.accept(message)).toMatchObject({ message: { status: "accepted" } });
    expect(await store.getMessage(message.sid)).toMatchObject({ status: "failed", errorCode: 21703 });
    expect(await told()).toEqual(["failed 21703"]);
  });
});

describe("the sender a recipient has met", () => {
  it("is remembered across restarts, for that service and recipient alone", async () => {
    await store.accept(ofService({ sticky: true }));
    opened = await opened.reopen();
    store = opened.store;
    expect((await store.poolFacts(SERVICE, TO, [])).sticky).toBe(FROM);
    expect((await store.poolFacts(SERVICE, "+33600000000", [])).sticky).toBeNull();
    expect((await store.poolFacts(`MG${"1".repeat(32)}`, TO, [])).sticky).toBeNull();
  });

  it("is the last one, and none where the service does not care", async () => {
    await store.accept(ofService({ sticky: false }));
    expect((await store.poolFacts(SERVICE, TO, [])).sticky).toBeNull();
    await store.accept(ofService({ sticky: true }));
    await store.accept(ofService({ sticky: true, from: "+33639980009" }));
    expect((await store.poolFacts(SERVICE, TO, [])).sticky).toBe("+33639980009");
  });

  it("is told together with how long each queue is", async () => {
    await store.accept(ofService({ parts: ["one", "two"] }));
    expect(await store.poolFacts(SERVICE, TO, ["+33639980009", FROM])).toEqual({
      sticky: null,
      queuedSegments: [0, 2],
    });
  });
});

describe("a scheduled message", () => {
  const scheduled = () => ofService({ sendAt: LATER, expiresAt: LATER + 60_000 });

  it("waits for its instant, joins its queue then, and the app is told", async () => {
    const message = scheduled();
    expect(await store.accept(message)).toMatchObject({ message: { status: "scheduled" } });
    expect(await store.queueDepths()).toEqual([]);
    expect(await store.expire(LATER - 1)).toBe(0);
    expect(await store.releaseScheduled(LATER - 1)).toBe(0);
    expect(await claimed(LATER - 1)).toEqual([]);
    expect(await told()).toEqual([]);

    expect(await store.releaseScheduled(LATER)).toBe(1);
    expect(await store.getMessage(message.sid)).toMatchObject({ status: "queued" });
    expect(await told()).toEqual(["queued"]);
    expect(await claimed(LATER)).toEqual([message.sid]);
  });

  it("is there after the plug was pulled, and after its instant passed meanwhile", async () => {
    const message = scheduled();
    await store.accept(message);
    const after = await opened.powerCut();
    expect(await after.store.getMessage(message.sid)).toMatchObject({ status: "scheduled" });
    expect(await after.store.releaseScheduled(LATER + 30_000)).toBe(1);
    const { claims } = await after.store.claim(FROM, { line: "sim1", limit: 1, now: LATER + 30_000 });
    expect(claims).toHaveLength(1);
    await after.remove();
  });

  it("is refused when 500,000 are, and taken again when one of them is canceled", async () => {
    const first = scheduled();
    await store.accept(first);
    await opened.store.close();
    await multiplyTheOnlyMessage(opened.dataDir, 500_000);
    opened = await openTestStore({ dataDir: opened.dataDir });
    store = opened.store;
    expect(await store.accept(scheduled())).toMatchObject({ is: "queue-full" });
    expect(await store.accept(ofService())).toMatchObject({ is: "accepted" });
    await store.cancelScheduled(first.sid, T0 + 1);
    expect(await store.accept(scheduled())).toMatchObject({ is: "accepted" });
    expect(await store.accept(scheduled())).toMatchObject({ is: "queue-full" });
  }, 60_000);

  it("that is canceled is never sent, and the app is told", async () => {
    const message = scheduled();
    await store.accept(message);
    expect(await store.cancelScheduled(message.sid, T0 + 1)).toMatchObject({ is: "canceled" });
    expect(await told()).toEqual(["canceled"]);
    expect(await store.releaseScheduled(LATER)).toBe(0);
    expect(await store.getMessage(message.sid)).toMatchObject({ status: "canceled" });
    await store.retire({ sentBefore: 0, limit: 10 });
    expect(await store.getMessage(message.sid)).toMatchObject({ status: "canceled" });
  });

  it("cannot be canceled once it is in its queue", async () => {
    const message = scheduled();
    await store.accept(message);
    await store.releaseScheduled(LATER);
    expect(await store.cancelScheduled(message.sid, LATER)).toEqual({ is: "not-scheduled" });
  });

  it("is found in a list by the day it was sent, long after it was made", async () => {
    const sendAt = T0 + 34 * 86_400_000;
    const message = ofService({ sendAt, expiresAt: sendAt + 60_000 });
    await store.accept(message);
    await store.releaseScheduled(sendAt);
    const { claims } = await store.claim(FROM, { line: "sim1", limit: 1, now: sendAt });
    await store.settle(claims[0]?.submissionId ?? "", { is: "accepted", reference: "1" }, sendAt);
    const listed = await store.listMessages({ accountSid: ACCOUNT, sentFrom: sendAt - 1, limit: 5 });
    expect(listed.map(({ sid }) => sid)).toEqual([message.sid]);
  });

  it("of an account that is not active fails with 30002 at its instant, and is never in the queue", async () => {
    const [theirs, ours] = [{ ...scheduled(), accountSid: "AC1" }, scheduled()];
    await store.accept(theirs);
    await store.accept(ours);
    expect(await store.releaseScheduled(LATER, ["AC1"])).toBe(2);
    expect(await store.getMessage(theirs.sid)).toMatchObject({ status: "failed", errorCode: 30002 });
    expect(await claimed(LATER)).toEqual([ours.sid]);
    expect(await told()).toEqual(["failed 30002", "queued"]);
  });

  it("is ended with its account, or with the number it was to be sent from", async () => {
    const [theirs, elsewhere, ours] = [
      { ...scheduled(), accountSid: "AC1" },
      { ...scheduled(), queue: "+33639980009" },
      scheduled(),
    ];
    for (const message of [theirs, elsewhere, ours]) await store.accept(message);
    expect(await store.endScheduled("AC1", { errorCode: 30002, why: "closed", at: T0 + 1 })).toBe(1);
    expect(await store.endScheduled("AC1", { errorCode: 30002, why: "closed", at: T0 + 1 })).toBe(0);
    expect(await store.endQueue("+33639980009", { errorCode: 30037, why: "released", at: T0 + 1 })).toBe(1);
    expect(await store.getMessage(theirs.sid)).toMatchObject({ status: "failed", errorCode: 30002 });
    expect(await store.getMessage(elsewhere.sid)).toMatchObject({ status: "failed", errorCode: 30037 });
    expect(await store.getMessage(ours.sid)).toMatchObject({ status: "scheduled" });
    expect(await told()).toEqual(["failed 30002", "failed 30037"]);
  });

  it("whose recipient says STOP meanwhile fails with 21610 when its turn comes", async () => {
    const message = scheduled();
    await store.accept(message);
    await store.keepInbound(
      {
        line: "sim1",
        receivedAt: T0,
        segment: {
          from: TO,
          to: FROM,
          userData: { alphabet: "gsm7", septets: Uint8Array.of(), lockingShift: 0, singleShift: 0 },
          concatenation: null,
          tpScts: null,
          tpPid: 0,
          tpDcs: 0,
          messageClass: null,
          destinationPort: null,
          fingerprint: "stop",
          raw: "",
        },
      },
      {
        keptIds: [],
        message: {
          sid: newOutbound().sid,
          accountSid: ACCOUNT,
          from: TO,
          to: FROM,
          body: "STOP",
          numSegments: 1,
          messagingServiceSid: SERVICE,
          line: "sim1",
          receivedAt: T0,
        },
        webhook: null,
        event: null,
        keyword: {
          change: { is: "stop", recipient: TO, scopes: [FROM, SERVICE], at: T0 },
          reply: null,
          event: null,
        },
      },
    );
    expect(await store.getMessage(message.sid)).toMatchObject({ status: "scheduled" });
    await store.releaseScheduled(LATER);
    expect(await claimed(LATER)).toEqual([]);
    expect(await store.getMessage(message.sid)).toMatchObject({ status: "failed", errorCode: 21610 });
    expect(await told()).toEqual(["queued", "failed 21610"]);
  });
});
