/** What lists and every other question read: an index, in its order, at any depth; never all of history. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createCommands } from "../../src/store/commands.ts";
import type { EventFilter, MessageFilter } from "../../src/store/reading.ts";
import { type InProcess, openInProcess } from "./in-process.ts";
import { keptSince } from "./kept-since.ts";
import { ACCOUNT, FROM, newOutbound, T0, TO } from "./new-outbound.ts";

let opened: InProcess;
beforeEach(() => {
  opened = openInProcess();
});
afterEach(() => opened.close());

/** Every combination of these, each with a value or left out. */
function combinationsOf<T extends object>(values: T): Partial<T>[] {
  const entries = Object.entries(values);
  return Array.from(
    { length: 2 ** entries.length },
    (_, mask) => Object.fromEntries(entries.filter((_entry, bit) => mask & (1 << bit))) as Partial<T>,
  );
}

const MESSAGE_FILTERS = combinationsOf({
  from: FROM,
  to: TO,
  sentFrom: T0,
  sentBefore: T0,
  beforeSid: `SM${"0".repeat(32)}`,
});
const EVENT_FILTERS = combinationsOf<Omit<Required<EventFilter>, "limit">>({
  level: "error",
  type: "line.state",
  messageSid: `SM${"1".repeat(32)}`,
  beforeSid: `NO${"0".repeat(32)}`,
});

/** What `ask` prepares and has carried out, by its text: the plan SQLite makes for it. */
function plansOf(ask: (commands: InProcess["commands"]) => void): Map<string, readonly string[]> {
  const plans = new Map<string, readonly string[]>();
  const { db } = opened;
  const spy = new Proxy(db, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (name !== "prepare") return typeof value === "function" ? value.bind(target) : value;
      return (sql: string) => {
        const statement = target.prepare(sql);
        return new Proxy(statement, {
          get: (of, method) => {
            const act: unknown = Reflect.get(of, method);
            if (typeof act !== "function") return act;
            return (...parameters: readonly unknown[]) => {
              if (method === "pluck") {
                of.pluck();
                return spyOn(sql, of, plans, target);
              }
              note(sql, parameters, plans, target);
              return act.apply(of, parameters);
            };
          },
        });
      };
    },
  });
  const { commands } = createCommands(spy, T0);
  plans.clear();
  ask(commands);
  return plans;
}

function spyOn(sql: string, of: object, plans: Map<string, readonly string[]>, db: InProcess["db"]): unknown {
  return new Proxy(of, {
    get: (target, method) => {
      const act: unknown = Reflect.get(target, method);
      if (typeof act !== "function") return act;
      return (...parameters: readonly unknown[]) => {
        note(sql, parameters, plans, db);
        return act.apply(target, parameters);
      };
    },
  });
}

function note(
  sql: string,
  parameters: readonly unknown[],
  plans: Map<string, readonly string[]>,
  db: InProcess["db"],
): void {
  if (!/^\s*(SELECT|UPDATE|DELETE)/.test(sql)) return;
  const steps = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters) as { detail: string }[];
  plans.set(
    sql,
    steps.map(({ detail }) => detail),
  );
}

describe("a list of messages", () => {
  it.each(MESSAGE_FILTERS.map((filter) => [Object.keys(filter).join(" and ") || "nothing", filter] as const))(
    "by %s searches one index of each table and sorts nothing",
    (_name, filter) => {
      const whole: MessageFilter = { accountSid: ACCOUNT, limit: 50, ...filter };
      const plans = [...plansOf((commands) => commands.listMessages(whole)).values()];
      const [hot, retired, late] = plans;
      // The hot table holds what moves: it is read by key, newest first.
      expect(hot).toEqual(["SEARCH message USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"]);
      const by = "to" in filter ? "to" : "from" in filter ? "from" : "account";
      const column = by === "account" ? "accountSid" : by;
      expect(retired).toEqual([
        `SEARCH message_retired USING INDEX message_retired_${by} (${column}=? AND rowid>? AND rowid<?)`,
      ]);
      // Asked last, and only where the page is not full: what had been scheduled for long and was sent then.
      const until = "sentBefore" in filter ? " AND sentAt<?" : "";
      expect(late).toEqual(
        "sentFrom" in filter
          ? [
              `SEARCH message_retired USING INDEX message_retired_late (sentAt>?${until})`,
              "USE TEMP B-TREE FOR ORDER BY",
            ]
          : undefined,
      );
    },
  );
});

