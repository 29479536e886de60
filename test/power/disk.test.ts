import { constants, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { ALL_LEFT, Disk, type Leftovers, NOTHING_LEFT, ONLY_NAMES_LEFT } from "./disk.ts";
import type { Deed } from "./recording.ts";

const ROOT = "/box";
const { O_CREAT, O_RDWR, O_TRUNC } = constants;

/** Without their places. */
type Told<T> = T extends unknown ? Omit<T, "position"> : never;

function diskAfter(...told: readonly Told<Deed>[]): Disk {
  const disk = new Disk(ROOT);
  for (const [position, deed] of told.entries()) disk.do({ position, ...deed } as Deed);
  return disk;
}

function left(disk: Disk, leftovers: Leftovers): Readonly<Record<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), "pylone-disk-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  disk.leave(folder, leftovers);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const paths = files.map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(paths.map((path) => [relative(folder, path), readFileSync(path, "latin1")]));
}

const open = (fd: number, name: string, flags = O_CREAT | O_RDWR) =>
  ({ is: "open", fd, flags, path: join(ROOT, name) }) as const;
const write = (fd: number, offset: number, text: string) =>
  ({ is: "write", fd, offset, octets: Buffer.from(text) }) as const;
const sync = (fd: number, number: number) =>
  [
    { is: "sync-begin", fd, sync: number },
    { is: "sync-end", fd, sync: number },
  ] as const;
const rename = (from: string, to: string) =>
  ({ is: "rename", path: join(ROOT, from), to: join(ROOT, to) }) as const;

describe("a disk that loses its power", () => {
  it("has no file whose directory was not synced, however much the file was", () => {
    const disk = diskAfter(open(3, "a"), write(3, 0, "octets"), ...sync(3, 1));
    expect(left(disk, NOTHING_LEFT)).toEqual({});
    expect(left(disk, ONLY_NAMES_LEFT)).toEqual({ a: "octets" });
  });

  it("has nothing in a file that was not synced, however much its directory was", () => {
    const disk = diskAfter(open(3, "a"), write(3, 0, "octets"), open(4, "", 0), ...sync(4, 1));
    expect(left(disk, NOTHING_LEFT)).toEqual({ a: "" });
    expect(left(disk, ONLY_NAMES_LEFT)).toEqual({ a: "\0\0\0\0\0\0" });
    expect(left(disk, ALL_LEFT)).toEqual({ a: "octets" });
  });

  it("keeps what a sync covers: what was written before its begin, once it has ended", () => {
    const named = [open(3, "a"), open(4, "", 0), ...sync(4, 1)] as const;
    const [begin, end] = sync(3, 2);
    const during = [...named, write(3, 0, "before"), begin, write(3, 6, " and after")] as const;
    expect(left(diskAfter(...during), NOTHING_LEFT)).toEqual({ a: "" });
    expect(left(diskAfter(...during, end), NOTHING_LEFT)).toEqual({ a: "before" });
    expect(left(diskAfter(...during, end), ALL_LEFT)).toEqual({ a: "before and after" });
  });

  it("has the old document or the new one, never half of one, where a rename was done properly", () => {
    const old = [open(3, "s"), write(3, 0, "old"), ...sync(3, 1), open(9, "", 0), ...sync(9, 2)] as const;
    const renamed = [open(4, "s.1"), write(4, 0, "newer"), ...sync(4, 3), rename("s.1", "s")] as const;
    const disk = diskAfter(...old, ...renamed);
    expect(left(disk, NOTHING_LEFT)).toEqual({ s: "old" });
    expect(left(disk, ONLY_NAMES_LEFT)).toEqual({ s: "newer" });
    expect(left(diskAfter(...old, ...renamed, ...sync(9, 4)), NOTHING_LEFT)).toEqual({ s: "newer" });
  });

  it("has a renamed file without its octets where they were not synced first", () => {
    const disk = diskAfter(
      open(4, "s.1"),
      write(4, 0, "newer"),
      rename("s.1", "s"),
      open(9, "", 0),
      ...sync(9, 1),
    );
    expect(left(disk, NOTHING_LEFT)).toEqual({ s: "" });
  });

  it("loses a directory with all that was synced in it", () => {
    const disk = diskAfter(
      { is: "mkdir", path: join(ROOT, "data") },
      open(3, "data/a"),
      write(3, 0, "octets"),
      ...sync(3, 1),
      open(4, "data", 0),
      ...sync(4, 2),
    );
    expect(left(disk, NOTHING_LEFT)).toEqual({});
    expect(left(disk, ONLY_NAMES_LEFT)).toEqual({ "data/a": "octets" });
  });

  it("may bring back what was removed, and what was cut off", () => {
    const synced = [
      open(3, "a"),
      write(3, 0, "octets"),
      ...sync(3, 1),
      open(4, "", 0),
      ...sync(4, 2),
    ] as const;
    const removed = diskAfter(...synced, { is: "unlink", path: join(ROOT, "a") });
    expect([left(removed, NOTHING_LEFT), left(removed, ALL_LEFT)]).toEqual([{ a: "octets" }, {}]);
    const emptied = diskAfter(...synced, open(5, "a", O_TRUNC | O_RDWR), write(5, 0, "new"));
    expect([left(emptied, NOTHING_LEFT), left(emptied, ALL_LEFT)]).toEqual([{ a: "octets" }, { a: "new" }]);
  });

  it("tears a write between sectors, wherever it begins", () => {
    const disk = diskAfter(
      open(3, "a"),
      write(3, 0, "-".repeat(1024)),
      ...sync(3, 1),
      write(3, 500, "x".repeat(100)),
    );
    let sectors = 0;
    const { a = "" } = left(disk, { ...ONLY_NAMES_LEFT, sector: () => ++sectors === 2 });
    expect(sectors).toBe(2);
    expect(a).toBe("-".repeat(512) + "x".repeat(88) + "-".repeat(424));
  });

  it("says what it has not seen done", () => {
    const folder = mkdtempSync(join(tmpdir(), "pylone-disk-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const disk = new Disk(folder);
    disk.do({ position: 0, is: "open", fd: 3, flags: O_CREAT, path: join(folder, "a") });
    expect(disk.differences()).toEqual([`${join(folder, "a")} was removed unseen`]);
    expect(() => disk.do({ position: 1, is: "truncate", fd: 4, size: 0 })).toThrow("opened unseen");
  });
});
