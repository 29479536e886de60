/**
 * When the log is copied back into `pylone.db`, and when not: a backup copies a file that holds still. Meanwhile
 * the log grows; beyond its bound it is copied back all the same, and that backup is worth nothing.
 */
import { checkpoint, checkpointAll, type Database, logPages } from "./database.ts";
import { diskTrouble, isReadOnlyFolder } from "./disk-trouble.ts";

/** 256 MB of pages of 1 KB: minutes of heavy traffic, and less than what a backup takes itself. */
const MOST_PAGES = 262_144;

export class HeldFile {
  readonly #db: Database;
  readonly #dataDir: string;
  readonly #mostPages: number;
  #state: "free" | "held" | "broken" = "free";

  constructor(db: Database, dataDir: string, mostPages = MOST_PAGES) {
    this.#db = db;
    this.#dataDir = dataDir;
    this.#mostPages = mostPages;
  }

  /** False when the disk does not take all of the log: then whoever copies the file copies the log too. */
  hold(): boolean {
    const isWhole = this.#ifPossible(() => checkpointAll(this.#db));
    this.#state = "held";
    return isWhole;
  }

  /** Whether it stayed as it was. */
  release(): boolean {
    const stayed = this.#state === "held";
    this.#state = "free";
    return stayed;
  }

  /** Between transactions. */
  checkpoint(): void {
    if (this.#state === "held") {
      if (logPages(this.#db) < this.#mostPages) return;
      this.#state = "broken";
    }
    this.#ifPossible(() => {
      checkpoint(this.#db);
      return true;
    });
  }

  /** A disk without room for the copy takes it later: until then the log holds what was acknowledged. */
  #ifPossible(copyBack: () => boolean): boolean {
    try {
      return copyBack();
    } catch (error) {
      const trouble = diskTrouble(error, () => isReadOnlyFolder(this.#dataDir));
      if (trouble !== "full" && trouble !== "read-only") throw error;
      return false;
    }
  }
}
