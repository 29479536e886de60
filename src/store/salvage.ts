/**
 * Saves what can be read of a damaged database into a new one, row by row, and puts that in its place; the damaged one
 * is moved aside, never deleted. The pages are read without SQLite, which gives a whole table up where one page is bad.
 *
 * It is what stands first, not a backup: a backup is hours old, and a Message that waits in it may have been sent since,
 * while what waits here was accepted with a 201. What is lost is said as far as it can be known: the indexes name rows
 * that are nowhere else any more. Of a page that is gone nobody can say how many rows it had: pages are counted too.
 */
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { type Database, openDatabase, type Statement, sqliteCode } from "./database.ts";
import { PageFile } from "./page-file.ts";
import { PageTrees, type TreeRow } from "./page-tree.ts";
import { rankOf, withState } from "./progress.ts";
import { fits, type Shape, shapesOf } from "./row-shapes.ts";
import { migrate } from "./schema.ts";
import { abandonSwap, asideName, beginSwap, commitSwap } from "./swap-in.ts";

export type Salvage = {
  /** Rows saved, by table. */
  readonly saved: Readonly<Record<string, number>>;
  /** Messages among them that are still to be sent. */
  readonly waiting: number;
  /** Rows that are known to be lost, by table: more where pages or cells could not be read. */
  readonly lost: Readonly<Record<string, number>>;
  /** Of those that the header counts, how many are not in the file, and of how many nothing could be read. */
  readonly pages: { readonly all: number; readonly missing: number; readonly unread: number };
  /** Entries on pages that could be read. */
  readonly badCells: number;
  /** Segments that nobody knows the fate of any more, and that are sent again. */
  readonly inDoubt: number;
};

/** The folder, in the data folder, with the damaged files; and what `instead` has said, where it was asked. */
type Placed<Instead> = { readonly aside: string; readonly instead: Instead | null };

/**
 * Nobody has the database open. Throws when the disk has no room for what is saved. Where nothing is, `instead` may put
 * something else in the place; null: there is nothing.
 */
export function salvage<Instead = never>(
  dataDir: string,
  at: number,
  instead: () => Instead | null = () => null,
): Salvage & Placed<Instead> {
  // Where the log alone is left, there is a file to move aside with it all the same.
  closeSync(openSync(join(dataDir, "pylone.db"), "a", 0o600));
  const file = new PageFile(join(dataDir, "pylone.db"));
  try {
    const db = openDatabase(join(beginSwap(dataDir), "pylone.db"));
    try {
      db.pragma("synchronous = OFF");
      db.pragma("cache_size = -65536");
      migrate(db);
      const saver = new Saver(db, new PageTrees(file));
      const result = { ...db.transaction(() => saver.run())(), pages: pagesOf(file, saver) };
      db.pragma("synchronous = FULL");
      db.pragma("wal_checkpoint(TRUNCATE)");
      db.close();
      const placed = isNothing(result) ? instead() : null;
      const aside = asideName("damaged", at);
      if (placed === null) commitSwap(dataDir, aside);
      return { ...result, aside, instead: placed };
    } finally {
      db.close();
    }
  } finally {
    file.close();
    abandonSwap(dataDir);
  }
}

function pagesOf(file: PageFile, saver: Saver): Salvage["pages"] {
  const { pageCount, expectedPages } = file;
  return { all: expectedPages, missing: expectedPages - pageCount, unread: saver.unreadPages() };
}

/** The box's diary is nothing that anybody waits for. */
export function isNothing({ saved }: Pick<Salvage, "saved">): boolean {
  return Object.entries(saved).every(
    ([table, rows]) => rows === 0 || ["event", "ping", "clock_step"].includes(table),
  );
}

/** Which column of an index names the row, and which table it is of. */
type IndexRow = { readonly table: string; readonly root: number };

class Saver {
  readonly #db: Database;
  readonly #trees: PageTrees;
  readonly #shapes: readonly Shape[];
  readonly #inserts = new Map<string, Statement<unknown[]>>();
  readonly #saved: Record<string, number> = {};
  readonly #lost: Record<string, number> = {};
  /** Keys of Messages that something else names. */
  readonly #named = new Map<string, Set<number>>();

