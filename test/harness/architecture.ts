/** The architecture as rules over a tree of files: which room may import which, where a library has its door. */
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { importsOf, readSource, type SourceText } from "./source-text.ts";

/** Paths are relative to the root, with `/`. */
export type Tree = ReadonlyMap<string, string>;

export type Room = {
  /** A folder (ending in `/`) or a file. The longest that fits is a file's room. */
  readonly path: string;
  /** Folders and files of other rooms, or `*`. */
  readonly mayImport: readonly string[];
  /** False where not even `node:` may be imported. */
  readonly node?: false;
};

export type Rules = {
  readonly rooms: readonly Room[];
  /** Which folders or files may import a third-party library; every other library is refused everywhere. */
  readonly doors: Readonly<Record<string, readonly string[]>>;
  readonly maxLines: number;
  /** Tables out of a standard, which may be longer. */
  readonly specTables: readonly string[];
  /** The only place that may read a clock or arm a timer. */
  readonly clock: string;
  /** What may read the environment. */
  readonly environment: readonly string[];
};

const NAMELESS = /^(?:utils?|helpers?|common|types|constants|index|misc|shared)\.ts$/;
const CLOCK_WORDS =
  /\bDate\.now\b|\bnew Date\(\s*\)|\bperformance\.now\b|\bset(?:Timeout|Interval)\b|\bAbortSignal\.timeout\b|\bprocess\.hrtime\b/g;
const SKIPPED =
  /\b(?:it|test|describe)(?:\.\w+)*\.(?:skip|only|todo|fails|skipIf|runIf)\b|\bx(?:it|describe|test)\b/g;

export function readTree(root: string, endings: readonly string[]): Tree {
  const tree = new Map<string, string>();
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !endings.some((ending) => entry.name.endsWith(ending))) continue;
    const path = join(entry.parentPath, entry.name);
    tree.set(posix.relative(root, path), readFileSync(path, "utf8"));
  }
  return tree;
}

/** Every breach of the rules, one sentence each; empty when the tree keeps them. */
export function violations(tree: Tree, rules: Rules): string[] {
  const sources = new Map([...tree].map(([path, text]) => [path, readSource(text)]));
  return [
    ...[...sources].flatMap(([path, source]) => importViolations(path, importsOf(source), tree, rules)),
    ...[...sources].flatMap(([path, source]) => formViolations(path, source, rules)),
    ...lengthViolations(tree, rules),
    ...cycles(sources),
  ].sort();
}

/** Tests that are written but do not run. */
export function skippedTests(tree: Tree): string[] {
  return [...tree].flatMap(([path, text]) =>
    [...readSource(text).code.matchAll(SKIPPED)].map((match) => `${path}: ${match[0]}`),
  );
}

function importViolations(path: string, imports: readonly string[], tree: Tree, rules: Rules): string[] {
  const room = roomOf(path, rules);
  if (room === null) return [`${path} is in no room`];
  return imports.flatMap((specifier) => {
    if (!specifier.startsWith(".")) return libraryViolation(path, specifier, room, rules);
    const target = posix.join(posix.dirname(path), specifier);
    if (!tree.has(target)) return [`${path} imports ${specifier}, which is not in the tree`];
    const inRoom = roomOf(target, rules)?.path === room.path;
    if (inRoom || room.mayImport.includes("*") || within(target, room.mayImport)) return [];
    return [`${path} (${room.path}) may not import ${target}`];
  });
}

function libraryViolation(path: string, specifier: string, room: Room, rules: Rules): string[] {
  if (specifier.startsWith("node:")) {
    if (room.node === false) return [`${path} (${room.path}) may not import ${specifier}`];
    if (/^node:timers/.test(specifier) && path !== rules.clock)
      return [`${path} imports ${specifier}: take a Clock`];
    return [];
  }
  const name = specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
  const doors = Object.hasOwn(rules.doors, name) ? rules.doors[name] : undefined;
  if (doors === undefined) return [`${path} imports ${name}, which has no door`];
  return within(path, doors) ? [] : [`${path} imports ${name}, whose door is ${doors.join(" and ")}`];
}

function formViolations(path: string, source: SourceText, rules: Rules): string[] {
  const found: string[] = [];
  const name = posix.basename(path);
  if (NAMELESS.test(name)) found.push(`${path}: a file is named for what it is, not ${name}`);
  if (!/^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.d)?\.ts$/.test(name)) found.push(`${path}: file names are kebab-case`);
  if (/\bexport\s+(?:type\s+)?(?:\*|\{[^}]*\}\s*from\b)/.test(source.code))
    found.push(`${path} re-exports: import from the defining file`);
  // What a package's types say is the package's own affair.
  if (!name.endsWith(".d.ts") && /\bexport\s+default\b/.test(source.code))
    found.push(`${path} has a default export`);
  if (path !== rules.clock)
    for (const match of source.code.matchAll(CLOCK_WORDS))
      found.push(`${path} uses ${match[0]}: take a Clock`);
  if (/\bprocess\.env\b/.test(source.code) && !within(path, rules.environment))
    found.push(`${path} reads process.env: take what it says as an argument`);
  return found;
}

function lengthViolations(tree: Tree, rules: Rules): string[] {
  return [...tree].flatMap(([path, text]) => {
    const lines = text.replace(/\n$/, "").split("\n").length;
    if (lines <= rules.maxLines || rules.specTables.includes(path)) return [];
    return [`${path} has ${lines} lines; ${rules.maxLines} is the ceiling`];
  });
}

/** Each circle once, beginning at its first file by name. */
function cycles(sources: ReadonlyMap<string, SourceText>): string[] {
  const edges = new Map(
    [...sources].map(([path, source]) => [
      path,
      importsOf(source)
        .filter((specifier) => specifier.startsWith("."))
        .map((specifier) => posix.join(posix.dirname(path), specifier)),
    ]),
  );
  const found = new Set<string>();
  const done = new Set<string>();
  const walk = (path: string, trail: readonly string[]) => {
    const start = trail.indexOf(path);
    if (start >= 0) {
      const circle = trail.slice(start);
      const first = circle.indexOf([...circle].sort()[0] ?? "");
      found.add([...circle.slice(first), ...circle.slice(0, first)].join(" → "));
      return;
    }
    if (done.has(path)) return;
    for (const target of edges.get(path) ?? []) walk(target, [...trail, path]);
    done.add(path);
  };
  for (const path of edges.keys()) walk(path, []);
  return [...found].map((circle) => `a circle of imports: ${circle}`);
}

function roomOf(path: string, rules: Rules): Room | null {
  const fitting = rules.rooms.filter((room) => within(path, [room.path]));
  return fitting.sort((a, b) => b.path.length - a.path.length)[0] ?? null;
}

function within(path: string, places: readonly string[]): boolean {
  return places.some((place) => (place.endsWith("/") ? path.startsWith(place) : path === place));
}
