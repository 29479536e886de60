/**
 * `pylone.holder` says who holds the data folder, for the message of the one who comes second. It decides
 * nothing: the lock is SQLite's (`database.ts`), and a holder file left behind by a crash is simply overwritten.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";

type Holder = { readonly pid: number; readonly since: string; readonly host: string };

const FILE = "pylone.holder";

export function writeHolder(dataDir: string, since: number): void {
  const holder: Holder = { pid: process.pid, since: new Date(since).toISOString(), host: hostname() };
  try {
    writeFileSync(join(dataDir, FILE), `${JSON.stringify(holder)}\n`, { mode: 0o600 });
  } catch {
    // A full disk is no reason not to start: what is there can still be read and sent.
  }
}

/** "process 4711 since 2026-11-23T05:00:00.000Z", as well as it can be told. */
export function describeHolder(dataDir: string): string {
  try {
    const holder = JSON.parse(readFileSync(join(dataDir, FILE), "utf8")) as Partial<Holder>;
    const host = holder.host === hostname() ? "" : ` on ${holder.host}`;
    return `process ${holder.pid}${host} since ${holder.since}`;
  } catch {
    return "another process (which did not leave its name)";
  }
}
