/**
 * How the process ends, in sysexits' numbers. systemd reads them (`systemd/pylone.service`): 78 stays down, since
 * only a person can mend a configuration; everything else is started again.
 */
import { Fault } from "../runtime/fault.ts";

export const EXIT = {
  ok: 0,
  /** Asked twice, or too slow: ended without waiting for what was on the wire. */
  forced: 1,
  /** The command line is wrong. */
  usage: 64,
  /** Something that was asked for is not there yet: no account to show. */
  noInput: 66,
  /** The address to listen on is taken, or not there yet: may pass by itself. */
  unavailable: 69,
  /** A defect of ours. */
  software: 70,
  /** The disk no longer keeps its word. */
  ioError: 74,
  /** Another daemon holds the data folder. */
  locked: 75,
  /** This user may not read or write what is needed. */
  noPermission: 77,
  /** The configuration is wrong, or the data is of a newer program. */
  config: 78,
} as const;

export function exitCodeOf(error: unknown): number {
  if (error instanceof Fault) {
    if (error.code === "config.invalid" || error.code === "store.newer") return EXIT.config;
    if (error.code === "store.locked") return EXIT.locked;
    if (error.code === "store.failed") return EXIT.ioError;
  }
  const code = error instanceof Error && "code" in error ? error.code : null;
  if (code === "EACCES" || code === "EPERM") return EXIT.noPermission;
  return EXIT.software;
}
