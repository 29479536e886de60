/**
 * What systemd is told (sd_notify(3)), by its own `systemd-notify`. Node opens no datagram sockets of the Unix kind, and
 * the native packages that do compile at install, against libsystemd's headers or an abandoned binding. A process each
 * time costs the loop some 5 ms on a PC, twice a minute at most, and nothing while nobody asks.
 *
 * It is best effort: systemd judges by what arrives, and a word that is lost is said again at the next feed.
 */
import { execFile } from "node:child_process";

export type Notify = {
  /** Assignments as in sd_notify(3), e.g. `READY=1`. Settles when they have been taken, or could not be: null, or why. */
  readonly tell: (...assignments: readonly string[]) => Promise<string | null>;
  /** How long systemd waits between two `WATCHDOG=1`; null: it has no watchdog for this process. */
  readonly watchdogMs: number | null;
};

/** systemd-notify waits 5 s itself, until systemd has taken the message. */
const TELL_MS = 10_000;

/** Null where no service manager listens. */
export function openNotify(
  environment: Readonly<Record<string, string | undefined>>,
  pid: number,
): Notify | null {
  const socket = environment["NOTIFY_SOCKET"];
  if (socket === undefined || socket === "") return null;
  const env = { NOTIFY_SOCKET: socket, PATH: environment["PATH"] ?? "/usr/bin:/bin" };
  return {
    watchdogMs: watchdogOf(environment, pid),
    tell: (...assignments) =>
      new Promise((resolve) => {
        execFile("systemd-notify", assignments, { env, cwd: "/", timeout: TELL_MS }, (error) =>
          resolve(error === null ? null : (error.message.split("\n")[0] ?? "it failed")),
        );
      }),
  };
}

function watchdogOf(environment: Readonly<Record<string, string | undefined>>, pid: number): number | null {
  const { WATCHDOG_USEC: usec, WATCHDOG_PID: meant } = environment;
  if (usec === undefined || !/^\d{1,15}$/.test(usec) || Number(usec) === 0) return null;
  if (meant !== undefined && meant !== String(pid)) return null;
  return Number(usec) / 1000;
}
