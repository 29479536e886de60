import { expect, it } from "vitest";
import { parseCommandLine } from "../../src/cli/command-line.ts";
import { isCertifiable } from "../../src/cli/commands/certifiable.ts";

it("a certificate is for DNS names and addresses, and for nothing that would be read as something else", () => {
  for (const name of ["box", "sms.example.org", "*.example.org", "192.168.1.10", "fd00::1", "Box-2.local"])
    expect(isCertifiable(name), name).toBe(true);
  for (const name of [
    "",
    "a b",
    "-a",
    "a..b",
    "https://box",
    "box:8080",
    "999.1.1.1",
    "a\n[x]",
    "a,DNS:b",
    "b_x",
  ])
    expect(isCertifiable(name), name).toBe(false);
});

it("`pylone tls` takes names as often as they come, and refuses what is none", () => {
  expect(
    parseCommandLine(["tls", "--name", "SMS.example.org", "--name", "10.0.0.7", "--json"]),
  ).toMatchObject({
    is: "run",
    asked: { out: null, names: ["sms.example.org", "10.0.0.7"], config: null, json: true },
  });
  expect(parseCommandLine(["tls", "--name", "https://box"])).toMatchObject({
    is: "misused",
    text: expect.stringContaining("`https://box` is neither a DNS name nor an address"),
  });
});
