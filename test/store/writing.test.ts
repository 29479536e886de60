/** How the store writes (DESIGN §4.5, §4.6): statements prepared once, commits shared, a log that stays small. */

import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { createCommands } from "../../src/store/commands.ts";
import { Committer } from "../../src/store/committer.ts";
import { checkpoint } from "../../src/store/database.ts";
import { openTestStore, type TestStore } from "../harness/open-test-store.ts";
import { openInProcess } from "./in-process.ts";
import { keptSince } from "./kept-since.ts";
import { ACCOUNT, FROM, newOutbound, T0, TO } from "./new-outbound.ts";

const MEGABYTE = 1024 * 1024;

it("statements are prepared once, however long it runs", () => {
  const opened = openInProcess();
  opened.db.pragma("synchronous = OFF");
  let prepared = 0;
  const counting = new Proxy(opened.db, {
    get: (db, name) => {
      if (name === "prepare") prepared += 1;
      const value: unknown = Reflect.get(db, name);
      return typeof value === "function" ? value.bind(db) : value;
    },
  });
  const set = createCommands(counting, T0);
  const committer = new Committer(counting, set, () => false);
  const run = () => {
    const { commands } = set;
    committer.run([{ name: "accept", args: [newOutbound({ statusCallback: "http://app.test/" })] }]);
    const [claim] = commands.claim(FROM, { line: "a", limit: 1, now: T0 }).claims;
    committer.run([
      { name: "settle", args: [claim?.submissionId ?? "", { is: "accepted", reference: "1" }, T0] },
      { name: "ping", args: [T0] },
    ]);
    for (const filter of [{}, { to: TO }, { from: FROM }, { from: FROM, to: TO, sentFrom: T0 }]) {
      commands.listMessages({ accountSid: ACCOUNT, limit: 5, ...filter });
    }
    commands.listEvents({ limit: 5, messageSid: `SM${"0".repeat(32)}` });
    commands.listEvents({ limit: 5, level: "error" });
    commands.usage(ACCOUNT, 0, 1);
    commands.nextWebhooks(commands.webhookQueues()[0] ?? "", 5);
    commands.expire(T0);
    commands.retire({ sentBefore: T0 + 1, limit: 10 });
    commands.prune(keptSince({}), 100);
    checkpoint(counting);
  };
  run();
  const once = prepared;
  for (let time = 0; time < 200; time++) run();
  expect(prepared).toBe(once);
  expect(once).toBeGreaterThan(50);
  opened.close();
});

it("a batch of commands is one commit, so one sync", () => {
  const opened = openInProcess();
  const { db } = opened;
  let commits = 0;
  const counting = new Proxy(db, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (name !== "prepare") return typeof value === "function" ? value.bind(target) : value;
      return (sql: string) => {
        const statement = target.prepare(sql);
        if (sql !== "COMMIT") return statement;
        const run = () => {
          commits += 1;
          return statement.run();
        };
        return { run };
      };
    },
  });
  const committer = new Committer(counting, createCommands(counting, T0), () => false);
  const { outcomes } = committer.run(
    Array.from({ length: 64 }, () => ({ name: "accept", args: [newOutbound()] }) as const),
  );
  expect(outcomes.every(({ ok }) => ok)).toBe(true);
  expect(commits).toBe(1);
  opened.close();
});

describe("under writers that each wait for their answer", () => {
  const WRITERS = 64;
  const EACH = 60;
  let opened: TestStore;
  afterEach(() => opened.remove());

  async function write(watch: () => void = () => {}, body = "Bonjour"): Promise<void> {
    const writer = async () => {
      for (let message = 0; message < EACH; message++) {
        const result = await opened.store.accept(
          newOutbound({ parts: [body], maxQueuedSegments: 1_000_000 }),
        );
        expect(result.is).toBe("accepted");
        watch();
      }
    };
    await Promise.all(Array.from({ length: WRITERS }, writer));
  }

  it("a batch holds most of them", async () => {
    opened = await openTestStore();
    const answers: number[] = [];
    let inThisTurn = 0;
    await write(() => {
      // All answers of one commit are told in one turn of the loop.
      if (inThisTurn++ === 0) {
        setImmediate(() => {
          answers.push(inThisTurn);
          inThisTurn = 0;
        });
      }
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(answers.reduce((sum, count) => sum + count, 0)).toBe(WRITERS * EACH);
    expect((WRITERS * EACH) / answers.length).toBeGreaterThan(16);
  });

  it("the log stays far below 64 MB, though several times as much is written", async () => {
    opened = await openTestStore();
    let largest = 0;
    const log = join(opened.dataDir, "pylone.db-wal");
    const watch = () => {
      largest = Math.max(largest, statSync(log).size);
    };
    const before = writtenBytes();
    for (let round = 0; round < 5; round++) await write(watch, "x".repeat(1500));
    expect(writtenBytes() - before).toBeGreaterThan(3 * largest);
    expect(largest / MEGABYTE).toBeLessThan(16);
  });
});

/** What this process has sent towards its disks. */
function writtenBytes(): number {
  return Number(/^write_bytes: (\d+)$/m.exec(readFileSync("/proc/self/io", "utf8"))?.[1]);
}
