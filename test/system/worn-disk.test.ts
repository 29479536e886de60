/**
 * A card that takes no more writes is the one to rescue: a backup is taken from it to where there is room, while the
 * daemon runs or not, and a restore onto it says so and leaves nothing. The disk is one that refuses what the test says.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readBackup } from "../../src/store/backup-file.ts";
import { startDaemon } from "../harness/appliance.ts";
import { pylone, type Told } from "../harness/command.ts";
import { Site } from "../harness/program.ts";

const SOURCE = fileURLToPath(new URL("refusing-disk.c", import.meta.url));
const NUMBER = "+33639980001";
const MESSAGES = 20;

let site: Site;
let mode: string;
let dataDir: string;
let environment: Record<string, string>;
let config: string;

beforeEach(() => {
  site = new Site();
  const library = join(site.folder, "refusing-disk.so");
  execFileSync("cc", ["-shared", "-fPIC", "-O1", "-o", library, SOURCE, "-ldl"]);
  mode = join(site.folder, "mode");
  dataDir = join(site.folder, "card", "data");
  mkdirSync(join(site.folder, "card"));
  environment = {
    LD_PRELOAD: library,
    REFUSING_DISK_FOLDER: join(site.folder, "card"),
    REFUSING_DISK_MODE: mode,
  };
  config = `dataDir: ${dataDir}
lines:
  - { name: gsm, type: modem, device: /dev/ttyNotThere, number: "${NUMBER}" }
`;
});
afterEach(() => site.end());

async function startWithMessages() {
  const { client, daemon } = await startDaemon(site, config, environment);
  for (let count = 0; count < MESSAGES; count++)
    await client.post("{AC}/Messages.json", { From: NUMBER, To: "+33612345678", Body: `m${count}` });
  return daemon;
}

function command(...args: string[]): Promise<Told> {
  const file = join(site.folder, "commands.yaml");
  writeFileSync(file, config);
  return pylone(site, [...args, "--config", file], environment);
}

describe.each(["full", "read-only"])("a disk that is %s", (how) => {
  it.each(["runs", "was killed"])(
    "gives a backup of all that was acknowledged while the daemon %s",
    async (state) => {
      const daemon = await startWithMessages();
      if (state === "was killed") await daemon.end("SIGKILL");
      writeFileSync(mode, how);
      const to = join(site.folder, "rescued.backup");
      const told = await command("backup", to);
      expect(told).toMatchObject({ code: 0, errors: "" });
      expect(readBackup(to)).toMatchObject({ messages: MESSAGES });
      expect(readdirSync(site.folder).filter((name) => name.startsWith("rescued"))).toEqual([
        "rescued.backup",
      ]);
      rmSync(mode);
      if (state === "runs") await daemon.end();
    },
  );

  it("takes no restore: it says why in a sentence, with 74, and nothing is left", async () => {
    const daemon = await startWithMessages();
    await daemon.end();
    const from = join(site.folder, "a.backup");
    expect((await command("backup", from)).code).toBe(0);
    const before = readdirSync(dataDir).sort();
    writeFileSync(mode, how);
    const { code, errors } = await command("restore", from, "--force");
    const [, why] =
      /^pylone: nothing was restored, since \S+ cannot be written \((.*)\): make room there, or restore on another disk\n$/.exec(
        errors,
      ) ?? [];
    // Where not even an empty file can be made, SQLite gives no other reason.
    expect([`the disk is ${how}`, "unable to open database file"]).toContain(why);
    expect(code).toBe(74);
    rmSync(mode);
    expect(readdirSync(dataDir).sort()).toEqual(before);
    expect(existsSync(join(dataDir, "incoming"))).toBe(false);
  });
});
