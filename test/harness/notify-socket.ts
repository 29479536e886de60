/**
 * Stands where systemd listens: a datagram Unix socket. Node has none, so Perl, which every Debian has, reads it and
 * prints each message on a line of its own; the file descriptor of a barrier is closed by not being taken.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { eventually } from "./program.ts";

const RECEIVER = `
use Socket; $| = 1;
socket(my $socket, AF_UNIX, SOCK_DGRAM, 0) or die $!;
bind($socket, pack_sockaddr_un($ARGV[0])) or die $!;
while (defined recv($socket, my $message, 4096, 0)) { print join(" ", split(/\\n/, $message)), "\\n" }
`;

export class NotifySocket {
  readonly path: string;
  readonly told: { readonly words: string }[] = [];
  readonly #receiver: ChildProcess;

  private constructor(folder: string) {
    this.path = join(folder, "notify");
    this.#receiver = spawn("perl", ["-e", RECEIVER, this.path], { stdio: ["ignore", "pipe", "inherit"] });
    createInterface({ input: this.#receiver.stdout! }).on("line", (words) => {
      if (words !== "BARRIER=1") this.told.push({ words });
    });
  }

  static async open(folder: string): Promise<NotifySocket> {
    const socket = new NotifySocket(folder);
    await eventually(async () => (existsSync(socket.path) ? true : null));
    return socket;
  }

  /** The first message that has the word in it. */
  has(word: string, forMs?: number): Promise<{ readonly words: string }> {
    return eventually(async () => this.told.find(({ words }) => words.includes(word)) ?? null, forMs);
  }

  count(word: string): number {
    return this.told.filter(({ words }) => words.includes(word)).length;
  }

  async close(): Promise<void> {
    const gone = new Promise((resolve) => this.#receiver.once("close", resolve));
    this.#receiver.kill();
    await gone;
  }
}
