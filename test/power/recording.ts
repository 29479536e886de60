/** What `recorder.c` wrote down of one life of the daemon: compiled here, read here. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const SOURCE = fileURLToPath(new URL("recorder.c", import.meta.url));
const HEAD_OCTETS = 24;

/** `position` is its place among all of them. Paths are absolute. */
export type Deed = { readonly position: number } & (
  | { readonly is: "open"; readonly fd: number; readonly flags: number; readonly path: string }
  | { readonly is: "close"; readonly fd: number }
  | { readonly is: "write"; readonly fd: number; readonly offset: number; readonly octets: Buffer }
  | { readonly is: "truncate"; readonly fd: number; readonly size: number }
  | { readonly is: "rename" | "link"; readonly path: string; readonly to: string }
  | { readonly is: "unlink" | "mkdir" | "rmdir"; readonly path: string }
  /** A sync covers what was done before its begin, and counts from its end. */
  | { readonly is: "sync-begin" | "sync-end"; readonly fd: number; readonly sync: number }
  /** Over TCP. */
  | { readonly is: "said" | "heard"; readonly fd: number; readonly octets: Buffer }
);

const NAMES = { U: "unlink", M: "mkdir", R: "rmdir", N: "rename", L: "link" } as const;

/** Compiles the recorder into `folder`; the library's path. */
export function compileRecorder(folder: string): string {
  const library = join(folder, "recorder.so");
  execFileSync("cc", ["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", library, SOURCE, "-ldl"], {
    stdio: "inherit",
  });
  return library;
}

/** What the daemon's environment needs for it. */
export function recordingEnv(library: string, root: string, log: string): Record<string, string> {
  return {
    LD_PRELOAD: library,
    // What goes through an io_uring goes past every library.
    UV_USE_IO_URING: "0",
    PYLONE_RECORD_ROOT: root,
    PYLONE_RECORD_LOG: log,
  };
}

/** The last record may be cut off where the process was killed. */
export function readRecording(log: string): readonly Deed[] {
  const octets = readFileSync(log);
  const deeds: Deed[] = [];
  for (let at = 0; at + HEAD_OCTETS <= octets.length; ) {
    const one = at + HEAD_OCTETS;
    const other = one + octets.readUInt32LE(at + 16);
    const end = other + octets.readUInt32LE(at + 20);
    if (end > octets.length) break;
    deeds.push(
      deedOf(deeds.length, {
        operation: String.fromCharCode(octets[at] ?? 0),
        fd: octets.readInt32LE(at + 4),
        offset: Number(octets.readBigInt64LE(at + 8)),
        one: octets.subarray(one, other),
        other: octets.toString("utf8", other, end),
      }),
    );
    at = end;
  }
  return deeds;
}

type Raw = {
  readonly operation: string;
  readonly fd: number;
  readonly offset: number;
  readonly one: Buffer;
  readonly other: string;
};

function deedOf(position: number, { operation, fd, offset, one, other }: Raw): Deed {
  switch (operation) {
    case "O":
      return { position, is: "open", fd, flags: offset, path: one.toString("utf8") };
    case "C":
      return { position, is: "close", fd };
    case "W":
      return { position, is: "write", fd, offset, octets: one };
    case "T":
      return { position, is: "truncate", fd, size: offset };
    case "B":
    case "E":
      return { position, is: operation === "B" ? "sync-begin" : "sync-end", fd, sync: offset };
    case "S":
    case "G":
      return { position, is: operation === "S" ? "said" : "heard", fd, octets: one };
    case "N":
    case "L":
      return { position, is: NAMES[operation], path: one.toString("utf8"), to: other };
    case "U":
    case "M":
    case "R":
      return { position, is: NAMES[operation], path: one.toString("utf8") };
    default:
      throw new Error(`the recording cannot be followed at ${position}: ${operation} ${one} ${other}`);
  }
}
