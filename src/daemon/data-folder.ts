/** The data folder is made and tried before anything is opened in it: what is wrong with it names the key to mend. */
import { constants } from "node:fs";
import { access, mkdir } from "node:fs/promises";
import { Fault, reasonOf } from "../runtime/fault.ts";

export async function makeDataFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new Fault({
      code: "config.invalid",
      disposition: "reject",
      message: `dataDir: ${path} cannot be used (${whyNot(cause)}); mend dataDir or PYLONE_DATA_DIR, or the folder's owner and mode`,
      cause,
    });
  }
}

function whyNot(error: unknown): string {
  switch (error instanceof Error && "code" in error ? error.code : null) {
    case "EACCES":
    case "EPERM":
      return "this user may not write there";
    case "EEXIST":
    case "ENOTDIR":
      return "a file is in the way";
    case "EROFS":
      return "the file system is read-only";
    case "ENOSPC":
      return "the disk is full";
    default:
      return reasonOf(error);
  }
}
