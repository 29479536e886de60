import { describe, expect, it } from "vitest";
import { parseCommandLine } from "../../src/cli/command-line.ts";

const SIMULATE = { is: "simulate", host: "127.0.0.1", modem: null, smsc: null, controlPort: 0 };
const ANY_ESME = { numbers: ["+33755500001", "36123", "PYLONE"], systemId: null, password: null };

describe("the command line", () => {
  it.each([
    { argv: ["serve"], command: { is: "serve", config: null } },
    { argv: ["serve", "--config", "/a b.yaml"], command: { is: "serve", config: "/a b.yaml" } },
    {
      argv: ["credentials", "--config=x.yaml"],
      command: { is: "credentials", config: "x.yaml", test: false },
    },
    { argv: ["credentials", "--test"], command: { is: "credentials", config: null, test: true } },
    {
      argv: ["simulate", "--modem", "tcp:7001"],
      command: { ...SIMULATE, modem: { port: 7001, number: "+33639980001" } },
    },
    {
      argv: ["simulate", "--modem=tcp:0", "--control", "7002", "--number", "+15005550006", "--host", "::1"],
      command: { ...SIMULATE, host: "::1", modem: { port: 0, number: "+15005550006" }, controlPort: 7002 },
    },
    { argv: ["simulate", "--smsc", "2775"], command: { ...SIMULATE, smsc: { port: 2775, ...ANY_ESME } } },
    {
      argv: ["simulate", "--smsc=0", "--number=36123", "--number=My Shop", "--system-id=box", "--password=s"],
      command: {
        ...SIMULATE,
        smsc: { port: 0, numbers: ["36123", "My Shop"], systemId: "box", password: "s" },
      },
    },
    {
      argv: ["simulate", "--modem=tcp:7000", "--smsc=2775", "--number=+15005550006", "--number=36123"],
      command: {
        ...SIMULATE,
        modem: { port: 7000, number: "+15005550006" },
        smsc: { port: 2775, ...ANY_ESME, numbers: ["36123"] },
      },
    },
  ])("understands $argv", ({ argv, command }) => {
    expect(parseCommandLine(argv)).toEqual(command);
  });

  it.each([
    ["serve", "--help"],
    ["simulate", "-h"],
    ["credentials", "--help"],
    ["help", "serve"],
    ["--help"],
  ])("helps with %s %s", (...argv) => {
    const command = parseCommandLine(argv.filter((word) => word !== undefined));
    expect(command).toMatchObject({ is: "help", text: expect.stringMatching(/^Usage: pylone /) });
  });

  it.each([
    { argv: [], says: "Usage: pylone COMMAND" },
    { argv: ["start"], says: "there is no command `start`" },
    { argv: ["toString"], says: "there is no command `toString`" },
    { argv: ["serve", "--conifg", "x"], says: "'--conifg'" },
    { argv: ["serve", "--test"], says: "'--test'" },
    { argv: ["serve", "x.yaml"], says: "'x.yaml'" },
    { argv: ["serve", "--config"], says: "--config" },
    { argv: ["serve", "--config="], says: "--config needs the path of a file" },
    { argv: ["simulate"], says: "give --modem tcp:PORT, --smsc PORT, or both" },
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
});
