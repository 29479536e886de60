/** One process under measurement: its lines, its processor time, its memory and its writes, read from /proc. */
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";

/** USER_HZ, which Linux has fixed at 100 for /proc. */
const TICKS_PER_SECOND = 100;

export class Measured {
  readonly lines: string[] = [];
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #watchers = new Set<() => void>();
  #over = false;

  /** `nodeArgs` go before the script: what node itself is told. */
  constructor(script: string, args: readonly string[], cwd: string, nodeArgs: readonly string[] = []) {
    this.#child = spawn(process.execPath, [...nodeArgs, script, ...args], {
      cwd,
      // As `npm start` and the systemd unit have it.
      env: { PATH: process.env["PATH"] ?? "", MALLOC_ARENA_MAX: "2" },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const { stdout } = this.#child;
    if (stdout === null) throw new Error("the process has no output");
    createInterface({ input: stdout }).on("line", (line) => {
      this.lines.push(line);
      for (const look of [...this.#watchers]) look();
    });
    this.#ended = new Promise((resolve) => {
      this.#child.once("close", () => {
        this.#over = true;
        for (const look of [...this.#watchers]) look();
        resolve();
      });
    });
  }

  /** The first line from `from` on that `find` makes something of. */
  line<T>(find: (line: string) => T | null, from = 0): Promise<T> {
    return new Promise((resolve, reject) => {
      let read = from;
      const look = () => {
        for (; read < this.lines.length; read++) {
          const found = find(this.lines[read] ?? "");
          if (found === null) continue;
          this.#watchers.delete(look);
          resolve(found);
          return;
        }
        if (this.#over) reject(new Error(`the process ended:\n${this.lines.slice(-20).join("\n")}`));
      };
      this.#watchers.add(look);
      look();
    });
  }

  signal(name: "SIGUSR2" | "SIGKILL"): void {
    this.#child.kill(name);
  }

  async stop(): Promise<void> {
    if (!this.#over) this.#child.kill("SIGTERM");
    await this.#ended;
  }

  get ended(): Promise<void> {
    return this.#ended;
  }

  /** Since its start, all its threads. */
  get processorSeconds(): number {
    return secondsOf(this.#proc("stat"));
  }

  /** The share of the thread its event loop runs on; the rest is the store's thread, V8's and libuv's. */
  get mainThreadSeconds(): number {
    return secondsOf(this.#proc(`task/${this.#child.pid}/stat`));
  }

  get residentBytes(): number {
    return Number(/VmRSS:\s+(\d+) kB/.exec(this.#proc("status"))?.[1]) * 1024;
  }

  /** How many files, sockets and pipes it holds open. */
  get descriptors(): number {
    return readdirSync(`/proc/${this.#child.pid}/fd`).length;
  }

  /** What it has sent towards the disk. */
  get writtenBytes(): number {
    return Number(/^write_bytes: (\d+)$/m.exec(this.#proc("io"))?.[1]);
  }

  #proc(file: string): string {
    return readFileSync(`/proc/${this.#child.pid}/${file}`, "utf8");
  }
}

function secondsOf(stat: string): number {
  const fields = stat.replace(/^.*\) /, "").split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Milliseconds of the machine's monotonic clock: the same in every process. */
export function machineMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
