import { describe, expect, it } from "vitest";
import { parseCommandLine } from "../../src/cli/command-line.ts";

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
      command: { is: "simulate", host: "127.0.0.1", modemPort: 7001, controlPort: 0, number: "+33639980001" },
    },
    {
      argv: ["simulate", "--modem=tcp:0", "--control", "7002", "--number", "+15005550006", "--host", "::1"],
      command: { is: "simulate", host: "::1", modemPort: 0, controlPort: 7002, number: "+15005550006" },
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
    { argv: ["simulate"], says: "--modem is tcp:PORT" },
    { argv: ["simulate", "--modem", "7001"], says: "--modem is tcp:PORT" },
    { argv: ["simulate", "--modem", "tcp:70000"], says: "--modem is tcp:PORT" },
    { argv: ["simulate", "--modem", "tcp:1", "--control", "x"], says: "--control is a port" },
    { argv: ["simulate", "--modem", "tcp:1", "--number", "0639"], says: "--number is in E.164" },
    { argv: ["simulate", "--smsc", "2775"], says: "--smsc is not available in this version" },
  ])("says what is wrong with $argv", ({ argv, says }) => {
    expect(parseCommandLine(argv)).toMatchObject({ is: "misused", text: expect.stringContaining(says) });
  });
});
