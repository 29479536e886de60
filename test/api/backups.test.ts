import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readBackup } from "../../src/store/backup-file.ts";
import { eventually } from "../harness/program.ts";
import { type ApiBox, openApiBox } from "./api-box.ts";

const BACKUPS = "/appliance/v1/Backups";

let box: ApiBox;
beforeEach(async () => {
  box = await openApiBox();
});
afterEach(() => box.close());

function completed(name: string): Promise<Record<string, unknown>> {
  return eventually(async () => {
    const { body } = await box.get(`${BACKUPS}/${name}`);
    expect(body["status"]).not.toBe("failed");
    return body["status"] === "complete" ? body : null;
  });
}

it("are made when asked for, one at a time, and handed out", async () => {
  expect((await box.get(BACKUPS)).body["backups"]).toEqual([]);
  const made = await box.post(BACKUPS, {});
  expect(made).toMatchObject({ status: 201, body: { status: "making", reason: null, size: null } });
  const name = String(made.body["name"]);
  expect((await box.post(BACKUPS, {})).body["name"]).toBe(name);
  const { size } = await completed(name);
  expect((await box.get(BACKUPS)).body["backups"]).toMatchObject([{ name, status: "complete", size }]);

  const credentials = Buffer.from(`${box.account.sid}:${box.account.authToken}`).toString("base64");
  const answer = await fetch(`${box.baseUrl}${BACKUPS}/${name}/File`, {
    headers: { Authorization: `Basic ${credentials}` },
  });
  expect(answer.headers.get("content-disposition")).toBe(`attachment; filename="${name}"`);
  const file = join(box.dataDir, "copy");
  writeFileSync(file, Buffer.from(await answer.arrayBuffer()));
  expect(Number(answer.headers.get("content-length"))).toBe(size);
  expect(JSON.parse(readBackup(file).settings ?? "")).toMatchObject({ accounts: [{ sid: box.account.sid }] });
  const events = (await box.get("/appliance/v1/Events?Type=backup.made")).body["events"];
  expect(events).toMatchObject([
    { level: "info", text: expect.stringContaining(`${name} was made and is whole`) },
  ]);
});

it("are kept so many, the newest", async () => {
  const names: string[] = [];
  for (let count = 0; count < 3; count++) {
    const name = String((await box.post(BACKUPS, {})).body["name"]);
    names.push(name);
    await completed(name);
    await box.clock.advance(1000);
  }
  const left = await eventually(async () => {
    const { backups } = (await box.get(BACKUPS)).body as { backups: { name: string }[] };
    return backups.length === 2 ? backups.map(({ name }) => name) : null;
  });
  expect(left).toEqual(names.slice(1).reverse());
  const first = (await box.get(`${BACKUPS}?PageSize=1`)).body;
  expect(first["backups"]).toMatchObject([{ name: names[2] }]);
  const second = (await box.get(String(first["next_page_uri"]))).body;
  expect(second["backups"]).toMatchObject([{ name: names[1] }]);
});

it("are not for standard keys, and there is none of another name", async () => {
  const key = await box.post(box.api("/Keys.json"), {});
  const credentials = `${key.body["sid"]}:${key.body["secret"]}`;
  expect((await box.post(BACKUPS, {}, { credentials })).body["code"]).toBe(20006);
  expect(
    (await box.get(`${BACKUPS}/pylone-000009-2026-01-01T00-00-00Z.backup/File`, { credentials })).status,
  ).toBe(403);
  for (const name of ["..%2Fsettings.json", "settings.json", "pylone-000009-2026-01-01T00-00-00Z.backup"])
    expect((await box.get(`${BACKUPS}/${name}/File`)).status).toBe(404);
});
