/** A backup of a box at work, and the same box, or a new one, made of it. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type ApplianceClient, startDaemon } from "../harness/appliance.ts";
import { pylone } from "../harness/command.ts";
import { DIST, Site } from "../harness/program.ts";

const NUMBER = "+33639980001";
const CONFIG = `dataDir: data
lines:
  - { name: sim1, type: modem, device: "sim:", number: "${NUMBER}", segmentsPerSecond: unlimited }
  - { name: gone, type: smpp, url: "smpp://a:b@127.0.0.1:9", numbers: ["36123"] }
`;

let site: Site;
beforeEach(() => {
  site = new Site();
});
afterEach(() => site.end());

async function send(client: ApplianceClient, from: string, body: string): Promise<string> {
  const { status, json } = await client.post("{AC}/Messages.json", {
    From: from,
    To: "+33612345678",
    Body: body,
  });
  expect(status).toBe(201);
  return String(json["sid"]);
}

async function bodies(client: ApplianceClient): Promise<string[]> {
  const list = await client.get("{AC}/Messages.json?PageSize=1000");
  return (list["messages"] as { body: string; status: string }[]).map(
    ({ body, status }) => `${body}: ${status}`,
  );
}

it("a box goes back to what it was, and does not send again what may have been sent since", {
  timeout: 120_000,
}, async () => {
  const { client, daemon, configFile } = await startDaemon(site, CONFIG);
  await client.statuses(await send(client, NUMBER, "sent"), "delivered");
  await send(client, "36123", "waits");
  const made = await pylone(site, ["backup", "a.backup", "--config", configFile]);
  expect(made).toMatchObject({
    code: 0,
    out: expect.stringMatching(/a\.backup: \d+ MB, whole\n$/),
    errors: "",
  });
  expect(statSync(join(site.folder, "a.backup")).mode & 0o777).toBe(0o600);
  expect((await pylone(site, ["backup", "a.backup", "--config", configFile])).code).toBe(73);
  // The daemon's own copy was for this only.
  expect(readdirSync(join(site.folder, "data/backups"))).toEqual([]);
  await send(client, NUMBER, "after the backup");

  expect(await pylone(site, ["restore", "a.backup", "--config", configFile])).toMatchObject({
    code: 75,
    errors: expect.stringContaining("stop it first"),
  });
  await daemon.end();
  expect(await pylone(site, ["restore", "a.backup", "--config", configFile])).toMatchObject({
    code: 73,
    errors: expect.stringContaining("--force"),
  });
  const restored = await pylone(site, ["restore", "a.backup", "--force", "--config", configFile]);
  expect(restored).toMatchObject({ code: 0, errors: "" });
  expect(restored.out).toContain("2 messages, 0 still to be sent\n1 messages waited then");

  const again = await startDaemon(site, CONFIG);
  expect(again.client.sid).toBe(client.sid);
  expect(await bodies(again.client)).toEqual(["waits: failed", "sent: delivered"]);
  await again.client.statuses(await send(again.client, NUMBER, "goes on"), "delivered");
});

it("a new machine gets everything, the configuration too, from a box that was stopped first", {
  timeout: 120_000,
}, async () => {
  const { client, daemon, configFile } = await startDaemon(site, CONFIG);
  await client.statuses(await send(client, NUMBER, "sent"), "delivered");
  await send(client, "36123", "waits");
  await daemon.end();
  expect(await pylone(site, ["backup", "a.backup", "--config", configFile, "--json"])).toMatchObject({
    code: 0,
  });

  const other = join(site.folder, "other.yaml");
  const env = { PYLONE_DATA_DIR: join(site.folder, "moved") };
  const restored = await pylone(site, ["restore", "a.backup", "--queued", "resend", "--config", other], env);
  expect(restored).toMatchObject({ code: 0, errors: "" });
  expect(restored.out).toContain("2 messages, 1 still to be sent");
  expect(restored.out).toContain(`the configuration is in ${other}`);
  expect(readdirSync(join(site.folder, "moved")).sort()).toEqual(["pylone.db", "settings.json"]);

  const moved = site.run("main.js", ["serve", "--config", other], {
    ...env,
    PYLONE_HTTP_HOST: "127.0.0.1",
    PYLONE_HTTP_PORT: "0",
  });
  await moved.logged("ready");
  const list = await pylone(site, ["messages", "--config", other, "--json"], env);
  expect(list.out).toContain('"waits"');
  expect((await moved.end()).code).toBe(0);
});

it("a file that is no backup is refused, and nothing is touched", async () => {
  writeFileSync(join(site.folder, "pylone.yaml"), CONFIG);
  writeFileSync(join(site.folder, "a.backup"), "no");
  const args = ["--config", join(site.folder, "pylone.yaml")];
  expect((await pylone(site, ["restore", "a.backup", ...args])).code).toBe(65);
  expect((await pylone(site, ["restore", "none.backup", ...args])).code).toBe(66);
  expect((await pylone(site, ["backup", "b.backup", ...args])).code).toBe(66);
  expect(readdirSync(site.folder).sort()).toEqual(["a.backup", "pylone.yaml"]);
});

it("what is in the way of a file is one sentence, while the daemon runs and when it is stopped", {
  timeout: 120_000,
}, async () => {
  const { daemon, configFile } = await startDaemon(site, CONFIG);
  const { folder } = site;
  mkdirSync(join(folder, "folder"));
  const say = (...args: string[]) => pylone(site, [...args, "--config", configFile]);
  const wrong = async () => {
    expect(await say("backup", "nodir/x")).toEqual({
      ...{ code: 66, out: "" },
      errors: `pylone: there is no folder ${folder}/nodir: make it, or name another file\n`,
    });
    expect(await say("backup", "folder", "--force")).toEqual({
      ...{ code: 73, out: "" },
      errors: `pylone: ${folder}/folder is a folder: name a file in it\n`,
    });
  };
  await wrong();
  await daemon.end();
  await wrong();
  expect((await say("backup", "a.backup")).code).toBe(0);
  expect(await pylone(site, ["restore", "a.backup", "--config", "new/x.yaml"])).toEqual({
    ...{ code: 66, out: "" },
    errors: `pylone: there is no folder ${folder}/new: make it, or name another file\n`,
  });
  expect(await say("restore", "folder")).toMatchObject({ code: 65 });
  // What another user meets: neither the data nor its absence can be seen.
  const isRoot = process.getuid?.() === 0;
  if (!isRoot) chmodSync(join(folder, "data"), 0);
  const other = spawnSync(process.execPath, [join(DIST, "main.js"), "backup", "/tmp/pylone-other-user"], {
    cwd: "/tmp",
    env: { PYLONE_DATA_DIR: join(folder, "data") },
    ...(isRoot ? { uid: 65_534, gid: 65_534 } : {}),
  });
  if (!isRoot) chmodSync(join(folder, "data"), 0o700);
  expect({ code: other.status, errors: other.stderr.toString() }).toEqual({
    code: 77,
    errors: `pylone: ${folder}/data may not be read by this user: run this with sudo, or as the user the daemon runs as (sudo -u pylone …)\n`,
  });
});
