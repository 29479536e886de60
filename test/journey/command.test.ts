/** The command as a person at a terminal meets it. */
import { cpSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { COMMANDS } from "../../src/cli/command-table.ts";
import { type ApplianceClient, startDaemon } from "../harness/appliance.ts";
import { pylone, type Told } from "../harness/command.ts";
import { DIST, eventually, type Program, Site } from "../harness/program.ts";
import { SELF_SIGNED } from "../harness/self-signed.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

describe("the command", () => {
  let site: Site;
  beforeEach(() => {
    site = new Site();
  });
  afterEach(() => site.end());

  it("knows what was asked, helps and says its version where no library can be loaded but one", async () => {
    cpSync(DIST, join(site.folder, "dist"), { recursive: true });
    cpSync(join(ROOT, "package.json"), join(site.folder, "package.json"));
    cpSync(join(ROOT, "node_modules/leven"), join(site.folder, "node_modules/leven"), { recursive: true });
    const main = join(site.folder, "dist/main.js");
    const say = async (...args: string[]) => {
      const program = site.run(main, args);
      return { ...(await program.ended), out: program.lines.join("\n"), errors: program.errors };
    };
    expect(await say("--version")).toMatchObject({ code: 0, out: "0.1.0" });
    expect(await say("--help")).toMatchObject({ code: 0, errors: "" });
    for (const { name, usage } of COMMANDS)
      expect(await say(...name.split(" "), "--help")).toMatchObject({
        code: 0,
        out: expect.stringContaining(usage.slice(0, 40)),
        errors: "",
      });
    expect(await say("sevre")).toMatchObject({
      code: 64,
      errors: "pylone: there is no command `sevre`; did you mean `serve`?\n",
    });
    // Where it is needed, it is missed.
    expect((await say("serve")).code).toBe(70);
  });
});

const CONFIG = `dataDir: data
lines:
  - { name: sim1, type: modem, device: "sim:", number: "+33639980001" }
`;
const SID = /SM[0-9a-f]{32}/;

describe("beside a running daemon", () => {
  let site: Site;
  let client: ApplianceClient;
  let daemon: Program;
  const say = (...args: string[]): Promise<Told> => pylone(site, [...args, "--config", "pylone.yaml"]);
  const json = async (...args: string[]): Promise<unknown> => JSON.parse((await say(...args, "--json")).out);

  beforeAll(async () => {
    site = new Site();
    ({ client, daemon } = await startDaemon(site, CONFIG));
    await eventually(async () => ((await client.line("sim1"))["state"] === "ready" ? true : null));
  });
  afterAll(() => site.end());

  it("lines: shows each, aligned, and as the API's own resources", async () => {
    const { code, out } = await say("lines");
    expect(code).toBe(0);
    expect(out).toBe(
      "LINE  KIND              STATE  NUMBERS       OPERATOR       SIGNAL   WHY\n" +
        "sim1  modem, simulated  ready  +33639980001  Simulated LTE  -67 dBm  registered\n",
    );
    expect(await json("lines")).toMatchObject([{ name: "sim1", state: "ready" }]);
  });

  it("send: from the one number there is, and ends when the text is queued", async () => {
    const { code, out } = await say("send", "+33612345678", "Queued");
    expect(code).toBe(0);
    expect(out).toMatch(/^SM[0-9a-f]{32} queued: \+33639980001 to \+33612345678\n$/);
    const sid = SID.exec(out)?.[0] ?? "";
    expect(await client.get(`{AC}/Messages/${sid}.json`)).toMatchObject({ body: "Queued" });
  });

  it("send --wait: shows each step until it is delivered", async () => {
    const { code, out } = await say("send", "+33612345678", "Waited for", "--wait");
    expect(code).toBe(0);
    expect(
      out
        .trimEnd()
        .split("\n")
        .map((line) => line.replace(/^.* /, ""))
        .at(-1),
    ).toBe("delivered");
    expect(out).toMatch(
      /^SM\w+ queued: .*\n(?: +\d+\.\d s {2}(?:sending|sent)\n){0,2} +\d+\.\d s {2}delivered\n$/,
    );
    expect(await json("send", "+33612345678", "In JSON", "-w")).toMatchObject({
      body: "In JSON",
      status: "delivered",
    });
  });

  it("send --wait: ends with 1 when the network refuses it, and with 2 when there is no report in time", async () => {
    await client.post("/appliance/v1/Simulator/Faults", { Fault: "cms-error", Code: "38", Times: "100" });
    const waiting = await say("send", "+33612345678", "Later", "--wait", "--timeout", "1");
    expect(waiting.code).toBe(2);
    expect(waiting.out).toContain("not sent within 1 s; it goes on");
    await client.call("DELETE", "/appliance/v1/Simulator/Faults");
    await client.post("/appliance/v1/Simulator/Faults", { Fault: "cms-error", Code: "1", Times: "1" });
    const failed = await say("send", "+33612345678", "Never", "--wait");
    expect(failed.code).toBe(1);
    expect(failed.out).toMatch(/failed: 30\d\d\d/);
    await client.call("DELETE", "/appliance/v1/Simulator/Faults");
  });

  it("send: says what the API refuses, with 65", async () => {
    expect(await say("send", "nonsense", "x")).toEqual({
      code: 65,
      out: "",
      errors: "pylone: The 'To' number nonsense is not a valid phone number. (21211)\n",
    });
  });

  it("messages: the newest last, by number, date and status", async () => {
    await say("send", "+33612340000", "To another\nin two lines", "--wait");
    const { code, out } = await say("messages", "--to", "+33612340000");
    expect(code).toBe(0);
    const rows = out.trimEnd().split("\n");
    expect(rows).toHaveLength(2);
    expect(rows[1]).toMatch(
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}SM\w{32} {2}\+33639980001 {2}\+33612340000 {2}delivered {2}To another in two lines$/,
    );
    expect(await json("messages", "--limit", "2")).toHaveLength(2);
    expect(await json("messages", "--to", "+33612340000", "--status", "failed")).toEqual([]);
    expect(await json("messages", "--since", "2100-01-01")).toEqual([]);
  });

  it("messages --follow: what comes, a line each", async () => {
    const follower = site.run("main.js", [
      "messages",
      "--follow",
      "--json",
      "--to",
      "+33612349999",
      "--config",
      "pylone.yaml",
    ]);
    await say("send", "+33612349999", "Followed", "--wait");
    await follower.line((line) => {
      const { body, status } = JSON.parse(line) as Record<string, unknown>;
      return body === "Followed" && status === "delivered" ? true : null;
    });
    await follower.end("SIGINT");
  });

  it("events: by level and type", async () => {
    const { code, out } = await say("events", "--type", "daemon.started");
    expect(code).toBe(0);
    expect(out).toMatch(/^DATE +LEVEL +TYPE +WHAT\n.* {2}info {5}daemon\.started +The daemon started\.\n$/);
    expect(await json("events", "--level", "error", "--type", "daemon.started")).toEqual([]);
  });

  it("tells apart a box without an account, a daemon that does not take us, and none", async () => {
    const elsewhere = await pylone(site, ["lines"], {
      PYLONE_DATA_DIR: join(site.folder, "nowhere"),
    });
    expect(elsewhere).toMatchObject({ code: 66, errors: expect.stringContaining("there is no account in") });

    const account = `account: { sid: ${client.sid}, authToken: ${"a".repeat(32)} }\n`;
    writeFileSync(join(site.folder, "other.yaml"), account + CONFIG);
    expect(await pylone(site, ["lines", "--config", "other.yaml"])).toMatchObject({
      code: 77,
      errors: expect.stringMatching(
        /^pylone: the daemon at http:\S+ does not take the credentials .*\(20003\)/,
      ),
    });

    const daemonless = new Site();
    try {
      const { daemon: other } = await startDaemon(daemonless, CONFIG);
      await other.end();
      expect(await pylone(daemonless, ["lines", "--config", "pylone.yaml"])).toMatchObject({
        code: 69,
        errors: `pylone: the daemon of ${daemonless.folder}/data does not run; start it with \`systemctl start pylone\` or \`pylone serve\`\n`,
      });
    } finally {
      await daemonless.end();
    }
  });

  it("events --follow: waits for a daemon that restarts", async () => {
    const follower = site.run("main.js", ["events", "--follow", "--config", "pylone.yaml"]);
    await follower.line((line) => (line.includes("daemon.started") ? true : null));
    await daemon.end();
    await eventually(async () => (follower.errors.includes("; waiting for it") ? true : null));
    const { daemon: next } = await startDaemon(site, CONFIG);
    await follower.line((line) => (line.includes("The daemon stopped (SIGTERM).") ? true : null));
    await follower.end("SIGINT");
    await next.end();
  });
});

