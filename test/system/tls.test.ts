/** `pylone tls` with Debian's openssl, and the daemon that shows what it made; renewing waits for the daemon's minute. */
import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { request } from "node:https";
import { hostname } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { pylone } from "../harness/command.ts";
import { eventually, Site } from "../harness/program.ts";

const CONFIG = `dataDir: data
lines:
  - { name: sim1, type: modem, device: "sim:", number: "+33639980001" }
`;

let site: Site;
beforeEach(() => {
  site = new Site();
  writeFileSync(join(site.folder, "pylone.yaml"), CONFIG);
});
afterEach(() => site.end());

const at = (...names: string[]) => join(site.folder, ...names);
const tls = (...args: string[]) => pylone(site, ["tls", "--config", "pylone.yaml", ...args]);
const openssl = async (...args: string[]) => (await promisify(execFile)("openssl", args)).stdout;
const certificate = (name: string) => new X509Certificate(readFileSync(at("data/tls", name)));

describe("pylone tls", () => {
  it("makes an authority and a certificate of it that OpenSSL finds strictly in order, no longer than Apple takes it", async () => {
    const { code, out } = await tls("--name", "sms.example.org", "--name", "10.9.8.7");
    expect(code).toBe(0);
    const [ca, crt] = [at("data/tls/ca.crt"), at("data/tls/server.crt")];
    for (const name of ["pylone.local", "localhost", "sms.example.org"])
      expect(await openssl("verify", "-x509_strict", "-CAfile", ca, "-verify_hostname", name, crt)).toMatch(
        /: OK/,
      );
    for (const ip of ["127.0.0.1", "10.9.8.7"])
      expect(await openssl("verify", "-x509_strict", "-CAfile", ca, "-verify_ip", ip, crt)).toMatch(/: OK/);
    const server = certificate("server.crt");
    expect(server.subjectAltName).toContain(`DNS:${hostname().toLowerCase()}`);
    const days = (Date.parse(server.validTo) - Date.parse(server.validFrom)) / 86_400_000;
    expect(days).toBeLessThanOrEqual(825);
    const shown = await openssl("x509", "-in", ca, "-noout", "-text");
    expect(shown).toMatch(/Basic Constraints: critical\s+CA:TRUE, pathlen:0/);
    expect(shown).toMatch(/Key Usage: critical\s+Certificate Sign, CRL Sign\n/);
    expect(shown).toContain("ASN1 OID: prime256v1");
    for (const name of ["ca.key", "server.key"])
      expect(statSync(at("data/tls", name)).mode & 0o777).toBe(0o600);
    expect(readdirSync(at("data/tls")).sort()).toEqual(["ca.crt", "ca.key", "server.crt", "server.key"]);
    expect(out).toContain(`    cert: ${crt}\n    key: ${at("data/tls/server.key")}\n`);
    expect(out).toContain("NODE_EXTRA_CA_CERTS");
  });

  it("keeps the authority and the names when it renews", async () => {
    await tls("--name", "sms.example.org");
    const before = [certificate("ca.crt").fingerprint256, certificate("server.crt").serialNumber];
    const told = JSON.parse((await tls("--name", "box.lan", "--json")).out) as Record<string, object>;
    expect(told).toMatchObject({
      authority: { isNew: false, fingerprint256: before[0] },
      certificate: {
        names: expect.arrayContaining(["sms.example.org", "box.lan"]),
        serialNumber: certificate("server.crt").serialNumber,
        isConfigured: false,
      },
    });
    expect(certificate("server.crt").serialNumber).not.toBe(before[1]);
    expect(certificate("server.crt").subjectAltName?.match(/sms\.example\.org/g)).toHaveLength(1);
  });

  it("touches nothing when half of the authority is gone, and says what to do", async () => {
    await tls();
    unlinkSync(at("data/tls/ca.key"));
    const before = certificate("server.crt").serialNumber;
    expect(await tls()).toEqual({
      code: 66,
      out: "",
      errors: `pylone: ${at("data/tls")} has ca.crt without ca.key: put ca.key back, or move ca.crt away to have a new authority made, which every app then imports\n`,
    });
    expect(certificate("server.crt").serialNumber).toBe(before);
  });

  it("names the package to install where there is no openssl, and leaves nothing behind", async () => {
    mkdirSync(at("none"));
    const told = await pylone(site, ["tls", "--config", "pylone.yaml"], { PATH: at("none") });
    expect(told).toMatchObject({ code: 69, errors: expect.stringContaining("sudo apt install openssl") });
    expect(readdirSync(at("data/tls"))).toEqual([]);
  });

  it("says that OpenSSL 3 is needed where another is", async () => {
    mkdirSync(at("old"));
    const script = `#!/bin/sh\n[ "$1" = version ] && echo OpenSSL 1.1.1n && exit\necho 'req: Unrecognized flag noenc' >&2; exit 1\n`;
    writeFileSync(at("old/openssl"), script);
    chmodSync(at("old/openssl"), 0o755);
    const { code, errors } = await pylone(site, ["tls", "--config", "pylone.yaml"], { PATH: at("old") });
    expect(code).toBe(69);
    expect(errors).toMatch(/it is OpenSSL 1\.1\.1n; OpenSSL 3 is needed.*Unrecognized flag noenc/);
  });

  it("gives the files to the data folder's owner when root makes them, wherever they are", async () => {
    chmodSync(site.folder, 0o755);
    mkdirSync(at("data"), { mode: 0o700 });
    chownSync(at("data"), 65534, 65534);
    expect((await tls()).code).toBe(0);
    expect((await tls("--out", "pki")).code).toBe(0);
    for (const folder of ["data/tls", "pki"])
      for (const name of ["ca.key", "server.key", "server.crt"])
        expect(statSync(at(folder, name)).uid, `${folder}/${name}`).toBe(65534);
    // The daemon's user gets there.
    expect(statSync(at("pki")).mode & 0o777).toBe(0o755);
    expect(await tls("--out", "no/pki")).toMatchObject({
      code: 66,
      errors: expect.stringContaining("make the folder above it first"),
    });
  });
});

