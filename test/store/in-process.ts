import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CommandSet, createCommands } from "../../src/store/commands.ts";
import { Committer } from "../../src/store/committer.ts";
import { type Database, openDatabase } from "../../src/store/database.ts";
import { newlyStored } from "../../src/store/message-row.ts";
import type { AcceptAnswer, CommandName, Request } from "../../src/store/protocol.ts";
import { migrate } from "../../src/store/schema.ts";
import type { Store } from "../../src/store/store.ts";
import { T0 } from "./new-outbound.ts";

/** What runs in the worker, without the thread: for tests that look at the tables or at SQLite itself. */
export type InProcess = {
  readonly db: Database;
  readonly set: CommandSet;
  readonly commands: CommandSet["commands"];
  readonly committer: Committer;
  readonly close: () => void;
};

export function openInProcess(openedAt = T0, folder: string | null = null): InProcess {
  const dataDir = folder ?? mkdtempSync(join(tmpdir(), "pylone-store-"));
  mkdirSync(dataDir, { recursive: true });
  const db = openDatabase(join(dataDir, "pylone.db"));
  migrate(db);
  const set = createCommands(db, openedAt);
  return {
    db,
    set,
    commands: set.commands,
    committer: new Committer(db, set, () => false),
    close: () => {
      db.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** The commands as a door of promises: everything but the thread and the sync. */
export function storeOver(opened: InProcess): Pick<Store, CommandName> {
  opened.db.pragma("synchronous = OFF");
  const call = (name: CommandName, args: readonly unknown[]) => {
    const [outcome] = opened.committer.run([{ name, args } as unknown as Request]).outcomes;
    if (outcome?.ok !== true) throw new Error(outcome?.message);
    return outcome.value;
  };
  const names = Object.keys(opened.commands) as CommandName[];
  const methods = names.map((name) => [name, async (...args: readonly unknown[]) => call(name, args)]);
  const accept: Store["accept"] = async (message) => {
    const answer = call("accept", [message]) as AcceptAnswer;
    return answer.is === "accepted"
      ? { is: answer.is, message: newlyStored(message, answer.status) }
      : answer;
  };
  return { ...Object.fromEntries(methods), accept } as Pick<Store, CommandName>;
}
