/** A restored broadcast neither goes on with a run of the backup nor catches up with a morning since, unless told to. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { KeySequence } from "../../src/runtime/ids.ts";
import type { BroadcastDefinition } from "../../src/store/broadcast-commands.ts";
import { makeBackup } from "../../src/store/make-backup.ts";
import { restore } from "../../src/store/restore.ts";
import { FakeClock } from "../harness/fake-clock.ts";
import { openTestStore, TEST_WORKER_URL, type TestStore } from "../harness/open-test-store.ts";

const HOUR = 3_600_000;
const clock = new FakeClock();
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

async function open(name: string): Promise<TestStore> {
  const each = await openTestStore({ dataDir: join(folder, name), clock });
  opened.push(each);
  return each;
}

it.each([
  { queued: "fail", status: "canceled", caughtUpBy: 5 * HOUR },
  { queued: "resend", status: "started", caughtUpBy: 0 },
] as const)("with --queued $queued its run is $status", async ({ queued, status, caughtUpBy }) => {
  const { store, dataDir } = await open("data");
  const keys = new KeySequence(clock, store.newestKey);
  const now = clock.now();
  const definition = { name: "Morning" } as BroadcastDefinition;
  const broadcastSid = keys.sid("BC");
  const made = { state: "active", judgedTo: now, createdAt: now, updatedAt: now, definition } as const;
  await store.createBroadcast({ sid: broadcastSid, ...made });
  const sid = keys.sid("BR");
  await store.planRun(
    {
      sid,
      broadcastSid,
      plannedAt: now,
      cause: "schedule",
      status: "planned",
      reason: null,
      definition,
      createdAt: now,
    },
    { judgedTo: now, events: [] },
  );
  await store.startRun(sid, { at: now, members: 2, segments: 2, text: null, events: [] });
  const file = join(folder, "a.backup");
  await makeBackup({
    store,
    signal: new AbortController().signal,
    job: async () => ({
      from: join(dataDir, "pylone.db"),
      to: file,
      madeAt: now,
      settings: "{}",
      config: "",
    }),
    processUrl: new URL("backup-process.js", TEST_WORKER_URL),
  });
  restore({ file, dataDir: join(folder, "new"), at: now + 5 * HOUR, queued, force: false });
  const restored = (await open("new")).store;
  expect(await restored.getRun(sid)).toMatchObject({ status });
  expect(await restored.getBroadcast(broadcastSid)).toMatchObject({ judgedTo: now + caughtUpBy });
});
