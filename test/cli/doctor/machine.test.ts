/** What the doctor sees of the machine: who has a device or a port, the disk, the certificate, ModemManager. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { daemonUserOf } from "../../../src/cli/doctor/daemon-user.ts";
import { lookAtDevice, modemManagerFindings } from "../../../src/cli/doctor/device.ts";
import { folderFindings, roomFinding, syncFinding, writeFinding } from "../../../src/cli/doctor/folder.ts";
import { addressFinding, expiryFinding } from "../../../src/cli/doctor/machine.ts";
import { holdersOf, listenersAt } from "../../../src/cli/doctor/processes.ts";

const MB = 1024 * 1024;

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "pylone-doctor-")));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("who has it", () => {
  it("finds the process that has a file open, and no one once it is closed", async () => {
    const path = join(folder, "port");
    writeFileSync(path, "");
    const open = openSync(path, "r");
    expect((await holdersOf(path)).map(({ pid }) => pid)).toEqual([process.pid]);
    closeSync(open);
    expect(await holdersOf(path)).toEqual([]);
  });

  it("finds the process that listens at a port, and says so of the daemon's address", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    expect((await listenersAt(port)).map(({ pid }) => pid)).toEqual([process.pid]);
    expect(await addressFinding({ host: "127.0.0.1", port })).toMatchObject({
      status: "fail",
      text: expect.stringMatching(
        new RegExp(`^127\\.0\\.0\\.1:${port} is taken by .+ \\(process ${process.pid}\\)$`),
      ),
      next: "stop it, or choose another `http.port`",
    });
    await new Promise((resolve) => server.close(resolve));
    expect(await addressFinding({ host: "127.0.0.1", port })).toMatchObject({ status: "pass" });
  });

  it("tells of an address this machine has not", async () => {
    expect(await addressFinding({ host: "192.0.2.1", port: 0 })).toMatchObject({
      status: "fail",
      text: expect.stringContaining("cannot listen on 192.0.2.1:0"),
    });
  });
});

const NOBODY = { pid: null, user: null };

describe("a device", () => {
  it("is not there", async () => {
    const device = join(folder, "ttyUSB2");
    expect(await lookAtDevice("d", device, NOBODY)).toMatchObject({
      path: null,
      troubles: [
        { status: "fail", text: `${device} is not there`, next: expect.stringContaining("pylone modems") },
      ],
    });
  });

  it("is no serial port", async () => {
    const device = join(folder, "ttyUSB2");
    writeFileSync(device, "");
    expect((await lookAtDevice("d", device, NOBODY)).troubles).toMatchObject([
      { status: "fail", text: `${device} is no serial port` },
    ]);
  });

  it("is in order when nobody has it", async () => {
    expect(await lookAtDevice("d", "/dev/zero", NOBODY)).toEqual({ path: "/dev/zero", troubles: [] });
  });

  it("that only root may open is judged for the user the daemon runs as, the owner of the data folder", async () => {
    const data = join(folder, "data");
    mkdirSync(data);
    expect(await daemonUserOf(data)).toBeNull();
    // Only root may become another user: for anybody else that is all.
    if (process.getuid?.() !== 0) return;
    chownSync(data, 65_534, 65_534);
    const user = await daemonUserOf(data);
    expect(user).toMatchObject({ uid: 65_534, gid: 65_534 });
    // In /dev, since the folder of this test is root's alone.
    const port = `/dev/pylone-doctor-${process.pid}`;
    expect(spawnSync("mknod", ["-m", "0600", port, "c", "1", "5"]).status).toBe(0);
    try {
      expect((await lookAtDevice("d", port, { pid: null, user })).troubles).toEqual([
        {
          about: "d",
          status: "fail",
          text: `${port} (0600 root:root) opens for root and not for ${user?.name}, as whom the daemon runs: it would get "permission denied"`,
          next: expect.stringContaining(`chgrp dialout ${port}`),
        },
      ]);
      chownSync(port, 0, 65_534);
      chmodSync(port, 0o660);
      expect((await lookAtDevice("d", port, { pid: null, user })).troubles).toEqual([]);
    } finally {
      rmSync(port);
    }
  });
});

describe("ModemManager", () => {
  const proc = () => join(folder, "proc");
  const udev = () => join(folder, "udev");
  const process = (pid: number, name: string) => {
    mkdirSync(join(proc(), String(pid)), { recursive: true });
    writeFileSync(join(proc(), String(pid), "comm"), `${name}\n`);
  };

  it("is of no concern where it does not run", async () => {
    process(1, "systemd");
    expect(await modemManagerFindings(["/dev/null"], { proc: proc(), udev: udev() })).toMatchObject([
      { status: "pass", text: "does not run" },
    ]);
  });

  it("is a danger while it is not told to leave a port alone, and none once it is", async () => {
    process(7, "ModemManager");
    expect(await modemManagerFindings(["/dev/null"], { proc: proc(), udev: udev() })).toMatchObject([
      {
        status: "warn",
        text: "runs, and may take /dev/null at any time",
        next: expect.stringContaining("60-pylone-modems.rules"),
      },
    ]);
    mkdirSync(udev());
    // /dev/null is character device 1:3 on every Linux.
    writeFileSync(join(udev(), "c1:3"), "E:ID_BUS=usb\nE:ID_MM_DEVICE_IGNORE=1\n");
    expect(await modemManagerFindings(["/dev/null"], { proc: proc(), udev: udev() })).toMatchObject([
      { status: "pass" },
    ]);
  });
});

describe("the data folder", () => {
  it("is written, synced and left as it was", async () => {
    const found = await folderFindings(folder);
    expect(found.map(({ about, status }) => `${about} ${status}`)).toEqual([
      "data folder pass",
      expect.stringMatching(/^disk space /),
      expect.stringMatching(/^disk (pass|warn)$/),
    ]);
    expect(found.at(-1)?.text).toMatch(/^a sync takes \d+ ms, the slowest of 5 took \d+ ms$/);
    expect(await holdersOf(folder)).toEqual([]);
  });

  it("is not there yet, or is a file", async () => {
    expect(await folderFindings(join(folder, "none"))).toMatchObject([{ status: "warn" }]);
    writeFileSync(join(folder, "file"), "");
    expect(await folderFindings(join(folder, "file"))).toMatchObject([
      { status: "fail", text: `${join(folder, "file")} is a file` },
    ]);
  });

  it("has files that others may read", async () => {
    writeFileSync(join(folder, "settings.json"), "{}", { mode: 0o644 });
    expect((await folderFindings(folder))[0]).toMatchObject({
      status: "warn",
      text: expect.stringContaining("settings.json"),
      next: `chmod 600 ${join(folder, "settings.json")}`,
    });
  });

  it("cannot be written where nobody can", async () => {
    expect((await folderFindings("/sys")).filter(({ about }) => about === "disk")).toMatchObject([
      { status: "fail", text: expect.stringMatching(/^\/sys (cannot|may not) be written/) },
    ]);
  });

  it.each([
    { free: 10 * MB, status: "fail" },
    { free: 300 * MB, status: "warn" },
    { free: 2048 * MB, status: "pass" },
  ])("has $free bytes of room: $status", ({ free, status }) => {
    expect(roomFinding(free)).toMatchObject({ status, text: expect.stringMatching(/^\d+ MB free/) });
  });

  it.each([
    { code: "ENOSPC", text: "the disk is full" },
    { code: "EROFS", text: "its file system is read-only" },
    { code: "EIO", text: "the disk fails" },
    { code: "EACCES", text: "may not be written by this user" },
  ])("tells what $code means", ({ code, text }) => {
    const error = Object.assign(new Error(code), { code });
    expect(writeFinding("/data", error)).toMatchObject({
      status: "fail",
      text: expect.stringContaining(text),
    });
  });

  it("minds a slow disk", () => {
    expect(syncFinding([2, 3, 4, 5, 6])).toMatchObject({ status: "pass" });
    expect(syncFinding([2, 3, 4, 5, 900])).toMatchObject({
      status: "warn",
      text: "a sync takes 4 ms, the slowest of 5 took 900 ms",
    });
  });
});

describe("the certificate", () => {
  const now = Date.UTC(2026, 10, 28);
  it.each([
    { until: Date.UTC(2026, 10, 27), status: "fail", text: "expired: valid until 2026-11-27" },
    { until: Date.UTC(2026, 11, 8), status: "warn", text: "valid until 2026-12-08: 10 days" },
    { until: Date.UTC(2027, 10, 28), status: "pass", text: "valid until 2027-11-28" },
  ])("is $status: $text", ({ until, status, text }) => {
    expect(expiryFinding(until, now)).toMatchObject({ status, text });
  });
});
