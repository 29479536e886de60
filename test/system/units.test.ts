/** The units as systemd reads them: without a complaint, in a sandbox of 2.0 or less, serial ports still in reach. */
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { REPOSITORY, run, runWith } from "../harness/staged.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pylone-units-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const read = (name: string) => readFileSync(join(REPOSITORY, "systemd", name), "utf8");

it("are taken by systemd-analyze verify without a word", () => {
  // Where the programs of the units are looked for.
  const release = join(folder, "pylone/current");
  mkdirSync(join(release, "bin"), { recursive: true });
  cpSync(process.execPath, join(release, "bin/node"));
  for (const name of ["systemd", "hardware"])
    cpSync(join(REPOSITORY, name), join(release, name), { recursive: true });
  const units = readdirSync(join(REPOSITORY, "systemd")).filter((name) =>
    /\.(service|path|timer)$/.test(name),
  );
  expect(units).toHaveLength(5);
  const verify = (names: string[]) =>
    runWith([[folder, "/opt"]], `systemd-analyze verify ${names.map((name) => `systemd/${name}`).join(" ")}`);
  expect(verify(units)).toEqual({ status: 0, out: "", err: "" });
  // It does complain where there is a reason.
  rmSync(join(release, "bin/node"));
  expect(verify(units).err).toContain("/opt/pylone/current/bin/node is not executable");
});

it.each([
  ["pylone.service", 2.0],
  ["pylone-backup.service", 2.0],
  // Root, pins and the power of USB: it runs nothing but root's own programs.
  ["pylone-reset.service", 4.5],
])("%s is exposed to no more than %d", (unit, most) => {
  const { out } = run("systemd-analyze", ["security", "--offline=yes", "--no-pager", `./systemd/${unit}`]);
  const exposure = /Overall exposure level for [\w.-]+: ([\d.]+)/.exec(out)?.[1];
  expect(Number(exposure)).toBeLessThanOrEqual(most);
});

it("allow every kind of serial port that a modem has, and load the drivers before", () => {
  const allowed = [...read("pylone.service").matchAll(/^DeviceAllow=char-(\S+) rw$/gm)].map(
    ([, name]) => name,
  );
  expect(allowed.sort()).toEqual(["ttyACM", "ttyAMA", "ttyS", "ttyUSB"]);
  expect(read("pylone.modules-load.conf").match(/^[a-z_]+$/gm)).toEqual(["usbserial", "option", "cdc_acm"]);
});

it("make the user and the folders that the others name", () => {
  mkdirSync(join(folder, "etc"));
  writeFileSync(join(folder, "etc/passwd"), "root:x:0:0::/root:/bin/sh\n");
  writeFileSync(join(folder, "etc/group"), "root:x:0:\ndialout:x:20:\n");
  for (const name of ["shadow", "gshadow"]) writeFileSync(join(folder, "etc", name), "");
  const paths = ["systemd/pylone.sysusers.conf", "systemd/pylone.tmpfiles.conf"] as const;
  expect(run("systemd-sysusers", [`--root=${folder}`, join(REPOSITORY, paths[0])]).status).toBe(0);
  expect(readFileSync(join(folder, "etc/group"), "utf8")).toMatch(/^dialout:x:20:pylone$/m);
  expect(run("systemd-tmpfiles", [`--root=${folder}`, "--create", join(REPOSITORY, paths[1])]).status).toBe(
    0,
  );
  const made = statSync(join(folder, "run/pylone-reset/requests"));
  const gid = Number(/^pylone:x:(\d+):/m.exec(readFileSync(join(folder, "etc/group"), "utf8"))?.[1]);
  expect([made.mode & 0o7777, made.uid, made.gid]).toEqual([0o1730, 0, gid]);
});

it.each([
  ["credentials --test", "pylone"],
  ["serve", "pylone"],
  ["backup FILE", "root"],
  ["restore FILE", "root"],
  ["doctor", "root"],
  ["send +33612345678 Hello", "root"],
])("`sudo pylone %s` is done as %s", (words, user) => {
  const bin = join(folder, "opt/pylone/current/bin");
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, "node"), '#!/bin/sh\necho "$(id -un): $*"\n', { mode: 0o755 });
  const passwd = "root:x:0:0::/root:/bin/sh\npylone:x:999:999::/nonexistent:/usr/sbin/nologin\n";
  writeFileSync(join(folder, "passwd"), passwd);
  writeFileSync(join(folder, "group"), "root:x:0:\npylone:x:999:\n");
  chmodSync(folder, 0o755);
  const mounts = [
    [join(folder, "opt"), "/opt"],
    [join(folder, "passwd"), "/etc/passwd"],
    [join(folder, "group"), "/etc/group"],
  ] as const;
  const { out, err } = runWith(mounts, `systemd/pylone ${words}`);
  expect(err).toBe("");
  expect(out).toBe(`${user}: /opt/pylone/current/dist/main.js ${words}\n`);
});

it("and the programs beside them are good shell", () => {
  const programs = [
    "systemd/install.sh",
    "systemd/install-data.sh",
    "systemd/pylone",
    "systemd/nightly-backup",
  ];
  const resets = ["hardware/pylone-reset", "hardware/pylone-reset-worker", "hardware/gpio-pulse"];
  expect(run("shellcheck", ["--external-sources", ...programs, ...resets])).toEqual({
    status: 0,
    out: "",
    err: "",
  });
});
