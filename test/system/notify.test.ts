/** The built daemon under a service manager's socket: when it is ready, when it is fed, and what ends the feeding. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, it, type onTestFinished } from "vitest";
import { NotifySocket } from "../harness/notify-socket.ts";
import { eventually, Site } from "../harness/program.ts";

const HANG = fileURLToPath(new URL("hang.mjs", import.meta.url));
const WATCHDOG_MS = 1500;
const SIMULATED = `  - { name: sim1, type: modem, device: "sim:", number: "+33639980001" }\n`;

const after = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** proc(5): user and system time, in ticks of a hundredth of a second. */
function processorSeconds(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** What Node itself needs to start, on this machine as it is now: the median of three. */
function nodeStartSeconds(): number {
  const script = "const { user, system } = process.cpuUsage(); console.log((user + system) / 1e6)";
  const run = () => Number(execFileSync(process.execPath, ["-e", script], { encoding: "utf8" }));
  return [run(), run(), run()].sort((a, b) => a - b)[1] ?? 0;
}

/** A daemon with these lines, and who listens in systemd's place. */
async function startUnderSystemd(
  finished: typeof onTestFinished,
  { lines = SIMULATED, port = "0" }: { lines?: string; port?: string } = {},
) {
  const site = new Site();
  const systemd = await NotifySocket.open(site.folder);
  finished(async () => {
    await site.end();
    await systemd.close();
  });
  const config = join(site.folder, "pylone.yaml");
  const hang = join(site.folder, "hang");
  writeFileSync(config, `dataDir: data\nlines:\n${lines}`);
  const daemon = site.run("main.js", ["serve", "--config", config], {
    PYLONE_HTTP_HOST: "127.0.0.1",
    PYLONE_HTTP_PORT: port,
    NOTIFY_SOCKET: systemd.path,
    WATCHDOG_USEC: String(WATCHDOG_MS * 1000),
    NODE_OPTIONS: `--import=${HANG}`,
    HANG_STORE: hang,
  });
  const feeds = () => systemd.count("WATCHDOG=1");
  return {
    daemon,
    systemd,
    feeds,
    hangStore: () => writeFileSync(hang, ""),
    /** How many feeds arrive in the time in which systemd would lose its patience twice, and six are due. */
    feedsFromNow: async () => {
      const before = feeds();
      await after(2 * WATCHDOG_MS);
      return feeds() - before;
    },
    /** Settles when so many more have arrived. */
    fed: (times: number) => {
      const enough = feeds() + times;
      return eventually(async () => (feeds() >= enough ? true : null));
    },
  };
}

describe("the daemon under systemd", () => {
  it("is READY when it answers, not before, and after less work than thirty starts of Node", async ({
    expect,
    onTestFinished,
  }) => {
    const { daemon, systemd, fed } = await startUnderSystemd(onTestFinished);
    const { port } = await daemon.logged("ready");
    const ready = await systemd.has("READY=1");
    expect(ready.words).toMatch(/^READY=1 STATUS=\d of 1 line ready$/);
    expect(systemd.told[0]).toBe(ready);
    expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBeLessThan(504);
    // The machine may have others to serve, and be a slow one: counted is what this process has used. It is about half.
    expect(processorSeconds(daemon.pid) / nodeStartSeconds()).toBeLessThan(30);
    await fed(2);
    expect(systemd.count("READY=1")).toBe(1);

    expect(await daemon.end("SIGTERM")).toEqual({ code: 0, signal: null });
    await systemd.has("STOPPING=1");
  });
});

describe.concurrent("and", () => {
  it("is not READY at all where its address is taken", async ({ expect, onTestFinished }) => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      taken.close();
    });
    const address = taken.address();
    const port = typeof address === "object" ? String(address?.port) : "";
    const { daemon, systemd } = await startUnderSystemd(onTestFinished, { port });
    expect((await daemon.ended).code).toBe(69);
    expect(systemd.told).toEqual([]);
  });

  it("is fed though its modem is not there and its carrier does not answer", async ({
    expect,
    onTestFinished,
  }) => {
    const lines = `  - { name: gsm1, type: modem, device: /dev/ttyUSB-is-not-there, number: "+33639980001" }
  - { name: carrier, type: smpp, url: "smpp://box:any@127.0.0.1:9", numbers: ["36123"] }
`;
    const { daemon, systemd, fed } = await startUnderSystemd(onTestFinished, { lines });
    const { port } = await daemon.logged("ready");
    expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(503);
    // How often is `test/daemon/watchdog.test.ts`'s matter.
    await fed(6);
    expect((await systemd.has("READY=1")).words).toContain("STATUS=0 of 2 lines ready");
  });

  it("is not fed any more when its event loop hangs", async ({ expect, onTestFinished }) => {
    const { daemon, systemd, feedsFromNow } = await startUnderSystemd(onTestFinished);
    await systemd.has("WATCHDOG=1");
    daemon.signal("SIGUSR2");
    await daemon.line((line) => (line === "the loop hangs" ? line : null));
    // One may be on its way.
    expect(await feedsFromNow()).toBeLessThanOrEqual(1);
  });

  it("is not fed any more when the store's thread hangs, and says so", async ({ expect, onTestFinished }) => {
    const { daemon, systemd, feedsFromNow, hangStore } = await startUnderSystemd(onTestFinished);
    const { port } = await daemon.logged("ready");
    await systemd.has("WATCHDOG=1");
    hangStore();
    const health = fetch(`http://127.0.0.1:${port}/health`).then((answer) => answer.text());
    expect((await systemd.has("STATUS=Hung")).words).toBe("STATUS=Hung: the store's worker");
    expect(await feedsFromNow()).toBe(0);
    expect(daemon.log.find(({ msg }) => msg === "the watchdog is not fed")).toMatchObject({
      hung: "the store's worker",
    });
    expect(await health).toContain("no commit within 3 s");
  });
});