it("apps that have imported the authority speak to the daemon, which takes a renewed certificate by itself", async () => {
  const made = await tls();
  const lines = /^http:\n(?: .*\n)+/m.exec(made.out)?.[0] ?? "";
  writeFileSync(at("pylone.yaml"), `${lines}mdns: { enabled: true }\n${CONFIG}`);
  const daemon = site.run("main.js", ["serve", "--config", "pylone.yaml"], {
    PYLONE_HTTP_HOST: "127.0.0.1",
    PYLONE_HTTP_PORT: "0",
  });
  const { port } = await daemon.logged("ready");
  expect(daemon.lines.join("\n")).toMatch(/the name is not announced: the API listens on 127\.0\.0\.1 only/);

  const ca = readFileSync(at("data/tls/ca.crt"));
  /** The certificate shown, by an app that trusts the authority. */
  const shown = () =>
    new Promise<string>((resolve, reject) => {
      const asked = request(`https://localhost:${port}/health`, { ca, agent: false }, (response) => {
        const { serialNumber } = (response.socket as TLSSocket).getPeerCertificate();
        response.resume().once("end", () => resolve(serialNumber));
      });
      asked.once("error", reject).end();
    });
  expect(await shown()).toBe(certificate("server.crt").serialNumber);

  // As README tells a Node app: no word of certificates in its code. And without the import it is refused.
  const app = `fetch("https://127.0.0.1:${port}/health").then(async (answer) => console.log((await answer.json()).checks.certificate.text), (error) => console.log(error.cause.code))`;
  const runApp = async (environment: Record<string, string>) => {
    const { stdout } = await promisify(execFile)(process.execPath, ["-e", app], { env: environment });
    return stdout.trim();
  };
  expect(await runApp({ NODE_EXTRA_CA_CERTS: at("data/tls/ca.crt") })).toMatch(
    /^valid until \d{4}-\d\d-\d\d$/,
  );
  expect(await runApp({})).toBe("UNABLE_TO_VERIFY_LEAF_SIGNATURE");

  expect((await tls()).out).toContain("The running daemon takes it within a minute");
  const renewed = certificate("server.crt").serialNumber;
  await eventually(async () => ((await shown()) === renewed ? true : null), 150_000);
  const { out } = await pylone(site, ["events", "--type", "tls.taken", "--config", "pylone.yaml"]);
  expect(out).toMatch(/The new certificate of http\.tls is served, valid until/);
}, 240_000);
