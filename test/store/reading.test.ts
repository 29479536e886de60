import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { MessageFilter } from "../../src/store/reading.ts";
import type { KeptSince } from "../../src/store/retention-commands.ts";
import type { NewOutbound, Store } from "../../src/store/store.ts";
import { openTestStore, type TestStore } from "../harness/open-test-store.ts";
import { keptSince } from "./kept-since.ts";
import { ACCOUNT, FROM, newOutbound, newSid, T0, TO } from "./new-outbound.ts";

let opened: TestStore;
let store: Store;

beforeEach(async () => {
  opened = await openTestStore();
  store = opened.store;
});

afterEach(() => opened.remove());

async function accept(given: Partial<NewOutbound> = {}): Promise<string> {
  const message = newOutbound(given);
  await store.accept(message);
  return message.sid;
}

async function receive(to = FROM, receivedAt = T0): Promise<string> {
  const sid = newSid();
  await store.completeInbound({
    keptIds: [],
    message: {
      sid,
      accountSid: ACCOUNT,
      from: TO,
      to,
      body: "Paris",
      numSegments: 1,
      messagingServiceSid: null,
      line: "sim1",
      receivedAt,
    },
    webhook: null,
    event: null,
  });
  return sid;
}

/** The oldest of the queue goes out and is delivered at once. */
async function deliverOne(at = T0): Promise<string> {
  const { claims } = await store.claim(FROM, { line: "sim1", limit: 1, now: at });
  const [submission] = claims;
  if (submission === undefined) throw new Error("nothing to claim");
  await store.settle(submission.submissionId, { is: "accepted", reference: "1" }, at);
  await store.recordReport(submission.submissionId, {
    state: "delivered",
    status: 0,
    errorCode: null,
    reference: "1",
    doneAt: null,
    at,
  });
  return submission.messageSid;
}

async function list(filter: Partial<MessageFilter> = {}): Promise<readonly string[]> {
  return (await store.listMessages({ accountSid: ACCOUNT, limit: 100, ...filter })).map((each) => each.sid);
}

describe("a message", () => {
  it("is found by its whole SID only", async () => {
    const sid = await accept();
    expect((await store.getMessage(sid))?.sid).toBe(sid);
    expect(await store.getMessage(`${sid.slice(0, -1)}${sid.endsWith("0") ? "1" : "0"}`)).toBeNull();
    expect(await store.getMessage(`NO${sid.slice(2)}`)).toBeNull();
    expect(await store.getMessage("nonsense")).toBeNull();
  });

  it("reads the same before and after it is retired, with its submissions", async () => {
    const sid = await accept({
      messagingServiceSid: `MG${"b".repeat(32)}`,
      statusCallback: "http://app.lan/s",
    });
    await deliverOne(T0 + 5);
    const message = await store.getMessage(sid);
    const submissions = await store.submissionsOf(sid);
    expect(submissions).toMatchObject([{ state: "accepted", reference: "1", reportState: "delivered" }]);
    expect(await store.retire({ sentBefore: T0, limit: 100 })).toBe(1);
    expect(await store.getMessage(sid)).toEqual(message);
    expect(await store.submissionsOf(sid)).toEqual(submissions);
    expect(await list()).toEqual([sid]);
  });
});

describe("a list of messages", () => {
  it("is newest first over inbound, outbound, hot and retired ones alike", async () => {
    const sids = [await accept(), await receive(), await accept(), await receive(), await accept()];
    await deliverOne();
    await store.retire({ sentBefore: T0, limit: 100 });
    expect(await list()).toEqual(sids.toReversed());
    expect(await list({ limit: 2 })).toEqual(sids.toReversed().slice(0, 2));
  });

  it("pages without repeating or skipping while messages come in and are retired", async () => {
    const sids: string[] = [];
    for (let count = 0; count < 9; count++) sids.push(count % 2 === 0 ? await accept() : await receive());
    const seen: string[] = [];
    for (;;) {
      const last = seen.at(-1);
      const page = await list(last === undefined ? { limit: 2 } : { limit: 2, beforeSid: last });
      if (page.length === 0) break;
      seen.push(...page);
      await accept();
      await deliverOne();
      await store.retire({ sentBefore: T0, limit: 100 });
    }
    expect(seen).toEqual(sids.toReversed());
  });

  it("is of one account, from or to one number, or both", async () => {
    const other = await accept({ accountSid: `AC${"b".repeat(32)}` });
    const out = await accept();
    const elsewhere = await accept({ to: "+33639980003" });
    const back = await receive();
    expect(await list()).toEqual([back, elsewhere, out]);
    expect(await list({ accountSid: `AC${"b".repeat(32)}` })).toEqual([other]);
    for (const retired of [false, true]) {
      if (retired) {
        for (let count = 0; count < 3; count++) await deliverOne();
        await store.retire({ sentBefore: T0, limit: 100 });
      }
      expect(await list({ to: TO })).toEqual([out]);
      expect(await list({ from: FROM })).toEqual([elsewhere, out]);
      expect(await list({ from: FROM, to: TO })).toEqual([out]);
      expect(await list({ from: TO, to: FROM })).toEqual([back]);
      expect(await list({ from: TO, to: TO })).toEqual([]);
    }
  });

  it("is bounded by when they were sent, or created while they are not", async () => {
    const sent = await accept();
    await deliverOne(T0 + 1000);
    const waiting = await accept();
    expect(await list({ sentFrom: T0 + 1000 })).toEqual([sent]);
    expect(await list({ sentFrom: T0 + 1001 })).toEqual([]);
    expect(await list({ sentBefore: T0 + 1000 })).toEqual([waiting]);
    expect(await list({ sentFrom: T0, sentBefore: T0 + 1001 })).toEqual([waiting, sent]);
    expect(await list({ sentFrom: T0 - 400 * 86_400_000, sentBefore: T0 })).toEqual([]);
  });

  it("takes what callers send as values, never as SQL", async () => {
    const body = `'); DROP TABLE message; --`;
    const sid = await accept({ body, parts: [body], to: body });
    expect(await list({ to: body })).toEqual([sid]);
    expect(await list({ from: `' OR 1=1 --` })).toEqual([]);
    expect((await store.getMessage(sid))?.body).toBe(body);
  });
});

