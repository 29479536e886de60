/** The walk over a serial path: a pseudo-terminal (socat) with the simulated modem behind it. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { startDaemon } from "../harness/appliance.ts";
import { eventually, Site } from "../harness/program.ts";
import { type SimulatorClient, startSimulator } from "../harness/simulator.ts";
import { walk } from "../harness/walk.ts";

let site: Site;
let socat: ChildProcess | null = null;
beforeEach(() => {
  site = new Site();
});
afterEach(async () => {
  await unplug();
  await site.end();
});

async function plugIn(simulator: SimulatorClient): Promise<string> {
  const device = join(site.folder, "ttyUSB2");
  socat = spawn("socat", [`PTY,link=${device},raw,echo=0`, `TCP:127.0.0.1:${simulator.port}`], {
    stdio: "inherit",
  });
  await eventually(async () => (existsSync(device) ? true : null));
  return device;
}

async function unplug(): Promise<void> {
  const plugged = socat;
  socat = null;
  if (plugged === null || plugged.exitCode !== null) return;
  const gone = new Promise((resolve) => plugged.once("close", resolve));
  plugged.kill();
  await gone;
}

it("sends and answers texts over device: a serial path", async () => {
  const { simulator } = await startSimulator(site, "+33639980001");
  const device = await plugIn(simulator);
  expect(await walk(site, device, simulator)).toEqual([
    "Hello over the wire",
    expect.stringMatching(/^Tokyo: /),
  ]);
});

it("comes back by itself when the modem is unplugged and plugged in again, and sends what waited", async () => {
  const { simulator } = await startSimulator(site, "+33639980001");
  const device = await plugIn(simulator);
  const { client } = await startDaemon(
    site,
    `dataDir: data\nlines:\n  - { name: usb, type: modem, device: "${device}", number: "+33639980001" }\n`,
  );
  const inState = (state: string) =>
    eventually(async () => ((await client.line("usb"))["state"] === state ? true : null));
  await inState("ready");
  await unplug();
  await inState("opening");
  const sent = await client.post("{AC}/Messages.json", {
    From: "+33639980001",
    To: "+33612345678",
    Body: "Later",
  });
  await plugIn(simulator);
  await client.statuses(String(sent.json["sid"]), "delivered");
  expect((await simulator.arrived()).map(({ body }) => body)).toEqual(["Later"]);
});
