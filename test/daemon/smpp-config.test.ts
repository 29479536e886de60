import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type LoadedConfig, loadConfig, parseConfig } from "../../src/daemon/config.ts";
import type { KeyPath } from "../../src/daemon/config-problems.ts";
import type { SmppLineConfig } from "../../src/daemon/config-schema.ts";
import { checkPemFiles } from "../../src/daemon/read-pem.ts";
import { readSmppUrl, shownSmppUrl } from "../../src/daemon/smpp-url.ts";
import { Fault } from "../../src/runtime/fault.ts";
import { SELF_SIGNED } from "../harness/self-signed.ts";

const FILE = "/etc/pylone/pylone.yaml";

function messageOf(text: string): string {
  try {
    parseConfig(text, FILE);
  } catch (error) {
    if (error instanceof Fault && error.code === "config.invalid") return error.message;
    throw error;
  }
  throw new Error("it was accepted");
}

const smpp = (keys: string, name = "c") =>
  `lines:\n  - { name: ${name}, type: smpp, ${keys}, numbers: ["36123"] }\n`;
const withModem = (keys: string, line = "url: 'sim:'") =>
  `${smpp(line)}  - { name: m, type: modem, device: 'sim:', ${keys} }\n`;

describe("what YAML reads as a number", () => {
  it.each(["3.3", "3.4", "5.0", '"3.4"'])("is taken for interfaceVersion: %s", (version) => {
    const { lines } = parseConfig(smpp(`url: 'sim:', interfaceVersion: ${version}`), FILE);
    expect(lines[0]).toMatchObject({ interfaceVersion: version.replaceAll('"', "") });
  });

  it("and is no version of SMPP is refused", () => {
    expect(messageOf(smpp("url: 'sim:', interfaceVersion: 3.5"))).toContain(
      "must be `3.3` or `3.4` or `5.0`",
    );
  });
});

describe("the url of an SMPP line", () => {
  it("is host, port and an account, percent-decoded", () => {
    expect(readSmppUrl("smpp://pylone:p%40ss%3A%2F%C3%A9@smsc.example:2776")).toEqual({
      is: "socket",
      host: "smsc.example",
      port: 2776,
      secure: false,
      systemId: "pylone",
      password: "p@ss:/é",
    });
  });

  it.each([
    ["smpp://a:b@host", { port: 2775, secure: false }],
    ["smpps://a:b@host", { port: 3550, secure: true }],
    ["smpps://a:b@host:2775", { port: 2775, secure: true }],
    ["smpp://a:b@[::1]:2775", { host: "::1" }],
    ["smpp://a@host", { systemId: "a", password: "" }],
    ["sim:", { is: "simulated" }],
  ])("%s", (url, expected) => {
    expect(readSmppUrl(url)).toMatchObject(expected);
  });

  it.each([
    ["smpp://host:2775", "the system_id and the password are missing"],
    ["smpp://a:b#c@host", "write @ as %40"],
    ["smpp://a:b?c@host", "write @ as %40"],
    ["smpp://a:b%zz@host", "a % in it is not followed by two hexadecimal digits"],
    ["smpp://a:b@host:99999", "a port is 1 to 65535"],
    ["smpp://a:b@:2775", "the host is missing"],
    ["smpp://a:b@ho|st", "this is no url; write @ as %40"],
    ["smpp://a:b@host:0", "nobody listens at port 0"],
    ["smpp://a:b@", "the host is missing"],
  ])("is refused when it is %s, and never repeated", (url, text) => {
    const message = messageOf(smpp(`url: '${url}'`));
    expect(message).toMatch(/lines\[0\]\.url \(line 2, column \d+\)/);
    expect(message).toContain(text);
    expect(message).not.toContain("a:b");
  });

  it("is shown without its account", () => {
    expect(shownSmppUrl("smpps://pylone:sesame@smsc.example")).toBe("smpps://smsc.example:3550");
    expect(shownSmppUrl("smpp://pylone:sesame@[::1]")).toBe("smpp://[::1]:2775");
    expect(shownSmppUrl("sim:")).toBe("sim:");
  });
});