describe("retiring", () => {
  it("takes what is finished, and what is sent once it is old enough, a batch at a time", async () => {
    for (let count = 0; count < 5; count++) await accept();
    await deliverOne();
    await deliverOne();
    await deliverOne();
    const { claims } = await store.claim(FROM, { line: "sim1", limit: 1, now: T0 });
    for (const each of claims) {
      await store.settle(each.submissionId, { is: "accepted", reference: "9" }, T0 + 60_000);
    }
    expect(await store.retire({ sentBefore: T0 + 60_000, limit: 2 })).toBe(2);
    expect(await store.retire({ sentBefore: T0 + 60_000, limit: 2 })).toBe(1);
    expect(await store.retire({ sentBefore: T0 + 60_001, limit: 2 })).toBe(1);
    expect(await store.retire({ sentBefore: T0 + 99_999, limit: 2 })).toBe(0);
    expect(await store.openSubmissions("sim1", "9")).toEqual([]);
    expect(await list()).toHaveLength(5);
  });

  it("knows after a restart what is finished", async () => {
    await accept();
    await deliverOne();
    opened = await opened.reopen();
    store = opened.store;
    expect(await store.retire({ sentBefore: T0, limit: 10 })).toBe(1);
  });

  it("leaves a failed message where it is while a segment of it is on the wire", async () => {
    const sid = await accept({ parts: ["one ", "two"] });
    const { claims } = await store.claim(FROM, { line: "sim1", limit: 2, now: T0 });
    const [first, second] = claims.map((each) => each.submissionId);
    if (first === undefined || second === undefined) throw new Error("two segments expected");
    await store.settle(first, { is: "failed", errorCode: 30007, why: "barred" }, T0);
    expect(await store.retire({ sentBefore: T0, limit: 10 })).toBe(0);
    await store.settle(second, { is: "accepted", reference: "1" }, T0);
    expect(await store.retire({ sentBefore: T0, limit: 10 })).toBe(1);
    const late = await store.settle(second, { is: "accepted", reference: "1" }, T0);
    expect(late).toMatchObject({ is: "stale", message: { sid, status: "failed" } });
  });

  it("is followed by deletion, each kind of row by its own age", async () => {
    const day = 86_400_000;
    await receive();
    await store.addEvent({ type: "daemon.started", level: "info", at: T0, text: "started" });
    await store.quarantine("sim1", "07", "too short", T0);
    const prune = async (given: Partial<KeptSince>) => (await store.prune(keptSince(given), 100)).changed;
    expect(await prune({})).toBe(0);
    expect(await prune({ messages: T0 + day })).toBe(1);
    expect(await list()).toEqual([]);
    expect(await prune({ events: T0 + day })).toBe(1);
    expect(await prune({ undecodable: T0 + day })).toBe(1);
    expect(await store.listEvents({ limit: 5 })).toEqual([]);
  });

  it("is deleted some at a time, so that nothing waits for a year's messages", async () => {
    const old = keptSince({ messages: T0 + 86_400_000 });
    await Promise.all(Array.from({ length: 201 }, () => receive()));
    const changed: number[] = [];
    for (let run = 0; run < 4; run++) changed.push((await store.prune(old, 100)).changed);
    expect(changed).toEqual([100, 100, 1, 0]);
  });
});

describe("the events", () => {
  it("are newest first, page by SID, and keep their order whatever the clock said", async () => {
    for (const at of [T0 + 5, T0, T0 + 9]) {
      await store.addEvent({ type: "line.state", level: "info", at, text: `at ${at}`, line: "sim1" });
    }
    const all = await store.listEvents({ limit: 10 });
    expect(all.map((event) => event.at)).toEqual([T0 + 9, T0, T0 + 5]);
    expect(all.every((event) => /^NO[0-9a-f]{32}$/.test(event.sid))).toBe(true);
    const [first, ...rest] = all;
    expect(await store.listEvents({ limit: 10, beforeSid: first?.sid ?? "" })).toEqual(rest);
  });
});

describe("a line's memory", () => {
  it("survives a power cut and is the line's own", async () => {
    await store.putMemory("sim1", "pin", "trying");
    await store.putMemory("sim1", "pin", "refused");
    await store.ping(T0);
    const after = await opened.powerCut();
    try {
      expect(await after.store.getMemory("sim1", "pin")).toBe("refused");
      expect(await after.store.getMemory("sim2", "pin")).toBeNull();
    } finally {
      await after.remove();
    }
  });
});
