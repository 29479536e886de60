/**
 * A file of members. Its first row names the columns: one is `phone_number`; `language`, `joined_at` and `joined_by`
 * may be there; any other is an attribute. A cell is the truth of its member: an empty one takes away what was there, a
 * column that is not there leaves it.
 *
 * Every line is read, so that one answer names all that is wrong. Long files are read a piece at a time: nobody else
 * waits for them.
 */
import type { MemberFields } from "../accounts/audience/audiences.ts";
import {
  columnOf,
  MAX_ATTRIBUTES,
  MEMBER_COLUMNS,
  type Read,
  readAttributeName,
  readAttributeValue,
  readLanguage,
  readPhoneNumber,
} from "../accounts/audience/member-fields.ts";
import type { JoinedBy } from "../store/audience-commands.ts";
import { type CsvRow, csvRows } from "./read-csv.ts";
import { unguardCell } from "./spreadsheet-cell.ts";

/** `line`: as an editor counts them, the header is the first. */
export type CsvProblem = { readonly line: number; readonly column: string | null; readonly text: string };

export type CsvMember = MemberFields & { readonly line: number };
export type MembersFile = {
  readonly members: readonly CsvMember[];
  /** In the order of the lines. With one of them nothing of the file is to be used. */
  readonly problems: readonly CsvProblem[];
};

type Site = { readonly country: string; readonly now: number };
type Row = Extract<CsvRow, { is: "row" }>;
type Column =
  | { readonly is: (typeof MEMBER_COLUMNS)[number]; readonly header: string }
  | { readonly is: "attribute"; readonly name: string; readonly header: string }
  | { readonly is: "nameless"; readonly header: string };

/** Reading one costs as much as reading its phone number, some 20 µs. */
const ROWS_AT_ONCE = 100;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?Z$/;
const JOINED_BY: readonly JoinedBy[] = ["api", "import", "keyword"];

export async function readMembersCsv(file: Buffer, site: Site): Promise<MembersFile> {
  const members: CsvMember[] = [];
  const problems: CsvProblem[] = [];
  const rows = csvRows(file);
  if (rows === null) return { members, problems: [{ line: 1, column: null, text: NOT_UTF_8 }] };
  let columns: readonly Column[] | null = null;
  let read = 0;
  for await (const row of rows) {
    if (row.is === "broken") {
      problems.push({ line: row.line, column: null, text: BROKEN });
    } else if (columns === null) {
      columns = readHeader(row, problems);
      if (problems.length > 0) break;
    } else if (row.cells.some((cell) => cell.trim() !== "")) {
      const member = readRow(row, columns, site, problems);
      if (member !== null) members.push(member);
    }
    read++;
    if (read % ROWS_AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  if (read === 0 && problems.length === 0) problems.push({ line: 1, column: null, text: EMPTY });
  return { members, problems };
}

const NOT_UTF_8 = "the file is not UTF-8: save it as “CSV UTF-8”, or its letters would come out wrong";
const BROKEN =
  "a quotation mark stands within a cell, or is not closed: put the cell in quotation marks and double those inside";
const EMPTY = "the file is empty: its first line names the columns";

function readHeader({ cells, line }: Row, problems: CsvProblem[]): readonly Column[] {
  const columns: Column[] = [];
  const seen = new Set<string>();
  for (const cell of cells) {
    const header = cell.trim();
    const known = MEMBER_COLUMNS.find((name) => name === columnOf(header));
    const name = known === undefined && header !== "" ? readAttributeName(header) : null;
    if (name?.is === "wrong") problems.push({ line, column: header.slice(0, 40), text: name.why });
    const key = known ?? (name?.is === "read" ? name.value : null);
    if (key !== null && seen.has(key)) {
      problems.push({ line, column: header, text: "two columns are called so: rename one, or leave it out" });
    }
    if (key !== null) seen.add(key);
    if (known !== undefined) columns.push({ is: known, header });
    else if (name?.is === "read") columns.push({ is: "attribute", name: name.value, header });
    else columns.push({ is: "nameless", header });
  }
  if (!seen.has("phonenumber")) {
    const there = cells.map((cell) => cell.trim().slice(0, 40)).join(", ");
    const text = `no column is called phone_number (they are called: ${there}): call the one with the numbers so`;
    problems.push({ line, column: null, text });
  }
  const attributes = columns.filter((column) => column.is === "attribute").length;
  if (attributes > MAX_ATTRIBUTES) {
    const text = `${attributes} columns would be attributes, ${MAX_ATTRIBUTES} are allowed: leave some out`;
    problems.push({ line, column: null, text });
  }
  return columns;
}

/** Null: the line is among the problems now. */
function readRow(
  { cells, line }: Row,
  columns: readonly Column[],
  site: Site,
  problems: CsvProblem[],
): CsvMember | null {
  const before = problems.length;
  const attributes: Record<string, string | null> = {};
  const known: { -readonly [Name in keyof MemberFields]?: MemberFields[Name] } = {};
  const take = <T>(column: Column, result: Read<T>): T | undefined => {
    if (result.is === "read") return result.value;
    problems.push({ line, column: column.header, text: result.why });
    return undefined;
  };
  for (const [at, column] of columns.entries()) {
    const cell = unguardCell(cells[at] ?? "").trim();
    switch (column.is) {
      case "phonenumber": {
        const number =
          cell === ""
            ? wrong("the number is missing: write it, or delete the line")
            : readPhoneNumber(cell, site.country);
        known.phoneNumber = take(column, number) ?? "";
        break;
      }
      case "language":
        known.language = cell === "" ? null : (take(column, readLanguage(cell)) ?? null);
        break;
      case "joinedat":
        if (cell !== "") known.joinedAt = take(column, readInstant(cell, site.now)) ?? 0;
        break;
      case "joinedby":
        if (cell !== "") known.joinedBy = take(column, readJoinedBy(cell)) ?? "import";
        break;
      case "optedoutof":
        break;
      case "attribute": {
        const value = take(column, readAttributeValue(cell));
        attributes[column.name] = value === undefined || value === "" ? null : value;
        break;
      }
      case "nameless":
        if (cell !== "")
          take(column, wrong(`column ${at + 1} has no name: name it in the first line, or empty it`));
        break;
    }
  }
  if (cells.slice(columns.length).some((cell) => cell.trim() !== "")) {
    const text = `the line has ${cells.length} cells, the first line names ${columns.length}: put a cell with a separator in quotation marks`;
    problems.push({ line, column: null, text });
  }
  return problems.length === before ? { phoneNumber: "", ...known, attributes, line } : null;
}

function readInstant(text: string, now: number): Read<number> {
  const at = INSTANT.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at))
    return wrong(`${text.slice(0, 40)} is no date such as 2026-11-28T07:00:00Z: write it so, or empty it`);
  return at > now ? wrong(`${text} is in the future: nobody joined then`) : { is: "read", value: at };
}

function readJoinedBy(text: string): Read<JoinedBy> {
  const known = JOINED_BY.find((by) => by === text);
  if (known === undefined)
    return wrong(`${text.slice(0, 40)} is none of ${JOINED_BY.join(", ")}: write one, or empty it`);
  return { is: "read", value: known };
}

function wrong(why: string): Read<never> {
  return { is: "wrong", why };
}
