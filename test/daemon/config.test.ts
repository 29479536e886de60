import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadConfig, parseConfig } from "../../src/daemon/config.ts";
import { Fault } from "../../src/runtime/fault.ts";

const LINE = "lines:\n  - { name: a, type: modem, device: 'sim:', number: '+33639980001' }\n";

function messageOf(text: string): string {
  try {
    parseConfig(text, "/etc/pylone/pylone.yaml");
  } catch (error) {
    expect(error).toBeInstanceOf(Fault);
    expect((error as Fault).code).toBe("config.invalid");
    return (error as Fault).message;
  }
  throw new Error("the configuration was accepted");
}

describe("the countries texts may go to", () => {
  const countries = (yaml: string) => parseConfig(`outbound: ${yaml}\n${LINE}`, "f").outbound.countries;

  it("are all of them when nothing is said, and never none", () => {
    expect(countries("{}")).toBeUndefined();
    expect(countries("{ countries: [FR, BE] }")).toEqual(["FR", "BE"]);
    expect(messageOf(`outbound: { countries: [] }\n${LINE}`)).toContain("outbound.countries");
    expect(messageOf(`outbound: { countries: [France] }\n${LINE}`)).toContain("two capital letters");
  });
});

describe("the name on the network", () => {
  it("is not announced unless asked for, and is one label", () => {
    expect(parseConfig(LINE, "f").mdns).toEqual({ enabled: false, name: "pylone" });
    expect(parseConfig(`mdns: { enabled: true, name: Box-2 }\n${LINE}`, "f").mdns.name).toBe("Box-2");
    for (const name of ["box.local", "-box", "a b", "x".repeat(64)])
      expect(messageOf(`mdns: { name: "${name}" }\n${LINE}`)).toContain("without .local");
    expect(messageOf(`mdns: { enable: true }\n${LINE}`)).toContain("did you mean `enabled`?");
  });
});

describe("what is wrong", () => {
  it("is said at once, of each part that can be read", () => {
    const text = `htpt: {}
site: { country: ZZ, timezone: Mars }
http: { host: 999.1.1.1 }
lines:
  - { name: a, type: modem, device: auto, number: "+33639980001", baudRate: fast }
  - { name: a, type: modem, device: auto, number: "+33639980001", fallback: c }
  - { name: b, type: smpp, url: "smpp://a:b@h:1", numbers: [] }
`;
    expect(
      messageOf(text)
        .split("\n")
        .slice(1)
        .map((line) => line.trim().replace(/;.*/, "")),
    ).toEqual([
      "lines[0].baudRate (line 5, column 77): a number is needed here, not text",
      'lines[2].numbers (line 7, column 60): at least one number is needed: the senders that the carrier allows, such as ["+33755500001", "36123"]',
      "htpt (line 1, column 1): unknown key",
      "lines[1].name (line 6, column 13): lines[0] is called `a` already",
      "lines[1].number (line 6, column 51): line `a` has this number already".replace(
        "line `a`",
        "this line",
      ),
      "lines[0].device (line 5, column 37): `auto` takes any modem, so it is for a box with one",
      "lines[1].device (line 6, column 37): `auto` takes any modem, so it is for a box with one",
      "lines[1].fallback (line 6, column 77): no line is called `c`",
      "http.host (line 3, column 15): neither an address nor a name",
      "site.country (line 2, column 18): no country with phone numbers has this code",
      "site.timezone (line 2, column 32): not a time zone of the IANA list",
    ]);
  });

  it("is nothing that may be well once the rest is mended", () => {
    const problems = (text: string) => messageOf(text).split("\n").length;
    // The line that is fallen back on may be the one without a name, or be of another type.
    expect(
      problems(
        `${LINE.replace(" }", ", fallback: b }")}  - { type: smpp, url: "sim:", numbers: ["36123"] }\n`,
      ),
    ).toBe(1);
    expect(problems(`${LINE.replace(" }", ", fallback: b }")}  - { name: b, type: sms }\n`)).toBe(1);
    expect(problems(`${LINE}  - { name: b, type: smpp, url: 5, tls: { ca: x }, numbers: ["36123"] }\n`)).toBe(
      1,
    );
    expect(problems(LINE.replace(" }", ", plan: { segmentsPerDay: many } }"))).toBe(1);
    expect(problems(LINE.replace(" }", ", fallback: 5, fallbackAfterSeconds: 5 }"))).toBe(1);
    expect(problems(`optOut: { language: br, languages: { br: 5 } }\n${LINE}`)).toBe(1);
    expect(
      problems(
        `site: { country: France }\n${LINE}  - { name: b, type: smpp, url: "sim:", numbers: ["01 23"] }\n`,
      ),
    ).toBe(1);
    expect(problems("lines: [5]\n")).toBe(1);
    expect(problems("lines: 5\n")).toBe(1);
    expect(problems("5\n")).toBe(1);
  });
});

