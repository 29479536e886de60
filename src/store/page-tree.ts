/**
 * Rows out of b-tree pages (sqlite.org/fileformat.html §1.6, §2), as far as they can be read: a page or a cell that is
 * not what it should be is passed over and counted, and its neighbours are read all the same.
 */
import type { PageFile } from "./page-file.ts";

export type Value = null | number | string | Buffer;
/** `rowid`: null in a tree of a table WITHOUT ROWID, or of an index. */
export type TreeRow = { readonly rowid: number | null; readonly values: readonly Value[] };
export type TreeKind = "table" | "index";

const LEAF = { table: 0x0d, index: 0x0a } as const;
const INTERIOR = { table: 0x05, index: 0x02 } as const;
/** SQLite's own trees are far lower. */
const DEEPEST = 20;
const LONGEST_ROW = 16 * 1024 * 1024;

class Misread extends Error {}

export class PageTrees {
  readonly #file: PageFile;
  readonly #usable: number;
  readonly #seen = new Set<number>();
  /** Pages that were what they should be. */
  readonly #read = new Set<number>();
  badCells = 0;

  constructor(file: PageFile) {
    this.#file = file;
    this.#usable = file.pageSize;
  }

  /** Every row of the tree that can be reached from its root; a page is read once. */
  *rows(root: number, kind: TreeKind, depth = 0): Generator<TreeRow> {
    if (this.#seen.has(root) || depth > DEEPEST) return;
    this.#seen.add(root);
    const page = this.#file.page(root);
    const header = root === 1 ? 100 : 0;
    const type = page?.[header];
    if (page === null || (type !== LEAF[kind] && type !== INTERIOR[kind])) return;
    this.#read.add(root);
    const isLeaf = type === LEAF[kind];
    const start = header + (isLeaf ? 8 : 12);
    for (const at of this.#cells(page, header, start)) {
      if (!isLeaf) yield* this.rows(page.readUInt32BE(at), kind, depth + 1);
      if (!isLeaf && kind === "table") continue;
      const row = this.#rowAt(page, isLeaf ? at : at + 4, kind);
      if (row !== null) yield row;
    }
    if (!isLeaf) yield* this.rows(page.readUInt32BE(header + 8), kind, depth + 1);
  }

  /** Rows of leaves that no root led to, and that are not free. */
  *orphans(kind: TreeKind): Generator<TreeRow> {
    const free = this.#freePages();
    for (let number = 2; number <= this.#file.pageCount; number++) {
      if (this.#seen.has(number) || free.has(number)) continue;
      const type = this.#file.page(number)?.[0];
      if (type === LEAF[kind] || (kind === "index" && type === INTERIOR.index))
        yield* this.#alone(number, kind);
      else if (type === INTERIOR.table) this.#read.add(number);
    }
  }

  /** The children of an interior page are orphans themselves. */
  *#alone(number: number, kind: TreeKind): Generator<TreeRow> {
    this.#seen.add(number);
    const page = this.#file.page(number);
    if (page === null) return;
    this.#read.add(number);
    const isLeaf = page[0] === LEAF[kind];
    for (const at of this.#cells(page, 0, isLeaf ? 8 : 12)) {
      const row = this.#rowAt(page, isLeaf ? at : at + 4, kind);
      if (row !== null) yield row;
    }
  }

  /** Where its cells begin; one that points outside is passed over. */
  #cells(page: Buffer, header: number, start: number): number[] {
    const count = page.readUInt16BE(header + 3);
    const places: number[] = [];
    for (let at = start; at < start + 2 * count && at + 2 <= page.length; at += 2) {
      const place = page.readUInt16BE(at);
      if (place >= start + 2 * count && place <= page.length - 4) places.push(place);
      else this.badCells++;
    }
    return places;
  }

