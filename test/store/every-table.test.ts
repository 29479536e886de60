/** Every table of the schema is known to those who check it and save it: a new one that is not fails here. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WORKING_TABLES, whyDamaged } from "../../src/store/damage.ts";
import { openDatabase } from "../../src/store/database.ts";
import { SAVED_TABLES } from "../../src/store/row-shapes.ts";
import { JSON_AT_REST, JSON_COLUMNS, salvage } from "../../src/store/salvage.ts";
import { fillEveryTable } from "./every-table.ts";
import { openInProcess, storeOver } from "./in-process.ts";
import { T0 } from "./new-outbound.ts";

/** They grow with what was done: a start that checked them would take the longer, the more is stored. */
const AT_REST = [
  "broadcast_run_member",
  "event",
  "feedback",
  "fingerprint",
  "message_retired",
  "undecodable",
  "usage_day",
];

type Row = Readonly<Record<string, unknown>>;
type Content = Readonly<Record<string, readonly Row[]>>;

let folder: string;
let before: Content;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "pylone-tables-"));
  const opened = openInProcess(T0, folder);
  await fillEveryTable(storeOver(opened), opened.db);
  opened.db.pragma("wal_checkpoint(TRUNCATE)");
  before = contentOf(opened.db);
  opened.db.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function contentOf(db: ReturnType<typeof openDatabase>): Content {
  const sql =
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
  const tables = db.prepare<[], string>(sql).pluck().all();
  return Object.fromEntries(
    tables.map((table) => [table, db.prepare<[], Row>(`SELECT * FROM ${table}`).all()]),
  );
}

describe("every table of the schema", () => {
  it("has a row in the database of this test", () => {
    expect(Object.keys(before).filter((table) => before[table]?.length === 0)).toEqual([]);
  });

  it("has its place in the order in which rows are saved", () => {
    expect([...SAVED_TABLES].sort()).toEqual(Object.keys(before));
  });

  it("is checked at the start, or rests", () => {
    expect([...WORKING_TABLES, ...AT_REST].sort()).toEqual(Object.keys(before));
  });

  it("has each column with JSON in it where that is looked for", () => {
    const isJson = (value: unknown) => typeof value === "string" && /^[[{]/.test(value);
    const found = Object.entries(before).flatMap(([table, rows]) =>
      Object.keys(rows[0] ?? {})
        .filter((column) => rows.some((row) => isJson(row[column])))
        .map((column) => `${table}.${column}`),
    );
    // What is no JSON, the columns computed from an event and their index refuse.
    const known = [...JSON_COLUMNS, ...JSON_AT_REST, ["event", "event"]].map((names) => names.join("."));
    expect(found).toEqual(known.sort());
  });

  it("loses no more than the rows in which JSON is none, and what is nothing without them", () => {
    const copy = mkdtempSync(join(tmpdir(), "pylone-tables-"));
    cpSync(folder, copy, { recursive: true });
    const damaged = openDatabase(join(copy, "pylone.db"));
    for (const [table, column] of [...JSON_COLUMNS, ...JSON_AT_REST])
      damaged.exec(`UPDATE ${table} SET ${column} = '{no' WHERE ${column} IS NOT NULL`);
    expect(whyDamaged(damaged, copy)).toMatch(/: a row is not what was written$/);
    damaged.close();
    const { lost } = salvage(copy, T0);
    const after = openInProcess(T0, copy);
    expect(whyDamaged(after.db, copy)).toBeNull();
    for (const [table] of JSON_COLUMNS) expect([table, Number(lost[table]) > 0]).toEqual([table, true]);
    const left = contentOf(after.db);
    for (const table of ["broadcast", "broadcast_run", "broadcast_run_member", "audience_member"])
      expect([table, left[table]]).toEqual([table, []]);
    // What is not cut into parts, and what rests.
    expect(left["message"]).not.toEqual([]);
    expect(left["message_retired"]?.map(({ sid }) => sid)).toEqual(
      before["message_retired"]?.map(({ sid }) => sid),
    );
    after.close();
  });

  it("is saved whole where nobody can tell any more which page is whose", () => {
    const file = join(folder, "pylone.db");
    const octets = readFileSync(file);
    writeFileSync(file, octets.fill(0, 0, 1024));
    salvage(folder, T0);
    const db = openDatabase(file);
    const after = contentOf(db);
    expect(whyDamaged(db, folder)).toBeNull();
    db.close();
    expect(after).toEqual(before);
  });
});
