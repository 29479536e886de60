/** On the loopback and a port of its own: nothing of this reaches a network. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Announcement } from "../../src/daemon/announce.ts";
import { whyNotAnnounced } from "../../src/daemon/compose-network.ts";
import { FakeClock } from "../harness/fake-clock.ts";
import { keptLog } from "../harness/kept-log.ts";
import { MdnsListener, type MdnsRecord } from "../harness/mdns-listener.ts";

const TXT = { version: "0.1.0", path: "/", api: "/2010-04-01" };
/** What a machine tells others of itself: every address that is not its loopback's. */
const A_RECORDS = Object.values(networkInterfaces())
  .flatMap((known) => known ?? [])
  .filter(({ internal, mac, family }) => !internal && mac !== "00:00:00:00:00:00" && family === "IPv4")
  .map(({ address }) => ({ name: "pylone.local", type: "A", ttl: 120, data: address }));

describe("the name on the network", () => {
  let listener: MdnsListener;
  let addresses: string[];
  let announcement: Announcement;
  let lines: string[];

  beforeEach(async () => {
    listener = await MdnsListener.open();
    addresses = ["127.0.0.1"];
    const kept = keptLog();
    lines = kept.lines;
    announcement = new Announcement({
      announced: { name: "pylone", type: "http", txt: TXT, overIpv6: false },
      addresses: () => addresses,
      clock: new FakeClock(),
      log: kept.log,
      udpPort: listener.port,
    });
  });
  afterEach(async () => {
    await announcement.stop();
    listener.close();
  });

  const hasPtr = (records: readonly MdnsRecord[]) =>
    records.some(({ name, type, ttl }) => name === "_http._tcp.local" && type === "PTR" && ttl > 0);
  const warnings = () => lines.filter((line) => line.startsWith("warn"));

  it("is told at once: service, port, what is where, and the machine's addresses", async () => {
    announcement.start(8080);
    expect(await listener.until(hasPtr)).toEqual([
      { name: "_http._tcp.local", type: "PTR", ttl: 28800, data: "pylone._http._tcp.local" },
      { name: "pylone._http._tcp.local", type: "SRV", ttl: 120, data: "pylone.local:8080" },
      {
        name: "pylone._http._tcp.local",
        type: "TXT",
        ttl: 4500,
        data: ["version=0.1.0", "path=/", "api=/2010-04-01"],
      },
      { name: "_services._dns-sd._udp.local", type: "PTR", ttl: 120, data: "_http._tcp.local" },
      ...A_RECORDS,
    ]);
  });

  it("is answered to whoever asks for HTTP services, with all that is needed to call it", async () => {
    announcement.start(8080);
    await listener.until(hasPtr);
    listener.ask("_http._tcp.local", "PTR");
    const answer = await listener.until(hasPtr);
    expect(answer.map(({ type }) => type)).toEqual(["PTR", "SRV", "TXT", ...A_RECORDS.map(() => "A")]);
    expect(answer[1]).toMatchObject({ type: "SRV", data: "pylone.local:8080" });
  });

  it("is withdrawn when the daemon stops", async () => {
    announcement.start(8080);
    await listener.until(hasPtr);
    listener.records.length = 0;
    await announcement.stop();
    const goodbye = await listener.until((records) => records.length > 0);
    expect(goodbye.map(({ type }) => type)).toEqual([
      "PTR",
      "SRV",
      "TXT",
      "PTR",
      ...A_RECORDS.map(() => "A"),
    ]);
    expect(goodbye.every(({ ttl }) => ttl === 0)).toBe(true);
  });

  it("is announced once there is an address: the box was up before its network", async () => {
    addresses = [];
    announcement.start(8080);
    expect(lines).toEqual([]);
    addresses = ["127.0.0.1"];
    await announcement.look();
    await listener.until(hasPtr);
    expect(lines).toEqual([
      'info announced as pylone._http._tcp.local, at pylone.local {"addresses":["127.0.0.1"]}',
    ]);
  });

  it("waits for a socket that cannot be had, says so once, and keeps the daemon running", async () => {
    listener.close();
    const holder = createSocket({ type: "udp4" });
    holder.bind(listener.port, "0.0.0.0");
    await once(holder, "listening");
    announcement.start(8080);
    while (warnings().length === 0) await new Promise((resolve) => setImmediate(resolve));
    await announcement.look();
    for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(warnings()).toHaveLength(1);
    expect(warnings()[0]).toMatch(/could not be announced there.*EADDRINUSE/);
    await new Promise<void>((resolve) => holder.close(resolve));
    listener = await MdnsListener.open(listener.port);
    await announcement.look();
    await listener.until(hasPtr);
  });

  it("says once that another device has the same name", async () => {
    announcement.start(8080);
    await listener.until(hasPtr);
    for (let time = 0; time < 3; time++) await listener.answerA("pylone.local", "192.168.1.77", "127.0.0.2");
    await listener.answerA("printer.local", "192.168.1.78", "127.0.0.2");
    await listener.until((records) => records.some(({ name }) => name === "printer.local"));
    while (warnings().length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(warnings()).toEqual([
      'warn another device calls itself pylone.local too; give one of them another `mdns.name` {"address":"192.168.1.77"}',
    ]);
  });
});

describe("nothing is announced", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "pylone-root-"));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it("where only this machine reaches the API", () => {
    for (const host of ["127.0.0.1", "127.0.1.1", "::1", "localhost"])
      expect(whyNotAnnounced(host, null, root)).toMatch(/listens on .* only \(http\.host\)/);
    for (const host of ["0.0.0.0", "::", "192.168.1.10"])
      expect(whyNotAnnounced(host, null, root)).toBeNull();
  });

  it("in a container: Docker's and podman's leave a file, others a word in the environment", () => {
    expect(whyNotAnnounced("0.0.0.0", "systemd-nspawn", root)).toMatch(/container \(systemd-nspawn\)/);
    writeFileSync(join(root, ".dockerenv"), "");
    expect(whyNotAnnounced("0.0.0.0", null, root)).toMatch(/container \(.*\.dockerenv\)/);
    rmSync(join(root, ".dockerenv"));
    mkdirSync(join(root, "run"));
    writeFileSync(join(root, "run/.containerenv"), "");
    expect(whyNotAnnounced("0.0.0.0", null, root)).toMatch(/container \(.*\.containerenv\)/);
  });
});
