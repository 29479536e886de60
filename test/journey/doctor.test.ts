/** `pylone doctor` and `pylone modems` beside the simulated modem, through each thing that can be wrong. */
import { openSync, utimesSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApplianceClient, startDaemon } from "../harness/appliance.ts";
import { pylone } from "../harness/command.ts";
import { eventually, type Program, Site } from "../harness/program.ts";
import { SimulatorClient } from "../harness/simulator.ts";

type Check = { about: string; status: string; text: string; next: string | null };
type Report = { status: string; daemon: { url: string } | null; checks: Check[] };

const NUMBER = "+33639980001";

async function startModem(site: Site, ...args: string[]): Promise<SimulatorClient> {
  const process = site.run("main.js", ["simulate", "--modem", "tcp:0", "--json", ...args]);
  return process.line((line) => {
    if (!line.includes('"device"')) return null;
    const { modem, control } = JSON.parse(line) as { modem: { device: string }; control: string };
    return new SimulatorClient(modem.device, control);
  });
}

async function doctorOf(site: Site, config: string, env: Record<string, string> = {}): Promise<Report> {
  writeFileSync(join(site.folder, "doctor.yaml"), config);
  const { out, code } = await pylone(site, ["doctor", "--json", "--config", "doctor.yaml"], env);
  const report = JSON.parse(out) as Report;
  expect(code, out).toBe(report.checks.some(({ status }) => status === "fail") ? 1 : 0);
  for (const check of report.checks)
    expect(check.next === null, JSON.stringify(check)).toBe(check.status === "pass");
  return report;
}

const failed = ({ checks }: Report) =>
  checks.filter(({ status }) => status === "fail").map(({ about, text }) => `${about}: ${text}`);
const minded = ({ checks }: Report) =>
  checks.filter(({ status }) => status === "warn").map(({ about, text }) => `${about}: ${text}`);

const configOf = (device: string, more = "") => `http: { host: 127.0.0.1, port: 0 }
dataDir: data
lines:
  - { name: gsm1, type: modem, device: "${device}"${more} }
`;