describe("with --json", () => {
  let site: Site;
  beforeEach(() => {
    site = new Site();
  });
  afterEach(() => site.end());

  it("an error is one object on standard error, with the status the command ends with", async () => {
    const errorOf = async (...args: string[]) => {
      const { code, out, errors } = await pylone(site, args);
      const { error } = JSON.parse(errors) as { error: { message: string; status: number } };
      expect({ out, code }).toEqual({ out: "", code: error.status });
      return error;
    };
    writeFileSync(join(site.folder, "pylone.yaml"), CONFIG);
    const config = ["--config", "pylone.yaml"];
    expect(await errorOf("lines", "--json", ...config)).toEqual({
      status: 66,
      message: expect.stringMatching(/^there is no account in /),
    });
    expect(await errorOf("messages", "--status", "bogus", "--json")).toEqual({
      status: 64,
      message: expect.stringContaining("--status is accepted, "),
    });
    expect(await errorOf("serve", "--json", "--config", "none.yaml")).toMatchObject({ status: 78 });
    // Behind -- it is text.
    expect((await pylone(site, ["send", "+33612345678", ...config, "--", "--json"])).errors).toMatch(
      /^pylone: /,
    );
  });

  it("modems: a port that was named and has no modem is no success", async () => {
    writeFileSync(join(site.folder, "pylone.yaml"), CONFIG);
    expect(await pylone(site, ["modems", "/dev/nope", "--config", "pylone.yaml"])).toMatchObject({
      code: 66,
      errors: "pylone: no modem answers at /dev/nope: `pylone modems` alone shows what is there\n",
    });
  });
});

