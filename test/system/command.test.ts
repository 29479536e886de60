/** `pylone doctor` and `pylone modems` on a serial path: a pseudo-terminal (socat) with the simulated modem behind it. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { startDaemon } from "../harness/appliance.ts";
import { pylone } from "../harness/command.ts";
import { eventually, Site } from "../harness/program.ts";
import { type SimulatorClient, startSimulator } from "../harness/simulator.ts";

type Check = { about: string; status: string; text: string };

let site: Site;
let simulator: SimulatorClient;
let device: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  site = new Site();
  ({ simulator } = await startSimulator(site, "+33639980001"));
  device = join(site.folder, "ttyUSB2");
  start("socat", `PTY,link=${device},raw,echo=0`, `TCP:127.0.0.1:${simulator.port}`);
  await eventually(async () => (existsSync(device) ? true : null));
  writeFileSync(
    join(site.folder, "pylone.yaml"),
    `http: { host: 127.0.0.1, port: 0 }\ndataDir: data\nlines:\n  - { name: gsm1, type: modem, device: "${device}" }\n`,
  );
});
afterEach(async () => {
  await Promise.all(children.splice(0).map(end));
  await site.end();
});

function start(command: string, ...args: string[]): ChildProcess {
  const child = spawn(command, args, { stdio: "ignore" });
  children.push(child);
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("close", resolve));
  child.kill();
  await gone;
}

async function checks(): Promise<Check[]> {
  const { out } = await pylone(site, ["doctor", "--json", "--config", "pylone.yaml"]);
  return (JSON.parse(out) as { checks: Check[] }).checks;
}

const failed = (all: readonly Check[]) =>
  all.filter(({ status }) => status === "fail").map(({ about, text }) => `${about}: ${text}`);

it("asks a modem on a serial path, and lets go of the port", async () => {
  expect(failed(await checks())).toEqual([]);
  expect((await checks()).map(({ about }) => about)).toContain("line gsm1: SMSC");

  const { code, out } = await pylone(site, ["modems", device]);
  expect(code).toBe(0);
  expect(out).toContain(
    `  - name: gsm1\n    type: modem\n    device: ${device}\n    number: "+33639980001"\n`,
  );
});

it("finds the program that has the port, and types nothing into it", async () => {
  const heard = join(site.folder, "heard");
  // Another program has the modem: what comes from it goes there.
  const other = start("sh", "-c", `exec cat "${device}" > "${heard}"`);
  const path = realpathSync(device);
  await eventually(async () =>
    existsSync(`/proc/${other.pid}/fd`) && readFileSync(`/proc/${other.pid}/comm`, "utf8") === "cat\n"
      ? true
      : null,
  );
  const held = await eventually(async () => {
    const found = failed(await checks());
    return found.some((text) => text.includes("is held by")) ? found : null;
  });
  expect(held).toEqual([
    `line gsm1: device: ${device} is held by cat (process ${other.pid}): two programs on a port take each other's answers`,
  ]);
  const { out } = await pylone(site, ["modems", device]);
  expect(out).toBe(`${device}, held by cat (process ${other.pid})\n`);
  await end(other);
  expect(readFileSync(heard, "utf8")).toBe("");
  expect(path).toMatch(/^\/dev\/pts\//);
  expect(failed(await checks())).toEqual([]);
});

it("leaves the running daemon its port, and shows whose it is", async () => {
  const { client, daemon } = await startDaemon(site, readFileSync(join(site.folder, "pylone.yaml"), "utf8"));
  const state = async () => (await client.line("gsm1"))["state"];
  await eventually(async () => ((await state()) === "ready" ? true : null));
  const path = realpathSync(device);
  expect((await client.line("gsm1"))["port"]).toBe(path);
  expect(failed(await checks())).toEqual([]);
  const { out } = await pylone(site, ["modems", device, "--config", "pylone.yaml"]);
  expect(out).toMatch(new RegExp(`^${path}, held by line gsm1\n  model +Pylone Simulated modem\n`));
  expect(await state()).toBe("ready");
  await daemon.end();
});
