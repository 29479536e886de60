/**
 * `pylone.address` in the data folder says where the daemon that holds it listens, for the command beside it: the
 * environment that moved the port is the service's own. It decides nothing; one that a crash left behind is known by
 * its process, which is gone.
 */
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** As `net.Server.address()` gives it. */
export type ListeningAt = { readonly host: string; readonly port: number };

const FILE = "pylone.address";

export async function writeAddress(dataDir: string, { host, port }: ListeningAt): Promise<void> {
  const text = `${JSON.stringify({ host, port, pid: process.pid })}\n`;
  await writeFile(join(dataDir, FILE), text, { mode: 0o600 });
}

export async function removeAddress(dataDir: string): Promise<void> {
  await rm(join(dataDir, FILE), { force: true });
}

/** Null where no daemon that still runs has left one. Rejects with the system's error where it may not be read. */
export async function readAddress(dataDir: string): Promise<(ListeningAt & { readonly pid: number }) | null> {
  const text = await readFile(join(dataDir, FILE), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  const found = text === null ? null : parse(text);
  return found === null || !runs(found.pid) ? null : found;
}

function parse(text: string): (ListeningAt & { readonly pid: number }) | null {
  try {
    const { host, port, pid } = JSON.parse(text) as Partial<Record<"host" | "port" | "pid", unknown>>;
    if (typeof host !== "string" || typeof port !== "number" || typeof pid !== "number") return null;
    return { host, port, pid };
  } catch {
    return null;
  }
}

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
