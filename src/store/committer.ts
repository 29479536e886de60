/**
 * Carries out a batch of commands as one transaction, each in a SAVEPOINT of its own: a command that throws is
 * rolled back and answered alone.
 *
 * What is fatal: a COMMIT that fails (an I/O error, a sync that did not reach the disk), and a statement on
 * which SQLite itself gave the transaction up. After that nobody can say what the disk holds, so the process
 * ends and recovery at the next start decides. The exception is a full disk, SQLITE_FULL: it refuses honestly,
 * and nothing of the transaction is on it. Then each command of the batch is tried in a transaction of its own,
 * so that those which need no room (reads, deletes) still succeed, and the others are answered with the refusal.
 */
import { reasonOf } from "../runtime/fault.ts";
import type { CommandSet } from "./commands.ts";
import { type Database, type Statement, sqliteCode } from "./database.ts";
import type { Answer, Outcome, Request } from "./protocol.ts";

/** The transaction is gone, and every command of the batch with it. */
class TransactionLost extends Error {
  readonly full: boolean;

  constructor(error: unknown) {
    super(reasonOf(error), { cause: error });
    this.full = sqliteCode(error) === "SQLITE_FULL";
  }
}

export class Committer {
  readonly #db: Database;
  readonly #set: CommandSet;
  readonly #begin: Statement<[]>;
  readonly #commit: Statement<[]>;
  readonly #rollback: Statement<[]>;
  readonly #savepoint: Statement<[]>;
  readonly #release: Statement<[]>;
  readonly #rollbackTo: Statement<[]>;

  constructor(db: Database, set: CommandSet) {
    this.#db = db;
    this.#set = set;
    this.#begin = db.prepare("BEGIN");
    this.#commit = db.prepare("COMMIT");
    this.#rollback = db.prepare("ROLLBACK");
    this.#savepoint = db.prepare("SAVEPOINT command");
    this.#release = db.prepare("RELEASE command");
    this.#rollbackTo = db.prepare("ROLLBACK TO command");
  }

  /** Committed and synced when it returns. Throws when the disk no longer keeps its word. */
  run(requests: readonly Request[]): Answer {
    const outcomes = this.#attempt(requests);
    return { outcomes, ...this.#set.notices.take() };
  }

  #attempt(requests: readonly Request[]): readonly Outcome[] {
    try {
      return this.#transact(requests);
    } catch (error) {
      if (!(error instanceof TransactionLost) || !error.full) throw error;
      if (requests.length > 1) return requests.flatMap((request) => this.#attempt([request]));
      return requests.map(() => failure(error.cause));
    }
  }

  #transact(requests: readonly Request[]): readonly Outcome[] {
    this.#begin.run();
    try {
      const outcomes = requests.map((request) => this.#one(request));
      this.#commit.run();
      this.#set.undo.forget();
      return outcomes;
    } catch (error) {
      this.#set.undo.rollbackTo(0);
      if (this.#db.inTransaction) this.#rollback.run();
      throw error instanceof TransactionLost ? error : new TransactionLost(error);
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
      if (!this.#db.inTransaction) throw new TransactionLost(error);
      this.#rollbackTo.run();
      this.#release.run();
      this.#set.undo.rollbackTo(mark);
      return failure(error);
    }
  }
}

function carryOut(commands: CommandSet["commands"], request: Request): unknown {
  const command = commands[request.name] as (...args: readonly unknown[]) => unknown;
  return command(...request.args);
}

function failure(error: unknown): Outcome {
  return { ok: false, code: sqliteCode(error), message: reasonOf(error) };
}