describe("a list by the date of sending", () => {
  const DAY = 86_400_000;

  it.each([0, 1, 2, 3, 34])("has what was scheduled %i days ahead once, hot and retired", (days) => {
    const { commands } = opened;
    const sendAt = T0 + days * DAY;
    const scheduled = newOutbound({
      sendAt,
      expiresAt: sendAt + DAY,
      messagingServiceSid: `MG${"0".repeat(32)}`,
    });
    commands.accept(scheduled);
    commands.accept(newOutbound({ from: "36123", queue: "36123" }));
    commands.releaseScheduled(sendAt);
    const [claim] = commands.claim(FROM, { line: "a", limit: 1, now: sendAt }).claims;
    commands.settle(claim?.submissionId ?? "", { is: "accepted", reference: "1" }, sendAt + 1000);
    const listed = (sentFrom: number, sentBefore?: number) =>
      commands
        .listMessages({
          accountSid: ACCOUNT,
          from: FROM,
          sentFrom,
          limit: 5,
          ...(sentBefore ? { sentBefore } : {}),
        })
        .map(({ sid }) => sid);
    for (const isRetired of [false, true]) {
      if (isRetired) expect(commands.retire({ sentBefore: sendAt + 2000, limit: 10 })).toBe(1);
      expect(listed(sendAt + 1000)).toEqual([scheduled.sid]);
      expect(listed(sendAt, sendAt + 1001)).toEqual([scheduled.sid]);
      expect(listed(sendAt - 1, sendAt + 1000)).toEqual([]);
      expect(listed(sendAt + 1001)).toEqual([]);
      expect(listed(0)).toEqual([scheduled.sid]);
    }
  });
});

describe("a list of events", () => {
  it.each(EVENT_FILTERS.map((filter) => [Object.keys(filter).join(" and ") || "nothing", filter] as const))(
    "by %s is read by key or by its message, newest first, and sorts nothing",
    (_name, filter) => {
      const [plan, ...others] = [
        ...plansOf((commands) => commands.listEvents({ limit: 50, ...filter })).values(),
      ];
      const index =
        "messageSid" in filter
          ? "INDEX event_message (messageSid=? AND rowid<?)"
          : "INTEGER PRIMARY KEY (rowid<?)";
      expect(plan).toEqual([`SEARCH event USING ${index}`]);
      expect(others).toEqual([]);
    },
  );
});

/** The tables that grow with history; the others hold what moves. */
const HISTORY = [
  "message_retired",
  "event",
  "fingerprint",
  "usage_day",
  "feedback",
  "opt_out",
  "sticky_sender",
];

describe("a message's whole life", () => {
  const life = (commands: InProcess["commands"]) => {
    const { listMessages, listEvents, ...others } = commands;
    const message = newOutbound({ statusCallback: "http://app.test/status" });
    others.accept(message);
    const [claim] = others.claim(FROM, { line: "a", limit: 1, now: T0 }).claims;
    const id = claim?.submissionId ?? "";
    others.settle(id, { is: "accepted", reference: "1" }, T0);
    others.openSubmissions("a", "1");
    others.recordReport(id, { report: { state: "delivered", status: 0 }, at: T0 } as never);
    const [queue = ""] = others.webhookQueues();
    const [task] = others.nextWebhooks(queue, 10);
    others.finishWebhook(task?.webhookId ?? "", { replies: [], events: [], optOut: null } as never);
    others.getMessage(message.sid);
    others.submissionsOf(message.sid);
    others.usage(ACCOUNT, 0, 99_999);
    others.poolFacts(`MG${"0".repeat(32)}`, TO, [FROM]);
    others.expire(T0);
    others.releaseScheduled(T0);
    others.retire({ sentBefore: T0, limit: 10 });
    others.getMessage(message.sid);
    others.redact(message.sid, T0);
    others.keepFeedback(message.sid, "confirmed", T0);
    others.prune(keptSince({}), 100);
    others.pruneBeyond(1000, 100);
    others.redactBefore(T0, 100);
    others.deleteMessage(message.sid);
  };

  it("scans and sorts no table that grows with history", () => {
    const plans = plansOf(life);
    expect(plans.size).toBeGreaterThan(25);
    const scans = [...plans].filter(([sql, steps]) => {
      const grows = HISTORY.some((table) => new RegExp(`\\b${table}\\b`).test(sql));
      return grows && steps.some((step) => /^SCAN|TEMP B-TREE/.test(step));
    });
    expect(scans.map(([sql]) => sql)).toEqual([]);
  });
});

describe("what each minute asks about broadcasts", () => {
  it("is the index of the runs that are open, never every run there was", () => {
    const [runs, ...others] = [...plansOf((commands) => commands.openRuns()).values()];
    expect(runs).toEqual([
      "SCAN r USING INDEX broadcast_run_open",
      "SEARCH b USING INTEGER PRIMARY KEY (rowid=?)",
      "USE TEMP B-TREE FOR ORDER BY",
    ]);
    expect(others).toEqual([]);
  });
});