  #rowAt(page: Buffer, at: number, kind: TreeKind): TreeRow | null {
    try {
      const [length, afterLength] = varint(page, at);
      if (kind === "index")
        return { rowid: null, values: recordOf(this.#payload(page, afterLength, length, kind)) };
      const [rowid, afterRowid] = varint(page, afterLength);
      return { rowid, values: recordOf(this.#payload(page, afterRowid, length, kind)) };
    } catch (error) {
      if (!(error instanceof Misread) && !(error instanceof RangeError)) throw error;
      this.badCells++;
      return null;
    }
  }

  /** What does not fit into the page is in a chain of others. */
  #payload(page: Buffer, at: number, length: number, kind: TreeKind): Buffer {
    if (length > LONGEST_ROW) throw new Misread();
    const most = kind === "table" ? this.#usable - 35 : Math.floor(((this.#usable - 12) * 64) / 255) - 23;
    if (length <= most) return slice(page, at, length);
    const least = Math.floor(((this.#usable - 12) * 32) / 255) - 23;
    const rest = least + ((length - least) % (this.#usable - 4));
    const local = rest <= most ? rest : least;
    const parts = [slice(page, at, local)];
    let missing = length - local;
    let next = slice(page, at + local, 4).readUInt32BE(0);
    while (missing > 0) {
      const overflow = this.#file.page(next);
      if (overflow === null || this.#seen.has(next)) throw new Misread();
      this.#read.add(next);
      const part = slice(overflow, 4, Math.min(missing, this.#usable - 4));
      parts.push(part);
      missing -= part.length;
      next = overflow.readUInt32BE(0);
    }
    return Buffer.concat(parts);
  }

  /** Of how many pages nothing is known, those beyond the end of a file that was cut among them. */
  unreadPages(): number {
    const known = this.#freePages();
    for (const number of this.#read) known.add(number);
    // The one in which the locks are (fileformat.html §1.6).
    const lockPage = 2 ** 30 / this.#file.pageSize + 1;
    if (lockPage <= this.#file.expectedPages) known.add(lockPage);
    return this.#file.expectedPages - [...known].filter((page) => page <= this.#file.expectedPages).length;
  }

  /** What stood on them is deleted. */
  #freePages(): Set<number> {
    const free = new Set<number>();
    let trunk = this.#file.page(1)?.readUInt32BE(32) ?? 0;
    while (trunk !== 0 && !free.has(trunk)) {
      const page = this.#file.page(trunk);
      if (page === null) break;
      free.add(trunk);
      const count = Math.min(page.readUInt32BE(4), page.length / 4 - 2);
      for (let index = 0; index < count; index++) free.add(page.readUInt32BE(8 + 4 * index));
      trunk = page.readUInt32BE(0);
    }
    return free;
  }
}

function slice(page: Buffer, at: number, length: number): Buffer {
  if (at + length > page.length) throw new Misread();
  return page.subarray(at, at + length);
}

/** Big-endian, seven bits an octet. Its value and where it ends; what we write is never as large as nine octets. */
function varint(octets: Buffer, from: number): [value: number, end: number] {
  let value = 0;
  for (let at = from; at < from + 8; at++) {
    const octet = octets.readUInt8(at);
    value = value * 128 + (octet & 0x7f);
    if (octet < 0x80 && Number.isSafeInteger(value)) return [value, at + 1];
  }
  throw new Misread();
}

function recordOf(payload: Buffer): Value[] {
  const [headerEnd, first] = varint(payload, 0);
  if (headerEnd > payload.length) throw new Misread();
  const values: Value[] = [];
  let at = first;
  let body = headerEnd;
  while (at < headerEnd) {
    const [type, next] = varint(payload, at);
    const length = lengthOf(type);
    values.push(decoded(type, slice(payload, body, length)));
    body += length;
    at = next;
  }
  return values;
}

const INTEGER_LENGTHS = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0];

function lengthOf(type: number): number {
  if (type >= 12) return Math.floor((type - 12) / 2);
  const length = INTEGER_LENGTHS[type];
  if (length === undefined) throw new Misread();
  return length;
}

function decoded(type: number, octets: Buffer): Value {
  if (type >= 12) return type % 2 === 0 ? octets : octets.toString("utf8");
  if (type === 0) return null;
  if (type === 7) return octets.readDoubleBE(0);
  if (type === 8 || type === 9) return type - 8;
  return type === 6 ? Number(octets.readBigInt64BE(0)) : octets.readIntBE(0, octets.length);
}
