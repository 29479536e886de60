/** Files that a person names: what keeps a command from them, in one sentence with its status. */
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { EXIT } from "../daemon/exit-codes.ts";
import { reasonOf } from "../runtime/fault.ts";
import { Failure } from "./failure.ts";

export type Place = { readonly folder: string; readonly isThere: boolean; readonly isFolder: boolean };

/** Where `file` is to be written. A Failure where there is no folder for it. `file`: absolute. */
export async function placeOf(file: string): Promise<Place> {
  const folder = dirname(file);
  const above = await lookAt(folder);
  if (above === null)
    throw new Failure(EXIT.noInput, `there is no folder ${folder}: make it, or name another file`);
  if (!above.isDirectory())
    throw new Failure(EXIT.noInput, `${folder} is a file, not a folder: name another file`);
  const there = await lookAt(file);
  return { folder, isThere: there !== null, isFolder: there?.isDirectory() ?? false };
}

/** Null when it is not there. */
async function lookAt(path: string): Promise<Awaited<ReturnType<typeof stat>> | null> {
  try {
    return await stat(path);
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw fileFailure(`${path} cannot be looked at`, error);
  }
}

/** Of an error of the system: the machine's trouble or the caller's, never a defect. */
export function fileFailure(what: string, error: unknown): Failure {
  const [status, why] = TROUBLES[codeOf(error) ?? ""] ?? [EXIT.ioError, reasonOf(error)];
  return new Failure(status, `${what}: ${why}`, error);
}

/** Errors that the system gives for a path; null for anything else. */
export function codeOf(error: unknown): string | null {
  return error instanceof Error && "syscall" in error && "code" in error ? String(error.code) : null;
}

const TROUBLES: Readonly<Record<string, readonly [number, string]>> = {
  EACCES: [EXIT.noPermission, "this user may not; run it with sudo, or name a file elsewhere"],
  EPERM: [EXIT.noPermission, "this user may not; run it with sudo, or name a file elsewhere"],
  ENOENT: [EXIT.noInput, "it is not there"],
  ENOTDIR: [EXIT.noInput, "what should be a folder on its way is a file"],
  EISDIR: [EXIT.inTheWay, "it is a folder"],
  EEXIST: [EXIT.inTheWay, "it is there already"],
  ENOSPC: [EXIT.ioError, "the disk is full; make room on it"],
  EDQUOT: [EXIT.ioError, "this user's share of the disk is full; make room on it"],
  EROFS: [EXIT.ioError, "its file system is read-only"],
  EIO: [EXIT.ioError, "the disk fails"],
};
