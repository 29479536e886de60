/** How the daemon refuses to run, and how it ends. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startDaemon } from "../harness/appliance.ts";
import { Site } from "../harness/program.ts";

const CONFIG = `dataDir: data
lines:
  - { name: sim1, type: modem, device: "sim:", number: "+33639980001" }
`;

let site: Site;
beforeEach(() => {
  site = new Site();
});
afterEach(() => site.end());

const ANYWHERE = { PYLONE_HTTP_HOST: "127.0.0.1", PYLONE_HTTP_PORT: "0" };

describe("the daemon", () => {
  it("refuses a data folder that another daemon holds, with 75 and the holder's name", async () => {
    const { configFile, daemon } = await startDaemon(site, CONFIG);
    const second = site.run("main.js", ["serve", "--config", configFile], ANYWHERE);
    expect((await second.ended).code).toBe(75);
    expect(second.lines.join("\n")).toContain(`held by process ${daemon.pid} `);
  });

  it("refuses a wrong configuration with 78, the file, the key and the mend", async () => {
    const file = join(site.folder, "wrong.yaml");
    writeFileSync(file, CONFIG.replace("device:", "devise:"));
    const daemon = site.run("main.js", ["serve", "--config", file], ANYWHERE);
    expect((await daemon.ended).code).toBe(78);
    expect(daemon.errors).toBe(
      `pylone: ${file} has 2 problems:\n` +
        "  lines[0].device (line 3, column 5): is missing: text is needed here\n" +
        "  lines[0].devise (line 3, column 32): unknown key; did you mean `device`?\n",
    );
    expect(existsSync(join(site.folder, "data"))).toBe(false);
  });

  it("refuses a settings document it cannot read with 78, and leaves it as it is", async () => {
    const { configFile, daemon } = await startDaemon(site, CONFIG);
    await daemon.end();
    const settings = join(site.folder, "data/settings.json");
    writeFileSync(settings, '{ "accounts": [\n  oops');
    const second = site.run("main.js", ["serve", "--config", configFile], ANYWHERE);
    expect((await second.ended).code).toBe(78);
    expect(second.lines.join("\n")).toMatch(/settings\.json.*line 2/s);
    expect(readFileSync(settings, "utf8")).toContain("oops");
  });

  it("refuses a data folder that is a file with 78, and names the key", async () => {
    const inTheWay = join(site.folder, "file");
    writeFileSync(inTheWay, "");
    const daemon = site.run("main.js", ["serve"], { ...ANYWHERE, PYLONE_DATA_DIR: inTheWay });
    expect((await daemon.ended).code).toBe(78);
    expect(daemon.log.at(-1)?.["msg"]).toBe(
      `dataDir: ${inTheWay} cannot be used (a file is in the way); mend dataDir or PYLONE_DATA_DIR, or the folder's owner and mode`,
    );
  });

  it("refuses a data folder that nobody can make with 78, at once", async () => {
    const daemon = site.run("main.js", ["serve"], { ...ANYWHERE, PYLONE_DATA_DIR: "/proc/nowhere/data" });
    expect((await daemon.ended).code).toBe(78);
    expect(daemon.log.at(-1)?.["msg"]).toContain(
      "dataDir: /proc/nowhere/data cannot be used (no folder can be made there)",
    );
  });

  it("says with 69 that another program has its address", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as { port: number };
    const daemon = site.run("main.js", ["serve"], {
      PYLONE_HTTP_HOST: "127.0.0.1",
      PYLONE_HTTP_PORT: String(port),
    });
    expect((await daemon.ended).code).toBe(69);
    expect(daemon.lines.join("\n")).toContain(`cannot listen on 127.0.0.1:${port}`);
    await new Promise((resolve) => other.close(resolve));
  });

  it.each(["SIGTERM", "SIGINT"] as const)("stops cleanly on %s and ends with 0", async (signal) => {
    const { daemon } = await startDaemon(site, CONFIG);
    expect(await daemon.end(signal)).toEqual({ code: 0, signal: null });
    expect(daemon.log.at(-1)?.["msg"]).toBe("stopped");
    expect(daemon.errors).toBe("");
  });

  it("logs JSON lines only, with no token and no account in them", async () => {
    const { daemon, client } = await startDaemon(site, CONFIG);
    await daemon.end();
    expect(daemon.log.length).toBe(daemon.lines.length);
    expect(daemon.lines.join("\n")).not.toContain(client.token);
    expect(daemon.lines.join("\n")).not.toContain(client.sid);
    const listening = daemon.log.find(({ msg }) => String(msg).startsWith("listening; an account was made"));
    expect(listening?.["credentials"]).toMatch(/^node .*main\.js credentials --config /);
  });
});

describe("the command", () => {
  it.each([
    { args: ["--help"], code: 0, out: "Usage: pylone COMMAND" },
    { args: ["simulate", "--help"], code: 0, out: "--control PORT" },
    { args: ["sevre"], code: 64, out: "there is no command `sevre`" },
    { args: [], code: 64, out: "Usage: pylone COMMAND" },
  ])("ends with $code on $args", async ({ args, code, out }) => {
    const command = site.run("main.js", args);
    expect((await command.ended).code).toBe(code);
    expect(command.lines.join("\n") + command.errors).toContain(out);
  });

  it("prints no credentials where there are none, and says how they come to be", async () => {
    const command = site.run("main.js", ["credentials"]);
    expect((await command.ended).code).toBe(66);
    expect(command.errors).toContain("there is no account in");
    expect(existsSync(join(site.folder, "data"))).toBe(false);
  });

  it("prints the credentials of a stopped daemon too", async () => {
    const { daemon, client } = await startDaemon(site, CONFIG);
    await daemon.end();
    const command = site.run("main.js", ["credentials", "--config", "pylone.yaml"]);
    expect((await command.ended).code).toBe(0);
    expect(command.lines).toEqual([`${client.sid}:${client.token}`]);

    const test = site.run("main.js", ["credentials", "--test", "--config", "pylone.yaml"]);
    expect((await test.ended).code).toBe(0);
    expect(test.lines.join("\n")).toMatch(/^AC[0-9a-f]{32}:[0-9a-f]{32}$/);
    expect(test.lines).not.toEqual(command.lines);
  });
});
