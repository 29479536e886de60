import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Batch } from "../../src/store/retention-commands.ts";
import { type InProcess, openInProcess, storeOver } from "./in-process.ts";
import { keptSince } from "./kept-since.ts";
import { ACCOUNT, newOutbound, T0 } from "./new-outbound.ts";

const DAY = 86_400_000;

let opened: InProcess;
let store: ReturnType<typeof storeOver>;

beforeEach(() => {
  opened = openInProcess();
  store = storeOver(opened);
});
afterEach(() => opened.close());

/** Failed at once, so that they can be retired at once; oldest first. */
async function finish(count: number): Promise<string[]> {
  const sids: string[] = [];
  for (let each = 0; each < count; each++) {
    const message = newOutbound({
      body: "a secret",
      refusal: { errorCode: 30001, why: "as the test has it" },
    });
    sids.push(message.sid);
    await store.accept(message);
  }
  return sids;
}

async function retired(count: number): Promise<string[]> {
  const sids = await finish(count);
  await store.retire({ sentBefore: 0, limit: 1000 });
  return sids;
}

async function left(): Promise<string[]> {
  const all = await store.listMessages({ accountSid: ACCOUNT, limit: 1000 });
  return all.map(({ sid }) => sid).reverse();
}

async function untilDone(next: () => Promise<Batch>): Promise<number[]> {
  const batches: number[] = [];
  for (;;) {
    const { changed, isDone } = await next();
    batches.push(changed);
    if (isDone) return batches;
  }
}

describe("letting go by age", () => {
  it("deletes the oldest first, a batch at a time, and says when nothing is left to do", async () => {
    await retired(25);
    expect(await untilDone(() => store.prune(keptSince({ messages: T0 + DAY }), 10))).toEqual([10, 10, 5]);
    expect(await left()).toEqual([]);
  });

  it("goes through all fingerprints, however many batches that takes", async () => {
    const insert = opened.db.prepare(
      "INSERT INTO fingerprint (line, fingerprint, receivedAt) VALUES (?, ?, ?)",
    );
    for (let each = 0; each < 100; each++)
      insert.run(`sim${each % 3}`, `print ${each}`, T0 + (each % 2) * DAY);
    const batches = await untilDone(() => store.prune(keptSince({ fingerprints: T0 + 1 }), 5));
    expect(batches.length).toBeGreaterThan(4);
    expect(
      opened.db.prepare("SELECT count(*) AS rows, min(receivedAt) AS oldest FROM fingerprint").get(),
    ).toEqual({
      rows: 50,
      oldest: T0 + DAY,
    });
  });
});

describe("letting go by number", () => {
  it("keeps the newest, counts first, and counts what comes and goes meanwhile", async () => {
    const first = await retired(100);
    expect(await store.pruneBeyond(30, 10)).toEqual({ changed: 0, isDone: false });
    await store.deleteMessage(first[0] ?? "");
    await store.deleteMessage(first[99] ?? "");
    const second = await retired(20);
    await untilDone(() => store.pruneBeyond(30, 10));
    expect(await left()).toEqual([...first.slice(89, 99), ...second]);
    const third = await retired(5);
    expect(await untilDone(() => store.pruneBeyond(30, 10))).toEqual([5]);
    expect(await left()).toEqual([...first.slice(94, 99), ...second, ...third]);
  });

  it("does not count what was rolled back", async () => {
    await retired(3);
    await untilDone(() => store.pruneBeyond(3, 10));
    const [sid = ""] = await finish(1);
    const row = opened.db.prepare("SELECT key, sid FROM message").get() as { key: number; sid: string };
    // A row with its key rests already: the move is refused, and taken back.
    opened.db.pragma("ignore_check_constraints = ON");
    opened.db
      .prepare(`INSERT INTO message_retired SELECT @key, 'SMx', accountSid, direction, "from", "to", status,
        numSegments, messagingServiceSid, statusCallback, errorCode, createdAt, updatedAt, sentAt, line, attempts,
        errorMessage, body, submissions, automatic FROM message_retired LIMIT 1`)
      .run({ key: row.key });
    await expect(store.retire({ sentBefore: 0, limit: 10 })).rejects.toThrow("UNIQUE");
    opened.db.prepare("DELETE FROM message_retired WHERE key = ?").run(row.key);
    expect(await store.pruneBeyond(3, 10)).toEqual({ changed: 0, isDone: true });
    expect(row.sid).toBe(sid);
  });
});

describe("erasing texts", () => {
  it("leaves the rest of the message, and goes on where it ended, after a restart too", async () => {
    const old = await retired(25);
    expect(await untilDone(() => store.redactBefore(T0 + DAY, 10))).toEqual([10, 10, 5]);
    for (const sid of old)
      expect(await store.getMessage(sid)).toMatchObject({ sid, status: "failed", body: "", updatedAt: T0 });
    expect(await store.redactBefore(T0 + DAY, 10)).toEqual({ changed: 0, isDone: true });
    expect(await store.getMemory("", "bodies redacted to")).not.toBeNull();
  });

  it("erases what finishes only afterwards as well, and nothing of what still waits", async () => {
    const [late = ""] = await finish(1);
    const waiting = newOutbound();
    await store.accept(waiting);
    await untilDone(() => store.redactBefore(T0 + DAY, 10));
    expect(await store.getMessage(waiting.sid)).toMatchObject({ body: "Bonjour" });
    await store.retire({ sentBefore: 0, limit: 10 });
    expect(await store.getMessage(late)).toMatchObject({ body: "" });
  });
});
