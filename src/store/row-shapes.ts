/**
 * Which table a row belongs to that no root leads to any more: its values have the types of that table's columns, and
 * what two tables have in common is told apart by what stands in it.
 */
import type { Database } from "./database.ts";
import type { Value } from "./page-tree.ts";

export type Column = { readonly name: string; readonly type: string; readonly isRequired: boolean };

export type Shape = {
  readonly table: string;
  readonly columns: readonly Column[];
  /** Where the rowid is also a column; -1 in a table WITHOUT ROWID. */
  readonly rowidAt: number;
};

/** The order in which a person would save them. */
const TABLES = [
  "message_retired",
  "message",
  "submission",
  "webhook",
  "inbound_segment",
  "shown_part",
  "parked_report",
  "opt_out",
  "audience",
  "audience_member",
  "concatenation",
  "line_memory",
  "fingerprint",
  "sticky_sender",
  "usage_day",
  "feedback",
  "undecodable",
  "event",
];

/** Of the tables in which rows have a shape in common with others, what makes them theirs. */
const MARKS: Readonly<Record<string, (values: readonly Value[]) => boolean>> = {
  opt_out: ([recipient, , since]) => isNumber(recipient) && Number(since) > 255,
  concatenation: ([from, , reference]) => isNumber(from) && Number(reference) <= 255,
  fingerprint: ([line, , receivedAt]) => !isNumber(line) && Number(receivedAt) < 1e13,
  sticky_sender: ([service]) => typeof service === "string" && service.startsWith("MG"),
  line_memory: ([line]) => typeof line === "string" && !line.startsWith("MG"),
};

type TableRow = { readonly name: string; readonly wr: number };
type ColumnRow = {
  readonly name: string;
  readonly type: string;
  readonly notnull: number;
  readonly dflt_value: string | null;
  readonly pk: number;
  readonly hidden: number;
};

/** As the schema has them; a table that is younger than this list is behind the others. */
export function shapesOf(db: Database): readonly Shape[] {
  const tables = (db.pragma("table_list") as (TableRow & { schema: string; type: string })[]).filter(
    ({ schema, type, name }) => schema === "main" && type === "table" && !name.startsWith("sqlite_"),
  );
  const rank = ({ name }: TableRow) => (TABLES.includes(name) ? TABLES.indexOf(name) : TABLES.length);
  return tables
    .sort((a, b) => rank(a) - rank(b))
    .map(({ name, wr }) => {
      const columns = (db.pragma(`table_xinfo(${name})`) as ColumnRow[]).filter(({ hidden }) => hidden === 0);
      const rowidAt = columns.findIndex(({ type, pk }) => type === "INTEGER" && pk === 1);
      return {
        table: name,
        columns: columns.map((column) => ({
          name: column.name,
          type: column.type,
          isRequired: column.notnull === 1 && column.dflt_value === null,
        })),
        rowidAt: wr === 1 ? -1 : rowidAt,
      };
    });
}

/** Whether these may be the values of a row of that table: those at the end may be missing, as in a row of old. */
export function fits({ table, columns, rowidAt }: Shape, values: readonly Value[]): boolean {
  if (values.length > columns.length) return false;
  const all = columns.every(({ type, isRequired }, at) => {
    const value = values[at];
    if (at === rowidAt) return value === null;
    if (value === undefined || value === null) return !isRequired;
    return type === "TEXT" ? typeof value === "string" : type === "INTEGER" && typeof value === "number";
  });
  return all && (MARKS[table]?.(values) ?? true);
}

function isNumber(value: Value | undefined): boolean {
  return typeof value === "string" && value.startsWith("+");
}
