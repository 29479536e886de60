/** What the doctor says of the nightly backups. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { backupFindings } from "../../../src/cli/doctor/backups.ts";
import type { DaemonUser } from "../../../src/cli/doctor/daemon-user.ts";
import { parseConfig } from "../../../src/daemon/config.ts";

const NOW = Date.parse("2026-11-28T12:00:00Z");
const DAY_MS = 86_400_000;

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "pylone-doctor-"));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const found = async (
  more: { backup?: string; failedAt?: string; now?: number; user?: DaemonUser | null } = {},
) => {
  const text = `dataDir: ${dataDir}\nlines: [{ name: s, type: modem, device: "sim:" }]\n${more.backup ?? ""}`;
  const failure =
    more.failedAt === undefined
      ? null
      : {
          ...{ sid: "EV1", type: "backup.failed", level: "warning", line: null },
          date_created: more.failedAt,
          text: "no backup was made: the disk is full",
        };
  const config = parseConfig(text, "test.yaml");
  return (await backupFindings({ config, user: more.user ?? null, failure, now: more.now ?? NOW }))[0];
};

function made(day: string): void {
  mkdirSync(join(dataDir, "backups"), { recursive: true });
  writeFileSync(join(dataDir, "backups", `pylone-000001-${day}T02-30-00Z.backup`), "");
}

it("passes where the newest is of last night, and where no night has been yet", async () => {
  expect(await found()).toMatchObject({ status: "pass", text: "none yet, one is made at 03:30" });
  made("2026-11-27");
  made("2026-11-28");
  expect(await found()).toMatchObject({
    status: "pass",
    text: "the newest is pylone-000001-2026-11-28T02-30-00Z.backup",
  });
});

it("minds a newest one that is older than two nights, and a box of days that has none", async () => {
  made("2026-11-24");
  expect(await found()).toMatchObject({
    about: "backups",
    status: "warn",
    text: `the newest in ${dataDir}/backups is 4 days old: pylone-000001-2026-11-24T02-30-00Z.backup`,
    next: expect.stringContaining("pylone backup FILE"),
  });
  rmSync(join(dataDir, "backups"), { recursive: true });
  writeFileSync(join(dataDir, "pylone.db"), "");
  expect(await found({ now: Date.now() + 5 * DAY_MS })).toMatchObject({
    status: "warn",
    text: expect.stringMatching(/^there is none in .*, and the box is [45] days old$/),
  });
});

it("minds one that failed after the newest, and not one that was made up for", async () => {
  made("2026-11-27");
  expect(await found({ failedAt: "Sat, 28 Nov 2026 02:30:00 +0000" })).toMatchObject({
    status: "warn",
    text: "the last one failed: no backup was made: the disk is full",
  });
  made("2026-11-28");
  expect(await found({ failedAt: "Fri, 27 Nov 2026 02:30:00 +0000" })).toMatchObject({ status: "pass" });
});

it("minds a folder that cannot be written", async () => {
  // Root may write anywhere: it asks for the daemon's user, whom this folder keeps out.
  chmodSync(dataDir, 0o500);
  const isRoot = process.getuid?.() === 0;
  const user = isRoot ? { uid: 65_534, gid: 65_534, name: "nobody" } : null;
  expect(await found({ user })).toMatchObject({
    status: "warn",
    text: `${dataDir}/backups cannot be written (${isRoot ? `${dataDir} is not nobody's, as whom the daemon runs` : "this user may not"}): no backup is made`,
    next: expect.stringContaining("`backup.folder`"),
  });
  chmodSync(dataDir, 0o700);
  writeFileSync(join(dataDir, "file"), "");
  expect(await found({ backup: `backup: { folder: ${dataDir}/file }` })).toMatchObject({
    text: `${dataDir}/file cannot be written (${dataDir}/file is a file): no backup is made`,
  });
});
