/**
 * Of a configuration that the schema refuses the part that can be read, so that everything that is wrong is said at
 * once: what is wrong is taken out, or replaced where a line cannot be without it. Nothing runs with it.
 */

import type { KeyPath } from "./config-problems.ts";
import { type Config, configSchema } from "./config-schema.ts";

export type ConfigPart = {
  readonly config: Config;
  /** Whether what the part shows wrong at `path` may be because of what was taken out of it. */
  readonly isDoubtful: (path: KeyPath) => boolean;
};

/** What is taken out may leave a group without a key it needs; then the group goes, then the one around it. */
const ROUNDS = 4;

/** Null where too little is left. `value`: as the YAML has it; it is not changed. */
export function readablePart(value: unknown): ConfigPart | null {
  const part = structuredClone(value);
  const removed: KeyPath[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const parsed = configSchema.safeParse(part);
    if (parsed.success) return { config: parsed.data, isDoubtful: (path) => isDoubtful(path, removed) };
    // The last of a list first: what is before it keeps its place.
    for (const issue of parsed.error.issues.toReversed()) {
      const path = issue.path.filter((step) => typeof step !== "symbol");
      const paths = issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...path, key]) : [path];
      for (const wrong of paths) {
        if (wrong.length === 0) return null;
        removed.push(wrong);
        takeOut(part, wrong, round);
      }
    }
  }
  return null;
}

/** `round`: how many steps up, since the key itself is gone already. */
function takeOut(part: unknown, path: KeyPath, round: number): void {
  // A line stays, whatever it lacks: others may name it, and each has its place in the list.
  const isOfLine = path[0] === "lines" && path.length >= 3;
  if (path[0] === "lines" && path.length === 2) {
    const lines = at(part, ["lines"]);
    const line = { name: `unreadable-${path[1]}`, type: "modem", device: "sim:" };
    if (lines !== null) Reflect.set(lines, path[1] ?? 0, line);
    return;
  }
  const from = isOfLine ? 3 : 1;
  const short = path.slice(0, Math.max(from, path.length - round));
  const above = at(part, short.slice(0, -1));
  if (above === null) return;
  const last = short.at(-1) ?? "";
  const instead = isOfLine && short.length === 3 ? standIn(above, String(last), Number(path[1])) : undefined;
  if (instead !== undefined) Reflect.set(above, last, instead);
  else if (Array.isArray(above)) above.splice(Number(last), 1);
  else Reflect.deleteProperty(above, last);
}

/** For the keys that no line can be without. */
function standIn(line: object, key: string, index: number): unknown {
  switch (key) {
    case "name":
      return `unreadable-${index}`;
    case "type":
      return "url" in line ? "smpp" : "modem";
    case "device":
      return Reflect.get(line, "type") === "smpp" ? undefined : "sim:";
    case "url":
      return Reflect.get(line, "type") === "smpp" ? "sim:" : undefined;
    case "numbers":
      return Reflect.get(line, "type") === "smpp" ? [`Unread${index}`] : undefined;
    default:
      return undefined;
  }
}

function at(value: unknown, path: KeyPath): object | null {
  let here: unknown = value;
  for (const step of path) here = typeof here === "object" && here !== null ? Reflect.get(here, step) : null;
  return typeof here === "object" ? here : null;
}

/** Of what is said together: the path of the one, and the path on whose account it may be no trouble at all. */
function isDoubtful(path: KeyPath, removed: readonly KeyPath[]): boolean {
  const [top, index, key] = path;
  return removed.some((gone) => {
    const shared = path.findIndex((step, place) => gone[place] !== step);
    // The same key, what is in it, or what it is in; or two of one group of a line.
    if (shared === -1 || shared >= Math.min(gone.length, 3)) return true;
    if (top !== "lines") return top === "optOut" && gone[0] === "optOut";
    if (gone[0] === "site") return gone[1] === "country" && key === "numbers";
    if (gone[0] !== "lines") return false;
    if (key === "fallback")
      return gone.length === 2 || gone[2] === "name" || gone[2] === "type" || gone[2] === "bind";
    if (gone[1] !== index) return false;
    return (
      gone[2] === "type" ||
      (key === "fallbackAfterSeconds" && gone[2] === "fallback") ||
      (key === "tls" && gone[2] === "url")
    );
  });
}
