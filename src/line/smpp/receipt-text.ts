/**
 * The text of a delivery receipt, SMPP 3.4 Appendix B: `id:… sub:… dlvrd:… submit date:… done date:… stat:… err:…
 * text:…`. The standard calls it an example, and each SMSC has its own: other cases, blanks after the colon, fields
 * missing or in another order. A key counts at a beginning of a word; a value ends where the next key begins;
 * `text:` takes the rest, since it is what somebody wrote and may look like anything.
 */
export type ReceiptText = {
  readonly id: string | null;
  readonly stat: string | null;
  readonly err: string | null;
  readonly submitDate: string | null;
  readonly doneDate: string | null;
};

const KEYS =
  /(?:^|[\s,;])(id|sub|dlvrd|submit[\s_]?date|done[\s_]?date|stat(?:us)?|err(?:or)?|text)\s*[:=]/gi;

/** Null when it is no receipt: without a state, or without anything to know the message by. */
export function parseReceiptText(text: string): ReceiptText | null {
  const fields = new Map<string, string>();
  const marks = marksIn(text);
  marks.forEach(({ key, valueAt }, index) => {
    const end = marks[index + 1]?.at ?? text.length;
    const value = text
      .slice(valueAt, end)
      .replace(/[\s,;\0]+$/, "")
      .trimStart();
    if (value !== "" && !fields.has(key)) fields.set(key, value);
  });
  const of = (key: string) => fields.get(key) ?? null;
  if (!fields.has("stat")) return null;
  return {
    id: of("id"),
    stat: of("stat"),
    err: of("err"),
    submitDate: of("submitdate"),
    doneDate: of("donedate"),
  };
}

type Mark = { readonly key: string; readonly at: number; readonly valueAt: number };

function marksIn(text: string): readonly Mark[] {
  const marks: Mark[] = [];
  for (const match of text.matchAll(KEYS)) {
    const key = keyOf(match[1] ?? "");
    marks.push({ key, at: match.index, valueAt: match.index + match[0].length });
    if (key === "text") break;
  }
  return marks;
}

function keyOf(written: string): string {
  const key = written.toLowerCase().replace(/[\s_]/g, "");
  return key === "status" ? "stat" : key === "error" ? "err" : key;
}

/**
 * `YYMMDDhhmm`, with seconds or with a century, as ISO 8601 without a zone: the SMSC does not tell its own. Without
 * seconds where there are none: how exact it is decides what it may be taken for. Null for what cannot be a date.
 */
export function isoOfReceiptDate(date: string | null): string | null {
  const digits = date?.replace(/[^\d]/g, "") ?? "";
  const century =
    digits.length === 14 || (digits.length === 12 && /^20[2-9]\d(?:0[1-9]|1[0-2])/.test(digits));
  const match = (
    century ? /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?$/ : /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?$/
  ).exec(digits);
  if (match === null) return null;
  const [, year = "", month = "", day = "", hour = "", minute = "", second] = match;
  const iso = `${year.length === 2 ? `20${year}` : year}-${month}-${day}T${hour}:${minute}${second === undefined ? "" : `:${second}`}`;
  const epoch = Date.parse(`${iso}Z`);
  // A 31st of April would come back as the 1st of May.
  return !Number.isNaN(epoch) && new Date(epoch).toISOString().startsWith(iso) ? iso : null;
}
