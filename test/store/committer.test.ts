import Sqlite from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Committer, TransactionLost } from "../../src/store/committer.ts";
import { checkpoint, logPages } from "../../src/store/database.ts";
import { diskTrouble } from "../../src/store/disk-trouble.ts";
import type { Request } from "../../src/store/protocol.ts";
import { type InProcess, openInProcess } from "./in-process.ts";
import { ACCOUNT, FROM, newOutbound, T0 } from "./new-outbound.ts";

let opened: InProcess;

beforeEach(() => {
  opened = openInProcess();
});

afterEach(() => opened.close());

function accept(body = "Bonjour"): Extract<Request, { name: "accept" }> {
  return { name: "accept", args: [newOutbound({ body, parts: [body] })] };
}

/** Whatever is queued already. */
function acceptAnyway(): Request {
  return { name: "accept", args: [newOutbound({ maxQueuedSegments: 1_000_000 })] };
}

const LIST: Request = { name: "listMessages", args: [{ accountSid: ACCOUNT, limit: 100 }] };

function stored(): number {
  return opened.commands.listMessages({ accountSid: ACCOUNT, limit: 100 }).length;
}

/** From here on no page can be added to the database: SQLITE_FULL. */
function fillUp(): void {
  const pages = opened.db.pragma("page_count", { simple: true }) as number;
  opened.db.pragma(`max_page_count = ${pages}`);
}

describe("a batch of commands", () => {
  it("leaves no trace of the one that throws: no row, no depth, no notice", () => {
    const webhookless: Request = {
      name: "finishWebhook",
      args: ["nosuch", { replies: [newOutbound({ from: "+33600000009" })], events: [] }],
    };
    const twice = accept();
    const answer = opened.committer.run([webhookless, twice, twice, accept()]);
    expect(answer.outcomes.map((outcome) => outcome.ok)).toEqual([false, true, false, true]);
    expect(answer.outcomes[2]).toMatchObject({ code: "SQLITE_CONSTRAINT_PRIMARYKEY" });
    expect(answer.queued).toEqual([{ queue: FROM, lane: "single" }]);
    expect(opened.commands.queueDepths()).toMatchObject([{ queue: FROM, messages: 2, segments: 2 }]);
    expect(stored()).toBe(2);
  });

  it("tells how long the disk took for it", () => {
    let ms = 100;
    const clock = { monotonicMs: () => (ms += 7) };
    const committer = new Committer(opened.db, opened.set, () => false, clock);
    expect(committer.run([accept(), accept()]).syncedInMs).toBe(7);
  });

  it("names each queue once, and only those of its own transaction", () => {
    const answer = opened.committer.run([accept(), accept()]);
    expect(answer.queued).toEqual([{ queue: FROM, lane: "single" }]);
    expect(opened.committer.run([LIST]).queued).toEqual([]);
  });

  it("of reads alone writes nothing", () => {
    const before = logPages(opened.db);
    opened.committer.run([LIST, LIST]);
    expect(logPages(opened.db)).toBe(before);
  });
});

describe("a full disk", () => {
  it("refuses what needs room and nothing else, and is over when there is room again", () => {
    opened.committer.run([accept()]);
    fillUp();
    const large = accept("x".repeat(5000));
    const answer = opened.committer.run([accept(), large, LIST, { name: "ping", args: [T0] }]);
    expect(answer.outcomes.map((outcome) => outcome.ok)).toEqual([true, false, true, true]);
    expect(answer.outcomes[1]).toMatchObject({ code: "SQLITE_FULL", trouble: "full" });
    expect(opened.commands.queueDepths()).toMatchObject([{ queue: FROM, messages: 2, segments: 2 }]);
    expect(stored()).toBe(2);
    opened.db.pragma("max_page_count = 1000000");
    expect(opened.committer.run([large]).outcomes[0]?.ok).toBe(true);
    expect(stored()).toBe(3);
  });
});

describe("a read-only disk", () => {
  it("refuses what writes and nothing else, and is over when it takes writes again", () => {
    const committer = new Committer(opened.db, opened.set, () => true);
    committer.run([accept()]);
    opened.db.pragma("query_only = ON");
    const { outcomes, queued } = committer.run([accept(), LIST, { name: "ping", args: [T0] }]);
    expect(outcomes.map((outcome) => outcome.ok || outcome.trouble)).toEqual([
      "read-only",
      true,
      "read-only",
    ]);
    expect(queued).toEqual([]);
    expect(opened.commands.queueDepths()).toMatchObject([{ queue: FROM, messages: 1, segments: 1 }]);
    opened.db.pragma("query_only = OFF");
    expect(committer.run([accept()]).outcomes[0]?.ok).toBe(true);
    expect(stored()).toBe(2);
  });

  it("that is none is fatal: nobody knows why the write was refused", () => {
    opened.db.pragma("query_only = ON");
    expect(() => opened.committer.run([accept()])).toThrow(TransactionLost);
    opened.db.pragma("query_only = OFF");
    expect(stored()).toBe(0);
  });
});

describe("what an error says about the disk", () => {
  it.each([
    ["SQLITE_FULL", "full", "full"],
    ["SQLITE_READONLY", "failed", "read-only"],
    ["SQLITE_READONLY_DBMOVED", "failed", "failed"],
    ["SQLITE_CANTOPEN", "failed", "read-only"],
    ["SQLITE_IOERR_WRITE", "failed", "read-only"],
    ["SQLITE_IOERR_TRUNCATE", "failed", "read-only"],
    ["SQLITE_IOERR_FSYNC", "failed", "failed"],
    ["SQLITE_IOERR", "failed", "failed"],
    ["SQLITE_IOERR_READ", "damaged", "damaged"],
    ["SQLITE_IOERR_SHORT_READ", "damaged", "damaged"],
    ["SQLITE_CORRUPT", "damaged", "damaged"],
    ["SQLITE_CORRUPT_INDEX", "damaged", "damaged"],
    ["SQLITE_NOTADB", "damaged", "damaged"],
    ["SQLITE_CONSTRAINT_PRIMARYKEY", null, null],
    ["SQLITE_ERROR", null, null],
  ])("%s: %s; on a read-only disk: %s", (code, writable, readOnly) => {
    const error = new Sqlite.SqliteError("as SQLite says", code);
    expect(diskTrouble(error, () => false)).toBe(writable);
    expect(diskTrouble(error, () => true)).toBe(readOnly);
  });

  it("is nothing when it is not SQLite's", () => {
    expect(diskTrouble(new Error("SQLITE_FULL"), () => true)).toBeNull();
  });
});

describe("the log", () => {
  it("is copied back before it grows beyond its bound, and used again from its start", () => {
    let highest = 0;
    for (let count = 0; count < 300; count++) {
      opened.committer.run(Array.from({ length: 30 }, acceptAnyway));
      highest = Math.max(highest, logPages(opened.db));
      checkpoint(opened.db);
    }
    expect(highest).toBeGreaterThan(4000);
    expect(highest).toBeLessThan(5000);
  });
});
