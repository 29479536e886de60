/** `pylone tls`: an authority of the site's own and a certificate for the API, with what to do about both. */
import { existsSync } from "node:fs";
import { mkdir, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import type { Config } from "../daemon/config-schema.ts";
import { makeFolder } from "../daemon/data-folder.ts";
import { EXIT, exitCodeOf } from "../daemon/exit-codes.ts";
import { ownLanAddresses } from "../daemon/own-addresses.ts";
import { systemClock } from "../runtime/clock.ts";
import { reasonOf } from "../runtime/fault.ts";
import { becomeOwnerOf } from "./become-owner.ts";
import { isCertifiable } from "./commands/certifiable.ts";
import { configurationOf } from "./connection.ts";
import { Failure } from "./failure.ts";
import { type MadeCertificate, makeCertificate, type Owner } from "./local-authority.ts";
import type { Surroundings } from "./surroundings.ts";
import { jsonDocument } from "./table.ts";

export type TlsAsked = {
  readonly out: string | null;
  readonly names: readonly string[];
  readonly config: string | null;
  readonly json: boolean;
};

export async function tls(asked: TlsAsked, surroundings: Surroundings): Promise<number> {
  const { config, file } = configurationOf(asked.config, surroundings);
  const out = asked.out === null ? null : resolve(surroundings.workingFolder, asked.out);
  const folder = out ?? join(config.dataDir, "tls");
  const made = await makeIn(out, config, asked.names);
  const isConfigured =
    config.http.tls?.cert === join(folder, "server.crt") &&
    config.http.tls.key === join(folder, "server.key");
  surroundings.print(
    asked.json
      ? jsonDocument(documentOf(folder, made, isConfigured))
      : told(folder, made, isConfigured ? null : (file ?? ANY_FILE)),
  );
  return EXIT.ok;
}

const ANY_FILE = "/etc/pylone/pylone.yaml";

/** `out`: null where the files are the data folder's; then they are made as its owner, into whose folder root does not write. */
async function makeIn(
  out: string | null,
  config: Config,
  names: readonly string[],
): Promise<MadeCertificate> {
  const folder = out ?? join(config.dataDir, "tls");
  try {
    const { dataDir } = config;
    if (out === null) {
      await makeFolder(dataDir);
      await becomeOwnerOf(dataDir);
      await makeFolder(folder);
    } else if (!existsSync(out)) {
      await mkdir(out, { mode: 0o755 });
    }
    return await makeCertificate({
      folder,
      names: [...namesOfThisMachine(config), ...names],
      site: hostname(),
      now: systemClock.now(),
      owner: out === null ? null : await ownerOf(dataDir),
    });
  } catch (error) {
    if (error instanceof Failure) throw error;
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    const code = isMissing ? EXIT.noInput : exitCodeOf(error);
    const mend = isMissing
      ? "; make the folder above it first"
      : code === EXIT.noPermission
        ? "; run this with sudo, or choose another --out"
        : "";
    throw new Failure(code, `no certificate was made in ${folder}: ${reasonOf(error)}${mend}`, error);
  }
}

/** Elsewhere root makes them for the daemon, which is not root. */
async function ownerOf(dataDir: string): Promise<Owner | null> {
  if (process.getuid?.() !== 0) return null;
  return stat(dataDir).catch(() => null);
}

function namesOfThisMachine({ mdns }: Config): string[] {
  const host = hostname().toLowerCase();
  const short = host.split(".")[0] ?? host;
  const names = [host, `${short}.local`, `${mdns.name.toLowerCase()}.local`, "pylone.local", "localhost"];
  return [...names.filter(isCertifiable), "127.0.0.1", ...ownLanAddresses()];
}

function documentOf(
  folder: string,
  { authority, server, isNewAuthority }: MadeCertificate,
  isConfigured: boolean,
) {
  return {
    authority: {
      file: join(folder, "ca.crt"),
      isNew: isNewAuthority,
      fingerprint256: authority.fingerprint256,
      validUntil: dayOf(authority),
    },
    certificate: {
      cert: join(folder, "server.crt"),
      key: join(folder, "server.key"),
      names: namesIn(server),
      serialNumber: server.serialNumber,
      validUntil: dayOf(server),
      isConfigured,
    },
  };
}

/** `configFile`: where the lines belong; null when they are there. */
function told(
  folder: string,
  { authority, server, isNewAuthority }: MadeCertificate,
  configFile: string | null,
): string {
  const cert = join(folder, "server.crt");
  const key = join(folder, "server.key");
  const ca = join(folder, "ca.crt");
  const next =
    configFile === null
      ? "The running daemon takes it within a minute; nothing has to be restarted.\n"
      : `For the daemon to show it, put this into ${configFile} and restart it; what comes later it takes by itself:\n
http:
  tls:
    cert: ${cert}
    key: ${key}\n`;
  return `certificate  ${cert}, valid until ${dayOf(server)}
             for ${namesIn(server).join(", ")}
authority    ${ca}, ${isNewAuthority ? "new" : "as before"}, valid until ${dayOf(authority)}
             SHA-256 ${authority.fingerprint256}

${next}
${isNewAuthority ? importing(ca) : "Apps that have imported the authority notice nothing."}
Run this again before ${dayOf(server)}, or for further names (--name).
`;
}

function importing(ca: string): string {
  return `Apps import ${ca} (never ca.key: whoever has that can pass for any server to them):
  Node.js, the Twilio SDK   NODE_EXTRA_CA_CERTS=ca.crt node app.js
  Python, the Twilio SDK    REQUESTS_CA_BUNDLE=ca.crt python app.py   (it replaces the system's list)
  PHP                       openssl.cafile and curl.cainfo in php.ini (they replace the system's list)
  Ruby, Go                  SSL_CERT_FILE=ca.crt   (it replaces the system's list)
  curl                      curl --cacert ca.crt https://…
  every program on Debian   sudo cp ca.crt /usr/local/share/ca-certificates/pylone.crt && sudo update-ca-certificates
  a browser                 its settings, certificates, authorities, import
  a phone                   open the file; on iOS also Settings, General, About, Certificate Trust Settings
`;
}

function namesIn({ subjectAltName = "" }: MadeCertificate["server"]): string[] {
  return subjectAltName.split(", ").map((entry) => entry.replace(/^(?:DNS|IP Address):/, ""));
}

function dayOf({ validTo }: MadeCertificate["server"]): string {
  return new Date(validTo).toISOString().slice(0, 10);
}
