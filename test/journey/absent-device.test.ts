import { existsSync, unlinkSync } from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { startDaemon } from "../harness/appliance.ts";
import { Site } from "../harness/program.ts";

let site: Site;
beforeEach(() => {
  site = new Site();
});
afterEach(() => site.end());

it("keeps the API up while a serial device does not exist, and says why the line is opening", async () => {
  const device = `${site.folder}/ttyNONE`;
  if (existsSync(device)) unlinkSync(device);
  const { client, daemon } = await startDaemon(
    site,
    `dataDir: data\nlines:\n  - { name: usb, type: modem, device: "${device}", number: "+33639980001" }\n`,
  );
  const line = await client.line("usb");
  expect(line["state"]).toBe("opening");
  expect(line["reason"]).toContain(`${device} does not exist`);

  const health = await fetch(`${client.base}/health`);
  expect(health.status).toBe(503);
  expect(JSON.stringify(await health.json())).toContain(`${device} does not exist`);

  const accepted = await client.post("{AC}/Messages.json", {
    From: "+33639980001",
    To: "+33612345678",
    Body: "Later",
  });
  expect(accepted.status).toBe(201);
  expect(await daemon.end()).toEqual({ code: 0, signal: null });
});
