/**
 * A certificate authority for one site, by OpenSSL's own program: Node signs, but makes no certificates. EC P-256 for
 * both; the authority signs servers and nothing else (pathlen 0), for ten years; a server's certificate is for 820
 * days, because Apple's systems refuse more than 825 (support.apple.com/103769).
 *
 * Every file is made in a folder beside its place, synced and renamed: the running daemon never reads half a one.
 */
import { execFile } from "node:child_process";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { chmod, chown, mkdtemp, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { isIP } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { EXIT } from "../daemon/exit-codes.ts";
import { reasonOf } from "../runtime/fault.ts";
import { isCertifiable } from "./commands/certifiable.ts";
import { Failure } from "./failure.ts";

const run = promisify(execFile);

const DAY_MS = 86_400_000;
const AUTHORITY_DAYS = 3_650;
const SERVER_DAYS = 820;
/** An authority with less than this left would have to be imported anew before anybody thinks of it. */
const LEAST_DAYS = 30;

export type Owner = { readonly uid: number; readonly gid: number };

export type MadeCertificate = {
  readonly authority: X509Certificate;
  readonly server: X509Certificate;
  /** The authority was made now: apps have to import it. */
  readonly isNewAuthority: boolean;
};

/** Into `folder`, which is there. `owner`: whose the files shall be; null: whoever runs this. */
export async function makeCertificate(options: {
  readonly folder: string;
  /** DNS names and addresses; those of the certificate that is there are kept. */
  readonly names: readonly string[];
  /** Stands in the authority's subject, for people who look at a list of authorities. */
  readonly site: string;
  readonly now: number;
  readonly owner: Owner | null;
}): Promise<MadeCertificate> {
  const { folder, site, now, owner } = options;
  const at = (name: string) => join(folder, name);
  const there = await authorityIn(folder);
  const names = [...new Set([...options.names, ...(await namesOf(at("server.crt")))])];
  const workshop = await mkdtemp(at(".new-"));
  const made = (name: string) => join(workshop, name);
  try {
    let authority = there;
    if (authority === null) {
      const subject = `pylone authority of ${site.slice(0, 24)}, ${new Date(now).toISOString().slice(0, 10)}`;
      await writeFile(made("ca.conf"), authorityConf(subject));
      await openssl([
        "req",
        "-x509",
        ...NEW_KEY,
        ...outputs(made("ca")),
        ...terms(made("ca.conf"), AUTHORITY_DAYS),
      ]);
      authority = new X509Certificate(await readFile(made("ca.crt")));
    }
    const daysLeft = Math.floor((Date.parse(authority.validTo) - now) / DAY_MS);
    if (daysLeft < LEAST_DAYS)
      throw new Failure(
        EXIT.noInput,
        `the authority in ${at("ca.crt")} is valid until ${authority.validTo} only; move ca.crt and ca.key away to have a new one made, which every app then imports`,
      );
    const signer = there === null ? made("ca") : at("ca");
    await writeFile(made("server.conf"), serverConf(names));
    await openssl([
      ...["req", "-x509", "-CA", `${signer}.crt`, "-CAkey", `${signer}.key`],
      ...[...NEW_KEY, ...outputs(made("server"))],
      ...terms(made("server.conf"), Math.min(SERVER_DAYS, daysLeft)),
    ]);
    const server = new X509Certificate(await readFile(made("server.crt")));
    const files = ["server.key", "server.crt"];
    if (there === null) files.unshift("ca.key", "ca.crt");
    for (const name of files) await finish(made(name), name.endsWith(".key") ? 0o600 : 0o644, owner);
    for (const name of files) await rename(made(name), at(name));
    return { authority, server, isNewAuthority: there === null };
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}

const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-sha256"];

function outputs(stem: string): string[] {
  return ["-keyout", `${stem}.key`, "-out", `${stem}.crt`];
}

/** The machine's own openssl.cnf adds extensions of its own, so it is not read. */
function terms(conf: string, days: number): string[] {
  return ["-config", conf, "-extensions", "extensions", "-days", String(days)];
}

function authorityConf(commonName: string): string {
  return `${subjectConf(commonName)}
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
`;
}

function serverConf(names: readonly string[]): string {
  const alternatives = names.map((name, index) => `${isIP(name) === 0 ? "DNS" : "IP"}.${index} = ${name}`);
  return `${subjectConf("pylone")}
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = @names
[names]
${alternatives.join("\n")}
`;
}

function subjectConf(commonName: string): string {
  return `[req]
prompt = no
distinguished_name = subject
[subject]
CN = ${commonName}
[extensions]`;
}

/** Null: there is none, and one may be made. */
async function authorityIn(folder: string): Promise<X509Certificate | null> {
  const [cert, key] = await Promise.all(["ca.crt", "ca.key"].map((name) => contentOf(join(folder, name))));
  if (!cert && !key) return null;
  if (!cert || !key) {
    const [missing, left] = cert ? ["ca.key", "ca.crt"] : ["ca.crt", "ca.key"];
    throw new Failure(
      EXIT.noInput,
      `${folder} has ${left} without ${missing}: put ${missing} back, or move ${left} away to have a new authority made, which every app then imports`,
    );
  }
  try {
    const authority = new X509Certificate(cert);
    if (authority.ca && authority.checkPrivateKey(createPrivateKey(key))) return authority;
  } catch (error) {
    throw new Failure(EXIT.noInput, `${folder}: ca.crt or ca.key is no PEM (${reasonOf(error)})`, error);
  }
  throw new Failure(
    EXIT.noInput,
    `${folder}: ca.crt is no authority, or ca.key is another's; move both away to have a new one made, which every app then imports`,
  );
}

/** What apps call the box by today; a certificate that is none has no names. */
async function namesOf(path: string): Promise<string[]> {
  const pem = await contentOf(path);
  if (pem === null) return [];
  try {
    const { subjectAltName = "" } = new X509Certificate(pem);
    return subjectAltName
      .split(", ")
      .map((entry) => entry.replace(/^(?:DNS|IP Address):/, ""))
      .filter(isCertifiable);
  } catch {
    return [];
  }
}

async function contentOf(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}

async function finish(path: string, mode: number, owner: Owner | null): Promise<void> {
  await chmod(path, mode);
  if (owner !== null) await chown(path, owner.uid, owner.gid);
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

async function openssl(args: readonly string[]): Promise<void> {
  try {
    await run("openssl", args);
  } catch (error) {
    const { code, stderr = "" } = error as { code?: unknown; stderr?: string };
    if (code === "ENOENT")
      throw new Failure(
        EXIT.unavailable,
        "there is no `openssl` on this machine; `sudo apt install openssl`, and try again",
        error,
      );
    const { stdout: found } = await run("openssl", ["version"]);
    throw new Failure(
      EXIT.unavailable,
      `openssl made no certificate (it is ${found.trim()}; OpenSSL 3 is needed): ${stderr.trim()}`,
      error,
    );
  }
}