describe("without a daemon", () => {
  let site: Site;
  let modem: SimulatorClient;
  let locked: SimulatorClient;
  beforeAll(async () => {
    site = new Site();
    modem = await startModem(site);
    locked = await startModem(site, "--pin", "1234");
  });
  afterAll(() => site.end());

  it("asks the modem itself, and finds it well", async () => {
    const report = await doctorOf(site, configOf(modem.device));
    expect(failed(report)).toEqual([]);
    expect(minded(report)).toEqual([
      `data folder: ${site.folder}/data does not exist yet`,
      "daemon: does not run; the ports are asked by this command",
    ]);
    expect(
      report.checks.filter(({ about }) => about.startsWith("line gsm1")).map(({ about }) => about),
    ).toEqual(
      ["device", "modem", "SIM", "network", "signal", "SMSC", "storage", "number"].map(
        (what) => `line gsm1: ${what}`,
      ),
    );
  });

  it.each([
    { hold: "sim", says: "line gsm1: SIM: no SIM in the modem" },
    { hold: "registration", says: "line gsm1: network: searching for a network" },
    { hold: "smsc", says: "line gsm1: SMSC: the SIM knows no service centre: nothing can be sent" },
    { hold: "mute", says: "line gsm1: device: no modem answers at tcp:" },
  ] as const)("fails with the modem's $hold held", async ({ hold, says }) => {
    await modem.hold(hold);
    const report = await doctorOf(site, configOf(modem.device));
    await modem.release(hold);
    expect(failed(report)[0]).toContain(says);
    expect(report.status).toBe("fail");
  });

  it("minds a weak signal", async () => {
    await modem.hold("signal");
    expect(minded(await doctorOf(site, configOf(modem.device)))).toContain(
      "line gsm1: signal: -111 dBm is weak",
    );
    await modem.release("signal");
  });

  it("says that a PIN is needed, and spends no try of it, whatever the configuration has", async () => {
    expect(failed(await doctorOf(site, configOf(locked.device)))[0]).toBe(
      "line gsm1: SIM: the SIM asks for its PIN (3 tries left)",
    );
    expect(
      failed(await doctorOf(site, configOf(locked.device, ', pin: "9999", number: "+33639980001"'))),
    ).toEqual([]);
    expect(failed(await doctorOf(site, configOf(locked.device)))[0]).toContain("(3 tries left)");
  });

  it("says that a PIN was refused, once the daemon has tried it", async () => {
    const config = configOf(locked.device, ', pin: "9999"');
    const { daemon, client } = await startDaemon(site, config);
    await eventually(async () => ((await client.line("gsm1"))["state"] === "refused" ? true : null));
    expect(failed(await doctorOf(site, config))).toContain("line gsm1: state: the SIM refused its PIN");
    await daemon.end();
    expect(failed(await doctorOf(site, config))[0]).toBe(
      "line gsm1: SIM: the SIM asks for its PIN (2 tries left): one was refused",
    );
  });

  it("names the process that has the device, and does not open it", async () => {
    const device = join(site.folder, "ttyUSB2");
    writeFileSync(device, "");
    // This test's own process has it, as another program would.
    openSync(device, "r");
    const [held] = failed(await doctorOf(site, configOf(device)));
    expect(held).toMatch(
      new RegExp(`^line gsm1: device: ${device} is held by .* \\(process ${process.pid}\\)`),
    );
    const { out } = await pylone(site, ["modems", device, "--config", "doctor.yaml"]);
    expect(out).toMatch(new RegExp(`^${device}, held by .* \\(process ${process.pid}\\)\\n$`));
  });

  it("misses a device and an SMSC", async () => {
    const report = await doctorOf(
      site,
      `${configOf("/dev/ttyUSB99")}  - { name: carrier, type: smpp, url: "smpp://a:b@127.0.0.1:1", numbers: ["36123"] }\n`,
    );
    expect(failed(report)).toEqual([
      "line gsm1: device: /dev/ttyUSB99 is not there",
      "line carrier: SMSC: smpp://127.0.0.1:1: nothing listens there",
    ]);
  });

  it("says everything that is wrong with a configuration, and looks no further", async () => {
    const report = await doctorOf(site, configOf(modem.device).replace("device:", "devise:"));
    expect(failed(report)).toEqual([
      "configuration: lines[0].device (line 4, column 5): is missing: text is needed here",
      "configuration: lines[0].devise (line 4, column 32): unknown key; did you mean `device`?",
    ]);
    expect(report.checks).toHaveLength(2);
  });

  it("cannot write a data folder", async () => {
    const report = await doctorOf(site, configOf(modem.device), { PYLONE_DATA_DIR: "/sys" });
    expect(failed(report).join("\n")).toMatch(/^disk: \/sys (cannot|may not) be written/m);
  });

  it("names who has the daemon's address", async () => {
    // It takes a connection and never answers.
    const other = createServer((socket) => socket.resume());
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as { port: number };
    const report = await doctorOf(site, configOf(modem.device), { PYLONE_HTTP_PORT: String(port) });
    await new Promise((resolve) => other.close(resolve));
    expect(failed(report)).toEqual([
      expect.stringMatching(
        new RegExp(`^address: 127\\.0\\.0\\.1:${port} is taken by .* \\(process ${process.pid}\\)$`),
      ),
    ]);
  });

  it("does not trust a clock that is earlier than what is stored", async () => {
    const { daemon } = await startDaemon(site, configOf(modem.device));
    await daemon.end();
    utimesSync(join(site.folder, "data/pylone.db"), new Date("2100-01-01"), new Date("2100-01-01"));
    expect(minded(await doctorOf(site, configOf(modem.device)))).toContain(
      "clock: not to be trusted: it shows an earlier time than the newest message stored here has (2100-01-01); dates may be wrong",
    );
  });

  it("modems: what answers at a port, and the lines to paste, which work as they stand", async () => {
    writeFileSync(join(site.folder, "other.yaml"), configOf("/dev/ttyUSB99").replace("gsm1", "usb"));
    const { code, out } = await pylone(site, [
      "modems",
      modem.device,
      locked.device,
      "--config",
      "other.yaml",
    ]);
    expect(code).toBe(0);
    expect(out).toContain(
      `  - name: gsm1\n    type: modem\n    device: ${modem.device}\n    number: "${NUMBER}"\n`,
    );
    expect(out).toContain(
      `    device: ${locked.device}\n    pin: "…"\n    number: "+…"   # the SIM does not tell it\n`,
    );
    const [pasted = ""] = /^ {2}- name: gsm1\n(?: {4}.*\n)+/m.exec(out) ?? [];
    writeFileSync(join(site.folder, "pasted.yaml"), `lines:\n${pasted}`);
    expect((await pylone(site, ["config", "check", "--config", "pasted.yaml"])).code).toBe(0);
  });
});

