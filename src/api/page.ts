/**
 * Paging, contract §1.9 and §1.10. The token carries the SID of the last row of the page, so a page begins where
 * the last one ended whatever has been added since: a row is listed at most once and none that was there is
 * missed.
 *
 * `Page` without a token is what old clients count up by themselves; it steps over that many pages, and so does
 * `previous_page_uri`, which no cursor can give.
 */
import { ApiError } from "./api-error.ts";
import { type ApiContext, originOf, pathOf } from "./context.ts";

const DEFAULT_SIZE = 50;
const MAX_SIZE = 1000;
/** How many rows a `Page` without a token may step over. */
const MAX_SKIPPED = 100_000;

export type PageSource<Row> = {
  /** The name of the one array in the answer. */
  readonly key: string;
  /** What a cursor of this list looks like. */
  readonly cursor: RegExp;
  readonly cursorOf: (row: Row) => string;
  readonly list: (after: string | null, limit: number) => Promise<readonly Row[]>;
  readonly view: (row: Row) => object;
};

export async function pageOf<Row>(ctx: ApiContext, source: PageSource<Row>): Promise<object> {
  const { shown, size, page, token, next } = await readPage(ctx, source);
  const uri = uriMaker(pathOf(ctx), ctx, size);
  const first = page * size;
  return {
    first_page_uri: uri(0, null),
    next_page_uri: next === null ? null : uri(page + 1, next),
    previous_page_uri: page > 0 ? uri(page - 1, null) : null,
    uri: uri(page, token),
    page,
    page_size: size,
    start: shown.length === 0 && page === 0 ? 0 : first,
    end: first + Math.max(0, shown.length - 1),
    [source.key]: shown.map(source.view),
  };
}

/** Contract §1.10, the product APIs' form: all of it under `meta`, absolute, on the host the client used. */
export async function metaPageOf<Row>(ctx: ApiContext, source: PageSource<Row>): Promise<object> {
  const { shown, size, page, token, next } = await readPage(ctx, source);
  const url = uriMaker(originOf(ctx) + pathOf(ctx), ctx, size);
  return {
    meta: {
      page,
      page_size: size,
      first_page_url: url(0, null),
      previous_page_url: page > 0 ? url(page - 1, null) : null,
      url: url(page, token),
      next_page_url: next === null ? null : url(page + 1, next),
      key: source.key,
    },
    [source.key]: shown.map(source.view),
  };
}

type Page<Row> = {
  readonly shown: readonly Row[];
  readonly size: number;
  readonly page: number;
  /** Of this page and of the next, with their `PA`. */
  readonly token: string | null;
  readonly next: string | null;
};

async function readPage<Row>(ctx: ApiContext, source: PageSource<Row>): Promise<Page<Row>> {
  const query = new URLSearchParams(ctx.querystring);
  const size = readSize(query.get("PageSize"));
  const page = readPageNumber(query.get("Page"));
  const token = readToken(query.get("PageToken"), source.cursor);
  const start = token === null ? await skip(source, page * size) : { after: token };
  const rows = start === null ? [] : await source.list(start.after, size + 1);
  const shown = rows.slice(0, size);
  const last = shown.at(-1);
  const more = rows.length > size && last !== undefined;
  return {
    shown,
    size,
    page,
    token: token === null ? null : `PA${token}`,
    next: more ? `PA${source.cursorOf(last)}` : null,
  };
}

/** A list that is whole in memory, such as numbers or lines. `rows` are in the order of their cursors. */
export function listFrom<Row>(rows: readonly Row[], cursorOf: (row: Row) => string): PageSource<Row>["list"] {
  return async (after, limit) => {
    const begin = after === null ? 0 : rows.findIndex((row) => cursorOf(row) > after);
    return begin < 0 ? [] : rows.slice(begin, begin + limit);
  };
}

export function readSize(text: string | null): number {
  if (text === null || text === "") return DEFAULT_SIZE;
  const size = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (size < 1 || size > MAX_SIZE) throw new ApiError(20007);
  return size;
}

/** The client's own bookkeeping: what cannot be read is the first page. */
function readPageNumber(text: string | null): number {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : 0;
}

function readToken(text: string | null, cursor: RegExp): string | null {
  if (text === null || text === "") return null;
  const after = text.startsWith("PA") ? text.slice(2) : "";
  if (!cursor.test(after)) throw new ApiError(21481);
  return after;
}

/** Null when the list ends before. */
async function skip<Row>(source: PageSource<Row>, count: number): Promise<{ after: string | null } | null> {
  if (count > MAX_SKIPPED) {
    throw new ApiError(21481, "A page this far on needs the PageToken of the page before it.");
  }
  let after: string | null = null;
  let left = count;
  while (left > 0) {
    const rows: readonly Row[] = await source.list(after, Math.min(left, MAX_SIZE));
    const last = rows.at(-1);
    if (last === undefined) return null;
    after = source.cursorOf(last);
    left -= rows.length;
  }
  return { after };
}

/** With every filter repeated and percent-encoded (`DateSent%3E=`). */
function uriMaker(path: string, ctx: ApiContext, size: number) {
  const filters = [...new URLSearchParams(ctx.querystring)].filter(
    ([name]) => !["PageSize", "Page", "PageToken"].includes(name),
  );
  return (page: number, token: string | null): string => {
    const pairs = [...filters, ["PageSize", String(size)], ["Page", String(page)]];
    if (token !== null) pairs.push(["PageToken", token]);
    return `${path}?${pairs.map((pair) => pair.map(encodeURIComponent).join("=")).join("&")}`;
  };
}
