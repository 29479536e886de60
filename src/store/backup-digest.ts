/**
 * The checksum of a backup: SQLite finds a page that is no page, but not a letter of a text that is another. It stands
 * behind the last page, where SQLite does not look: the header counts the pages.
 */
import { createHash } from "node:crypto";
import { appendFileSync, closeSync, fstatSync, openSync, readSync, statSync, truncateSync } from "node:fs";

const LABEL = "\npylone backup, sha256 ";
const LENGTH = LABEL.length + 64 + 1;
const CHUNK = 1 << 20;

export function appendDigest(file: string): void {
  appendFileSync(file, trailerOf(file, statSync(file).size));
}

/** False too where there is none: the file was cut, or something wrote into it. */
export function hasItsDigest(file: string): boolean {
  const end = statSync(file).size - LENGTH;
  return end > 0 && read(file, end, LENGTH).toString("latin1") === trailerOf(file, end);
}

/** What is left is the database. */
export function removeDigest(file: string): void {
  truncateSync(file, statSync(file).size - LENGTH);
}

function trailerOf(file: string, end: number): string {
  const hash = createHash("sha256");
  const fd = openSync(file, "r");
  try {
    const chunk = Buffer.alloc(Math.min(CHUNK, Math.max(1, fstatSync(fd).size)));
    for (let at = 0; at < end; ) {
      const got = readSync(fd, chunk, 0, Math.min(chunk.length, end - at), at);
      if (got === 0) break;
      hash.update(chunk.subarray(0, got));
      at += got;
    }
  } finally {
    closeSync(fd);
  }
  return `${LABEL}${hash.digest("hex")}\n`;
}

function read(file: string, at: number, length: number): Buffer {
  const fd = openSync(file, "r");
  try {
    const octets = Buffer.alloc(length);
    return octets.subarray(0, readSync(fd, octets, 0, length, at));
  } finally {
    closeSync(fd);
  }
}