describe("beside a running daemon", () => {
  let site: Site;
  let modem: SimulatorClient;
  let client: ApplianceClient;
  let daemon: Program;
  const state = (wanted: string) =>
    eventually(async () => ((await client.line("gsm1"))["state"] === wanted ? true : null));

  beforeAll(async () => {
    site = new Site();
    modem = await startModem(site);
    ({ client, daemon } = await startDaemon(site, configOf(modem.device)));
    await state("ready");
    await eventually(() => client.numberSid(NUMBER).catch(() => null));
  });
  afterAll(() => site.end());

  it("asks the daemon, whose modem it leaves alone", async () => {
    const report = await doctorOf(site, configOf(modem.device));
    expect(failed(report)).toEqual([]);
    expect(report.daemon).toEqual({ url: client.base });
    const abouts = report.checks.map(({ about }) => about);
    expect(abouts).toEqual(
      expect.arrayContaining(["store", "webhook queue", "clock", "disk", "line gsm1: SMSC"]),
    );
    expect((await client.line("gsm1"))["state"]).toBe("ready");

    const { out } = await pylone(site, ["modems", modem.device, "--config", "pylone.yaml", "--json"]);
    expect(JSON.parse(out)).toMatchObject([
      { port: modem.device, held_by: "line gsm1", number: NUMBER, config: null },
    ]);
    expect((await client.line("gsm1"))["state"]).toBe("ready");
  });

  it("tells of an app that does not answer, and of a number it is for", async () => {
    const number = await client.numberSid(NUMBER);
    await client.post(`{AC}/IncomingPhoneNumbers/${number}.json`, { SmsUrl: "http://127.0.0.1:1/sms" });
    const report = await doctorOf(site, configOf(modem.device));
    expect(failed(report)).toEqual([`webhook http://127.0.0.1:1: nothing listens there; of ${NUMBER}`]);
    await client.post(`{AC}/IncomingPhoneNumbers/${number}.json`, { SmsUrl: "" });
  });

  it("tells of a line that is in the configuration only, and prints it for a person too", async () => {
    const config = `${configOf(modem.device)}  - { name: gsm2, type: modem, device: "sim:" }\n`;
    expect(minded(await doctorOf(site, config))).toEqual([
      "line gsm2: is in the configuration and not in the daemon",
    ]);
    const { out } = await pylone(site, ["doctor", "--config", "doctor.yaml"]);
    expect(out).toContain(
      "warn  line gsm2: is in the configuration and not in the daemon\n      → restart the daemon to take it\n",
    );
    expect(out).toMatch(/\n\nNot all is well: \d+ looked at, 0 failed, 1 to mind\.\n$/);
    expect(out).not.toContain("\x1b");
  });

  it("tells of a modem that lost its network, with the daemon's own reason", async () => {
    await modem.hold("registration");
    await modem.fault({ Fault: "reboot" });
    await eventually(async () =>
      (await client.line("gsm1"))["reason"] === "searching for a network" ? true : null,
    );
    expect(failed(await doctorOf(site, configOf(modem.device)))).toContain(
      "line gsm1: state: searching for a network",
    );
    await modem.release("registration");
    await modem.faultsOver();
  });

  it("leaves the ports alone while the daemon runs and does not answer", async () => {
    daemon.signal("SIGSTOP");
    const report = await doctorOf(site, configOf(modem.device));
    daemon.signal("SIGCONT");
    expect(failed(report)).toEqual([
      expect.stringMatching(
        new RegExp(`^daemon: process ${daemon.pid} runs and does not answer as it should: `),
      ),
    ]);
    expect(report.checks.filter(({ about }) => about.startsWith("line "))).toEqual([]);
    await state("ready");
  });

  it("asks the ports itself once the daemon was killed, whatever it left behind", async () => {
    await daemon.end("SIGKILL");
    const report = await doctorOf(site, configOf(modem.device));
    expect(report.daemon).toBeNull();
    expect(failed(report)).toEqual([]);
    expect(report.checks.map(({ about }) => about)).toContain("line gsm1: device");
  });
});