describe("an SMPP line that is refused", () => {
  const cases: { name: string; text: string; says: string }[] = [
    {
      name: "has a number that is none",
      text: "lines:\n  - { name: c, type: smpp, url: 'sim:', numbers: ['36123', 'far too long a name'] }\n",
      says: 'lines[0].numbers[1] (line 2, column 60): neither a number in E.164 ("+33755500001"), nor a short code ("36123"), nor a name of up to 11 letters and digits ("PYLONE")',
    },
    {
      name: "has one number twice, in two spellings",
      text: "lines:\n  - { name: c, type: smpp, url: 'sim:', numbers: ['+33755500001', '07 55 50 00 01'] }\n",
      says: "lines[0].numbers[1] (line 2, column 67): this line has this number already; a number belongs to one line, once",
    },
    {
      name: "has a modem's number",
      text: "lines:\n  - { name: m, type: modem, device: 'sim:', number: '+33639980001' }\n  - { name: c, type: smpp, url: 'sim:', numbers: ['+33639980001'] }\n",
      says: "lines[1].numbers[0] (line 3, column 51): line `m` has this number already; a number belongs to one line, once",
    },
    {
      name: "has tls without smpps",
      text: smpp("url: 'smpp://a:b@host', tls: { verify: false }"),
      says: "lines[0].tls (line 2, column 57): only a url of smpps:// uses TLS; write smpps://…, or remove `tls`",
    },
    {
      name: "has a certificate without its key",
      text: smpp("url: 'smpps://a:b@host', tls: { cert: c.pem }"),
      says: "lines[0].tls.cert (line 2, column 66): a certificate is of no use without its `key`; add the key's file",
    },
    {
      name: "has a key without its certificate",
      text: smpp("url: 'smpps://a:b@host', tls: { key: k.pem }"),
      says: "lines[0].tls.key (line 2, column 65): a key is of no use without its `cert`; add the certificate's file",
    },
    {
      name: "is the fallback of itself",
      text: "lines:\n  - { name: m, type: modem, device: 'sim:', fallback: m }\n",
      says: "lines[0].fallback (line 2, column 55): a line cannot stand in for itself; name an SMPP line",
    },
    {
      name: "is a fallback that does not exist",
      text: withModem("fallback: carrier"),
      says: "lines[1].fallback (line 3, column 55): no line is called `carrier`; name one of the SMPP lines of this file, or add it",
    },
    {
      name: "is a fallback that is a modem",
      text: `${withModem("fallback: n")}  - { name: n, type: modem, device: 'sim:' }\n`,
      says: "lines[1].fallback (line 3, column 55): `n` is a modem, which sends from its own SIM's number only; name an SMPP line",
    },
    {
      name: "is a fallback that cannot send",
      text: withModem("fallback: c", "url: 'sim:', bind: receiver"),
      says: "lines[1].fallback (line 3, column 55): `c` is bound as a receiver and cannot send; name a line with `bind: transceiver`, transmitter or pair",
    },
    {
      name: "is waited for and not named",
      text: withModem("fallbackAfterSeconds: 60"),
      says: "lines[1].fallbackAfterSeconds (line 3, column 67): there is no fallback to wait for; name an SMPP line in `fallback`, or remove this key",
    },
    {
      name: "has an unknown key",
      text: smpp("url: 'sim:', windows: 10"),
      says: "lines[0].windows (line 2, column 41): unknown key; did you mean `window`?",
    },
    {
      name: "has a window of none",
      text: smpp("url: 'sim:', window: 0"),
      says: "lines[0].window (line 2, column 49): must be at least 1",
    },
    {
      name: "has a url of something else",
      text: smpp("url: 'http://host'"),
      says: "lines[0].url (line 2, column 33): url is smpp://system_id:password@host:2775, smpps://… for TLS, or sim: for an SMSC in memory",
    },
  ];
  for (const { name, text, says } of cases) it(name, () => expect(messageOf(text)).toBe(`${FILE}: ${says}`));

  it("never repeats its password", () => {
    for (const url of [
      "smpp://id:sesame@",
      "smpp://id:ses ame@host",
      "smpp://id:sesame@host/x",
      "smpps://id:sesame@host:x",
    ])
      expect(messageOf(smpp(`url: '${url}'`))).not.toContain("ses");
  });
});

describe("an SMPP line's TLS files", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "pylone-smpp-config-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function loaded(tls: string): LoadedConfig {
    const file = join(folder, "pylone.yaml");
    writeFileSync(file, smpp(`url: 'smpps://id:sesame@host', tls: { ${tls} }`));
    return loadConfig({ argument: file, environment: {}, workingFolder: "/" });
  }

  function lineOf(tls: string): SmppLineConfig {
    const [line] = loaded(tls).config.lines;
    if (line?.type !== "smpp") throw new Error("no SMPP line");
    return line;
  }

  function refusal({ config, refusal }: LoadedConfig): string | null {
    const problems: { path: KeyPath; text: string }[] = [];
    checkPemFiles(config, (path, text) => problems.push({ path, text }));
    return problems.length === 0 ? null : refusal(problems).message;
  }

  it("are looked for beside the configuration", () => {
    expect(lineOf("ca: ca.pem, cert: /etc/c.pem, key: k.pem").tls).toEqual({
      verify: true,
      ca: join(folder, "ca.pem"),
      cert: "/etc/c.pem",
      key: join(folder, "k.pem"),
    });
  });

  it("are named when they do not exist: file, key, line and column, and the mend", () => {
    expect(refusal(loaded("ca: gone.pem"))).toBe(
      `${join(folder, "pylone.yaml")}: lines[0].tls.ca (line 2, column 70): ${join(folder, "gone.pem")} does not exist; correct the path (a relative one begins at this file's folder), or put the file there`,
    );
  });

  it("are named each when several are wrong", () => {
    const said = refusal(loaded("ca: gone.pem, cert: c.pem, key: ."));
    expect(said).toMatch(
      /has 3 problems:\n.*tls\.ca .*\n.*tls\.cert .*\n.*tls\.key .* cannot be read \(EISDIR/,
    );
  });

  it("are named when they are no PEM", () => {
    writeFileSync(join(folder, "c.pem"), "not a certificate");
    writeFileSync(join(folder, "k.pem"), "not a key");
    expect(refusal(loaded("cert: c.pem, key: k.pem"))).toContain("are no certificate with its key in PEM");
    writeFileSync(join(folder, "ca.pem"), "nor this");
    expect(refusal(loaded("ca: ca.pem"))).toContain("holds no certificate in PEM");
  });

  it("are taken when they are in order, the server's own as well", () => {
    writeFileSync(join(folder, "c.pem"), SELF_SIGNED.cert);
    writeFileSync(join(folder, "k.pem"), SELF_SIGNED.key);
    const fine = loaded("ca: c.pem, cert: c.pem, key: k.pem");
    expect(refusal(fine)).toBeNull();
    const tls = { cert: join(folder, "c.pem"), key: join(folder, "gone.pem") };
    const http = { ...fine.config.http, tls };
    expect(refusal({ ...fine, config: { ...fine.config, http } })).toContain("http.tls.key");
  });
});
