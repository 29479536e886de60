import { describe, expect, it } from "vitest";
import { parseCommandLine } from "../../src/cli/command-line.ts";
import { COMMANDS } from "../../src/cli/command-table.ts";

const SIMULATE = { json: false, host: "127.0.0.1", modem: null, smsc: null, controlPort: 0 };
const ANY_ESME = { numbers: ["+33755500001", "36123", "PYLONE"], systemId: null, password: null };

describe("the command line", () => {
  it.each([
    { argv: ["serve"], name: "serve", asked: { config: null, json: false } },
    {
      argv: ["serve", "--config", "/a b.yaml", "--json"],
      name: "serve",
      asked: { config: "/a b.yaml", json: true },
    },
    {
      argv: ["credentials", "--config=x.yaml"],
      name: "credentials",
      asked: { config: "x.yaml", test: false, rotate: false, json: false },
    },
    {
      argv: ["credentials", "--test"],
      name: "credentials",
      asked: { config: null, test: true, rotate: false, json: false },
    },
    {
      argv: ["send", "+33612345678", "two", "words", "--", "-5"],
      name: "send",
      asked: {
        to: "+33612345678",
        text: "two words -5",
        from: null,
        wait: false,
        timeoutSeconds: 300,
        config: null,
        json: false,
      },
    },
    { argv: ["config", "check"], name: "config check", asked: { config: null, json: false } },
    {
      argv: ["simulate", "--modem", "tcp:7001"],
      name: "simulate",
      asked: { ...SIMULATE, modem: { port: 7001, number: "+33639980001" } },
    },
    {
      argv: ["simulate", "--modem=tcp:0", "--control", "7002", "--number", "+15005550006", "--host", "::1"],
      name: "simulate",
      asked: { ...SIMULATE, host: "::1", modem: { port: 0, number: "+15005550006" }, controlPort: 7002 },
    },
    {
      argv: ["simulate", "--modem", "tcp:7001", "--pin", "1234"],
      name: "simulate",
      asked: { ...SIMULATE, modem: { port: 7001, number: "+33639980001", pin: "1234" } },
    },
    {
      argv: ["simulate", "--smsc", "2775"],
      name: "simulate",
      asked: { ...SIMULATE, smsc: { port: 2775, ...ANY_ESME } },
    },
    {
      argv: ["simulate", "--smsc=0", "--number=36123", "--number=My Shop", "--system-id=box", "--password=s"],
      name: "simulate",
      asked: {
        ...SIMULATE,
        smsc: { port: 0, numbers: ["36123", "My Shop"], systemId: "box", password: "s" },
      },
    },
    {
      argv: ["simulate", "--modem=tcp:7000", "--smsc=2775", "--number=+15005550006", "--number=36123"],
      name: "simulate",
      asked: {
        ...SIMULATE,
        modem: { port: 7000, number: "+15005550006" },
        smsc: { port: 2775, ...ANY_ESME, numbers: ["36123"] },
      },
    },
  ])("understands $argv", ({ argv, name, asked }) => {
    expect(parseCommandLine(argv)).toEqual({ is: "run", name, asked, run: expect.any(Function) });
  });

  it.each([
    ...COMMANDS.map(({ name }) => [...name.split(" "), "--help"]),
    ...COMMANDS.map(({ name }) => ["help", ...name.split(" ")]),
    ["serve", "--config", "x", "-h"],
    ["--help"],
  ])("helps with %s %s %s", (...argv) => {
    const command = parseCommandLine(argv.filter((word) => word !== undefined));
    expect(command).toMatchObject({ is: "help", text: expect.stringMatching(/^Usage: pylone /) });
  });

  it.each(COMMANDS)(
    "tells of $name what it does, its options, its exit statuses, and takes --json",
    (command) => {
      expect(command.help).toMatch(/\n\nOptions:\n(?:.*\n)*? {2}--json {2,}\S/);
      expect(command.help).toMatch(
        /\n\nExit status:\n {2}0 .*\n(?:.*\n)*? {2}64 +the command line is wrong\n/,
      );
      expect(command.help.split("\n").filter((line) => line.length > 110)).toEqual([]);
      expect(command.summary).toMatch(/^[a-z].{5,60}[^.]$/);
    },
  );

  it("tells its version", () => {
    expect(parseCommandLine(["--version"])).toEqual({ is: "version", json: false });
    expect(parseCommandLine(["-V", "--json"])).toEqual({ is: "version", json: true });
  });

  it.each([
    { argv: [], says: "Usage: pylone COMMAND" },
    { argv: ["start"], says: "there is no command `start`" },
    { argv: ["toString"], says: "there is no command `toString`" },
    { argv: ["sevre"], says: "there is no command `sevre`; did you mean `serve`?" },
    { argv: ["serve", "--conifg", "x"], says: "there is no option `--conifg`; did you mean `--config`?" },
    { argv: ["serve", "--test"], says: "there is no option `--test`" },
    { argv: ["serve", "x.yaml"], says: "`x.yaml` is one word too many" },
    { argv: ["serve", "--config"], says: "--config needs FILE" },
    { argv: ["serve", "--config="], says: "--config needs FILE" },
    { argv: ["serve", "--config", "--json"], says: "'--config' argument is ambiguous" },
    { argv: ["serve", "--json=yes"], says: "--json takes no value" },
    { argv: ["credentials", "--test", "--rotate"], says: "--rotate is of the account's own token" },
    { argv: ["config"], says: "`config` alone is no command; there is `config check`" },
    { argv: ["config", "chekc"], says: "there is no command `config chekc`; did you mean `config check`?" },
    { argv: ["send"], says: "give the number and the text" },
    { argv: ["send", "+33612345678", "x", "--timeout", "9"], says: "--timeout is of --wait" },
    {
      argv: ["send", "+33612345678", "x", "-w", "--timeout=soon"],
      says: "--timeout is a whole number from 1",
    },
    { argv: ["messages", "-n", "1001"], says: "--limit is a whole number from 1 to 1000" },
    { argv: ["events", "--level", "bad"], says: "--level is info, warning, error" },
    { argv: ["modems", "ttyUSB0"], says: "`ttyUSB0` is neither a path (/dev/…) nor tcp://host:port" },
    { argv: ["simulate"], says: "give --modem tcp:PORT, --smsc PORT, or both" },
    { argv: ["simulate", "--modem", "tcp:7001", "--pin", "12"], says: "--pin is 4 to 8 digits" },
    { argv: ["simulate", "--smsc", "2775", "--pin", "1234"], says: "--pin is of a modem's SIM" },
    { argv: ["simulate", "--modem", "7001"], says: "--modem is tcp:PORT" },
    { argv: ["simulate", "--modem", "tcp:70000"], says: "--modem is tcp:PORT" },
    { argv: ["simulate", "--modem", "tcp:1", "--control", "x"], says: "--control is a port" },
    { argv: ["simulate", "--modem", "tcp:1", "--number", "0639"], says: "--number is in E.164" },
    {
      argv: ["simulate", "--modem", "tcp:1", "--number=+331", "--number=+332"],
      says: "a modem has one --number",
    },
    { argv: ["simulate", "--smsc", "tcp:x"], says: "--smsc is a port, e.g. 2775" },
    {
      argv: ["simulate", "--smsc", "1", "--number", "nämen"],
      says: "--number nämen is neither a number in E.164",
    },
    {
      argv: ["simulate", "--smsc", "1", "--number", "0755500002"],
      says: "--number 0755500002 is neither a number",
    },
    {
      argv: ["simulate", "--modem", "tcp:1", "--password", "x"],
      says: "--system-id and --password are of an SMSC",
    },
  ])("says what is wrong with $argv", ({ argv, says }) => {
    expect(parseCommandLine(argv)).toMatchObject({ is: "misused", text: expect.stringContaining(says) });
  });

  it("knows the statuses a message can have", () => {
    expect(parseCommandLine(["messages", "--status", "undelivred"])).toMatchObject({
      is: "misused",
      text: expect.stringMatching(
        /^pylone messages: --status is accepted, .*, received; did you mean `undelivered`\?\n/,
      ),
    });
    expect(parseCommandLine(["messages", "--status", "undelivered"])).toMatchObject({ is: "run" });
  });

  it("helps with the first word of two", () => {
    expect(parseCommandLine(["config", "--help"])).toMatchObject({
      is: "help",
      text: expect.stringContaining("Usage: pylone config check"),
    });
  });

  it("says that the command comes before its options", () => {
    expect(parseCommandLine(["--json"])).toMatchObject({
      is: "misused",
      text: expect.stringMatching(/^pylone: the command comes first, its options behind it\n\nUsage: /),
    });
  });
});
