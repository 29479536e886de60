/** The PEM files that the configuration names: read once, at start; what is wrong with them ends it with exit 78. */
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import { Fault, reasonOf } from "../runtime/fault.ts";

/** `key`: of the configuration. */
export function readPem(key: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw refused(`${key}: ${path} cannot be read: ${reasonOf(cause)}`, cause);
  }
}

/** `what`: which key, and what its files are not. */
export function checkPem(what: string, material: Pick<SecureContextOptions, "cert" | "key">): void {
  attempt(what, () => createSecureContext(material));
}

/** OpenSSL takes an authority that is none for an empty list. */
export function checkAuthority(what: string, ca: Buffer): void {
  attempt(what, () => new X509Certificate(ca));
}

function attempt(what: string, check: () => unknown): void {
  try {
    check();
  } catch (cause) {
    throw refused(`${what}: ${reasonOf(cause)}`, cause);
  }
}

function refused(message: string, cause: unknown): Fault {
  return new Fault({ code: "config.invalid", disposition: "reject", message, cause });
}
