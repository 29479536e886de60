/** Plain text for a terminal: columns that line up, dates as one reads them. Whatever is in a text, one row is one line. */

/** A row of texts for each line; the last column is not padded. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [column, cell] of row.entries())
      widths[column] = Math.max(widths[column] ?? 0, onOneLine(cell).length);
  return rows
    .map((row) =>
      row
        .map((cell, column) => onOneLine(cell).padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join("");
}

/** A text that came by radio may hold anything: line ends and what moves a terminal's cursor are shown as a space. */
export function onOneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ");
}

/** RFC 2822, as the API writes dates → this machine's own time, to the second. */
export function shownDate(date: string | null): string {
  if (date === null) return "-";
  const at = new Date(date);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join("-");
  return `${day} ${[at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(":")}`;
}

export function jsonLine(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

/** One document, for people who read it too. */
export function jsonDocument(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
