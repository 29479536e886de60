/** `npm run install:system` into a staging root: what is put where, and that the program runs from there. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Site } from "../harness/program.ts";
import { install, type Ran, REPOSITORY, run, runWith } from "../harness/staged.ts";

const UNITS = [
  "pylone.service",
  "pylone-reset.path",
  "pylone-reset.service",
  "pylone-backup.service",
  "pylone-backup.timer",
];

let root: string;
let first: Ran;
const at = (path: string) => join(root, path);
const releases = () => readdirSync(at("opt/pylone/releases")).sort();
const current = () => readlinkSync(at("opt/pylone/current"));
const mode = (path: string) => (statSync(at(path)).mode & 0o777).toString(8);

/** As a bench, a soak or the tests leave there. */
const LEFT_IN_DIST = join(REPOSITORY, "dist/left-by-a-test");

beforeAll(() => {
  mkdirSync(LEFT_IN_DIST, { recursive: true });
  root = mkdtempSync(join(tmpdir(), "pylone-root-"));
  first = install(root);
}, 300_000);
afterAll(() => {
  for (const folder of [root, LEFT_IN_DIST]) rmSync(folder, { recursive: true, force: true });
});

describe("an installation", () => {
  it("puts program, units, rules and configuration in their places", () => {
    expect(first).toMatchObject({ status: 0, err: "" });
    expect(current()).toBe(`releases/${releases()[0]}`);
    for (const unit of UNITS) expect(mode(`etc/systemd/system/${unit}`)).toBe("644");
    for (const path of ["sysusers.d/pylone.conf", "tmpfiles.d/pylone.conf", "modules-load.d/pylone.conf"])
      expect(existsSync(at(`etc/${path}`)), path).toBe(true);
    expect(existsSync(at("etc/udev/rules.d/60-pylone-modems.rules"))).toBe(true);
    expect(mode("etc/pylone/pylone.yaml")).toBe("640");
    expect(mode("usr/local/bin/pylone")).toBe("755");
    expect(readlinkSync(at("usr/local/bin/pylone-reset"))).toBe("/opt/pylone/current/hardware/pylone-reset");
  });

  it("leaves behind what only builds and tests need", () => {
    const modules = at("opt/pylone/current/node_modules");
    expect(existsSync(join(modules, "better-sqlite3"))).toBe(true);
    for (const name of ["typescript", "vitest", "twilio", "@biomejs"])
      expect(existsSync(join(modules, name)), name).toBe(false);
    const made = readdirSync(join(REPOSITORY, "src"), { withFileTypes: true });
    const rooms = made.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    expect(readdirSync(at("opt/pylone/current/dist")).sort()).toEqual(
      [...rooms, "main.js", "main.js.map"].sort(),
    );
  });

  it("starts from there with its own modules and its commented configuration", async () => {
    const site = new Site();
    try {
      const program = spawnProgram(site, at("etc/pylone/pylone.yaml"));
      const { urls } = await program.logged(
        "listening; an account was made: the command in `credentials` prints its SID and auth token",
      );
      const [url] = urls as string[];
      expect(await (await fetch(`${url}/health`)).json()).toMatchObject({
        checks: { store: { status: "pass" } },
      });
      expect(await program.end("SIGTERM")).toEqual({ code: 0, signal: null });
    } finally {
      await site.end();
    }
  });
});

/** As the unit starts it, but for the places of its data and its port. */
function spawnProgram(site: Site, config: string) {
  const data = { PYLONE_DATA_DIR: join(site.folder, "data") };
  return site.run(at("opt/pylone/current/dist/main.js"), ["serve", "--config", config], {
    ...data,
    PYLONE_HTTP_HOST: "127.0.0.1",
    PYLONE_HTTP_PORT: "0",
  });
}

