/** Online backups through the real worker and the built process, and what a restore makes of them. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type BackupFacts, readBackup } from "../../src/store/backup-file.ts";
import { openDatabase } from "../../src/store/database.ts";
import { makeBackup } from "../../src/store/make-backup.ts";
import { restore } from "../../src/store/restore.ts";
import { openTestStore, TEST_WORKER_URL, type TestStore } from "../harness/open-test-store.ts";
import { addMorning, PLAN } from "./every-table.ts";
import { ACCOUNT, FROM, newOutbound, T0 } from "./new-outbound.ts";

const PROCESS = new URL("backup-process.js", TEST_WORKER_URL);
const SETTINGS = '{"version": 1, "accounts": [], "numbers": []}';
const CONFIG = "lines: []\n";

let folder: string;
let opened: TestStore[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pylone-backup-"));
  opened = [];
});
afterEach(async () => {
  for (const each of opened) await each.store.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(name = "data"): Promise<TestStore> {
  const each = await openTestStore({ dataDir: join(folder, name) });
  opened.push(each);
  return each;
}

function backUp({ store, dataDir }: TestStore, madeAt = Date.now()): Promise<BackupFacts> {
  return makeBackup({
    store,
    signal: new AbortController().signal,
    job: async () => ({
      from: join(dataDir, "pylone.db"),
      to: join(folder, "a.backup"),
      madeAt,
      settings: SETTINGS,
      config: CONFIG,
    }),
    processUrl: PROCESS,
  });
}

function restoreTo(name: string, given: Partial<Parameters<typeof restore>[0]> = {}) {
  const options = { file: join(folder, "a.backup"), dataDir: join(folder, name), at: T0 + 60_000 };
  return restore({ ...options, queued: "fail", force: false, ...given });
}

describe("a backup", () => {
  it("is one private file that holds everything acknowledged before it began, while accepts go on", async () => {
    const from = await open();
    const before: string[] = [];
    let after = 0;
    let isOver = false;
    const acceptOn = async () => {
      while (!isOver) {
        const message = newOutbound({ maxQueuedSegments: 1e9 });
        await from.store.accept(message);
        if (isBacking) after++;
        else before.push(message.sid);
      }
    };
    let isBacking = false;
    const load = Promise.all(Array.from({ length: 16 }, acceptOn));
    while (before.length < 2000) await new Promise((resolve) => setImmediate(resolve));
    isBacking = true;
    const acknowledged = [...before];
    const facts = await backUp(from);
    isOver = true;
    await load;
    expect(after).toBeGreaterThan(0);
    expect(facts).toMatchObject({ damage: null, octets: statSync(join(folder, "a.backup")).size });
    expect(statSync(join(folder, "a.backup")).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder).sort()).toEqual(["a.backup", "data"]);

    expect(restoreTo("new", { queued: "resend" })).toMatchObject({ failed: 0, aside: null, config: CONFIG });
    const to = await open("new");
    const found = await Promise.all(acknowledged.map((sid) => to.store.getMessage(sid)));
    expect(found.filter((message) => message === null)).toEqual([]);
    expect((await to.store.queueDepths())[0]?.messages).toBe(facts.waiting);
    expect(readFileSync(join(folder, "new", "settings.json"), "utf8")).toBe(SETTINGS);
  });

  it("is given up, and leaves nothing, when the process that makes it is stopped", async () => {
    const from = await open();
    const stop = new AbortController();
    const made = makeBackup({
      store: from.store,
      signal: stop.signal,
      job: async () => {
        stop.abort();
        return {
          from: join(from.dataDir, "pylone.db"),
          to: join(folder, "a.backup"),
          madeAt: T0,
          settings: null,
          config: null,
        };
      },
      processUrl: PROCESS,
    });
    await expect(made).rejects.toMatchObject({ code: "backup.failed" });
    expect(readdirSync(folder).filter((name) => name.endsWith(".backup"))).toEqual([]);
    await from.store.ping(T0);
  });

  it("is made where a sandbox lets no process change its priority", async () => {
    const refuse = `import os from "node:os"; import { syncBuiltinESMExports } from "node:module";
      os.setPriority = () => { throw new Error("EPERM") }; syncBuiltinESMExports();`;
    const from = await open();
    await from.store.accept(newOutbound());
    vi.stubEnv("NODE_OPTIONS", `--import=data:text/javascript,${encodeURIComponent(refuse)}`);
    const made = await backUp(from).finally(() => vi.unstubAllEnvs());
    expect(made).toMatchObject({ messages: 1, damage: null });
  });

  it("says that the database is damaged", async () => {
    const from = await open();
    for (let count = 0; count < 50; count++) await from.store.accept(newOutbound());
    await from.store.close();
    const file = join(from.dataDir, "pylone.db");
    const octets = readFileSync(file);
    writeFileSync(file, octets.fill(0, octets.length - 2048, octets.length - 1024));
    const db = openDatabase(file);
    db.close();
    const { writeBackup } = await import("../../src/store/backup-file.ts");
    const job = {
      from: file,
      log: null,
      to: join(folder, "a.backup"),
      madeAt: T0,
      settings: null,
      config: null,
    };
    expect(
      writeBackup(
        job,
        () => {},
        () => true,
      ).damage,
    ).not.toBeNull();
    expect(() => restoreTo("new")).toThrow(/a\.backup is damaged \(.*\): take another one$/);
  });
});

describe("a restore", () => {
  it("fails what waited, which may have been sent since, and tells the app; the rest goes on", async () => {
    const from = await open();
    const callback = { statusCallback: "http://127.0.0.1:5000/status" };
    const queued = newOutbound(callback);
    const flying = newOutbound({ ...callback, from: "+33639980009" });
    const later = newOutbound({ messagingServiceSid: `MG${"0".repeat(32)}`, sendAt: T0 + 86_400_000 });
    const due = newOutbound({ messagingServiceSid: `MG${"0".repeat(32)}`, sendAt: T0 + 30_000 });
    for (const message of [queued, flying, later, due]) await from.store.accept(message);
    await from.store.claim("+33639980009", { line: "sim1", limit: 1, now: T0 });
    await backUp(from, T0);
    await from.store.close();

    expect(restoreTo("new")).toMatchObject({ failed: 3, waiting: 1, messages: 4 });
    const { store } = await open("new");
    const statusOf = async (sid: string) => {
      const message = await store.getMessage(sid);
      return [message?.status, message?.errorCode];
    };
    expect(await statusOf(queued.sid)).toEqual(["failed", 30008]);
    expect(await statusOf(flying.sid)).toEqual(["failed", 30008]);
    expect(await statusOf(due.sid)).toEqual(["failed", 30008]);
    expect(await statusOf(later.sid)).toEqual(["scheduled", null]);
    expect(await store.claim(FROM, { line: "sim1", limit: 10, now: T0 + 60_000 })).toMatchObject({
      claims: [],
    });
    expect(await store.unknownSubmissions()).toEqual([]);
    const [event] = await store.listEvents({ type: "store.restored", limit: 5 });
    expect(event?.text).toContain("3 messages that waited then are failed (30008). 1 messages wait");
    expect((await store.webhookBacklog()).waiting).toBe(2);
  });

  it("sends what waited when it is told to", async () => {
    const from = await open();
    const queued = newOutbound();
    await from.store.accept(queued);
    await backUp(from, T0);
    await from.store.close();
    expect(restoreTo("new", { queued: "resend" })).toMatchObject({ failed: 0, waiting: 1 });
    const { store } = await open("new");
    const { claims } = await store.claim(FROM, { line: "sim1", limit: 10, now: T0 + 60_000 });
    expect(claims.map(({ messageSid }) => messageSid)).toEqual([queued.sid]);
  });

  describe("of a box with a broadcast under way", () => {
    const later = T0 + 3 * 86_400_000;
    const plan = { line: "sim1", limit: 10, now: T0, plan: PLAN };

    it.each(["planned", "started"] as const)("ends a run that was %s, and tells", async (status) => {
      const from = await open();
      const { runSid, broadcastSid, messageSid } = await addMorning(from.store, { status });
      await backUp(from, T0);
      await from.store.close();
      const began = status === "started";

      expect(restoreTo("new", { at: later })).toMatchObject({ endedRuns: 1, failed: began ? 1 : 0 });
      const { store } = await open("new");
      expect(await store.openRuns()).toEqual([]);
      expect(await store.getRun(runSid)).toMatchObject({
        status: began ? "canceled" : "skipped",
        endedAt: later,
        reason: expect.stringContaining("it may have gone on since"),
      });
      if (began)
        expect(await store.getMessage(messageSid)).toMatchObject({ status: "failed", errorCode: 30008 });
      const told = await store.listEvents({ type: "broadcast.skipped", limit: 5 });
      expect(told.map(({ text }) => text)).toEqual([
        "The broadcast Morning does not make up for what was due between 2026-01-04T10:15:30.000Z and 2026-01-07T10:15:30.000Z: a backup was restored, and it may have been sent meanwhile.",
        expect.stringContaining(
          "The broadcast Morning of 2026-01-04T10:15:30.000Z was ended: it was under way",
        ),
      ]);
      expect(told.map(({ detail }) => detail?.["runSid"])).toEqual([null, runSid]);
      expect(await store.getBroadcast(broadcastSid)).toMatchObject({ judgedTo: later, updatedAt: T0 });
      const [event] = await store.listEvents({ type: "store.restored", limit: 5 });
      expect(event?.text).toContain("1 broadcasts that were under way then do not go on.");
    });

    it("lets it go on, and make up for what was missed, where nothing was sent since", async () => {
      const from = await open();
      const { runSid, broadcastSid } = await addMorning(from.store);
      await backUp(from, T0);
      await from.store.close();
      expect(restoreTo("new", { at: later, queued: "resend" })).toMatchObject({ endedRuns: 0, waiting: 1 });
      const { store } = await open("new");
      expect((await store.openRuns()).map(({ sid, cursor }) => [sid, cursor])).toEqual([
        [runSid, "+33639980101"],
      ]);
      expect(await store.getBroadcast(broadcastSid)).toMatchObject({ judgedTo: T0 });
      expect(await store.listEvents({ type: "broadcast.skipped", limit: 5 })).toEqual([]);
    });

    it("says whose SIM plan counts too little, as nobody knows what was sent since", async () => {
      const from = await open();
      await from.store.accept(newOutbound());
      await from.store.claim(FROM, plan);
      await backUp(from, T0);
      await from.store.close();
      expect(restoreTo("new")).toMatchObject({ undercounted: ["sim1"] });
      const { store } = await open("new");
      const [event] = await store.listEvents({ type: "store.restored", limit: 5 });
      expect(event?.text).toContain("What sim1 sent since does not count for the SIM plan");
    });

    it("takes what a SIM plan has used since from what is replaced", async () => {
      const from = await open();
      await from.store.accept(newOutbound());
      await from.store.claim(FROM, plan);
      await backUp(from, T0);
      const [again, other] = [newOutbound(), newOutbound({ to: "+33639980003" })];
      for (const message of [again, other]) await from.store.accept(message);
      await from.store.claim(FROM, plan);
      const used = await from.store.planUse("sim1");
      await from.store.close();
      expect(restoreTo("data", { force: true })).toMatchObject({ undercounted: [] });
      const { store } = await open("data");
      expect(await store.planUse("sim1")).toEqual(used);
      expect(used).toMatchObject({ periods: { month: { segments: 3 } }, recipients: 2 });
      // To whom it was: they are no new recipients.
      const third = newOutbound({ to: "+33639980003" });
      await store.accept(third);
      await store.claim(FROM, plan);
      expect(await store.planUse("sim1")).toMatchObject({
        periods: { month: { segments: 4 } },
        recipients: 2,
      });
    });

    it("takes no count that is older than the backup's", async () => {
      const from = await open();
      await from.store.accept(newOutbound());
      await from.store.claim(FROM, plan);
      await from.store.close();
      cpSync(from.dataDir, join(folder, "old"), { recursive: true });
      const on = await open();
      await on.store.accept(newOutbound());
      await on.store.claim(FROM, plan);
      const used = await on.store.planUse("sim1");
      await backUp(on, T0);
      await on.store.close();
      expect(restoreTo("old", { force: true })).toMatchObject({ undercounted: ["sim1"] });
      expect(await (await open("old")).store.planUse("sim1")).toEqual(used);
    });
  });

  it("over messages from after the backup needs to be forced, and moves them aside", async () => {
    const from = await open();
    await from.store.accept(newOutbound());
    await backUp(from, T0 - 1000);
    await from.store.close();
    expect(() => restoreTo("data")).toThrow(
      expect.objectContaining({ code: "restore.newer", message: expect.stringContaining("--force") }),
    );
    const { aside } = restoreTo("data", { force: true });
    expect(aside).toBe("replaced-2026-01-04T10-16-30Z");
    const old = await open(join("data", aside ?? ""));
    expect(await old.store.listMessages({ accountSid: ACCOUNT, limit: 5 })).toHaveLength(1);
    expect(readdirSync(join(folder, "data")).filter((name) => name === "incoming")).toEqual([]);
  });

  it("is refused while a daemon holds the folder, and touches nothing", async () => {
    const from = await open();
    await backUp(from);
    const child = execFileSync(
      process.execPath,
      [
        "--input-type=module",
        "-e",
        `import { restore } from ${JSON.stringify(new URL("restore.js", TEST_WORKER_URL).href)};
        try { restore({ file: ${JSON.stringify(join(folder, "a.backup"))}, dataDir: ${JSON.stringify(from.dataDir)}, at: 0,
          queued: "fail", force: true }); } catch (error) { process.stdout.write(error.code + " " + error.message); }`,
      ],
      { encoding: "utf8" },
    );
    expect(child).toContain(`store.locked the data folder ${from.dataDir} is held by process ${process.pid}`);
    await from.store.ping(T0);
  });

  it("takes no file in which a letter is another, or whose end is missing, and no folder", async () => {
    const from = await open();
    await from.store.accept(newOutbound({ parts: ["see you at noon"] }));
    await backUp(from);
    const file = join(folder, "a.backup");
    const whole = readFileSync(file);
    for (const [was, is] of [
      ["at noon", "at moon"],
      ['"accounts"', '"accouncs"'],
    ] as const) {
      const octets = Buffer.from(whole);
      octets.write(is, octets.indexOf(was));
      writeFileSync(file, octets);
      expect(() => restoreTo("new")).toThrow(/a\.backup is not what was written .*: take another one$/);
    }
    writeFileSync(file, whole.subarray(0, -1));
    expect(() => restoreTo("new")).toThrow(/its end is missing/);
    expect(() => restoreTo("new", { file: folder })).toThrow(/is a folder, no backup: name a file in it$/);
    expect(readdirSync(folder)).not.toContain("new");
    writeFileSync(file, whole);
    expect(restoreTo("new")).toMatchObject({ messages: 1 });
    expect(statSync(join(folder, "new", "pylone.db")).size % 1024).toBe(0);
  });

  it("takes no file that is none, none that is damaged, none of a newer version", async () => {
    const file = join(folder, "a.backup");
    writeFileSync(file, "not a backup");
    expect(() => restoreTo("new")).toThrow(expect.objectContaining({ code: "backup.invalid" }));
    rmSync(file);
    openDatabase(file).close();
    expect(() => restoreTo("new")).toThrow("is a database, but no backup of pylone");
    const from = await open();
    for (let count = 0; count < 20; count++) await from.store.accept(newOutbound());
    await backUp(from);
    await from.store.close();
    const db = openDatabase(file);
    db.pragma("user_version = 99");
    db.pragma("journal_mode = DELETE");
    db.close();
    expect(() => restoreTo("new")).toThrow(expect.objectContaining({ code: "store.newer" }));
    expect(() => readBackup(join(folder, "nothing"))).toThrow("nothing");
    expect(readdirSync(folder)).not.toContain("new");
  });
});