describe("an address to listen on", () => {
  const host = (text: string) => `http: { host: "${text}" }\n${LINE}`;
  it.each(["0.0.0.0", "::", "fe80::1%eth0", "127.0.0.1", "localhost", "box.example.org"])(
    "may be %s",
    (text) => {
      expect(parseConfig(host(text), "f").http.host).toBe(text);
    },
  );
  it.each(["999.1.1.1", "1.2.3", "a b", "http://x", "192.168.1.20:8080"])("is not %s", (text) => {
    expect(messageOf(host(text))).toContain(
      "http.host (line 1, column 15): neither an address nor a name; write",
    );
  });
});

describe("the plan of a line", () => {
  const plan = (yaml: string) => LINE.replace(" }", `, plan: ${yaml} }`);

  it("warns at 80 percent and begins its months on the first, if nothing else is said", () => {
    expect(parseConfig(plan("{ segmentsPerDay: 200 }"), "f").lines[0]?.plan).toEqual({
      segmentsPerDay: 200,
      warnAtPercent: 80,
      monthStartsOn: 1,
    });
  });

  it("caps something, in whole numbers, with months that begin on a day every month has", () => {
    expect(messageOf(plan("{ warnAtPercent: 90 }"))).toContain("plan (line 2, column 75): it caps nothing");
    expect(messageOf(plan("{ segmentsPerDay: 0 }"))).toContain("plan.segmentsPerDay");
    expect(messageOf(plan("{ segmentsPerDay: 200, monthStartsOn: 31 }"))).toContain("1 to 28");
    expect(messageOf(plan("{ segmentPerDay: 200 }"))).toContain("did you mean `segmentsPerDay`?");
  });
});