  constructor(db: Database, trees: PageTrees) {
    this.#db = db;
    this.#trees = trees;
    this.#shapes = shapesOf(db);
  }

  unreadPages(): number {
    return this.#trees.unreadPages();
  }

  run(): Omit<Salvage, "pages"> {
    const { roots, indexes } = this.#schema();
    for (const shape of this.#shapes) {
      const root = roots.get(shape.table);
      if (root === undefined) continue;
      const kind = shape.rowidAt < 0 ? "index" : "table";
      for (const row of this.#trees.rows(root, kind)) this.#save(shape, row);
    }
    for (const { table, root } of indexes) this.#missing(table, root);
    for (const kind of ["table", "index"] as const)
      for (const row of this.#trees.orphans(kind)) this.#saveOrphan(row, kind);
    // What is wholly on the wire is in no index, but has Submissions.
    const widowed = "SELECT messageKey FROM submission WHERE messageKey NOT IN (SELECT key FROM message)";
    for (const key of this.#db.prepare<[], number>(widowed).pluck().all()) this.#name("message", key);
    const inDoubt = this.#reconcile();
    for (const [table, keys] of this.#named) {
      const isHere = this.#db.prepare<[number]>(`SELECT 1 FROM ${table} WHERE key = ?`);
      const rests = this.#db.prepare<[number]>("SELECT 1 FROM message_retired WHERE key = ?");
      const isLost = (key: number) =>
        isHere.get(key) === undefined && (table !== "message" || rests.get(key) === undefined);
      this.#lost[table] = Math.max(this.#lost[table] ?? 0, [...keys].filter(isLost).length);
    }
    for (const table of Object.keys(this.#saved)) this.#saved[table] = this.#count(table);
    const waiting = this.#count("message", "status IN ('queued', 'sending', 'scheduled')");
    return { saved: this.#saved, waiting, lost: this.#lost, badCells: this.#trees.badCells, inDoubt };
  }

  /** From page 1; empty where that cannot be read. */
  #schema(): { roots: ReadonlyMap<string, number>; indexes: readonly IndexRow[] } {
    const roots = new Map<string, number>();
    const indexes: IndexRow[] = [];
    for (const { values } of this.#trees.rows(1, "table")) {
      const [type, name, table, root] = values;
      if (typeof name !== "string" || typeof table !== "string" || typeof root !== "number") continue;
      if (type === "table") roots.set(name, root);
      // One index of all rows, and those of what still has to be done.
      if (type === "index" && NAMING.includes(name)) indexes.push({ table, root });
    }
    return { roots, indexes };
  }

  #save(shape: Shape, { rowid, values }: TreeRow): boolean {
    if (!fits(shape, values)) return this.#refuse(shape.table);
    const given = shape.columns.slice(0, values.length).map(({ name }) => `"${name}"`);
    const sql = `INSERT OR IGNORE INTO ${shape.table} (${given}) VALUES (${given.map(() => "?")})`;
    const insert = this.#inserts.get(sql) ?? this.#db.prepare<unknown[]>(sql);
    this.#inserts.set(sql, insert);
    try {
      const { changes } = insert.run(values.map((value, at) => (at === shape.rowidAt ? rowid : value)));
      this.#saved[shape.table] = (this.#saved[shape.table] ?? 0) + changes;
      return changes === 1;
    } catch (error) {
      // What is no JSON, no STRICT type: the row was damaged within its bounds.
      const code = sqliteCode(error);
      if (code === "SQLITE_ERROR" || code?.startsWith("SQLITE_CONSTRAINT") === true)
        return this.#refuse(shape.table);
      throw error;
    }
  }

  #saveOrphan(row: TreeRow, kind: "table" | "index"): void {
    for (const shape of this.#shapes)
      if (shape.rowidAt < 0 === (kind === "index") && fits(shape, row.values) && this.#save(shape, row))
        return;
  }

  #refuse(table: string): false {
    this.#lost[table] = (this.#lost[table] ?? 0) + 1;
    return false;
  }

  /** An index ends each of its rows with the rowid of the table's: those that are not there are lost. */
  #missing(table: string, root: number): void {
    const find = this.#db.prepare<[number]>(`SELECT 1 FROM ${table} WHERE key = ?`);
    for (const { values } of this.#trees.rows(root, "index")) {
      const key = values.at(-1);
      if (typeof key === "number" && find.get(key) === undefined) this.#name(table, key);
    }
  }

  /** It is nowhere: one more that is lost, but for what an orphan proves to be. */
  #name(table: string, key: number): void {
    const keys = this.#named.get(table) ?? new Set();
    this.#named.set(table, keys.add(key));
  }

  /**
   * What is left of a Message and of its Submissions may contradict each other. A Message that rests is not sent
   * again; of a Segment whose try is lost nobody knows whether the network has it: it goes again, as any unknown does
   * by default. How many those are.
   */
  #reconcile(): number {
    for (const [table, column] of JSON_COLUMNS) {
      const bad = this.#db.prepare(`DELETE FROM ${table} WHERE NOT json_valid(${column})`).run().changes;
      if (bad > 0) this.#lost[table] = (this.#lost[table] ?? 0) + bad;
    }
    for (const [table, column] of JSON_AT_REST)
      this.#db.exec(`UPDATE ${table} SET ${column} = NULL WHERE NOT json_valid(${column})`);
    this.#db.exec(`
      DELETE FROM message WHERE key IN (SELECT key FROM message_retired);
      DELETE FROM submission WHERE messageKey NOT IN (SELECT key FROM message);
      UPDATE message SET made = (SELECT max(number) FROM submission WHERE messageKey = key)
        WHERE made < (SELECT max(number) FROM submission WHERE messageKey = key);
      DELETE FROM audience_member WHERE audienceKey NOT IN (SELECT key FROM audience);
      UPDATE audience SET members = (SELECT count(*) FROM audience_member WHERE audienceKey = audience.key);
      DELETE FROM broadcast_run WHERE broadcastKey NOT IN (SELECT key FROM broadcast);
      DELETE FROM broadcast_run_member WHERE runKey NOT IN (SELECT key FROM broadcast_run);`);
    const open = this.#db
      .prepare<[number], number>(
        "SELECT position FROM submission WHERE messageKey = ? AND state IN ('trying', 'unknown') AND verdict IS NULL",
      )
      .pluck();
    const update = this.#db.prepare("UPDATE message SET progress = ?, rank = ? WHERE key = ?");
    let inDoubt = 0;
    const flying = this.#db
      .prepare<[], Parameters<typeof rankOf>[0] & { key: number }>(
        "SELECT key, status, progress, retryAt, lane FROM message WHERE progress GLOB '*[tu]*'",
      )
      .all();
    for (const row of flying) {
      const known = new Set(open.all(row.key));
      let { progress } = row;
      for (let at = 0; at < progress.length; at++) {
        if (!"tu".includes(progress.charAt(at)) || known.has(at)) continue;
        progress = withState(progress, at, ".");
        inDoubt++;
      }
      if (progress !== row.progress) update.run(progress, rankOf({ ...row, progress }), row.key);
    }
    return inDoubt;
  }

  #count(table: string, condition = "true"): number {
    const sql = `SELECT count(*) FROM ${table} WHERE ${condition}`;
    return this.#db.prepare<[], number>(sql).pluck().get() ?? 0;
  }
}

const NAMING = [
  "message_retired_account",
  "message_claimable",
  "message_backing_off",
  "message_scheduled",
  "webhook_queue",
];

/** What is read as JSON whenever it is read: a row in which it is none would stop its queue for ever. */
export const JSON_COLUMNS = [
  ["webhook", "facts"],
  ["inbound_segment", "segment"],
  ["shown_part", "segment"],
  ["parked_report", "report"],
  ["audience", "keywords"],
  ["audience_member", "attributes"],
  ["message", "parts"],
  ["broadcast", "definition"],
  ["broadcast_run", "definition"],
] as const;

/** What is read as JSON when somebody asks for it; NULL where it is lost. */
export const JSON_AT_REST = [["message_retired", "submissions"]] as const;
