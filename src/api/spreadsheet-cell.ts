/**
 * A spreadsheet runs a cell that begins like a formula, and what people text or type ends in cells. So an apostrophe
 * goes before it, and is taken off again when the file comes back. A text that has one there already gets another:
 * every text comes back as it was.
 */
const FORMULA = /^'*[=+\-@\t\r＝＋－＠]/;
const GUARDED = /^'+[=+\-@\t\r＝＋－＠]/;

export function guardCell(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text;
}

export function unguardCell(cell: string): string {
  return GUARDED.test(cell) ? cell.slice(1) : cell;
}