describe("a configuration that is wrong", () => {
  const cases: { name: string; text: string; says: string }[] = [
    {
      name: "names the nearest key for an unknown one",
      text: `http:\n  prot: 8080\n${LINE}`,
      says: "/etc/pylone/pylone.yaml: http.prot (line 2, column 3): unknown key; did you mean `port`?",
    },
    {
      name: "names the nearest key of a line's own kind",
      text: "lines:\n  - name: a\n    type: modem\n    device: 'sim:'\n    baudrate: 9600\n",
      says: "/etc/pylone/pylone.yaml: lines[0].baudrate (line 5, column 5): unknown key; did you mean `baudRate`?",
    },
    {
      name: "lists the keys there are when none is near",
      text: `site: { colour: blue }\n${LINE}`,
      says: "/etc/pylone/pylone.yaml: site.colour (line 1, column 9): unknown key; the keys here are country, timezone",
    },
    {
      name: "asks for quotes where YAML made a number of a number",
      text: "lines:\n  - { name: a, type: modem, device: 'sim:', number: +33639980001 }\n",
      says: "/etc/pylone/pylone.yaml: lines[0].number (line 2, column 53): YAML reads this as a number; put it in quotes to make it text",
    },
    {
      name: "says which key is missing",
      text: "lines:\n  - { name: a, type: modem }\n",
      says: "/etc/pylone/pylone.yaml: lines[0].device (line 2, column 5): is missing: text is needed here",
    },
    {
      name: "says that lines are missing",
      text: "site: { country: FR }\n",
      says: "/etc/pylone/pylone.yaml: lines (line 1, column 1): is missing: a list is needed here",
    },
    {
      name: "gives a first line to try when there is none",
      text: "lines: []\n",
      says: "/etc/pylone/pylone.yaml: lines (line 1, column 8): at least one line is needed; a first one to try: { name: sim1, type: modem, device: 'sim:', number: '+33639980001' }",
    },
    {
      name: "names the nearest key below one that is anybody's to name",
      text: `optOut:\n  languages:\n    fr:\n      replis: { stop: Fini }\n${LINE}`,
      says: "/etc/pylone/pylone.yaml: optOut.languages.fr.replis (line 4, column 7): unknown key; did you mean `replies`?",
    },
    {
      name: "asks for the texts of a language nobody knows",
      text: `optOut: { language: de }\n${LINE}`,
      says: "/etc/pylone/pylone.yaml: optOut.language (line 1, column 21): no texts are known in this language; give them in optOut.languages",
    },
    {
      name: "says which kinds of line there are",
      text: "lines:\n  - { name: a, type: modm, device: 'sim:' }\n",
      says: "/etc/pylone/pylone.yaml: lines[0].type (line 2, column 22): must be `modem` or `smpp`",
    },
    {
      name: "says what a rate may be",
      text: "lines:\n  - { name: a, type: modem, device: 'sim:', segmentsPerSecond: fast }\n",
      says: "/etc/pylone/pylone.yaml: lines[0].segmentsPerSecond (line 2, column 64): must be a number or `unlimited`",
    },
    {
      name: "keeps to the bounds of a number",
      text: `http: { port: 99999 }\n${LINE}`,
      says: "/etc/pylone/pylone.yaml: http.port (line 1, column 15): must be at most 65535",
    },
    {
      name: "finds the place where YAML breaks",
      text: "lines:\n  - name: a\n   type: modem\n",
      says: "/etc/pylone/pylone.yaml: line 3, column 1: this is not YAML: Sequence item without - indicator",
    },
    {
      name: "says which devices there are",
      text: "lines:\n  - { name: a, type: modem, device: 'imei:12' }\n",
      says:
        "/etc/pylone/pylone.yaml: lines[0].device (line 2, column 37): device is a path (/dev/…), tcp://host:port, " +
        "sim:, or a modem to look for: auto, imei:…, iccid:…, usb:VENDOR:PRODUCT or usb:PLACE (as in usb:1-1.2)",
    },
    {
      name: "takes no `auto` where it would be a guess",
      text: "lines:\n  - { name: a, type: modem, device: auto }\n  - { name: b, type: modem, device: 'usb:1-1.2' }\n",
      says:
        "/etc/pylone/pylone.yaml: lines[0].device (line 2, column 37): `auto` takes any modem, so it is for a box " +
        "with one; say which is meant with imei:…, iccid:… or usb:…",
    },
    {
      name: "asks for the full path of a reset command",
      text: "lines:\n  - { name: a, type: modem, device: 'sim:', resetCommand: [uhubctl] }\n",
      says:
        "/etc/pylone/pylone.yaml: lines[0].resetCommand (line 2, column 59): a reset command is a list that begins " +
        'with the full path of a program, e.g. ["/usr/sbin/uhubctl", "-l", "1-1", "-a", "cycle"]',
    },
    {
      name: "says that it is empty",
      text: "# nothing\n",
      says: "/etc/pylone/pylone.yaml: the file is empty; it needs at least `lines`",
    },
    {
      name: "is not a text",
      text: "hello\n",
      says: "/etc/pylone/pylone.yaml: line 1, column 1: a group of keys is needed here, not text",
    },
    {
      name: "has two lines of one name",
      text: "lines:\n  - { name: a, type: modem, device: 'sim:' }\n  - { name: a, type: modem, device: 'sim:' }\n",
      says: "/etc/pylone/pylone.yaml: lines[1].name (line 3, column 13): lines[0] is called `a` already; give each line its own name",
    },
    {
      name: "has one number on two lines",
      text: `${LINE}  - { name: b, type: modem, device: 'sim:', number: '+33639980001' }\n`,
      says: "/etc/pylone/pylone.yaml: lines[1].number (line 3, column 53): line `a` has this number already; a number belongs to one line, once",
    },
    {
      name: "has a time zone nobody keeps",
      text: `site: { timezone: Europe/Pari }\n${LINE}`,
      says: "/etc/pylone/pylone.yaml: site.timezone (line 1, column 19): not a time zone of the IANA list; write it as in Europe/Paris or America/New_York",
    },
  ];
  for (const { name, text, says } of cases) it(name, () => expect(messageOf(text)).toBe(says));

  it.each([
    ["ends a line", '"AT+CFUN=1\\rAT"'],
    ["types ESC", '"AT+CFUN=1\\e"'],
    ["types Ctrl-Z", '"AT\\x1a"'],
    ["is no command", '"CFUN=1"'],
    ["tries a PIN", `'AT+CPIN="1234"'`],
    ["sends", '"AT+CMGS=20"'],
    ["dials", '"ATD0612345678;"'],
  ])("refuses an init command that %s", (_, command) => {
    const text = `lines:\n  - { name: a, type: modem, device: "sim:", init: [${command}] }\n`;
    expect(messageOf(text)).toContain("lines[0].init[0]");
  });

  it("shows an example of an init command that can be pasted", () => {
    const withInit = (command: string) => `${LINE.slice(0, -3)}, init: [${command}] }\n`;
    const example = /'AT.*'/.exec(messageOf(withInit("CFUN")))?.[0] ?? "";
    const [line] = parseConfig(withInit(example), "f").lines;
    expect(line).toMatchObject({ init: ['AT+QCFG="ims",1'] });
  });

  it.each([
    ["AT+CFUN=0", "AT+CFUN", "remove it"],
    ["AT+CNMI=0,0", "AT+CNMI", "remove it"],
    ["at+cmgf=1", "AT+CMGF", "remove it"],
    ['AT+CPMS="SM"', "AT+CPMS", "remove it"],
    ["ATE1", "ATE", "remove it"],
    ["AT&F", "AT&F", "remove it"],
    ["ATZ", "ATZ", "remove it"],
    ["AT+IPR=9600", "AT+IPR", "remove it: the key `baudRate` sets the speed"],
    ['AT+CSCA="+33609001390"', "AT+CSCA", "remove it: the key `smsc` sets the service centre"],
    ['AT+QCFG="ims",1;+CNMI=0', "AT+CNMI", "remove it"],
    ["ATS0=0X4E1", "ATE", "remove it"],
  ])("refuses %s in init: the line decides that itself", (command, name, mend) => {
    const text = `lines:\n  - name: a\n    type: modem\n    device: 'sim:'\n    init:\n      - '${command}'\n`;
    expect(messageOf(text)).toBe(
      `/etc/pylone/pylone.yaml: lines[0].init[0] (line 6, column 9): the line decides ${name} by itself and would not work with another value; ${mend}`,
    );
  });

  it.each([
    'AT+QCFG="ims",1',
    "AT+CPSMS=0",
    "AT^CURC=0",
    'AT+CGDCONT=1,"IP","E;+CNMI"',
    "ATS0=0",
    "AT+COPS=1,2,20801",
  ])("takes %s in init", (command) => {
    const [line] = parseConfig(`${LINE.slice(0, -3)}, init: ['${command}'] }\n`, "f").lines;
    expect(line).toMatchObject({ init: [command] });
  });

  const modems = (...devices: string[]) =>
    `lines:\n${devices.map((device, index) => `  - { name: m${index}, type: modem, device: "${device}" }\n`).join("")}`;

  it.each(["tcp://10.0.0.7:99999", "tcp://10.0.0.7:0"])("refuses the port of %s", (device) => {
    expect(messageOf(modems(device))).toBe(
      "/etc/pylone/pylone.yaml: lines[0].device (line 2, column 38): there is no such port; a TCP port is 1 to 65535, as in tcp://192.168.1.20:3001",
    );
  });

  it.each([
    ["/dev/ttyUSB0", "/dev//ttyUSB0"],
    ["tcp://ser2net:3001", "tcp://Ser2net:3001"],
    ["imei:860000000000017", "imei:860000000000017"],
  ])("refuses two lines on one modem: %s and %s", (first, second) => {
    expect(messageOf(modems(first, second))).toBe(
      "/etc/pylone/pylone.yaml: lines[1].device (line 3, column 38): line `m0` has this modem already; give each line a device of its own",
    );
  });

  it("takes several modems in memory, of one kind on USB, and behind one host", () => {
    const devices = ["sim:", "sim:", "usb:2c7c:0125", "usb:2c7c:0125", "tcp://h:3001", "tcp://h:3002"];
    expect(parseConfig(modems(...devices), "f").lines).toHaveLength(6);
  });

  it("takes init commands as they are", () => {
    const text = `lines:\n  - { name: a, type: modem, device: "sim:", init: ['AT+QCFG="ims",1'] }\n`;
    const [line] = parseConfig(text, "/etc/pylone/pylone.yaml").lines;
    expect(line).toMatchObject({ init: ['AT+QCFG="ims",1'] });
  });

  it("lists every problem under the name of the file", () => {
    expect(messageOf("htpp: {}\nsite: { country: fr }\nlines: []\n").split("\n")).toEqual([
      "/etc/pylone/pylone.yaml has 3 problems:",
      "  site.country (line 2, column 18): a country is its two capital letters, e.g. FR",
      expect.stringMatching(/^ {2}lines \(line 3, column 8\): at least one line/),
      "  htpp (line 1, column 1): unknown key; did you mean `http`?",
    ]);
  });

  it("never repeats what may be a secret", () => {
    const text = `account: { sid: sesame1, authToken: 'sesame 2' }\nlines:\n  - { name: a, type: modem, device: 'sim:', pin: sesame3 }\n  - { name: b, type: modem, device: 'sim:', pin: "sesame4\n`;
    expect(messageOf(text)).not.toContain("sesame");
    expect(messageOf(text.replace('"sesame4', "sesame4 }"))).not.toContain("sesame");
  });

  it("does not repeat the name of an alias either: it may be a token that was not quoted", () => {
    expect(messageOf(`account: { sid: *sesame, authToken: x }\n${LINE}`)).toBe(
      "/etc/pylone/pylone.yaml: this YAML cannot be used: Unresolved alias (the anchor must be set before the alias)",
    );
  });

  it("survives a YAML of ever more aliases", () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x,x]\n${"bcdefgh".replace(/./g, (name, at: number) => {
      const before = "abcdefgh"[at];
      return `${name}: &${name} [${Array(10).fill(`*${before}`).join(",")}]\n`;
    })}`;
    expect(messageOf(bomb)).toContain("this YAML cannot be used");
  });
});

describe("where the configuration comes from", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "pylone-config-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const load = (argument: string | null, environment: Record<string, string> = {}) =>
    loadConfig({ argument, environment, workingFolder: folder, systemFile: join(folder, "system.yaml") });

  it("is built in when there is no file: one simulated line, data in ./data", () => {
    const { config, file } = load(null);
    expect(file).toBeNull();
    expect(config.dataDir).toBe(join(folder, "data"));
    expect(config.lines).toEqual([
      { name: "sim1", type: "modem", device: "sim:", baudRate: 115200, number: "+33639980001" },
    ]);
    expect(config.http).toEqual({ host: "0.0.0.0", port: 8080 });
  });

  it("is --config before PYLONE_CONFIG before the system's file", () => {
    for (const [name, port] of [
      ["argument", 1],
      ["variable", 2],
      ["system", 3],
    ] as const)
      writeFileSync(join(folder, `${name}.yaml`), `http: { port: ${port} }\n${LINE}`);
    const environment = { PYLONE_CONFIG: "variable.yaml" };
    expect(load("argument.yaml", environment).config.http.port).toBe(1);
    expect(load(null, environment).config.http.port).toBe(2);
    expect(load(null, { PYLONE_CONFIG: "" }).config.http.port).toBe(3);
    expect(load(null).file).toBe(join(folder, "system.yaml"));
  });

  it("is refused when the file that was named is not there", () => {
    expect(() => load("gone.yaml")).toThrow(
      `${join(folder, "gone.yaml")} (--config): there is no such file; mend --config, or leave it out to run one simulated line`,
    );
    expect(() => load(null, { PYLONE_CONFIG: "gone.yaml" })).toThrow("mend PYLONE_CONFIG");
  });

  it("takes relative paths from the file's own folder", () => {
    mkdirSync(join(folder, "etc"));
    writeFileSync(
      join(folder, "etc/p.yaml"),
      `dataDir: keep\nhttp: { tls: { cert: c.pem, key: /k.pem } }\n${LINE}`,
    );
    const { config } = load("etc/p.yaml");
    expect(config.dataDir).toBe(join(folder, "etc/keep"));
    expect(config.http.tls).toEqual({ cert: join(folder, "etc/c.pem"), key: "/k.pem" });
  });

  it("is overridden by the environment, where a variable is not empty", () => {
    const { config, dataDirFromEnvironment } = load(null, {
      PYLONE_DATA_DIR: "elsewhere",
      PYLONE_HTTP_HOST: "127.0.0.1",
      PYLONE_HTTP_PORT: "0",
    });
    expect(dataDirFromEnvironment).toBe(true);
    expect(config.dataDir).toBe(join(folder, "elsewhere"));
    expect(config.http).toEqual({ host: "127.0.0.1", port: 0 });
    expect(load(null, { PYLONE_HTTP_PORT: "" }).config.http.port).toBe(8080);
  });

  it("refuses a port from the environment that is none", () => {
    for (const port of ["http", "65536", "-1", "1e3", "8080 "])
      expect(() => load(null, { PYLONE_HTTP_PORT: port })).toThrow("PYLONE_HTTP_PORT (environment)");
  });
});
