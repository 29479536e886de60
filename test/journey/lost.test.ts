/** What is lost is said, and taken from a backup: the database wiped, the settings gone, a restore that is refused. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { startDaemon } from "../harness/appliance.ts";
import { pylone } from "../harness/command.ts";
import { eventually, Site } from "../harness/program.ts";

const NUMBER = "+33639980001";
const CONFIG = `dataDir: data\nhttp: { host: 127.0.0.1, port: 0 }\nlines:\n  - { name: gsm, type: modem, device: /dev/ttyNotThere, number: "${NUMBER}" }\n`;

let site: Site;
let data: string;
beforeEach(() => {
  site = new Site();
  data = join(site.folder, "data");
});
afterEach(() => site.end());

/** A box that has a message and a backup, stopped. */
async function box(): Promise<void> {
  const { client, daemon } = await startDaemon(site, CONFIG);
  await client.post("{AC}/Messages.json", { From: NUMBER, To: "+33612345678", Body: "waits" });
  const { json } = await client.call("POST", "/appliance/v1/Backups", {});
  const about = `/appliance/v1/Backups/${String(json["name"])}`;
  await eventually(async () => ((await client.get(about))["status"] === "complete" ? true : null));
  await client.post("{AC}/Messages.json", { From: NUMBER, To: "+33612345678", Body: "is newer" });
  await daemon.end();
}

it("a wiped database is restored from the nightly backup by itself, and the log and an event say so", async () => {
  await box();
  writeFileSync(join(data, "pylone.db"), "wiped");
  rmSync(join(data, "pylone.db-wal"), { force: true });
  const { client, daemon } = await startDaemon(site, CONFIG);
  const said = daemon.log.map(({ msg }) => String(msg));
  expect(said[1]).toMatch(/Nothing could be saved: .* It was restored from the backup of .*: 1 messages/);
  expect((await client.get("/appliance/v1/Events?Type=store.salvaged"))["events"]).toMatchObject([
    { text: said[1] },
  ]);
  expect((await client.get("{AC}/Messages.json"))["messages"]).toMatchObject([
    { body: "waits", status: "failed", error_code: 30008 },
  ]);
  expect((await daemon.end()).code).toBe(0);
});

it("settings that are gone beside messages are refused with the way back, and are back after it", async () => {
  await box();
  const before = readFileSync(join(data, "settings.json"), "utf8");
  for (const name of ["settings.json", "settings.json.previous"]) rmSync(join(data, name));
  const config = join(site.folder, "box.yaml");
  writeFileSync(config, CONFIG);
  const { code, out } = await pylone(site, ["serve", "--config", config]);
  expect(code).toBe(78);
  const [, command = ""] = /restore a backup: `pylone ([^`]+)`/.exec(out) ?? [];
  expect(existsSync(join(data, "settings.json"))).toBe(false);
  expect(await pylone(site, command.split(" "))).toMatchObject({ code: 0, errors: "" });
  expect(JSON.parse(readFileSync(join(data, "settings.json"), "utf8"))).toEqual(JSON.parse(before));
});

it("a restore that is refused leaves no configuration behind", async () => {
  await box();
  const file = join(site.folder, "a.backup");
  const config = join(site.folder, "box.yaml");
  writeFileSync(config, CONFIG);
  expect((await pylone(site, ["backup", file, "--config", config])).code).toBe(0);
  const { client, daemon } = await startDaemon(site, CONFIG);
  await client.post("{AC}/Messages.json", { From: NUMBER, To: "+33612345678", Body: "newest" });
  await daemon.end();
  const fresh = join(site.folder, "new.yaml");
  expect((await pylone(site, ["restore", file, "--config", fresh])).code).toBe(73);
  expect(existsSync(fresh)).toBe(false);
});
