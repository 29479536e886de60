import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Backups } from "../../src/daemon/backups.ts";
import { silentLog } from "../../src/runtime/log.ts";
import { EMPTY_SETTINGS } from "../../src/store/settings-document.ts";
import { FakeClock } from "../harness/fake-clock.ts";
import { openTestStore, TEST_WORKER_URL, type TestStore } from "../harness/open-test-store.ts";

let opened: TestStore;
let folder: string;
let clock: FakeClock;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "pylone-backups-"));
  // Winter in Paris: an hour ahead.
  clock = new FakeClock(Date.UTC(2026, 0, 4, 1, 0));
  opened = await openTestStore({ clock });
});
afterEach(async () => {
  await opened.remove();
  rmSync(folder, { recursive: true, force: true });
});

function backups(into = folder): Backups {
  return new Backups({
    store: opened.store,
    settings: { document: EMPTY_SETTINGS },
    clock,
    log: silentLog(),
    config: { at: "03:30", keep: 3, folder: into },
    dataDir: opened.dataDir,
    configFile: null,
    timeZone: "Europe/Paris",
    processUrl: new URL("backup-process.js", TEST_WORKER_URL),
  });
}

it("are made once a night at the site's own time, and by a box that was off then as soon as it is on", async () => {
  const box = backups();
  await box.nightly();
  expect(readdirSync(folder)).toEqual([]);
  await clock.advance(90 * 60_000);
  await box.nightly();
  expect(readdirSync(folder)).toEqual(["pylone-2026-01-04T02-30-00Z.backup"]);
  await clock.advance(20 * 3_600_000);
  await box.nightly();
  expect(readdirSync(folder)).toHaveLength(1);
  // Off for two nights, and on again in the afternoon.
  await clock.advance(40 * 3_600_000);
  await backups().nightly();
  expect(readdirSync(folder)).toEqual([
    "pylone-2026-01-04T02-30-00Z.backup",
    "pylone-2026-01-06T14-30-00Z.backup",
  ]);
});

it("that cannot be made are an event, and tried again an hour later", async () => {
  const box = backups("/proc/nowhere");
  await clock.advance(3 * 3_600_000);
  const failures = async () => (await opened.store.listEvents({ type: "backup.failed", limit: 10 })).length;
  await box.nightly();
  await box.nightly();
  expect(await failures()).toBe(1);
  expect(await box.list()).toMatchObject([
    { status: "failed", reason: expect.stringContaining("/proc/nowhere") },
  ]);
  await clock.advance(3_600_000);
  await box.nightly();
  expect(await failures()).toBe(2);
});

it("for a caller that copies it at once is no night's, pushes none out, and is not kept for long", async () => {
  const box = backups();
  await clock.advance(2 * 3_600_000);
  for (let night = 0; night < 3; night++) {
    await box.nightly();
    await clock.advance(24 * 3_600_000);
  }
  const nights = readdirSync(folder);
  expect(nights).toHaveLength(3);
  const { name } = box.begin({ keep: false });
  await box.settled();
  expect(name).toMatch(/\.passing$/);
  expect(readdirSync(folder)).toEqual([...nights, name]);
  expect((await box.list())[0]).toMatchObject({ name, status: "complete" });
  expect(await box.fileOf(name)).toBe(join(folder, name));
  // It is of this day, and the night's is made all the same.
  await clock.advance(2 * 3_600_000);
  await box.nightly();
  expect(readdirSync(folder)).toEqual([...nights.slice(1), "pylone-2026-01-07T05-00-00Z.backup"]);
});
