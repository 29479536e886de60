import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MESSAGE_STATUSES, NEXT_STATUSES } from "../../src/sms/message.ts";
import { createCommands } from "../../src/store/commands.ts";
import { Depths } from "../../src/store/depths.ts";
import { Events } from "../../src/store/events.ts";
import { Horizon } from "../../src/store/horizon.ts";
import { listSql } from "../../src/store/list-messages.ts";
import { Messages } from "../../src/store/messages.ts";
import { Notices } from "../../src/store/notices.ts";
import type { MessageFilter } from "../../src/store/reading.ts";
import { migrate, SCHEMA_VERSION } from "../../src/store/schema.ts";
import { Undo } from "../../src/store/undo.ts";
import { Usage } from "../../src/store/usage.ts";
import { Webhooks } from "../../src/store/webhooks.ts";
import { type InProcess, openInProcess } from "./in-process.ts";
import { ACCOUNT, FROM, newOutbound, T0, TO } from "./new-outbound.ts";

let opened: InProcess;

beforeEach(() => {
  opened = openInProcess();
});

afterEach(() => opened.close());

function messages(): Messages {
  const undo = new Undo();
  const notices = new Notices(undo);
  const events = new Events(opened.db);
  return new Messages(opened.db, {
    undo,
    notices,
    events,
    usage: new Usage(opened.db),
    depths: new Depths(undo),
    horizon: new Horizon(undo),
    webhooks: new Webhooks(opened.db, { notices, events }),
  });
}

describe("the database", () => {
  it("syncs every commit, holds its lock, and has small pages", () => {
    const pragma = (name: string) => opened.db.pragma(name, { simple: true });
    expect(pragma("journal_mode")).toBe("wal");
    expect(pragma("synchronous")).toBe(2);
    expect(pragma("locking_mode")).toBe("exclusive");
    expect(pragma("page_size")).toBe(1024);
    expect(pragma("wal_autocheckpoint")).toBe(0);
    expect(pragma("user_version")).toBe(SCHEMA_VERSION);
    expect(pragma("integrity_check")).toBe("ok");
  });

  it("is migrated once", () => {
    const before = opened.db.pragma("schema_version", { simple: true });
    migrate(opened.db);
    expect(opened.db.pragma("schema_version", { simple: true })).toBe(before);
  });
});

describe("a message's status", () => {
  const outbound = MESSAGE_STATUSES.filter((status) => status !== "received");
  const pairs = outbound
    .flatMap((from) => outbound.map((to) => [from, to] as const))
    .filter(([a, b]) => a !== b);

  it.each(pairs)("from %s to %s follows the transition table", (from, to) => {
    const table = messages();
    const message = newOutbound();
    opened.commands.accept(message);
    opened.db
      .prepare("UPDATE message SET status = ?, rank = NULL, retryAt = NULL WHERE sid = ?")
      .run(from, message.sid);
    const key = (opened.db.prepare("SELECT key FROM message").pluck().get() as number) ?? 0;
    const row = table.byKey(key);
    if (row === null) throw new Error("the message is gone");
    const change = () => table.change(row, { status: to }, T0);
    if (NEXT_STATUSES[from].includes(to)) expect(change().status).toBe(to);
    else expect(change).toThrow(`cannot go from ${from} to ${to}`);
  });

  it("cannot change behind the back of who decided on it", () => {
    const table = messages();
    opened.commands.accept(newOutbound());
    const row = table.byKey(opened.db.prepare("SELECT key FROM message").pluck().get() as number);
    if (row === null) throw new Error("the message is gone");
    table.change(row, { status: "sending", progress: "t" }, T0);
    expect(() => table.change(row, { status: "failed" }, T0)).toThrow("changed by somebody else");
  });

  it.each([
    ["status = 'received'"],
    ["status = 'nonsense'"],
    ["progress = 'aa'"],
    ["progress = '?'"],
    ["reference = 256"],
    ["lane = 'express'"],
    ["rank = 3"],
    ["retryAt = 5"],
    ["status = 'sent'"],
    ["direction = 'inbound'"],
  ])("is guarded by the table: %s is refused in a waiting message", (assignment) => {
    opened.commands.accept(newOutbound());
    expect(() => opened.db.exec(`UPDATE message SET ${assignment}`)).toThrow("CHECK constraint failed");
  });
});

