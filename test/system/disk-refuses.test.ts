/**
 * A disk that fills up, or becomes read-only, under the built daemon: apps get 503, the network keeps what it has for
 * us, `/health` says why, and everything goes on by itself afterwards. Once on a disk that refuses what the test says
 * (a preload that the test compiles), and where this user may mount one, on a real small file system.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, type TestContext } from "vitest";
import { type ApplianceClient, startDaemon } from "../harness/appliance.ts";
import { eventually, type Program, Site } from "../harness/program.ts";
import type { SimulatorClient } from "../harness/simulator.ts";
import { startSimulator } from "../harness/simulator.ts";
import { startSmsc } from "../harness/smsc.ts";

const NUMBER = "+33639980001";
const SHORT_CODE = "36123";
const PHONE = "+33612345678";
const SOURCE = fileURLToPath(new URL("refusing-disk.c", import.meta.url));

/** A box of one test's own: its folder, a modem and an SMSC. */
type Box = { readonly site: Site; readonly modem: SimulatorClient; readonly smsc: SimulatorClient };

async function box({ onTestFinished }: TestContext): Promise<Box> {
  const site = new Site();
  onTestFinished(() => site.end());
  const { simulator: modem } = await startSimulator(site, NUMBER);
  const { smsc } = await startSmsc(site, { numbers: [SHORT_CODE] });
  return { site, modem, smsc };
}

/** A data folder whose disk does as it is told. */
type Disk = {
  readonly dataDir: string;
  readonly environment: Record<string, string>;
  readonly refuse: () => void;
  readonly relent: () => void;
};

function refusingDisk({ site }: Box, how: "full" | "read-only"): Disk {
  const library = join(site.folder, "refusing-disk.so");
  execFileSync("cc", ["-shared", "-fPIC", "-O1", "-o", library, SOURCE, "-ldl"]);
  const mode = join(site.folder, "mode");
  const dataDir = join(site.folder, "data");
  return {
    dataDir,
    environment: {
      LD_PRELOAD: library,
      REFUSING_DISK_FOLDER: dataDir,
      REFUSING_DISK_MODE: mode,
    },
    refuse: () => writeFileSync(mode, how),
    relent: () => rmSync(mode),
  };
}

const SMALL_DISK_KB = 8 * 1024;

