/**
 * How the process ends, in sysexits' numbers. systemd reads them (`systemd/pylone.service`): 78 stays down, since
 * only a person can mend a configuration; everything else is started again.
 */
import { Fault } from "../runtime/fault.ts";

export const EXIT = {
  ok: 0,
  /** Asked again, or too slow: ended without waiting for what was on the wire. */
  forced: 1,
  /** It was done, and came to a bad end: the text failed, the doctor found a fault. */
  failed: 1,
  /** The end was not to be seen in the time given. */
  undecided: 2,
  /** The command line is wrong. */
  usage: 64,
  /** The daemon refused what was asked of it; the backup is none, or is damaged. */
  refused: 65,
  /** Something that was asked for is not there yet: no account to show. */
  noInput: 66,
  /** The address to listen on is taken, or not there yet; for the other commands: no daemon answers. May pass. */
  unavailable: 69,
  /** A defect of ours. */
  software: 70,
  /** What is there already is newer than what would take its place. */
  inTheWay: 73,
  /** The disk no longer keeps its word. */
  ioError: 74,
  /** Another daemon holds the data folder. */
  locked: 75,
  /** The daemon runs and cannot do it now (it answered 503 or 429). */
  notNow: 75,
  /** This user may not read or write what is needed, or the daemon does not take the credentials. */
  noPermission: 77,
  /** The configuration is wrong, or the data is of a newer program. */
  config: 78,
} as const;

export function exitCodeOf(error: unknown): number {
  if (error instanceof Fault) {
    if (error.code === "config.invalid" || error.code === "store.newer") return EXIT.config;
    if (error.code === "store.locked") return EXIT.locked;
    if (error.code === "store.failed" || error.code === "backup.failed") return EXIT.ioError;
    if (error.code === "backup.invalid") return EXIT.refused;
    if (error.code === "restore.newer") return EXIT.inTheWay;
  }
  const code = error instanceof Error && "code" in error ? error.code : null;
  if (code === "EACCES" || code === "EPERM") return EXIT.noPermission;
  return EXIT.software;
}
