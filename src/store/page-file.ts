/**
 * `pylone.db` and its `-wal` as pages, read without SQLite: for what SQLite will not open, or gives up half-way.
 * Pages that were committed to the log stand before those of the file (sqlite.org/fileformat.html §4); the log ends
 * where SQLite would end it, at the first frame whose checksum is wrong. Whoever reads has no lock on the files.
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** What `database.ts` makes. */
const PAGE_SIZE = 1024;
const MAGIC = "SQLite format 3\0";
const WAL_HEADER = 32;
const FRAME_HEADER = 24;

export class PageFile {
  readonly pageSize: number;
  readonly pageCount: number;
  /** What its header counts, where that is more: a file that was cut. */
  readonly expectedPages: number;
  readonly #db: number;
  readonly #wal: number | null;
  /** Where in the log the newest version of a page begins. */
  readonly #logged: ReadonlyMap<number, number>;

  constructor(file: string) {
    this.#db = openSync(file, "r");
    this.#wal = openIfThere(`${file}-wal`);
    this.pageSize = pageSizeOf(this.#db);
    const log = this.#wal === null ? null : readLog(this.#wal, this.pageSize);
    this.#logged = log?.pages ?? new Map();
    this.pageCount = Math.max(log?.pageCount ?? 0, Math.ceil(fstatSync(this.#db).size / this.pageSize));
    const header = this.page(1);
    const isHeader = header?.toString("latin1", 0, 16) === MAGIC;
    this.expectedPages = Math.max(this.pageCount, isHeader ? header.readUInt32BE(28) : 0);
  }

  /** Null when there is no such page, or the disk does not give it. */
  page(number: number): Buffer | null {
    if (!Number.isSafeInteger(number) || number < 1 || number > this.pageCount) return null;
    const logged = this.#logged.get(number);
    return logged !== undefined && this.#wal !== null
      ? readAt(this.#wal, logged, this.pageSize)
      : readAt(this.#db, (number - 1) * this.pageSize, this.pageSize);
  }

  close(): void {
    closeSync(this.#db);
    if (this.#wal !== null) closeSync(this.#wal);
  }
}

function openIfThere(file: string): number | null {
  try {
    return openSync(file, "r");
  } catch {
    return null;
  }
}

/** Null when it is not there as a whole, or cannot be read. */
function readAt(fd: number, offset: number, length: number): Buffer | null {
  const octets = Buffer.alloc(length);
  try {
    return readSync(fd, octets, 0, length, offset) === length ? octets : null;
  } catch {
    return null;
  }
}

function pageSizeOf(fd: number): number {
  const header = readAt(fd, 0, 100);
  if (header === null || header.toString("latin1", 0, 16) !== MAGIC) return PAGE_SIZE;
  const size = header.readUInt16BE(16);
  return size >= 512 && size <= 32_768 && (size & (size - 1)) === 0 ? size : PAGE_SIZE;
}

type Log = { readonly pages: ReadonlyMap<number, number>; readonly pageCount: number };

function readLog(fd: number, pageSize: number): Log | null {
  const header = readAt(fd, 0, WAL_HEADER);
  if (header === null) return null;
  const magic = header.readUInt32BE(0);
  if ((magic & 0xfffffffe) >>> 0 !== 0x377f0682 || header.readUInt32BE(8) !== pageSize) return null;
  const sum = new Checksum((magic & 1) === 1);
  sum.add(header, 0, 24);
  if (!sum.is(header, 24)) return null;
  const pages = new Map<number, number>();
  let pageCount = 0;
  let uncommitted: [number, number][] = [];
  for (let offset = WAL_HEADER; ; offset += FRAME_HEADER + pageSize) {
    const frame = readAt(fd, offset, FRAME_HEADER + pageSize);
    if (frame === null || frame.compare(header, 16, 24, 8, 16) !== 0) break;
    sum.add(frame, 0, 8);
    sum.add(frame, FRAME_HEADER, FRAME_HEADER + pageSize);
    if (!sum.is(frame, 16)) break;
    uncommitted.push([frame.readUInt32BE(0), offset + FRAME_HEADER]);
    if (frame.readUInt32BE(4) === 0) continue;
    pageCount = frame.readUInt32BE(4);
    for (const [page, at] of uncommitted) pages.set(page, at);
    uncommitted = [];
  }
  return { pages, pageCount };
}

/** Cumulative over the header and all frames before (fileformat.html §4.2). */
class Checksum {
  readonly #isBigEndian: boolean;
  #a = 0;
  #b = 0;

  constructor(isBigEndian: boolean) {
    this.#isBigEndian = isBigEndian;
  }

  add(octets: Buffer, from: number, to: number): void {
    for (let at = from; at < to; at += 8) {
      this.#a = (this.#a + this.#word(octets, at) + this.#b) >>> 0;
      this.#b = (this.#b + this.#word(octets, at + 4) + this.#a) >>> 0;
    }
  }

  is(octets: Buffer, at: number): boolean {
    return octets.readUInt32BE(at) === this.#a && octets.readUInt32BE(at + 4) === this.#b;
  }

  #word(octets: Buffer, at: number): number {
    return this.#isBigEndian ? octets.readUInt32BE(at) : octets.readUInt32LE(at);
  }
}
