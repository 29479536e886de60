import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { NewOutbound, Settlement, Store } from "../../src/store/store.ts";
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

/** The head of the queue goes out; without a settlement it is still on the air. */
async function send(settlement: Settlement | null): Promise<string> {
  const { claims } = await store.claim(FROM, { line: "sim1", limit: 1, now: T0 });
  const submissionId = claims[0]?.submissionId ?? "";
  if (settlement !== null) await store.settle(submissionId, settlement, T0);
  return submissionId;
}

const TAKEN: Settlement = { is: "accepted", reference: "1" };
const FAILED: Settlement = { is: "failed", errorCode: 30008, why: "no" };

async function receive(): Promise<string> {
  const sid = newSid();
  await store.completeInbound({
    keptIds: [],
    message: {
      sid,
      accountSid: ACCOUNT,
      from: TO,
      to: FROM,
      body: "Paris",
      numSegments: 1,
      messagingServiceSid: null,
      line: "sim1",
      receivedAt: T0,
    },
    webhook: null,
    event: null,
  });
  return sid;
}

describe("a message that may still be sent", () => {
  it.each([
    ["queued", null, 1],
    ["sending", null, 1],
    ["backing off", { is: "retry", retryAt: T0 + 5, why: "busy" }, 1],
    ["unknown", { is: "unknown", why: "the port closed" }, 1],
    ["partly sent", TAKEN, 2],
  ] as const)("can be neither redacted nor deleted: %s", async (what, settlement, parts) => {
    const sid = await accept({ parts: Array.from({ length: parts }, () => "Bonjour") });
    if (what !== "queued") await send(settlement);
    const before = await store.getMessage(sid);

    expect(await store.redact(sid, T0 + 9)).toEqual({ is: "unfinished" });
    expect(await store.deleteMessage(sid)).toBe("unfinished");
    expect(await store.getMessage(sid)).toEqual(before);
  });

  it("has failed already, but one segment is still on the air", async () => {
    const sid = await accept({ parts: ["a", "b"] });
    const { claims } = await store.claim(FROM, { line: "sim1", limit: 2, now: T0 });
    await store.settle(claims[0]?.submissionId ?? "", FAILED, T0);
    expect((await store.getMessage(sid))?.status).toBe("failed");
    expect(await store.deleteMessage(sid)).toBe("unfinished");

    await store.settle(claims[1]?.submissionId ?? "", TAKEN, T0);
    expect(await store.deleteMessage(sid)).toBe("deleted");
  });
});

describe("a redacted message", () => {
  it.each([
    ["sent", TAKEN, false],
    ["failed", FAILED, false],
    ["failed", FAILED, true],
  ] as const)("that is %s loses its text and nothing else", async (status, settlement, retired) => {
    const sid = await accept({ parts: ["Bonjour ", "tout le monde"] });
    await send(settlement);
    if (status === "sent") await send(settlement);
    if (retired) expect(await store.retire({ sentBefore: 0, limit: 10 })).toBe(1);
    const before = await store.getMessage(sid);
    if (before === null) throw new Error("the message is gone");
    expect(before.status).toBe(status);

    const message = { ...before, body: "", updatedAt: T0 + 9 };
    expect(await store.redact(sid, T0 + 9)).toEqual({ is: "redacted", message });
    opened = await opened.reopen();
    store = opened.store;
    expect(await store.getMessage(sid)).toEqual(message);
  });

  it("may have come in", async () => {
    const sid = await receive();
    expect(await store.redact(sid, T0)).toMatchObject({
      is: "redacted",
      message: { body: "", from: TO, status: "received" },
    });
  });

  it("that was only sent still hears its report, and retires", async () => {
    const sid = await accept();
    const submissionId = await send(TAKEN);
    await store.redact(sid, T0);
    const report = { state: "delivered", status: 0, errorCode: null, reference: "1", doneAt: null, at: T0 };
    await store.recordReport(submissionId, { ...report, state: "delivered" });
    await store.retire({ sentBefore: 0, limit: 10 });
    expect(await store.getMessage(sid)).toMatchObject({ status: "delivered", body: "" });
  });
});

describe("a deleted message", () => {
  it.each([false, true])("is gone with its submissions, listed nowhere (retired: %s)", async (retired) => {
    const sid = await accept();
    const other = await accept();
    await send(FAILED);
    if (retired) await store.retire({ sentBefore: 0, limit: 10 });

    expect(await store.deleteMessage(sid)).toBe("deleted");
    expect(await store.deleteMessage(sid)).toBe("unknown");
    expect(await store.getMessage(sid)).toBeNull();
    expect(await store.submissionsOf(sid)).toEqual([]);
    expect((await store.listMessages({ accountSid: ACCOUNT, limit: 9 })).map((each) => each.sid)).toEqual([
      other,
    ]);
    expect(await store.retire({ sentBefore: 0, limit: 10 })).toBe(0);
  });

  it("is not waited for by a report any more", async () => {
    const sid = await accept();
    await send(TAKEN);
    expect(await store.openSubmissions("sim1", "1")).toHaveLength(1);
    expect(await store.deleteMessage(sid)).toBe("deleted");
    expect(await store.openSubmissions("sim1", "1")).toEqual([]);
  });

  it("is named by its whole SID only", async () => {
    const sid = await receive();
    expect(await store.deleteMessage(`${sid.slice(0, -1)}${sid.endsWith("0") ? "1" : "0"}`)).toBe("unknown");
    expect(await store.deleteMessage("nonsense")).toBe("unknown");
    expect(await store.redact(newSid(), T0)).toEqual({ is: "unknown" });
    expect(await store.deleteMessage(sid)).toBe("deleted");
  });
});

describe("cancelling", () => {
  it("is for what is scheduled", async () => {
    const sid = await accept();
    expect(await store.cancelScheduled(sid, T0)).toEqual({ is: "not-scheduled" });
    expect(await store.cancelScheduled(await receive(), T0)).toEqual({ is: "not-scheduled" });
    expect(await store.cancelScheduled(newSid(), T0)).toEqual({ is: "unknown" });
    expect(await store.getMessage(sid)).toMatchObject({ status: "queued" });
  });
});

describe("feedback", () => {
  it("is one per message, the newest, and goes with it", async () => {
    const sid = await receive();
    expect(await store.keepFeedback(sid, "confirmed", T0)).toEqual({
      outcome: "confirmed",
      createdAt: T0,
      updatedAt: T0,
    });
    opened = await opened.reopen();
    store = opened.store;
    expect(await store.keepFeedback(sid, "unconfirmed", T0 + 5)).toEqual({
      outcome: "unconfirmed",
      createdAt: T0,
      updatedAt: T0 + 5,
    });
    await store.deleteMessage(sid);
    expect(await store.keepFeedback(sid, "confirmed", T0)).toBeNull();
  });

  it("is pruned with its message", async () => {
    await store.keepFeedback(await receive(), "confirmed", T0);
    expect(await store.prune(keptSince({ messages: T0 + 1 }), 100)).toEqual({ changed: 2, isDone: true });
  });
});
