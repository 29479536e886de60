/**
 * The built program as a process: what journeys drive. Its standard output is read line by line; JSON lines are
 * the log. Processes are ended by their own handle, and the folder goes with them.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** Of the package this file is in, compiled (under dist/ itself) or not. */
export const DIST = join(packageOf(dirname(fileURLToPath(import.meta.url))), "dist/");

export type LogLine = Readonly<Record<string, unknown>>;
export type Ended = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

export class Program {
  readonly lines: string[] = [];
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  readonly #watchers = new Set<() => void>();
  #errors = "";
  #over: Ended | null = null;

  /** `script`: relative to dist/, or absolute. */
  constructor(
    script: string,
    options: { args?: readonly string[]; env?: Record<string, string>; cwd: string },
  ) {
    const { PATH = "", ...rest } = { PATH: process.env["PATH"], ...options.env };
    this.#child = spawn(process.execPath, [resolve(DIST, script), ...(options.args ?? [])], {
      cwd: options.cwd,
      env: { PATH, ...rest },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const { stdout, stderr } = this.#child;
    if (stdout === null || stderr === null) throw new Error("the process has no output");
    createInterface({ input: stdout }).on("line", (line) => {
      this.lines.push(line);
      this.#tell();
    });
    stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#errors += text;
    });
    this.ended = new Promise((resolve) => {
      this.#child.once("close", (code, signal) => {
        this.#over = { code, signal };
        resolve(this.#over);
        this.#tell();
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get errors(): string {
    return this.#errors;
  }

  get log(): LogLine[] {
    return this.lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as LogLine);
  }

  /** The first line that `find` makes something of; fails when the process ends before. */
  line<T>(find: (line: string) => T | null): Promise<T> {
    return new Promise((resolve, reject) => {
      let read = 0;
      const look = () => {
        for (; read < this.lines.length; read++) {
          const found = find(this.lines[read] ?? "");
          if (found === null) continue;
          this.#watchers.delete(look);
          resolve(found);
          return;
        }
        if (this.#over === null) return;
        this.#watchers.delete(look);
        reject(
          new Error(`the process ended (${this.#over.code}):\n${this.lines.join("\n")}\n${this.#errors}`),
        );
      };
      this.#watchers.add(look);
      look();
    });
  }

  logged(message: string): Promise<LogLine> {
    return this.line((line) => {
      if (!line.startsWith("{")) return null;
      const entry = JSON.parse(line) as LogLine;
      return entry["msg"] === message ? entry : null;
    });
  }

  signal(signal: NodeJS.Signals): void {
    if (this.#over === null) this.#child.kill(signal);
  }

  end(signal: NodeJS.Signals = "SIGTERM"): Promise<Ended> {
    this.signal(signal);
    return this.ended;
  }

  #tell(): void {
    for (const look of [...this.#watchers]) look();
  }
}

/** A folder and the processes of one test; `end` takes both away. */
export class Site {
  readonly folder = mkdtempSync(join(tmpdir(), "pylone-journey-"));
  readonly #programs: Program[] = [];

  run(script: string, args: readonly string[] = [], env: Record<string, string> = {}): Program {
    const program = new Program(script, { args, env, cwd: this.folder });
    this.#programs.push(program);
    return program;
  }

  async end(): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.end("SIGKILL")));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/**
 * Asks again until the answer is there: what happens in another process brings no event here. The only place
 * where tests wait on real time. `forMs` is for a machine that is several times slower, or away for some seconds. What
 * takes long is asked for less often, since asking is work for the program as well.
 */
export async function eventually<T>(ask: () => Promise<T | null>, forMs = 45_000): Promise<T> {
  const since = performance.now();
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    const waitedMs = performance.now() - since;
    if (waitedMs > forMs) throw new Error(`nothing came of it within ${forMs} ms: ${ask.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, Math.min(Math.max(20, waitedMs / 50), 250)));
  }
}

function packageOf(folder: string): string {
  return existsSync(join(folder, "package.json")) ? folder : packageOf(dirname(folder));
}
