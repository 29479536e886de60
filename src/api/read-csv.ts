/**
 * The door of the CSV parser: a file as spreadsheets write it (UTF-8; cells between commas, semicolons or tabs) to its
 * rows. Nothing is read behind a quotation mark that stands where it cannot: what follows may be its echo.
 */
import { Readable } from "node:stream";
import { type Options, parse } from "csv-parse";

/** `line`: as an editor counts them, from 1; the first of the row. */
export type CsvRow =
  | { readonly is: "row"; readonly line: number; readonly cells: readonly string[] }
  | { readonly is: "broken"; readonly line: number };

/** One whose quotation mark is never closed would be as long as the file. */
const MAX_ROW_LENGTH = 20_000;
const PIECE_OCTETS = 64 * 1024;

/** Null: it is not UTF-8. */
export function csvRows(file: Buffer): AsyncGenerator<CsvRow> | null {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(file);
    return rowsOf(file, delimiterOf(text));
  } catch {
    return null;
  }
}

async function* rowsOf(file: Buffer, delimiter: string): AsyncGenerator<CsvRow> {
  let last = 0;
  let broken: number | null = null;
  const options: Options<string[], string[]> = {
    delimiter,
    bom: true,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: MAX_ROW_LENGTH,
    on_record: (record, { lines }) => {
      last = lines;
      return record;
    },
    skip_records_with_error: true,
    on_skip: () => {
      broken ??= last + 1;
      return undefined;
    },
  };
  const parser = Readable.from(piecesOf(file)).pipe(parse(options));
  for await (const { record, info } of parser as AsyncIterable<Parsed>) {
    const line = info.lines - record.join("").split("\n").length + 1;
    if (broken !== null && line >= broken) break;
    yield { is: "row", line, cells: record };
  }
  if (broken !== null) yield { is: "broken", line: broken };
}

/** As the parser gives them with `info`. */
type Parsed = { readonly record: string[]; readonly info: { readonly lines: number } };

/** Of those that spreadsheets write, the one that the first line has most of. */
function delimiterOf(text: string): string {
  const [first = ""] = text.trimStart().split(/[\r\n]/, 1);
  const bare = first.replace(/"[^"]*"/g, "");
  const counts = [",", ";", "\t"].map((delimiter) => ({ delimiter, count: bare.split(delimiter).length }));
  return counts.reduce((most, each) => (each.count > most.count ? each : most)).delimiter;
}

function* piecesOf(file: Buffer): Iterable<Buffer> {
  for (let at = 0; at < file.length; at += PIECE_OCTETS) yield file.subarray(at, at + PIECE_OCTETS);
}
