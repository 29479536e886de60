/**
 * `pylone.address` in the data folder says where the daemon that holds it listens, for the command beside it: the
 * environment that moved the port is the service's own. It decides nothing; one that a crash left behind is known by
 * its process, which is gone.
 */
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock, Timer } from "../runtime/clock.ts";
import { reasonOf } from "../runtime/fault.ts";
import type { Log } from "../runtime/log.ts";

/** As `net.Server.address()` gives it. */
export type ListeningAt = { readonly host: string; readonly port: number };

const FILE = "pylone.address";

/** A disk that is full may have room in a minute. */
const TRY_AGAIN_MS = 30_000;

/** The file of this process. */
export class AddressNote {
  readonly #file: string;
  readonly #text: string;
  readonly #clock: Clock;
  readonly #log: Log;
  #again: Timer | null = null;
  #isTold = false;

  constructor(dataDir: string, { host, port }: ListeningAt, { clock, log }: { clock: Clock; log: Log }) {
    this.#file = join(dataDir, FILE);
    this.#text = `${JSON.stringify({ host, port, pid: process.pid })}\n`;
    this.#clock = clock;
    this.#log = log;
  }

  /** Never rejects: what the disk does not take is tried again until it does. */
  async write(): Promise<void> {
    try {
      await writeFile(this.#file, this.#text, { mode: 0o600 });
    } catch (error) {
      if (!this.#isTold)
        this.#log.warn(`the address could not be noted for the other commands yet: ${reasonOf(error)}`);
      this.#isTold = true;
      this.#again = this.#clock.timer(TRY_AGAIN_MS, () => void this.write());
    }
  }

  /** What cannot be taken away is known by its process. */
  async remove(): Promise<void> {
    this.#again?.cancel();
    await rm(this.#file, { force: true }).catch(() => undefined);
  }
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
