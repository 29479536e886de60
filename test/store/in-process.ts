import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CommandSet, createCommands } from "../../src/store/commands.ts";
import { Committer } from "../../src/store/committer.ts";
import { type Database, openDatabase } from "../../src/store/database.ts";
import { migrate } from "../../src/store/schema.ts";
import { T0 } from "./new-outbound.ts";

/** What runs in the worker, without the thread: for tests that look at the tables or at SQLite itself. */
export type InProcess = {
  readonly db: Database;
  readonly set: CommandSet;
  readonly commands: CommandSet["commands"];
  readonly committer: Committer;
  readonly close: () => void;
};

export function openInProcess(openedAt = T0): InProcess {
  const dataDir = mkdtempSync(join(tmpdir(), "pylone-store-"));
  const db = openDatabase(join(dataDir, "pylone.db"));
  migrate(db);
  const set = createCommands(db, openedAt);
  return {
    db,
    set,
    commands: set.commands,
    committer: new Committer(db, set),
    close: () => {
      db.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
