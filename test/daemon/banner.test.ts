import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { type BannerFacts, banner, credentialsCommand, urlsOf } from "../../src/daemon/banner.ts";

const ACCOUNT = { sid: `AC${"a".repeat(32)}`, authToken: "0123456789abcdef0123456789abcdef" };
const NUMBER = { phoneNumber: "+33639980001", sid: `PN${"b".repeat(32)}` };

const FACTS: BannerFacts = {
  urls: ["http://127.0.0.1:8080"],
  configFile: null,
  dataDir: "/srv/data",
  lines: [{ name: "sim1", kind: "modem", device: "sim:", simulated: true, number: NUMBER }],
  account: ACCOUNT,
  firstStart: true,
  credentialsCommand: "echo AC1:secret",
};

/** What curl would be given if every command of the banner were pasted into a shell. */
function pasted(text: string): string[][] {
  const commands = text.slice(text.indexOf("  curl ")).replace(/^\S.*$/gm, "");
  const script = `curl() { printf '%s\\0' "$@"; printf '\\n'; }\n${commands}`;
  return execFileSync("bash", ["-eu", "-c", script], { encoding: "utf8" })
    .trimEnd()
    .split("\n")
    .map((line) => line.split("\0").slice(0, -1));
}

describe("the banner", () => {
  it("gives commands that a shell reads as they are meant", () => {
    const base = `http://127.0.0.1:8080/2010-04-01/Accounts/${ACCOUNT.sid}`;
    const user = ["-u", `${ACCOUNT.sid}:${ACCOUNT.authToken}`];
    const data = (...fields: string[]) => fields.flatMap((field) => ["--data-urlencode", field]);
    const simulator = "http://127.0.0.1:8080/appliance/v1/Simulator/Messages";
    expect(pasted(banner(FACTS))).toEqual([
      [
        ...user,
        `${base}/Messages.json`,
        ...data("From=+33639980001", "To=+33612345678", "Body=Hello from pylone"),
      ],
      [
        ...user,
        `${base}/IncomingPhoneNumbers/${NUMBER.sid}.json`,
        ...data("SmsUrl=http://127.0.0.1:5000/sms"),
      ],
      [...user, simulator, ...data("From=+33612345678", "To=+33639980001", "Body=Paris")],
      [...user, simulator],
    ]);
  });

  it("shows the token at first start only, and fetches it later", () => {
    expect(banner(FACTS)).toContain(`auth token   ${ACCOUNT.authToken}`);
    const later = banner({ ...FACTS, firstStart: false });
    expect(later).not.toContain(ACCOUNT.authToken);
    expect(later).toContain(`account        ${ACCOUNT.sid}; its token: echo AC1:secret`);
    expect(pasted(later)[0]?.slice(0, 2)).toEqual(["-u", "AC1:secret"]);
  });

  it("offers no commands for a line with short codes and names only, and says how to come by a number", () => {
    const carrier = {
      name: "carrier",
      kind: "smpp",
      device: "smpps://smsc.example:3550",
      simulated: false,
    } as const;
    const none = banner({ ...FACTS, lines: [{ ...carrier, number: null }] });
    expect(none).toContain("numbers to buy: see AvailablePhoneNumbers, smpps://smsc.example:3550");
    const code = banner({ ...FACTS, lines: [{ ...carrier, number: { ...NUMBER, phoneNumber: "36123" } }] });
    expect(code).toContain("36123, smpps://smsc.example:3550");
    expect(code).not.toContain("curl");
  });

  it("says which lines are simulated and which have no number", () => {
    const text = banner({
      ...FACTS,
      lines: [
        { name: "usb", kind: "modem", device: "/dev/ttyUSB2", simulated: false, number: null },
        { name: "sim1", kind: "modem", device: "sim:", simulated: true, number: NUMBER },
      ],
    });
    expect(text).toContain("line usb       number not known yet, /dev/ttyUSB2");
    expect(text).toContain("line sim1      +33639980001, simulated: no radio is involved");
    expect(text).toContain("From=+33639980001");
  });

  it("invites nobody to text a stranger over a real modem", () => {
    const text = banner({
      ...FACTS,
      lines: [{ name: "usb", kind: "modem", device: "/dev/ttyUSB2", simulated: false, number: NUMBER }],
    });
    expect(text).toContain("put your own number");
    expect(text).not.toContain("+33612345678");
    expect(text).not.toContain("Simulator");
  });

  it("gives no commands while no line has a number", () => {
    const text = banner({
      ...FACTS,
      lines: [{ name: "usb", kind: "modem", device: "/dev/x", simulated: false, number: null }],
    });
    expect(text).not.toContain("curl");
  });

  it("tells this machine's own addresses when it listens on every one", () => {
    expect(urlsOf({ host: "0.0.0.0", port: 80, tls: false }, ["192.168.1.5"])).toEqual([
      "http://127.0.0.1:80",
      "http://192.168.1.5:80",
    ]);
    expect(urlsOf({ host: "fe80::1", port: 8443, tls: true }, ["192.168.1.5"])).toEqual([
      "https://[fe80::1]:8443",
    ]);
  });

  it("names the credentials command so that it can be pasted from the same folder", () => {
    const from = {
      program: "/home/a b/dist/main.js",
      workingFolder: "/home/a b",
      configFile: null,
      dataDirFromEnvironment: null,
    };
    expect(credentialsCommand(from)).toBe("node dist/main.js credentials");
    expect(
      credentialsCommand({
        ...from,
        workingFolder: "/",
        configFile: "/etc/it's.yaml",
        dataDirFromEnvironment: "/d",
      }),
    ).toBe("PYLONE_DATA_DIR=/d node '/home/a b/dist/main.js' credentials --config '/etc/it'\\''s.yaml'");
  });
});
