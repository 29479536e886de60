/** The way of a reset: asked for by a user without rights, carried out by root's program of that name and nothing else. */
import { type ChildProcess, spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventually } from "../harness/program.ts";
import { type Ran, REPOSITORY, run } from "../harness/staged.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pylone-reset-"));
  for (const name of ["requests", "answers", "reset.d", "bin"]) mkdirSync(join(folder, name));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (path: string) => join(folder, path);
const program = (path: string, script: string, mode = 0o755) => {
  writeFileSync(at(path), `#!/bin/sh\n${script}\n`);
  chmodSync(at(path), mode);
};
const ask = (name: string): Promise<{ code: number | null; err: string }> => {
  const asked: ChildProcess = spawn(join(REPOSITORY, "hardware/pylone-reset"), [name, folder]);
  let err = "";
  asked.stderr?.on("data", (text) => {
    err += String(text);
  });
  return new Promise((resolve) => asked.once("close", (code) => resolve({ code, err })));
};
/** What the path unit does when the folder is no longer empty. */
const work = (): Ran =>
  run(join(REPOSITORY, "hardware/pylone-reset-worker"), [at("requests"), at("answers"), at("reset.d")]);
const requested = (name: string) =>
  eventually(async () => (existsSync(at(`requests/${name}`)) ? true : null));

describe("a reset", () => {
  it.each([0, 3])("is carried out, and ends for who asked as the program did: %d", async (status) => {
    program("reset.d/gsm1", `echo "$#" >>${at("ran")}; exit ${status}`);
    const answer = ask("gsm1");
    await requested("gsm1");
    expect(work()).toMatchObject({ status: 0 });
    expect(await answer).toMatchObject({ code: status });
    expect(readFileSync(at("ran"), "utf8")).toBe("0\n");
    expect(readdirSync(at("requests"))).toEqual([]);
  });

  it("leaves the others alone", async () => {
    program("reset.d/gsm1", "exit 0");
    program("reset.d/gsm2", `touch ${at("ran")}`);
    const answer = ask("gsm1");
    await requested("gsm1");
    work();
    expect((await answer).code).toBe(0);
    expect(existsSync(at("ran"))).toBe(false);
  });

  it("that has no program, or none any more, is answered so", async () => {
    writeFileSync(at("answers/gsm1"), "0\n");
    const answer = ask("gsm1");
    await requested("gsm1");
    work();
    const { code, err } = await answer;
    expect(code).toBe(66);
    expect(err).toContain("there is no program gsm1 in /etc/pylone/reset.d");
  });

  it.each(["", "../gsm1", "GSM1", "gsm1;reboot", "a b", "-x", "x".repeat(32)])(
    "is none by the name '%s'",
    async (name) => {
      const { code, err } = await ask(name);
      expect(code).toBe(64);
      expect(err).toContain("usage: pylone-reset NAME");
      expect(readdirSync(at("requests"))).toEqual([]);
    },
  );
});

describe("who may write requests can make root do nothing else", () => {
  it("not by a name that is no program of reset.d", () => {
    writeFileSync(at("requests/gsm9"), "");
    writeFileSync(at("requests/$(touch ran)"), "");
    mkdirSync(at("requests/folder/deep"), { recursive: true });
    expect(work().status).toBe(0);
    expect(readdirSync(at("requests"))).toEqual([]);
    expect(readdirSync(at("answers"))).toEqual([]);
    expect(existsSync(at("ran"))).toBe(false);
  });

  it("not by a link: what it points to stays as it is", () => {
    program("reset.d/gsm1", "exit 0");
    writeFileSync(at("precious"), "kept");
    symlinkSync(at("precious"), at("requests/gsm1"));
    mkdirSync(at("elsewhere"));
    writeFileSync(at("elsewhere/file"), "kept");
    symlinkSync(at("elsewhere"), at("requests/gsm2"));
    expect(work().status).toBe(0);
    expect(readdirSync(at("requests"))).toEqual([]);
    expect(readFileSync(at("precious"), "utf8")).toBe("kept");
    expect(readdirSync(at("elsewhere"))).toEqual(["file"]);
    expect(readFileSync(at("answers/gsm1"), "utf8")).toBe("0\n");
  });

  it("not by a program that others than root may write", () => {
    program("reset.d/gsm1", `touch ${at("ran")}`, 0o777);
    writeFileSync(at("requests/gsm1"), "");
    expect(work().err).toContain("may be written by others than root: chown root:root and chmod 755");
    expect(readFileSync(at("answers/gsm1"), "utf8")).toBe("77\n");
    expect(existsSync(at("ran"))).toBe(false);
  });
});

describe("gpio-pulse", () => {
  const pulse = (...args: string[]) =>
    run(join(REPOSITORY, "hardware/gpio-pulse"), args, { PATH: `${at("bin")}:/usr/bin:/bin` });
  const calls = () => readFileSync(at("calls"), "utf8").trim().split("\n");
  const gpioset = (version: string) =>
    program(
      "bin/gpioset",
      `[ "$1" = --version ] && echo "gpioset (libgpiod) ${version}" || echo "$@" >>${at("calls")}`,
    );

  it("speaks to libgpiod 2, which knows lines by name", () => {
    gpioset("v2.2.1");
    expect(pulse("GPIO4", "low", "4000", "0")).toEqual({ status: 0, out: "", err: "" });
    expect(calls()).toEqual(["--toggle 4000ms,0 GPIO4=0"]);
  });

  it("speaks to libgpiod 1, which is told the chip and the number", () => {
    gpioset("v1.6.3");
    program("bin/gpiofind", '[ "$1" = GPIO6 ] && echo "gpiochip0 6"');
    expect(pulse("GPIO6", "high", "2000", "0")).toEqual({ status: 0, out: "", err: "" });
    expect(calls()).toEqual([
      "--mode=time --usec=2000000 gpiochip0 6=1",
      "--mode=time --usec=100000 gpiochip0 6=0",
    ]);
    expect(pulse("GPIO99", "high", "1", "0")).toMatchObject({ status: 66 });
  });

  it.each([[[]], [["GPIO4", "up", "1"]], [["GPIO4", "low", "1s"]], [["--help", "low", "1"]]])(
    "is refused %j",
    (args) => {
      gpioset("v2.2.1");
      expect(pulse(...args)).toMatchObject({ status: 64, out: "" });
      expect(existsSync(at("calls"))).toBe(false);
    },
  );
});