describe("queries", () => {
  function plan(sql: string): readonly string[] {
    const rows = opened.db
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all(
        Object.fromEntries([...sql.matchAll(/@(\w+)/g)].map(([, name]) => [name, 1])),
        ...[...sql.matchAll(/\?/g)].map(() => 1),
      ) as { detail: string }[];
    return rows.map((row) => row.detail);
  }

  const filters: readonly (readonly [Partial<MessageFilter>, string])[] = [
    [{}, "message_retired_account (accountSid=?"],
    [{ from: FROM }, "message_retired_from (from=?"],
    [{ to: TO }, "message_retired_to (to=?"],
    [{ to: TO, from: FROM, sentFrom: T0, sentBefore: T0 }, "message_retired_to (to=?"],
  ];

  it.each(filters)("list retired messages %o by an index, in its order", (filter, index) => {
    const [step, ...more] = plan(listSql("message_retired", { accountSid: ACCOUNT, limit: 5, ...filter }));
    expect(step).toContain(`USING INDEX ${index} AND rowid>? AND rowid<?)`);
    expect(more).toEqual([]);
  });

  it.each(filters)("list hot messages %o by key, without sorting", (filter) => {
    const steps = plan(listSql("message", { accountSid: ACCOUNT, limit: 5, ...filter }));
    expect(steps).toEqual(["SEARCH message USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"]);
  });

  it.each([
    [
      "the head of a queue",
      "FROM message WHERE queue = ? AND rank <= ? ORDER BY rank, key",
      /message_claimable/,
    ],
    ["what is due", "retryAt IS NOT NULL AND retryAt <= ? ORDER BY retryAt", /message_backing_off/],
    ["what is late", "rank IS NOT NULL AND expiresAt <= ?", /COVERING INDEX message_claimable/],
    [
      "a report's candidates",
      "submission.reference IS ? AND submission.line = ?",
      /submission_open \(reference=\? AND line=\?/,
    ],
    ["unknown submissions", "state = 'unknown' AND", /submission_open \(reference=\?/],
    ["the head of a webhook queue", "FROM webhook WHERE queue = ? ORDER BY key", /webhook_queue \(queue=\?/],
    ["sibling segments", `AND "to" IS @to`, /inbound_segment_sibling/],
    ["parked reports", "FROM parked_report WHERE line = ? AND reference = ?", /parked_report_reference/],
  ])("find %s by an index", (_what, fragment, index) => {
    const found = preparedSql().filter((sql) => sql.includes(fragment));
    expect(found.length).toBeGreaterThan(0);
    for (const sql of found) {
      const steps = plan(sql).join("\n");
      expect(steps).toMatch(index);
      expect(steps).not.toMatch(/SCAN (?!message USING COVERING)/);
      if (sql.includes("LIMIT")) expect(steps).not.toMatch(/TEMP B-TREE/);
    }
  });

  /** Every SELECT the commands prepare, as they prepare it. */
  function preparedSql(): readonly string[] {
    const sources: string[] = [];
    const spy = new Proxy(opened.db, {
      get: (db, name) => {
        if (name === "prepare") {
          return (sql: string) => {
            sources.push(sql);
            return db.prepare(sql);
          };
        }
        const value: unknown = Reflect.get(db, name);
        return typeof value === "function" ? value.bind(db) : value;
      },
    });
    createCommands(spy, T0);
    return sources.filter((sql) => /^\s*SELECT/.test(sql));
  }
});

describe("the events of one message", () => {
  it("are found by their index, and events about none are not in it", () => {
    const plan = opened.db
      .prepare(
        "EXPLAIN QUERY PLAN SELECT sid FROM event WHERE messageSid = ? AND key < ? ORDER BY key DESC LIMIT ?",
      )
      .all("SM1", 9, 1) as { detail: string }[];
    expect(plan.map(({ detail }) => detail)).toEqual([
      "SEARCH event USING INDEX event_message (messageSid=? AND rowid<?)",
    ]);
  });
});

describe("where a message stands", () => {
  it("counts what goes before it, by lane and age, and what of those is not taken yet", () => {
    const { commands } = opened;
    const broadcast = newOutbound({ lane: "broadcast" });
    const long = newOutbound({ parts: ["a", "b", "c"], body: "abc" });
    const single = newOutbound();
    for (const message of [broadcast, long, single]) commands.accept(message);
    commands.claim(FROM, { line: "sim1", limit: 1, now: T0 });

    expect(commands.standingOf(long.sid)).toMatchObject({ messagesAhead: 0, waitingSegments: 2 });
    expect(commands.standingOf(single.sid)).toMatchObject({ messagesAhead: 1, segmentsAhead: 2 });
    expect(commands.standingOf(broadcast.sid)).toMatchObject({ messagesAhead: 2, segmentsAhead: 3 });
    expect(commands.standingOf(newOutbound().sid)).toBeNull();
  });

  it("is told of one that is scheduled, with its instant, and no more once it has joined its queue", () => {
    const { commands } = opened;
    const [before, later] = [newOutbound(), newOutbound({ sendAt: T0 + 9000 })];
    for (const message of [before, later]) commands.accept(message);
    expect(commands.standingOf(later.sid)).toMatchObject({ sendAt: T0 + 9000, messagesAhead: 1 });
    commands.releaseScheduled(T0 + 9000);
    expect(commands.standingOf(later.sid)).toMatchObject({ sendAt: null, messagesAhead: 1 });
  });

  it("is where it would go back to, while it backs off", () => {
    const { commands } = opened;
    const [first, second] = [newOutbound(), newOutbound()];
    for (const message of [first, second]) commands.accept(message);
    const [claim] = commands.claim(FROM, { line: "sim1", limit: 1, now: T0 }).claims;
    commands.settle(claim?.submissionId ?? "", { is: "retry", retryAt: T0 + 9000, why: "busy" }, T0);
    expect(commands.standingOf(first.sid)).toMatchObject({ messagesAhead: 0 });
    expect(commands.standingOf(second.sid)).toMatchObject({ messagesAhead: 0 });
  });
});