/** Mounted on `folder`; false where this user may not. */
function mountSmallDisk(folder: string): boolean {
  mkdirSync(folder, { recursive: true });
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${SMALL_DISK_KB}k`, "pylone-test", folder], {
      stdio: "ignore",
    });
    return true;
  } catch {
    return false;
  }
}

function smallDisk({ site }: Box, { onTestFinished }: TestContext): Disk {
  const folder = join(site.folder, "small");
  if (!mountSmallDisk(folder)) throw new Error("it could be mounted a moment ago");
  onTestFinished(() => void execFileSync("umount", ["--lazy", folder]));
  const ballast = join(folder, "ballast");
  return {
    dataDir: join(folder, "data"),
    environment: {},
    refuse: () => {
      const { bavail, bsize } = statfsSync(folder);
      writeFileSync(ballast, Buffer.alloc(bavail * bsize));
    },
    relent: () => rmSync(ballast),
  };
}

async function start(
  { site, modem, smsc }: Box,
  disk: Disk,
): Promise<{ client: ApplianceClient; daemon: Program }> {
  const config = `dataDir: ${disk.dataDir}
lines:
  - { name: gsm, type: modem, device: "${modem.device}", number: "${NUMBER}", segmentsPerSecond: unlimited }
  - { name: carrier, type: smpp, url: "smpp://box:any@127.0.0.1:${smsc.port}", numbers: ["${SHORT_CODE}"] }
`;
  const { client, daemon } = await startDaemon(site, config, disk.environment);
  for (const line of ["gsm", "carrier"])
    await eventually(async () => ((await client.line(line))["state"] === "ready" ? true : null));
  return { client, daemon };
}

function send(client: ApplianceClient, from: string, body: string) {
  return client.post("{AC}/Messages.json", { From: from, To: PHONE, Body: body });
}

async function received(client: ApplianceClient): Promise<string[]> {
  const list = await client.get("{AC}/Messages.json?PageSize=1000");
  const messages = list["messages"] as { direction: string; body: string }[];
  return messages.flatMap(({ direction, body }) => (direction === "inbound" ? [body] : [])).sort();
}

async function health(client: ApplianceClient): Promise<{ status: number; store: string }> {
  const answer = await fetch(`${client.base}/health`);
  const { checks } = (await answer.json()) as { checks: Record<string, { status: string; text: string }> };
  return { status: answer.status, store: `${checks["store"]?.status}: ${checks["store"]?.text}` };
}

async function ordeal(around: Box, disk: Disk, why: string): Promise<void> {
  const { modem, smsc } = around;
  const { client, daemon } = await start(around, disk);
  const before = await send(client, NUMBER, "before");
  await client.statuses(String(before.json["sid"]), "delivered");

  disk.refuse();
  const refused = await eventually(async () => {
    const answer = await send(client, NUMBER, "x".repeat(1500));
    return answer.status === 201 ? null : answer;
  });
  expect(refused).toMatchObject({ status: 503, json: { code: 20503, status: 503 } });
  expect(refused.json["message"]).toContain(`nothing can be kept, since ${why}`);
  expect(refused.json["more_info"]).toBe("https://www.twilio.com/docs/errors/20503");
  const unchanged = await client.call(
    "POST",
    `{AC}/IncomingPhoneNumbers/${await client.numberSid(NUMBER)}.json`,
    {
      SmsUrl: `http://127.0.0.1:9/${"x".repeat(1000)}`,
    },
  );
  expect(unchanged).toMatchObject({ status: 503, json: { code: 20503 } });
  // The last corner of a real disk takes the few octets that `/health` commits once or twice more than a message.
  await eventually(async () => ((await health(client)).store.startsWith("fail") ? true : null), 120_000);
  expect(await health(client)).toMatchObject({ status: 503, store: expect.stringContaining(why) });

  await modem.text(PHONE, NUMBER, "to the modem");
  await smsc.text(PHONE, SHORT_CODE, "to the short code");
  for (const line of ["gsm", "carrier"])
    await daemon.line((text) =>
      text.includes("an inbound segment was not kept") && text.includes(`"line":"${line}"`) ? true : null,
    );
  expect(await received(client)).toEqual([]);
  expect((await client.get("{AC}/Messages.json"))["messages"]).not.toEqual([]);

  disk.relent();
  await eventually(async () => ((await health(client)).status === 200 ? true : null));
  expect(
    await eventually(async () => {
      const bodies = await received(client);
      return bodies.length < 2 ? null : bodies;
    }, 180_000),
  ).toEqual(["to the modem", "to the short code"]);
  for (const from of [NUMBER, SHORT_CODE]) {
    const after = await send(client, from, `after, from ${from}`);
    expect(after.status).toBe(201);
    await client.statuses(String(after.json["sid"]), "delivered");
  }
  // Stopped while it refuses: all that was acknowledged is on it.
  disk.refuse();
  expect((await daemon.end()).code).toBe(0);
  disk.relent();
}

const FOR_MS = 400_000;

// What a modem keeps for a full disk is fetched a minute later: side by side that is one minute.
describe.concurrent("a disk that refuses", () => {
  it.for([
    ["full", "the disk is full"],
    ["read-only", "the disk is read-only"],
  ] as const)(
    "because it is %s refuses apps and the network, and all goes on when it relents",
    { timeout: FOR_MS },
    async ([how, why], context) => {
      const around = await box(context);
      await ordeal(around, refusingDisk(around, how), why);
    },
  );

  const probe = new Site();
  const mayMount = mountSmallDisk(join(probe.folder, "probe"));
  if (mayMount) execFileSync("umount", [join(probe.folder, "probe")]);
  void probe.end();
  // Mounting is root's: whoever is not has the test above, on the same daemon.
  if (!mayMount)
    process.stderr.write("no file system may be mounted here: the test on a real full one needs root\n");
  else
    it("because it is a real one of 8 MB and full, likewise", { timeout: FOR_MS }, async (context) => {
      const around = await box(context);
      await ordeal(around, smallDisk(around, context), "the disk is full");
    });
});

describe("a start on a read-only disk", () => {
  it("ends with 74 and says why, so that systemd tries again", async (context) => {
    const around = await box(context);
    const disk = refusingDisk(around, "read-only");
    await (await start(around, disk)).daemon.end();
    disk.refuse();
    const daemon = around.site.run(
      "main.js",
      ["serve", "--config", join(around.site.folder, "pylone.yaml")],
      disk.environment,
    );
    expect((await daemon.ended).code).toBe(74);
    expect(daemon.lines.join("\n")).toContain("the file system is read-only");
    expect(existsSync(join(disk.dataDir, "pylone.db"))).toBe(true);
  });
});
