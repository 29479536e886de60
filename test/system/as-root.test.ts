/**
 * `pylone backup` and `pylone restore` by root, on a box whose daemon is another user: what lies in the data folder stays
 * that user's, whatever root does beside it, and the backup is root's.
 */
import { type ChildProcess, spawn } from "node:child_process";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readBackup } from "../../src/store/backup-file.ts";
import { beginSwap, commitSwap } from "../../src/store/swap-in.ts";
import { pylone } from "../harness/command.ts";
import { Site } from "../harness/program.ts";
import { readableProgram } from "../harness/readable-program.ts";
import { REPOSITORY, runWith } from "../harness/staged.ts";

const UID = 4242;
const GID = 4343;
const CONFIG = `http: { host: 127.0.0.1, port: 0 }
dataDir: ../data
lines:
  - { name: sim1, type: modem, device: "sim:", number: "+33639980001", segmentsPerSecond: unlimited }
`;

let site: Site;
let data: string;
let program: string;
let daemon: ChildProcess | null;
beforeEach(() => {
  site = new Site();
  data = join(site.folder, "data");
  daemon = null;
  chmodSync(site.folder, 0o755);
  program = readableProgram(site.folder, UID);
  mkdirSync(join(site.folder, "etc"));
  writeFileSync(join(site.folder, "etc/pylone.yaml"), CONFIG, { mode: 0o644 });
  mkdirSync(data, { mode: 0o700 });
  chownSync(data, UID, GID);
});
afterEach(async () => {
  await stop();
  await site.end();
});

/** As systemd starts it; settles when it is ready. */
async function start(config = "etc/pylone.yaml"): Promise<void> {
  const user = ["--reuid", `${UID}`, "--regid", `${GID}`, "--clear-groups"];
  const serve = [
    process.execPath,
    join(program, "dist/main.js"),
    "serve",
    "--config",
    join(site.folder, config),
  ];
  const child = spawn("setpriv", [...user, ...serve], { cwd: "/", stdio: ["ignore", "pipe", "inherit"] });
  daemon = child;
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(line);
    if (line.includes('"ready"')) return child.stdout.resume() && undefined;
  }
  throw new Error(`it is not ready:\n${said.join("\n")}`);
}

async function stop(): Promise<void> {
  const child = daemon;
  daemon = null;
  if (child === null || child.exitCode !== null) return;
  const gone = new Promise((resolve) => child.once("close", resolve));
  child.kill();
  await gone;
}

async function asRoot(...words: string[]): Promise<string> {
  const config = words.includes("--config") ? [] : ["--config", "etc/pylone.yaml"];
  const { code, out, errors } = await pylone(site, [...words, ...config]);
  expect({ code, errors }).toEqual({ code: 0, errors: "" });
  return out;
}

/** What in the data folder is not the daemon's. */
function strange(): readonly string[] {
  const names = readdirSync(data, { recursive: true }) as string[];
  expect(names).toContain("pylone.db");
  return ["", ...names].filter((name) => {
    const { uid, gid } = statSync(join(data, name));
    return uid !== UID || gid !== GID;
  });
}

describe("by root", () => {
  it("a backup is root's, and leaves nothing of root's, while the daemon runs and when it does not", async () => {
    await start();
    await asRoot("send", "+33612345678", "Hello");
    await asRoot("backup", "running.backup");
    expect(strange()).toEqual([]);
    await stop();
    await asRoot("backup", "stopped.backup");
    expect(strange()).toEqual([]);
    for (const name of ["running.backup", "stopped.backup"]) {
      const { uid, mode } = statSync(join(site.folder, name));
      expect([name, uid, mode & 0o777]).toEqual([name, 0, 0o600]);
    }
    await start();
  });

  it("a restore leaves every file to the daemon, which starts on it", async () => {
    await start();
    await asRoot("send", "+33612345678", "Hello");
    await stop();
    await asRoot("backup", "a.backup");
    // Then the restored one lies beside the data.
    writeFileSync(join(site.folder, "etc/pylone.yaml"), `${CONFIG}# mine\n`);
    const said = await asRoot("restore", "a.backup");
    expect(said).toContain("pylone.yaml.restored");
    expect(strange()).toEqual([]);
    expect(readdirSync(data).filter((name) => name.startsWith("replaced-"))).toHaveLength(1);
    await start();
    expect(await asRoot("messages")).toContain("Hello");
    expect(strange()).toEqual([]);
  });

  it("a restore on a new machine writes a configuration that the daemon can read, and nobody else", async () => {
    await start();
    await stop();
    await asRoot("backup", "a.backup");
    await asRoot("restore", "a.backup", "--config", "etc/new.yaml");
    const { uid, gid, mode } = statSync(join(site.folder, "etc/new.yaml"));
    expect([uid, gid, mode & 0o777]).toEqual([0, GID, 0o640]);
    expect(readFileSync(join(site.folder, "etc/new.yaml"), "utf8")).toBe(CONFIG);
    expect(strange()).toEqual([]);
    await start("etc/new.yaml");
  });

  it("the command of pylone-backup.service backs up as the daemon's user, and keeps the last ones", async () => {
    const unit = readFileSync(join(REPOSITORY, "systemd/pylone-backup.service"), "utf8");
    const [, backup = "", keep = ""] = /^ExecStart=(\S+) \/var\/backups\/pylone (\d+)$/m.exec(unit) ?? [];
    expect(unit).toMatch(/^User=pylone$/m);
    const current = join(site.folder, "opt/pylone/current");
    mkdirSync(join(current, "bin"), { recursive: true });
    symlinkSync(process.execPath, join(current, "bin/node"));
    for (const name of ["dist", "systemd"]) symlinkSync(join(program, name), join(current, name));
    const backups = join(site.folder, "backups");
    mkdirSync(backups);
    chownSync(backups, UID, GID);
    for (let day = 10; day <= 30; day++) writeFileSync(join(backups, `nightly-2026-01-${day}`), "of old");
    const config = join(site.folder, "etc/pylone.yaml");
    const user = `setpriv --reuid ${UID} --regid ${GID} --clear-groups --no-new-privs`;
    const night = () =>
      runWith(
        [[join(site.folder, "opt"), "/opt"]],
        `cd /; umask 077; PYLONE_CONFIG='${config}' ${user} ${backup} '${backups}' ${keep}`,
      );
    await start();
    await asRoot("send", "+33612345678", "Hello");
    expect(night()).toMatchObject({ status: 0, err: "" });
    await stop();
    // Switched on by hand in the afternoon.
    expect(night()).toMatchObject({ status: 0, err: "" });
    const kept = readdirSync(backups).sort();
    expect(kept).toHaveLength(Number(keep));
    const { uid, mode } = statSync(join(backups, kept.at(-1) ?? ""));
    expect([uid, mode & 0o777]).toEqual([UID, 0o600]);
    expect(readBackup(join(backups, kept.at(-1) ?? ""))).toMatchObject({ messages: 1, config: CONFIG });
    expect(strange()).toEqual([]);
  });

  it("what a restore has begun, the daemon's next start can end", () => {
    writeFileSync(join(data, "pylone.db"), "old");
    chownSync(join(data, "pylone.db"), UID, GID);
    const incoming = beginSwap(data);
    expect(strange()).toEqual([]);
    writeFileSync(join(incoming, "pylone.db"), "new");
    commitSwap(data, "replaced-by-root");
    expect(strange()).toEqual([]);
  });
});
