import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { keyOfSid } from "../../src/runtime/ids.ts";
import { openDatabase } from "../../src/store/database.ts";
import type { Store } from "../../src/store/store.ts";
import { openTestStore } from "../harness/open-test-store.ts";
import { ACCOUNT, FROM, newOutbound, T0 } from "./new-outbound.ts";

const CHILD = new URL("accept-until-killed.mjs", import.meta.url).pathname;

let dataDir: string;
let cleanUp: (() => Promise<unknown>)[];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "pylone-store-"));
  cleanUp = [];
});

afterEach(async () => {
  for (const step of cleanUp.toReversed()) await step();
});

type Child = {
  readonly pid: number;
  readonly lines: readonly string[];
  /** Settles once `count` lines have come, or it has ended. */
  readonly said: (count: number) => Promise<void>;
  readonly ended: Promise<unknown>;
  readonly kill: () => Promise<unknown>;
};

function start(command: string, args: readonly string[]): Child {
  const child: ChildProcessByStdio<null, Readable, null> = spawn(command, args, {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: string[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  const tell = (now: number) => {
    for (const each of waiting) if (each.count <= now) each.resolve();
  };
  const reader = createInterface({ input: child.stdout });
  reader.on("line", (line) => tell(lines.push(line)));
  const ended = Promise.all([once(child, "exit"), once(reader, "close")]).finally(() => tell(Infinity));
  const kill = () => {
    child.kill("SIGKILL");
    return ended;
  };
  cleanUp.push(kill);
  return {
    pid: child.pid ?? 0,
    lines,
    said: (count) =>
      new Promise((resolve) => {
        waiting.push({ count, resolve });
        tell(lines.length);
      }),
    ended,
    kill,
  };
}

async function open(): Promise<Store> {
  const opened = await openTestStore({ dataDir });
  cleanUp.push(opened.remove);
  return opened.store;
}

async function missing(store: Store, sids: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(sids.map((sid) => store.getMessage(sid)));
  return sids.filter((_sid, index) => found[index] === null);
}

describe("the store of a process that was killed", () => {
  it("has every message that was acknowledged, and goes on from the newest key", async () => {
    const child = start(process.execPath, [CHILD, dataDir, "64"]);
    await child.said(2000);
    await child.kill();
    const sids = child.lines.filter((line) => line.startsWith("SM"));
    expect(sids.length).toBeGreaterThan(1000);
    const store = await open();
    expect(await missing(store, sids)).toEqual([]);
    expect(store.newestKey).toBeGreaterThanOrEqual(Math.max(...sids.map((sid) => keyOfSid(sid) ?? 0)));
    const [depth] = await store.queueDepths();
    expect(depth?.segments).toBeGreaterThanOrEqual(sids.length);
  });
});

describe("the data folder", () => {
  it("is refused to a second process, which is told who holds it since when", async () => {
    const child = start(process.execPath, [CHILD, dataDir, "0"]);
    await child.said(1);
    expect(child.lines).toEqual(["opened"]);
    const holder = JSON.parse(await readFile(join(dataDir, "pylone.holder"), "utf8")) as { since: string };
    const refused = openTestStore({ dataDir });
    await expect(refused).rejects.toMatchObject({
      code: "store.locked",
      message: expect.stringContaining(`process ${child.pid} since ${holder.since}`),
    });
    await child.kill();
    await (await open()).ping(T0);
  });

  it("is refused to another process while this one holds it, and free once it is closed", async () => {
    const opened = await openTestStore({ dataDir });
    cleanUp.push(opened.remove);
    const second = start(process.execPath, [CHILD, dataDir, "0"]);
    await second.ended;
    expect(second.lines).toEqual([
      expect.stringContaining(`refused store.locked the data folder ${dataDir}`),
    ]);
    expect(second.lines[0]).toContain(`process ${process.pid} since`);
    await opened.store.close();
    const third = start(process.execPath, [CHILD, dataDir, "0"]);
    await third.said(1);
    expect(third.lines).toEqual(["opened"]);
  });

  it("is made for its owner alone", async () => {
    dataDir = join(dataDir, "deep", "data");
    const store = await open();
    await store.ping(0);
    expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
    for (const file of ["pylone.db", "pylone.db-wal", "pylone.holder"])
      expect([file, (await stat(join(dataDir, file))).mode & 0o777]).toEqual([file, 0o600]);
  });

  it("is refused when a newer version has written it", async () => {
    await (await openTestStore({ dataDir })).store.close();
    const db = openDatabase(join(dataDir, "pylone.db"));
    db.pragma("user_version = 99");
    db.close();
    await expect(openTestStore({ dataDir })).rejects.toMatchObject({
      code: "store.newer",
      message: expect.stringContaining("schema 99"),
    });
  });
});

describe("the worker's turn", () => {
  it("comes in order behind what was asked, and after the end is refused", async () => {
    const { store, remove } = await openTestStore();
    cleanUp.push(remove);
    const order: string[] = [];
    const asked = store.ping(1).then(() => order.push("ping"));
    await new Promise((resolve) => setImmediate(resolve));
    const turned = store.turn().then(() => order.push("turn"));
    await Promise.all([asked, turned]);
    expect(order).toEqual(["ping", "turn"]);
    await store.close();
    await expect(store.turn()).rejects.toMatchObject({ code: "store.failed" });
  });

  it("writes nothing", async () => {
    const opened = await openTestStore();
    cleanUp.push(opened.remove);
    const written = async () => (await stat(join(opened.dataDir, "pylone.db-wal"))).mtimeMs;
    await opened.store.ping(1);
    const before = await written();
    for (let time = 0; time < 20; time++) await opened.store.turn();
    expect(await written()).toBe(before);
    await opened.store.ping(2);
    expect(await written()).toBeGreaterThan(before);
  });
});

describe("closing", () => {
  it("commits what is pending, is idempotent, and refuses what comes after", async () => {
    const opened = await openTestStore({ dataDir });
    cleanUp.push(opened.remove);
    const messages = Array.from({ length: 50 }, () => newOutbound());
    const pending = Promise.all(messages.map((message) => opened.store.accept(message)));
    await Promise.all([opened.store.close(), opened.store.close()]);
    expect((await pending).every((result) => result.is === "accepted")).toBe(true);
    await expect(opened.store.ping(T0)).rejects.toMatchObject({ code: "store.failed" });
    expect(opened.faults).toEqual([]);
    const again = await open();
    expect(
      await missing(
        again,
        messages.map((message) => message.sid),
      ),
    ).toEqual([]);
  });
});

describe("a disk that fails in the middle of a commit", () => {
  it("is fatal once: every waiter and every later call is refused, and what was acknowledged is there", async () => {
    // A write beyond the limit of a file's size fails like a broken disk does: with SQLITE_IOERR.
    const child = start("sh", [
      "-c",
      `ulimit -f 1024; exec "$0" "$@"`,
      process.execPath,
      CHILD,
      dataDir,
      "8",
    ]);
    await child.ended;
    const sids = child.lines.filter((line) => line.startsWith("SM"));
    expect(sids.length).toBeGreaterThan(100);
    const rest = child.lines.filter((line) => !line.startsWith("SM") && line !== "opened");
    expect(rest.filter((line) => line === "rejected store.failed")).toHaveLength(8);
    expect(rest.filter((line) => line !== "rejected store.failed")).toEqual([
      "fatal store.failed",
      "later store.failed",
      "closed",
    ]);
    expect(await missing(await open(), sids)).toEqual([]);
  });
});

describe("commands made together", () => {
  it("are carried out in their order, reads among writes", async () => {
    const store = await open();
    const message = newOutbound();
    const [before, accepted, after, claimed, later] = await Promise.all([
      store.getMessage(message.sid),
      store.accept(message),
      store.getMessage(message.sid),
      store.claim(FROM, { line: "sim1", limit: 1, now: T0 }),
      store.listMessages({ accountSid: ACCOUNT, limit: 5 }),
    ]);
    expect(before).toBeNull();
    expect(accepted.is).toBe("accepted");
    expect(after?.status).toBe("queued");
    expect(claimed.claims).toHaveLength(1);
    expect(later.map((each) => each.status)).toEqual(["sending"]);
  });

  it("fail alone: the neighbours of one that cannot be carried out are committed", async () => {
    const store = await open();
    const message = newOutbound();
    const other = newOutbound();
    const results = await Promise.allSettled([
      store.accept(message),
      store.accept(message),
      store.settle("no such submission", { is: "unknown", why: "?" }, T0),
      store.accept(other),
    ]);
    expect(results.map((result) => result.status)).toEqual([
      "fulfilled",
      "rejected",
      "rejected",
      "fulfilled",
    ]);
    expect(await missing(store, [message.sid, other.sid])).toEqual([]);
    expect(await store.queueDepths()).toMatchObject([{ queue: FROM, messages: 2, segments: 2 }]);
  });
});