describe("an upgrade", () => {
  let second: Ran;
  beforeAll(() => {
    mkdirSync(at("var/lib/pylone"), { recursive: true });
    writeFileSync(at("var/lib/pylone/pylone.db"), "the messages");
    writeFileSync(
      at("etc/pylone/pylone.yaml"),
      `${readFileSync(at("etc/pylone/pylone.yaml"), "utf8")}# mine\n`,
    );
    for (const year of ["2020", "2021"]) mkdirSync(at(`opt/pylone/releases/0.1.0-${year}0101T000000`));
    second = install(root);
  }, 300_000);

  it("keeps data and configuration, having copied both, and puts the new version beside the old", () => {
    expect(second.status).toBe(0);
    expect(second.out).toContain(`Keeping ${at("etc/pylone/pylone.yaml")}`);
    expect(readFileSync(at("etc/pylone/pylone.yaml"), "utf8")).toMatch(/# mine\n$/);
    expect(readFileSync(at("var/lib/pylone/pylone.db"), "utf8")).toBe("the messages");
    expect(current()).toBe(`releases/${releases().at(-1)}`);
    const backup = at(`var/backups/pylone/before-${releases().at(-1)}`);
    expect(readFileSync(join(backup, "pylone.db"), "utf8")).toBe("the messages");
    expect(readFileSync(join(backup, "pylone.yaml"), "utf8")).toMatch(/# mine\n$/);
  });

  it("leaves three versions", () => {
    expect(releases()).toEqual(["0.1.0-20210101T000000", expect.any(String), expect.any(String)]);
  });

  it("is refused by a configuration that the new version does not take, with nothing changed", () => {
    const config = at("etc/pylone/pylone.yaml");
    const good = readFileSync(config, "utf8");
    const before = [releases(), current()];
    writeFileSync(config, `${good}htpp: { port: 1 }\n`);
    const refused = install(root);
    writeFileSync(config, good);
    expect(refused.status).toBe(1);
    expect(refused.err).toMatch(/htpp.*\bhttp\b/s);
    expect(refused.err).toContain("Nothing was changed");
    expect([releases(), current()]).toEqual(before);
  });

  it("can be taken back, that too, and nothing where nothing ran before", () => {
    const [, old, upgraded] = releases();
    const back = install(root, "--rollback");
    expect(back).toMatchObject({ status: 0, err: "" });
    expect(back.out).toContain(`Back from ${upgraded} to ${old}`);
    expect(current()).toBe(`releases/${old}`);
    expect(install(root, "--rollback").status).toBe(0);
    expect(current()).toBe(`releases/${upgraded}`);
    rmSync(at("opt/pylone/previous"));
    const further = install(root, "--rollback");
    expect(further.status).toBe(1);
    expect(further.err).toContain(`there is no version before ${upgraded}`);
    expect(current()).toBe(`releases/${upgraded}`);
  });
});

describe("what is missing is said, before anything is touched", () => {
  /** A PATH with nothing in it but what the test puts there, and what a shell script cannot do without. */
  function refusal(programs: Record<string, string>, env: Record<string, string>): Ran {
    const bin = mkdtempSync(join(tmpdir(), "pylone-bin-"));
    for (const [name, script] of Object.entries(programs)) {
      writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
      chmodSync(join(bin, name), 0o755);
    }
    for (const name of ["dirname", "readlink", "id", "stat", "sed", "basename"])
      spawnSync("ln", ["-s", `/usr/bin/${name}`, join(bin, name)]);
    try {
      return run("/bin/bash", ["systemd/install.sh"], { PATH: bin, ...env });
    } finally {
      rmSync(bin, { recursive: true, force: true });
    }
  }

  it.each([
    ["no Node", {}, "there is no node: sudo apt install nodejs npm"],
    ["an old Node", { node: "echo v18.19.0" }, "Node 18.19.0 is too old, 20 or newer is needed"],
  ])("%s", (_what, programs, words) => {
    const staged = mkdtempSync(join(tmpdir(), "pylone-root-"));
    const refused = refusal(programs, { DESTDIR: staged });
    expect(refused).toMatchObject({ status: 1, out: "" });
    expect(refused.err).toContain(words);
    expect(readdirSync(staged)).toEqual([]);
    rmSync(staged, { recursive: true });
  });

  it("a DESTDIR that is relative", () => {
    const refused = refusal({}, { DESTDIR: "stage" });
    expect(refused).toMatchObject({ status: 1, out: "" });
    expect(refused.err).toContain('DESTDIR must be an absolute path: DESTDIR="$PWD/stage"');
    expect(existsSync(join(REPOSITORY, "stage"))).toBe(false);
  });

  it("nobody is root", () => {
    const refused = refusal({ id: "echo 1000" }, {});
    expect(refused).toMatchObject({ status: 1, out: "" });
    expect(refused.err).toContain("must be run by root: sudo systemd/install.sh");
  });

  it("no systemd, though root asks", () => {
    const empty = mkdtempSync(join(tmpdir(), "pylone-run-"));
    const refused = runWith([[empty, "/run"]], "bash systemd/install.sh");
    rmSync(empty, { recursive: true });
    expect(refused).toMatchObject({ status: 1, out: "" });
    expect(refused.err).toContain("this machine does not run systemd");
  });
});

describe("taking it away", () => {
  it("leaves data, backups and configuration where nobody says yes", () => {
    expect(install(root, "--uninstall")).toMatchObject({ status: 0, err: "" });
    expect(existsSync(at("opt/pylone"))).toBe(false);
    for (const unit of UNITS) expect(existsSync(at(`etc/systemd/system/${unit}`))).toBe(false);
    expect(existsSync(at("usr/local/bin/pylone"))).toBe(false);
    expect(readFileSync(at("var/lib/pylone/pylone.db"), "utf8")).toBe("the messages");
    expect(existsSync(at("etc/pylone/pylone.yaml"))).toBe(true);
  });

  it("deletes them for a yes", () => {
    const { status } = spawnSync("bash", ["systemd/install.sh", "--uninstall"], {
      cwd: REPOSITORY,
      env: { PATH: process.env["PATH"] ?? "", DESTDIR: root },
      input: "yes\n",
    });
    expect(status).toBe(0);
    for (const path of ["var/lib/pylone", "etc/pylone", "var/backups/pylone"])
      expect(existsSync(at(path)), path).toBe(false);
  });
});
