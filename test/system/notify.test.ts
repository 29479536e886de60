/** The built daemon under a service manager's socket: when it is ready, when it is fed, and what ends the feeding. */
import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NotifySocket } from "../harness/notify-socket.ts";
import { eventually, type Program, Site } from "../harness/program.ts";

const HANG = fileURLToPath(new URL("hang.mjs", import.meta.url));
const WATCHDOG_MS = 1200;
const FEED_MS = WATCHDOG_MS / 3;

let site: Site;
let systemd: NotifySocket;
beforeEach(async () => {
  site = new Site();
  systemd = await NotifySocket.open(site.folder);
});
afterEach(async () => {
  await site.end();
  await systemd.close();
});

function start(lines: string): Program {
  const config = join(site.folder, "pylone.yaml");
  writeFileSync(config, `dataDir: data\nlines:\n${lines}`);
  return site.run("main.js", ["serve", "--config", config], {
    PYLONE_HTTP_HOST: "127.0.0.1",
    PYLONE_HTTP_PORT: "0",
    NOTIFY_SOCKET: systemd.path,
    WATCHDOG_USEC: String(WATCHDOG_MS * 1000),
    NODE_OPTIONS: `--import=${HANG}`,
    HANG_STORE: join(site.folder, "hang"),
  });
}

const SIMULATED = `  - { name: sim1, type: modem, device: "sim:", number: "+33639980001" }\n`;
const feeds = () => systemd.count("WATCHDOG=1");
const after = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
/** How many feeds arrive in the time in which systemd would lose its patience twice. */
async function feedsFromNow(): Promise<number> {
  const before = feeds();
  await after(2 * WATCHDOG_MS);
  return feeds() - before;
}

describe("the daemon under systemd", () => {
  it("is READY when it answers, not before, and within two seconds", async () => {
    const startedMs = performance.now();
    const daemon = start(SIMULATED);
    const { port } = await daemon.logged("ready");
    const ready = await systemd.has("READY=1");
    expect(ready.words).toMatch(/^READY=1 STATUS=\d of 1 line ready$/);
    expect(systemd.told[0]).toBe(ready);
    expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBeLessThan(504);
    expect(ready.atMs - startedMs).toBeLessThan(2000);
    await eventually(async () => (feeds() >= 2 ? true : null));
    expect(systemd.count("READY=1")).toBe(1);

    expect(await daemon.end("SIGTERM")).toEqual({ code: 0, signal: null });
    await systemd.has("STOPPING=1");
  });

  it("is not READY at all where its address is taken", async () => {
    const taken: Server = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const address = taken.address();
    const config = join(site.folder, "pylone.yaml");
    writeFileSync(config, `dataDir: data\nlines:\n${SIMULATED}`);
    const daemon = site.run("main.js", ["serve", "--config", config], {
      PYLONE_HTTP_HOST: "127.0.0.1",
      PYLONE_HTTP_PORT: String(typeof address === "object" ? address?.port : ""),
      NOTIFY_SOCKET: systemd.path,
    });
    expect((await daemon.ended).code).toBe(69);
    expect(systemd.told).toEqual([]);
    await new Promise((resolve) => taken.close(resolve));
  });

  it("is fed though its modem is not there and its carrier does not answer", async () => {
    const daemon =
      start(`  - { name: gsm1, type: modem, device: /dev/ttyUSB-is-not-there, number: "+33639980001" }
  - { name: carrier, type: smpp, url: "smpp://box:any@127.0.0.1:9", numbers: ["36123"] }
`);
    const { port } = await daemon.logged("ready");
    expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(503);
    expect(await feedsFromNow()).toBeGreaterThanOrEqual(4);
    expect((await systemd.has("READY=1")).words).toContain("STATUS=0 of 2 lines ready");
  });

  it("is not fed any more when its event loop hangs", async () => {
    const daemon = start(SIMULATED);
    await systemd.has("WATCHDOG=1");
    daemon.signal("SIGUSR2");
    await after(FEED_MS);
    expect(await feedsFromNow()).toBe(0);
  });

  it("is not fed any more when the store's thread hangs, and says so", async () => {
    const daemon = start(SIMULATED);
    const { port } = await daemon.logged("ready");
    await systemd.has("WATCHDOG=1");
    writeFileSync(join(site.folder, "hang"), "");
    const health = fetch(`http://127.0.0.1:${port}/health`).then((answer) => answer.text());
    expect((await systemd.has("STATUS=Hung")).words).toBe("STATUS=Hung: the store's worker");
    expect(await feedsFromNow()).toBe(0);
    expect(daemon.log.find(({ msg }) => msg === "the watchdog is not fed")).toMatchObject({
      hung: "the store's worker",
    });
    expect(await health).toContain("no commit within 3 s");
  });
});
