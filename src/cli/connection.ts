/**
 * What the other commands know of the daemon, found where `serve` finds it: its address, its certificate, the main
 * account's credentials. For root, and for the daemon's own user; anybody else is told to run it with sudo.
 */
import { readFile } from "node:fs/promises";
import { readAddress } from "../daemon/address-file.ts";
import { type LoadedConfig, loadConfig } from "../daemon/config.ts";
import type { Config } from "../daemon/config-schema.ts";
import { EXIT, exitCodeOf } from "../daemon/exit-codes.ts";
import { reasonOf } from "../runtime/fault.ts";
import { readSettings } from "../store/settings.ts";
import { Failure } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";

export type Credentials = { readonly sid: string; readonly authToken: string };

export type Connection = {
  /** Without a path: `http://127.0.0.1:8080`. */
  readonly url: string;
  /** PEM: the one certificate that is taken for the daemon's. Null: it speaks plain HTTP. */
  readonly certificate: string | null;
  readonly credentials: Credentials;
};

/** The configuration that `serve` would use; a Failure where there is none to use. */
export function configurationOf(config: string | null, surroundings: Surroundings): LoadedConfig {
  const { environment, workingFolder } = surroundings;
  try {
    return loadConfig({ argument: config, environment, workingFolder });
  } catch (error) {
    const cause = error instanceof Error ? error.cause : null;
    if (exitCodeOf(cause) === EXIT.noPermission)
      throw new Failure(EXIT.noPermission, `${reasonOf(error)}${WITH_SUDO}`, error);
    throw new Failure(exitCodeOf(error), reasonOf(error), error);
  }
}

export async function connectionOf(config: Config): Promise<Connection> {
  const credentials = await credentialsOf(config);
  if (credentials === null) {
    throw new Failure(
      EXIT.noInput,
      `there is no account in ${config.dataDir} yet; the first \`pylone serve\` makes it`,
    );
  }
  const url = await urlOf(config);
  if (url === null)
    throw new Failure(EXIT.unavailable, `the daemon of ${config.dataDir} does not run; ${START_IT}`);
  const { tls } = config.http;
  return {
    url,
    certificate: tls === undefined ? null : await reading(tls.cert, () => readFile(tls.cert, "utf8")),
    credentials,
  };
}

/** The main account's; null before the first start. */
export async function credentialsOf({ account, dataDir }: Config): Promise<Credentials | null> {
  if (account !== undefined) return account;
  const settings = await reading(dataDir, () => readSettings(dataDir));
  return settings?.accounts[0] ?? null;
}

/**
 * Where the daemon says it listens; null where none runs. Where its configuration says it would listen is not asked:
 * whoever has the port while no daemon runs would be told the token.
 */
export async function urlOf({ http, dataDir }: Config): Promise<string | null> {
  const left = await reading(dataDir, () => readAddress(dataDir));
  if (left === null) return null;
  const { host, port } = left;
  const here = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `${http.tls === undefined ? "http" : "https"}://${here.includes(":") ? `[${here}]` : here}:${port}`;
}

export const START_IT = "start it with `systemctl start pylone` or `pylone serve`";

const WITH_SUDO = ": run this with sudo, or as the user the daemon runs as (sudo -u pylone …)";

/** Whatever may not be read by this user, or is not what it should be. */
export async function reading<T>(what: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Failure) throw error;
    const code = exitCodeOf(error);
    if (code === EXIT.noPermission)
      throw new Failure(code, `${what} may not be read by this user${WITH_SUDO}`, error);
    throw new Failure(code, reasonOf(error), error);
  }
}