describe("config check", () => {
  let site: Site;
  beforeEach(() => {
    site = new Site();
  });
  afterEach(() => site.end());
  const check = (config: string, ...args: string[]) => {
    writeFileSync(join(site.folder, "new.yaml"), config);
    return pylone(site, ["config", "check", "--config", "new.yaml", ...args]);
  };

  it("says that all is in order, and which device is not there yet", async () => {
    const { code, out, errors } = await check(CONFIG.replace('"sim:"', "/dev/ttyUSB99"));
    expect(code).toBe(0);
    expect(out).toBe(`${site.folder}/new.yaml: in order, 1 line\n`);
    expect(errors).toContain("warning: line sim1: /dev/ttyUSB99 is not there now");
    expect(existsSync(join(site.folder, "data"))).toBe(false);
  });

  it("tells where data and backups are, for what is installed around the program", async () => {
    const folders = async (config: string) => JSON.parse((await check(config, "--json")).out);
    const data = join(site.folder, "data");
    expect(await folders(CONFIG)).toMatchObject({ ok: true, dataDir: data, backupFolder: `${data}/backups` });
    expect(await folders(`${CONFIG}backup: { folder: /media/usb }\n`)).toMatchObject({
      backupFolder: "/media/usb",
    });
    expect(await folders("lines: 1\n")).toMatchObject({ ok: false, dataDir: null, backupFolder: null });
  });

  it("says everything that is wrong at once, with 78", async () => {
    const wrong = `htpt: { port: 8080 }\n${CONFIG.replace("+33639980001", "0639980001")}`;
    const { code, out, errors } = await check(wrong);
    expect({ code, out }).toEqual({ code: 78, out: "" });
    expect(errors.trimEnd().split("\n")).toEqual([
      expect.stringMatching(/^lines\[0\]\.number \(line 4, column \d+\): a number is written in E\.164/),
      "htpt (line 1, column 1): unknown key; did you mean `http`?",
    ]);
    expect(JSON.parse((await check(wrong, "--json")).out)).toMatchObject({
      file: `${site.folder}/new.yaml`,
      ok: false,
      problems: [expect.any(String), expect.any(String)],
      warnings: [],
    });
  });

  it("looks into the certificates, also of a file that is wrong elsewhere", async () => {
    const other = await check(`htpt: {}\nhttp: { tls: { cert: c.pem, key: k.pem } }\n${CONFIG}`);
    expect(other.errors.trimEnd().split("\n")).toEqual([
      "htpt (line 1, column 1): unknown key; did you mean `http`?",
      expect.stringMatching(/^http\.tls\.cert \(line 2, column 22\): .*\/c\.pem does not exist/),
      expect.stringMatching(/^http\.tls\.key \(line 2, column 34\): .*\/k\.pem does not exist/),
    ]);
    const { code, errors } = await check(`http: { tls: { cert: c.pem, key: k.pem } }\n${CONFIG}`);
    expect(code).toBe(78);
    expect(errors).toMatch(
      /^http\.tls\.cert \(line 1, column \d+\): \S+\/c\.pem does not exist; .*\nhttp\.tls\.key /,
    );
  });
});

it("speaks to a daemon with TLS, known by the certificate of its configuration", async () => {
  const site = new Site();
  try {
    writeFileSync(join(site.folder, "c.pem"), SELF_SIGNED.cert);
    writeFileSync(join(site.folder, "k.pem"), SELF_SIGNED.key);
    const config = `http: { tls: { cert: c.pem, key: k.pem } }\n${CONFIG}`;
    await startDaemon(site, config);
    const { code, out } = await pylone(site, ["lines", "--config", "pylone.yaml"]);
    expect(code).toBe(0);
    expect(out).toContain("sim1  modem, simulated");
    const doctor = await pylone(site, ["doctor", "--config", "pylone.yaml"]);
    expect(doctor.out).toMatch(/^pass {2}certificate: valid until 2120-01-01$/m);
    expect(doctor.out).toMatch(/^pass {2}daemon: runs at https:\/\/127\.0\.0\.1:\d+$/m);
  } finally {
    await site.end();
  }
});
