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
let doubt: string | null;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "pylone-backups-"));
  // Winter in Paris: an hour ahead.
  clock = new FakeClock(Date.UTC(2026, 0, 4, 1, 0));
  doubt = null;
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
    whyClockUntrusted: () => doubt,
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
  expect(readdirSync(folder)).toEqual(["pylone-000001-2026-01-04T02-30-00Z.backup"]);
  await clock.advance(20 * 3_600_000);
  await box.nightly();
  expect(readdirSync(folder)).toHaveLength(1);
  // Off for two nights, and on again in the afternoon.
  await clock.advance(40 * 3_600_000);
  await backups().nightly();
  expect(readdirSync(folder)).toEqual([
    "pylone-000001-2026-01-04T02-30-00Z.backup",
    "pylone-000002-2026-01-06T14-30-00Z.backup",
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
  const { name } = await box.begin({ keep: false });
  await box.settled();
  expect(name).toMatch(/\.passing$/);
  expect(readdirSync(folder)).toEqual([...nights, name]);
  expect((await box.list())[0]).toMatchObject({ name, status: "complete" });
  expect(await box.fileOf(name)).toBe(join(folder, name));
  // It is of this day, and the night's is made all the same.
  await clock.advance(2 * 3_600_000);
  await box.nightly();
  expect(readdirSync(folder)).toEqual([...nights.slice(1), "pylone-000005-2026-01-07T05-00-00Z.backup"]);
});

it("of a clock that was ahead are not taken for the newest: the last ones made are kept", async () => {
  const box = backups();
  const made = async () => {
    const { name } = await box.begin();
    await box.settled();
    return name;
  };
  clock.jump(20 * 365 * 86_400_000);
  const ahead = [await made(), await made()];
  clock.jump(-20 * 365 * 86_400_000);
  const since = [await made()];
  expect(readdirSync(folder)).toEqual([...ahead, ...since]);
  since.push(await made(), await made());
  expect(readdirSync(folder)).toEqual(since);
  expect((await box.list()).map(({ name }) => name)).toEqual(since.toReversed());
  await clock.advance(3 * 86_400_000 + 2 * 3_600_000);
  await box.nightly();
  expect((await box.list())[0]?.createdAt).toBe(clock.now());
});

it("go more slowly while the clock is in doubt, and not for ever", async () => {
  const box = backups();
  doubt = "the NTP service has not synchronised it yet";
  for (let count = 1; count <= 7; count++) {
    await box.begin();
    await box.settled();
    expect(readdirSync(folder)).toHaveLength(Math.min(count, 6));
  }
  doubt = null;
  await box.begin();
  await box.settled();
  expect(readdirSync(folder).map((name) => name.slice(7, 13))).toEqual(["000006", "000007", "000008"]);
});
