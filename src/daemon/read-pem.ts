/** The PEM files that the configuration names: tried before anything starts; what is wrong with them ends it with exit 78. */
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { reasonOf } from "../runtime/fault.ts";
import type { Refuse } from "./config-checks.ts";
import type { KeyPath } from "./config-problems.ts";
import type { Config } from "./config-schema.ts";

/** A certificate that does not fit its key is an error of the configuration, not a broken handshake. */
export function checkPemFiles({ http, lines }: Config, refuse: Refuse): void {
  if (http.tls !== undefined) checkPair(["http", "tls"], http.tls, refuse);
  lines.forEach((line, index) => {
    if (line.type !== "smpp" || line.tls === undefined) return;
    const { ca, cert, key } = line.tls;
    const at: KeyPath = ["lines", index, "tls"];
    if (ca !== undefined) checkAuthority([...at, "ca"], ca, refuse);
    if (cert !== undefined && key !== undefined) checkPair(at, { cert, key }, refuse);
  });
}

function checkPair(
  at: KeyPath,
  files: { readonly cert: string; readonly key: string },
  refuse: Refuse,
): void {
  const cert = readable([...at, "cert"], files.cert, refuse);
  const key = readable([...at, "key"], files.key, refuse);
  if (cert === null || key === null) return;
  const problem = failureOf(() => createSecureContext({ cert, key }));
  if (problem !== null)
    refuse(
      at,
      `${files.cert} and ${files.key} are no certificate with its key in PEM (${problem}); name the certificate in \`cert\` and the key it was made with in \`key\``,
    );
}

/** OpenSSL takes an authority that is none for an empty list. */
function checkAuthority(at: KeyPath, path: string, refuse: Refuse): void {
  const ca = readable(at, path, refuse);
  if (ca === null) return;
  const problem = failureOf(() => new X509Certificate(ca));
  if (problem !== null)
    refuse(
      at,
      `${path} holds no certificate in PEM (${problem}); name the file of the authority's certificate`,
    );
}

function readable(at: KeyPath, path: string, refuse: Refuse): Buffer | null {
  try {
    return readFileSync(path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : null;
    const text =
      code === "ENOENT"
        ? `${path} does not exist; correct the path (a relative one begins at this file's folder), or put the file there`
        : code === "EACCES"
          ? `${path} may not be read by this user; run as the user it belongs to, or mend its permissions`
          : `${path} cannot be read (${reasonOf(error)}); name a file in PEM`;
    refuse(at, text);
    return null;
  }
}

function failureOf(attempt: () => unknown): string | null {
  try {
    attempt();
    return null;
  } catch (error) {
    return reasonOf(error);
  }
}
