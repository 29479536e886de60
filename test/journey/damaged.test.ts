/** A worn-out card: the database is not what was written. The box starts, says what it saved, and sends what waited. */
import { existsSync, openSync, readdirSync, readFileSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { startDaemon } from "../harness/appliance.ts";
import { Site } from "../harness/program.ts";

const NUMBER = "+33639980001";
const PHONE = "+33612345678";

let site: Site;
beforeEach(() => {
  site = new Site();
});
afterEach(() => site.end());

function configOf(device: string): string {
  return `dataDir: data\nlines:\n  - { name: gsm, type: modem, device: "${device}", number: "${NUMBER}", segmentsPerSecond: unlimited }\n`;
}

/** Every page of this many is emptied, the first one too. */
function emptyEvery(file: string, pages: number): void {
  const fd = openSync(file, "r+");
  for (let at = 0; at < statSync(file).size; at += 1024 * pages)
    writeSync(fd, Buffer.alloc(1024), 0, 1024, at);
}

it("saves what can be read, says what it did, and goes on", async () => {
  const before = await startDaemon(site, configOf("/dev/ttyNotThere"));
  for (let count = 1; count <= 20; count++)
    await before.client.post("{AC}/Messages.json", { From: NUMBER, To: PHONE, Body: `m${count}` });
  await before.daemon.end();
  const file = join(site.folder, "data", "pylone.db");
  emptyEvery(file, 60);

  const { client, daemon } = await startDaemon(site, configOf("sim:"));
  const said = daemon.log.map(({ msg }) => String(msg));
  expect(said[0]).toMatch(/pylone\.db is damaged \(file is not a database\): saving what can be read$/);
  expect(said[1]).toMatch(/^pylone\.db was damaged .* Saved: \d+ messages, \d+ of them still to be sent/);
  const { events } = (await client.get("/appliance/v1/Events?Type=store.salvaged")) as {
    events: { text: string }[];
  };
  expect(events.map(({ text }) => text)).toEqual([said[1]]);
  const messages = (await client.get("{AC}/Messages.json"))["messages"] as { sid: string }[];
  expect(messages.length).toBeGreaterThan(14);
  for (const { sid } of messages) await client.statuses(sid, "delivered");
  expect(daemon.log.filter(({ level }) => Number(level) >= 60)).toEqual([]);

  const [aside = ""] = readdirSync(join(site.folder, "data")).filter((name) => name.startsWith("damaged-"));
  expect(readFileSync(join(site.folder, "data", aside, "pylone.db")).subarray(0, 16)).toEqual(
    Buffer.alloc(16),
  );
  expect(existsSync(join(site.folder, "data", "incoming"))).toBe(false);
  expect((await daemon.end()).code).toBe(0);
});
