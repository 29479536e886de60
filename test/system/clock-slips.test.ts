/**
 * Somebody sets the wall clock under the built daemon, which was restarted while a backlog waited for its line: nobody
 * vouches for the new time, and nothing of the backlog is lost. Vouched for, it has waited that long, and the event says
 * what that means. The clock is shifted by a preload that the test compiles.
 */
import { execFileSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type ApplianceClient, startDaemon } from "../harness/appliance.ts";
import { eventually, type Program, Site } from "../harness/program.ts";
import { type SimulatorClient, startSimulator } from "../harness/simulator.ts";

const NUMBER = "+33639980001";
const PHONE = "+33612345678";
const BACKLOG = 20;
const SOURCE = fileURLToPath(new URL("shifted-clock.c", import.meta.url));
/** A look at the clock is due every ten seconds. */
const LOOK_MS = 10_000;
const SEEN_WITHIN_MS = 90_000;

let site: Site;
let modem: SimulatorClient;
let environment: Record<string, string>;
beforeEach(async () => {
  site = new Site();
  modem = (await startSimulator(site, NUMBER)).simulator;
  const library = join(site.folder, "shifted-clock.so");
  execFileSync("cc", ["-shared", "-fPIC", "-O1", "-o", library, SOURCE, "-ldl"]);
  environment = { LD_PRELOAD: library, SHIFTED_CLOCK_BY: join(site.folder, "by") };
});
afterEach(() => site.end());

function setAhead(seconds: number): void {
  writeFileSync(join(site.folder, "by"), String(seconds));
}

function start() {
  const config = `dataDir: ${join(site.folder, "data")}
lines:
  - { name: gsm, type: modem, device: "${modem.device}", number: "${NUMBER}", segmentsPerSecond: unlimited }
`;
  return startDaemon(site, config, environment);
}

/** A backlog from before the start of the daemon that is returned; its line has no network. */
async function restartedOverBacklog(): Promise<{ daemon: Program; client: ApplianceClient }> {
  setAhead(0);
  await modem.hold("registration");
  const before = await start();
  for (let n = 0; n < BACKLOG; n++) {
    const { status } = await before.client.post("{AC}/Messages.json", {
      From: NUMBER,
      To: PHONE,
      Body: `text ${n}`,
    });
    expect(status).toBe(201);
  }
  expect((await before.daemon.end()).code).toBe(0);
  return start();
}

/** The daemon looks at the clock each ten seconds from its start: what follows has the first five of them. */
async function soonAfterALook(daemon: Program): Promise<void> {
  const { time } = await daemon.logged("ready");
  const sinceMs = (Date.now() - Number(time)) % LOOK_MS;
  if (sinceMs > LOOK_MS / 2)
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS + LOOK_MS / 10 - sinceMs));
}

/** Of all messages, each status once: how many have it. */
async function statuses(client: ApplianceClient): Promise<Record<string, number>> {
  const list = await client.get("{AC}/Messages.json?PageSize=1000");
  const counts: Record<string, number> = {};
  for (const { status } of list["messages"] as { status: string }[])
    counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

async function whatItSays(client: ApplianceClient): Promise<string> {
  const { events } = (await client.get("/appliance/v1/Events?Type=clock.set")) as {
    events: { text: string }[];
  };
  return events.map(({ text }) => text).join("\n");
}

// Where an NTP service has set this machine's clock, that one vouches for it, and a leap is followed after an hour.
if (!existsSync("/run/systemd/timesync/synchronized")) {
  it("fails nothing of a backlog that waited over a restart, ahead and back again", async () => {
    const { client } = await restartedOverBacklog();
    for (const seconds of [12 * 3600, 0]) {
      setAhead(seconds);
      await eventually(async () => {
        const said = await whatItSays(client);
        return said.includes(seconds === 0 ? "set back by 12 hours" : "set ahead by 12 hours") ? said : null;
      }, SEEN_WITHIN_MS);
      expect(await statuses(client)).toEqual({ queued: BACKLOG });
    }
    for (const said of (await whatItSays(client)).split("\n"))
      expect(said).toContain("What waits keeps its time: nothing expires for that");
    await modem.release("registration");
    await eventually(
      async () => ((await statuses(client))["delivered"] === BACKLOG ? true : null),
      SEEN_WITHIN_MS,
    );
    expect((await modem.arrived()).map(({ body }) => body)).toEqual(
      Array.from({ length: BACKLOG }, (_, n) => `text ${n}`),
    );
  });

  it("fails what has really waited so long, where the operator vouches for the time, and says so", async () => {
    const { daemon, client } = await restartedOverBacklog();
    // A look before anybody vouches, and what has moved stays moved.
    await soonAfterALook(daemon);
    setAhead(12 * 3600);
    await client.post("/appliance/v1/Clock", { Trust: "now" });
    await eventually(
      async () => ((await statuses(client))["failed"] === BACKLOG ? true : null),
      SEEN_WITHIN_MS,
    );
    const said = await whatItSays(client);
    expect(said).toContain(
      "What waited before the start has waited until now, and fails where its validity is over",
    );
    expect(said).not.toContain("nothing expires");
  });
}
