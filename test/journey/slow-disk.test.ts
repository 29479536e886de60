/**
 * The disk never blocks the loop (DESIGN §4.5). Every commit of the built daemon is made to take 200 ms, commits are
 * always under way, and its event loop is watched: had it to wait for them, it would be held up for 200 ms at a time.
 */
import { fileURLToPath } from "node:url";
import { afterEach, expect, it } from "vitest";
import { startDaemon } from "../harness/appliance.ts";
import { Site } from "../harness/program.ts";

const SYNC_MS = 200;
const WRITERS = 16;
const EACH = 10;

let site: Site;
afterEach(() => site.end());

it("while every commit takes 200 ms the loop is held up for a fraction of that", async () => {
  site = new Site();
  const preload = fileURLToPath(new URL("../harness/slow-disk.mjs", import.meta.url));
  const { daemon, client } = await startDaemon(
    site,
    `dataDir: data
lines:
  - { name: usb, type: modem, device: /dev/pylone-absent, number: "+33639980001", segmentsPerSecond: unlimited }
`,
    { NODE_OPTIONS: `--import ${preload}` },
  );
  const loopDelay = async () => {
    const from = daemon.lines.length;
    daemon.signal("SIGUSR2");
    return daemon.line((line) => {
      const said = line.startsWith("{") ? (JSON.parse(line) as Record<string, unknown>) : {};
      return said["is"] === "loop" && daemon.lines.indexOf(line) >= from ? said : null;
    });
  };
  await loopDelay();
  const begun = performance.now();
  const writer = async (number: number) => {
    for (let message = 0; message < EACH; message++) {
      const To = `+3361234${String(number * EACH + message).padStart(4, "0")}`;
      const form = { From: "+33639980001", To, Body: "Bonjour" };
      expect((await client.post("{AC}/Messages.json", form)).status).toBe(201);
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, (_, number) => writer(number)));
  const elapsedMs = performance.now() - begun;
  const { medianMs, p95Ms } = await loopDelay();
  // Each writer has waited for ten commits, so that many there were, one after the other.
  expect(elapsedMs).toBeGreaterThanOrEqual(EACH * SYNC_MS);
  expect(Number(medianMs) / SYNC_MS).toBeLessThan(0.1);
  expect(Number(p95Ms) / SYNC_MS).toBeLessThan(0.5);
}, 180_000);
