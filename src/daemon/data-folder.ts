/**
 * The data folder is made and tried before anything is opened in it: what is wrong with it names the key to mend.
 * A disk that is full or read-only may be so for a while only: then the start is tried again (exit 74).
 *
 * The folder above a new one is synced: until then a power cut may take the name of the data folder away, and with
 * it everything that was synced inside (DESIGN §4.8 knows this of `settings.json`).
 */
import { constants } from "node:fs";
import { access, mkdir, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { Fault, reasonOf } from "../runtime/fault.ts";

export async function makeDataFolder(path: string): Promise<void> {
  try {
    await makeFolder(path);
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    const isPassing = codeOf(cause) === "EROFS" || codeOf(cause) === "ENOSPC";
    throw new Fault({
      code: isPassing ? "store.failed" : "config.invalid",
      disposition: "reject",
      message: `dataDir: ${path} cannot be used (${whyNot(cause)}); mend dataDir or PYLONE_DATA_DIR, or the folder's owner and mode`,
      cause,
    });
  }
}

/** Not `mkdir`'s own recursion: in Node 20 it never ends where nothing can be made (`/proc/…`), and says nothing. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await makeOne(path);
  } catch (error) {
    const code = codeOf(error);
    if (code === "EEXIST" && (await stat(path)).isDirectory()) return;
    if (code !== "ENOENT" || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await makeOne(path);
  }
}

async function makeOne(path: string): Promise<void> {
  await mkdir(path, { mode: 0o700 });
  const above = await open(dirname(path), "r");
  try {
    await above.sync();
  } finally {
    await above.close();
  }
}

function whyNot(error: unknown): string {
  switch (codeOf(error)) {
    case "EACCES":
    case "EPERM":
      return "this user may not write there";
    case "EEXIST":
    case "ENOTDIR":
      return "a file is in the way";
    case "EROFS":
      return "the file system is read-only";
    case "ENOENT":
      return "no folder can be made there";
    case "ENOSPC":
      return "the disk is full";
    default:
      return reasonOf(error);
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : null;
}
