/**
 * The disk under a recorded daemon, as POSIX promises it and no better: octets of a file are there for good once a
 * sync of that file has ended that began after they were written; names (of new files, renamed ones, removed ones)
 * once their directory was synced so. Whatever else was done may be there after a power cut, or not, or in parts,
 * in any order: `leave` decides, which sectors and which names.
 *
 * The rule for names is stricter than most file systems, which write a new file's name with its octets.
 */
import { constants, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { Deed } from "./recording.ts";

export const SECTOR_OCTETS = 512;

type Change = { readonly position: number } & (
  | { readonly is: "octets"; readonly offset: number; readonly octets: Buffer }
  | { readonly is: "size"; readonly size: number }
);

type Naming = { readonly position: number; readonly directory: string } & (
  | { readonly is: "name"; readonly path: string; readonly node: Node }
  | { readonly is: "unname"; readonly path: string }
  | { readonly is: "rename"; readonly path: string; readonly to: string; readonly node: Node }
);

/** A file or a directory, whatever it is called. */
type Node = {
  readonly directory: string | null;
  synced: Buffer;
  length: number;
  pending: Change[];
};

/** What is left of what was not synced. Names are asked first, in the order they were made. */
export type Leftovers = {
  /** False: nothing of this name and of the names after it. */
  readonly name: () => boolean;
  readonly sector: () => boolean;
  /** Whether a file that has grown is as long as it was, with zeros where its octets are lost. */
  readonly size: () => boolean;
};

export const NOTHING_LEFT: Leftovers = { name: () => false, sector: () => false, size: () => false };
export const ALL_LEFT: Leftovers = { name: () => true, sector: () => true, size: () => true };
/** What ext4 without `auto_da_alloc` and XFS are feared for: names and sizes, and zeros in the files. */
export const ONLY_NAMES_LEFT: Leftovers = { name: () => true, sector: () => false, size: () => true };

export class Disk {
  readonly #root: string;
  /** By path: as the process sees it, and as it is for good. */
  readonly #seen = new Map<string, Node>();
  readonly #named = new Map<string, Node>();
  #namings: Naming[] = [];
  readonly #open = new Map<number, Node>();
  readonly #syncs = new Map<number, { readonly node: Node; readonly position: number }>();

  /** `root` itself is there. */
  constructor(root: string) {
    this.#root = root;
    const node = newNode(root);
    this.#seen.set(root, node);
    this.#named.set(root, node);
  }

  do(deed: Deed): void {
    const { position } = deed;
    switch (deed.is) {
      case "open":
        this.#opened(deed);
        return;
      case "close":
        this.#open.delete(deed.fd);
        return;
      case "write": {
        const { offset, octets } = deed;
        this.#file(deed.fd).pending.push({ position, is: "octets", offset, octets });
        return;
      }
      case "truncate":
        this.#file(deed.fd).pending.push({ position, is: "size", size: deed.size });
        return;
      case "mkdir":
        this.#name(position, deed.path, newNode(deed.path));
        return;
      case "link":
        this.#name(position, deed.to, this.#at(deed.path));
        return;
      case "unlink":
      case "rmdir":
        this.#seen.delete(deed.path);
        this.#namings.push({ position, is: "unname", path: deed.path, directory: dirname(deed.path) });
        return;
      case "rename":
        this.#renamed(position, deed.path, deed.to);
        return;
      case "sync-begin":
        this.#syncs.set(deed.sync, { node: this.#file(deed.fd), position });
        return;
      case "sync-end":
        this.#synced(deed.sync);
        return;
      case "said":
      case "heard":
        return;
    }
  }

  /** Writes into `folder`, which is there and empty, what a power cut at this moment leaves of the root. */
  leave(folder: string, leftovers: Leftovers): void {
    const names = new Map(this.#named);
    for (const naming of this.#namings) {
      if (!leftovers.name()) break;
      apply(names, naming);
    }
    const here = [...names].filter(([path]) => path !== this.#root && this.#isReached(names, path));
    for (const [path, { directory }] of here.sort(([a], [b]) => (a < b ? -1 : 1)))
      if (directory !== null) mkdirSync(join(folder, relative(this.#root, path)), { mode: 0o700 });
    for (const [path, node] of here)
      if (node.directory === null)
        writeFileSync(join(folder, relative(this.#root, path)), contentOf(node, leftovers), { mode: 0o600 });
  }

  /** What of the real folder is not as this disk has it: where the recording missed something. */
  differences(): readonly string[] {
    const real = readdirSync(this.#root, { recursive: true, withFileTypes: true }).map((entry) =>
      join(entry.parentPath, entry.name),
    );
    const seen = [...this.#seen.keys()].filter((path) => path !== this.#root);
    const odd = [
      ...real.filter((path) => !this.#seen.has(path)).map((path) => `${path} was made unseen`),
      ...seen.filter((path) => !real.includes(path)).map((path) => `${path} was removed unseen`),
    ];
    for (const path of seen.filter((each) => real.includes(each))) {
      const node = this.#at(path);
      if (node.directory === null && !readFileSync(path).equals(contentOf(node, ALL_LEFT)))
        odd.push(`${path} holds what was written unseen`);
    }
    return odd;
  }

  #opened({ position, fd, flags, path }: Extract<Deed, { is: "open" }>): void {
    let node = this.#seen.get(path);
    if (node === undefined) {
      if ((flags & constants.O_CREAT) === 0) throw new Error(`${path} was made unseen`);
      node = { directory: null, synced: Buffer.alloc(0), length: 0, pending: [] };
      this.#name(position, path, node);
    } else if ((flags & constants.O_TRUNC) !== 0) node.pending.push({ position, is: "size", size: 0 });
    this.#open.set(fd, node);
  }

  #name(position: number, path: string, node: Node): void {
    this.#seen.set(path, node);
    this.#namings.push({ position, is: "name", path, node, directory: dirname(path) });
  }

  #renamed(position: number, path: string, to: string): void {
    if (dirname(path) !== dirname(to)) throw new Error(`${path} went to another directory, ${to}`);
    const node = this.#at(path);
    if (node.directory !== null) throw new Error(`${path}, a directory, was renamed`);
    this.#seen.delete(path);
    this.#seen.set(to, node);
    this.#namings.push({ position, is: "rename", path, to, node, directory: dirname(path) });
  }

  #synced(sync: number): void {
    const begun = this.#syncs.get(sync);
    if (begun === undefined) throw new Error(`the sync ${sync} never began`);
    this.#syncs.delete(sync);
    const { node, position } = begun;
    if (node.directory === null) {
      const now = node.pending.filter((change) => change.position < position);
      node.pending = node.pending.slice(now.length);
      for (const change of now) keep(node, change);
      return;
    }
    const mine = (naming: Naming) => naming.directory === node.directory && naming.position < position;
    for (const naming of this.#namings.filter(mine)) apply(this.#named, naming);
    this.#namings = this.#namings.filter((naming) => !mine(naming));
  }

  #isReached(names: ReadonlyMap<string, Node>, path: string): boolean {
    if (path === this.#root) return true;
    return names.get(path) !== undefined && this.#isReached(names, dirname(path));
  }

  #at(path: string): Node {
    const node = this.#seen.get(path);
    if (node === undefined) throw new Error(`${path} is not there`);
    return node;
  }

  #file(fd: number): Node {
    const node = this.#open.get(fd);
    if (node === undefined) throw new Error(`descriptor ${fd} was opened unseen`);
    return node;
  }
}

function newNode(directory: string): Node {
  return { directory, synced: Buffer.alloc(0), length: 0, pending: [] };
}

function apply(names: Map<string, Node>, naming: Naming): void {
  if (naming.is !== "name") names.delete(naming.path);
  if (naming.is !== "unname") names.set(naming.is === "rename" ? naming.to : naming.path, naming.node);
}

/** `synced` is the room, of which `length` octets are the file. */
function keep(node: Node, change: Change): void {
  if (change.is === "size") {
    grow(node, change.size);
    node.synced.fill(0, Math.min(change.size, node.length));
    node.length = change.size;
    return;
  }
  const end = change.offset + change.octets.length;
  grow(node, end);
  change.octets.copy(node.synced, change.offset);
  node.length = Math.max(node.length, end);
}

function grow(node: Node, length: number): void {
  if (length <= node.synced.length) return;
  const room = Buffer.alloc(Math.max(length, node.synced.length * 2));
  node.synced.copy(room, 0, 0, node.length);
  node.synced = room;
}

/** A sector of each write is there or not; the file ends where the last octet is that is there. */
function contentOf(node: Node, leftovers: Leftovers): Buffer {
  const left: Node = { ...node, synced: Buffer.from(node.synced.subarray(0, node.length)), pending: [] };
  for (const change of node.pending) {
    if (change.is === "size") {
      if (leftovers.size()) keep(left, change);
      continue;
    }
    const { position, offset, octets } = change;
    for (let from = 0; from < octets.length; ) {
      const to = Math.min(octets.length, from + SECTOR_OCTETS - ((offset + from) % SECTOR_OCTETS));
      if (leftovers.sector())
        keep(left, { position, is: "octets", offset: offset + from, octets: octets.subarray(from, to) });
      from = to;
    }
    if (left.length < offset + octets.length && leftovers.size())
      keep(left, { position, is: "size", size: offset + octets.length });
  }
  return left.synced.subarray(0, left.length);
}
