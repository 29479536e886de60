/**
 * Carries out a batch of commands as one transaction, each in a SAVEPOINT of its own: a command that throws is
 * rolled back and answered alone.
 *
 * What is fatal: a COMMIT that fails (an I/O error, a sync that did not reach the disk), a statement on which
 * SQLite itself gave the transaction up, and a page that is not what was written (`disk-trouble.ts`). After that
 * nobody can say what the disk holds, so the process ends and recovery at the next start decides. The exception is
 * a full or read-only disk: it refuses honestly, and nothing of the transaction is on it. Then each command of the
 * batch is tried in a transaction of its own, so that those which need no room (reads, deletes) still succeed, and
 * the others are answered with the refusal.
 */
import { type Clock, systemClock } from "../runtime/clock.ts";
import { reasonOf } from "../runtime/fault.ts";
import type { CommandSet } from "./commands.ts";
import { type Database, type Statement, sqliteCode } from "./database.ts";
import { type DiskTrouble, diskTrouble } from "./disk-trouble.ts";
import type { Answer, Outcome, Request } from "./protocol.ts";

/** The transaction is gone, and every command of the batch with it. */
export class TransactionLost extends Error {
  /** Null: SQLite gave the transaction up for a reason of its own. */
  readonly trouble: DiskTrouble | null;

  constructor(error: unknown, trouble: DiskTrouble | null) {
    super(reasonOf(error), { cause: error });
    this.trouble = trouble;
  }

  get isRefusal(): boolean {
    return this.trouble === "full" || this.trouble === "read-only";
  }
}

export class Committer {
  readonly #db: Database;
  readonly #set: CommandSet;
  readonly #isReadOnly: () => boolean;
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #begin: Statement<[]>;
  readonly #commit: Statement<[]>;
  readonly #rollback: Statement<[]>;
  readonly #savepoint: Statement<[]>;
  readonly #release: Statement<[]>;
  readonly #rollbackTo: Statement<[]>;
  #syncedInMs = 0;

  /** `isReadOnly`: whether the disk takes no writes at present. */
  constructor(
    db: Database,
    set: CommandSet,
    isReadOnly: () => boolean,
    clock: Pick<Clock, "monotonicMs"> = systemClock,
  ) {
    this.#db = db;
    this.#set = set;
    this.#isReadOnly = isReadOnly;
    this.#clock = clock;
    this.#begin = db.prepare("BEGIN");
    this.#commit = db.prepare("COMMIT");
    this.#rollback = db.prepare("ROLLBACK");
    this.#savepoint = db.prepare("SAVEPOINT command");
    this.#release = db.prepare("RELEASE command");
    this.#rollbackTo = db.prepare("ROLLBACK TO command");
  }

  /** Committed and synced when it returns. Throws when the disk no longer keeps its word. */
  run(requests: readonly Request[]): Answer {
    this.#syncedInMs = 0;
    const outcomes = this.#attempt(requests);
    return { outcomes, ...this.#set.notices.take(), syncedInMs: this.#syncedInMs };
  }

  #attempt(requests: readonly Request[]): readonly Outcome[] {
    try {
      return this.#transact(requests);
    } catch (error) {
      if (!(error instanceof TransactionLost) || !error.isRefusal) throw error;
      if (requests.length > 1) return requests.flatMap((request) => this.#attempt([request]));
      return requests.map(() => ({ ...failure(error.cause), trouble: error.trouble }));
    }
  }

  #transact(requests: readonly Request[]): readonly Outcome[] {
    this.#begin.run();
    try {
      const outcomes = requests.map((request) => this.#one(request));
      const begunAt = this.#clock.monotonicMs();
      this.#commit.run();
      this.#syncedInMs += this.#clock.monotonicMs() - begunAt;
      this.#set.undo.forget();
      return outcomes;
    } catch (error) {
      this.#set.undo.rollbackTo(0);
      if (this.#db.inTransaction) this.#rollback.run();
      throw error instanceof TransactionLost ? error : this.#lost(error);
    }
  }

  #one(request: Request): Outcome {
    const mark = this.#set.undo.mark;
    this.#savepoint.run();
    try {
      const value = carryOut(this.#set.commands, request);
      this.#release.run();
      return { ok: true, value };
    } catch (error) {
      const lost = this.#lost(error);
      // A disk that refuses may refuse the way back as well: the transaction is given up as a whole.
      if (lost.trouble !== null || !this.#db.inTransaction) throw lost;
      this.#rollbackTo.run();
      this.#release.run();
      this.#set.undo.rollbackTo(mark);
      return failure(error);
    }
  }

  #lost(error: unknown): TransactionLost {
    return new TransactionLost(error, diskTrouble(error, this.#isReadOnly));
  }
}

function carryOut(commands: CommandSet["commands"], request: Request): unknown {
  const command = commands[request.name] as (...args: readonly unknown[]) => unknown;
  return command(...request.args);
}

function failure(error: unknown): Extract<Outcome, { ok: false }> {
  return { ok: false, code: sqliteCode(error), trouble: null, message: reasonOf(error) };
}
