/**
 * What is wrong with a configuration, in words its writer can act on: the key's path, line and column, what is
 * wrong, the mend. Values are never repeated: a PIN or an auth token may stand there, and this text is printed
 * and logged.
 */
import { type Document, isMap, isNode, isScalar, LineCounter, type Node, parseDocument } from "yaml";
import { reasonOf } from "../runtime/fault.ts";
import { type ConfigIssue, type ConfigShape, configShape } from "./config-schema.ts";
import { nearest } from "./nearest.ts";

export type KeyPath = readonly (string | number)[];

export type Problem = {
  readonly path: KeyPath;
  /** What is wrong, then the mend. No full stop. */
  readonly text: string;
  readonly place: Place | null;
};

export type Place = { readonly line: number; readonly column: number };

/** A parsed YAML text that still knows where each key stands. */
export type Source = {
  readonly value: unknown;
  readonly syntax: readonly Problem[];
  placeOf(path: KeyPath, key?: string): Place | null;
};

export function readYaml(text: string): Source {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const syntax: Problem[] = document.errors.map((error) => ({
    path: [],
    text: `this is not YAML: ${firstSentence(error.message)}`,
    place: placeAt(error.pos[0]),
  }));
  return {
    value: syntax.length > 0 ? null : plainValue(document, syntax),
    syntax,
    placeOf: (path, key) => {
      const node = key === undefined ? nearestNode(document, path) : keyNode(document, path, key);
      return node?.range === undefined || node.range === null ? null : placeAt(node.range[0]);
    },
  };
}

/** One issue of the schema can be several problems: each unknown key is one. */
export function problemsOf(issue: ConfigIssue, source: Source): Problem[] {
  const path = issue.path.filter((step) => typeof step !== "symbol");
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      path: [...path, key],
      text: `unknown key${suggestion(key, knownKeys(path, source.value))}`,
      place: source.placeOf(path, key),
    }));
  }
  const value = valueAt(source.value, path);
  return [{ path, text: textOf(issue, value), place: source.placeOf(path) }];
}

export function keyName(path: KeyPath): string {
  return path.reduce<string>(
    (name, step) => (typeof step === "number" ? `${name}[${step}]` : name === "" ? step : `${name}.${step}`),
    "",
  );
}

/** The one message: `FILE: key (line, column): what is wrong; the mend`, a line for each when there are several. */
export function report(file: string, sentences: readonly string[]): string {
  return sentences.length === 1
    ? `${file}: ${sentences[0]}`
    : `${file} has ${sentences.length} problems:\n${sentences.map((line) => `  ${line}`).join("\n")}`;
}

/** `key (line, column): what is wrong; the mend`. */
export function sentenceOf({ path, text, place }: Problem): string {
  const where = place === null ? "" : `line ${place.line}, column ${place.column}`;
  const key = keyName(path);
  const head = key === "" ? where : where === "" ? key : `${key} (${where})`;
  return head === "" ? text : `${head}: ${text}`;
}

function textOf(issue: ConfigIssue, value: unknown): string {
  switch (issue.code) {
    case "invalid_type":
      if (value === undefined) return `is missing: ${article(issue.expected)} is needed here`;
      if (issue.expected === "string" && (typeof value === "number" || typeof value === "boolean"))
        return `YAML reads this as ${article(typeof value)}; put it in quotes to make it text`;
      return `${article(issue.expected)} is needed here, not ${article(kindOf(value))}`;
    case "invalid_value":
      return `must be ${listOf(issue.values)}`;
    case "invalid_union":
      if ("discriminator" in issue && issue.discriminator !== undefined)
        return `${value === undefined ? "is missing: " : ""}must be ${listOf(optionsOf(issue))}`;
      return `must be ${issue.errors.flatMap((branch) => branch.map(shortOf)).join(" or ")}`;
    case "too_small":
      return isDefaultText(issue.message)
        ? `must be ${issue.inclusive ? "at least" : "more than"} ${issue.minimum}`
        : issue.message;
    case "too_big":
      return isDefaultText(issue.message)
        ? `must be ${issue.inclusive ? "at most" : "less than"} ${issue.maximum}`
        : issue.message;
    default:
      return issue.message;
  }
}

/** zod's own sentences, as opposed to those the schema gives. */
function isDefaultText(message: string): boolean {
  return /^(Too (small|big)|Invalid)\b/.test(message);
}

function shortOf(issue: ConfigIssue): string {
  if (issue.code === "invalid_type") return article(issue.expected);
  if (issue.code === "invalid_value") return listOf(issue.values);
  if (issue.code === "too_small") return `more than ${issue.minimum}`;
  return issue.message;
}

function optionsOf(issue: ConfigIssue): readonly unknown[] {
  return "options" in issue && Array.isArray(issue.options) ? issue.options : [];
}

function listOf(values: readonly unknown[]): string {
  return values.map((value) => `\`${String(value)}\``).join(" or ");
}

function article(kind: string): string {
  const words: Record<string, string> = {
    object: "a group of keys",
    array: "a list",
    string: "text",
    number: "a number",
    int: "a whole number",
    boolean: "true or false",
    null: "nothing",
  };
  return words[kind] ?? `a ${kind}`;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

function suggestion(key: string, known: readonly string[]): string {
  const meant = nearest(key, known);
  if (meant !== null) return `; did you mean \`${meant}\`?`;
  return known.length === 0 ? "" : `; the keys here are ${known.join(", ")}`;
}

function knownKeys(path: KeyPath, value: unknown): string[] {
  let shape: ConfigShape | undefined = configShape();
  let here: unknown = value;
  for (const step of path) {
    const named: ConfigShape | boolean | undefined =
      typeof step === "number" ? shape?.items : (shape?.properties?.[step] ?? shape?.additionalProperties);
    shape = typeof named === "object" ? named : undefined;
    here = valueAt(here, [step]);
    // A line's keys depend on its type.
    const type = valueAt(here, ["type"]);
    shape = shape?.oneOf?.find((branch) => branch.properties?.["type"]?.const === type) ?? shape;
  }
  return Object.keys(shape?.properties ?? {});
}

function valueAt(value: unknown, path: KeyPath): unknown {
  let here: unknown = value;
  for (const step of path) {
    if (typeof here !== "object" || here === null || !Object.hasOwn(here, step)) return undefined;
    here = Reflect.get(here, step);
  }
  return here;
}

function plainValue(document: Document, problems: Problem[]): unknown {
  try {
    return document.toJS();
  } catch (error) {
    problems.push({
      path: [],
      text: `this YAML cannot be used: ${reasonOf(error).split(":")[0]}`,
      place: null,
    });
    return null;
  }
}

/** The node at `path`, or the nearest one above it: a missing key is reported where it is missing from. */
function nearestNode(document: Document, path: KeyPath): Node | null {
  for (let length = path.length; length >= 0; length--) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (isNode(node)) return node;
  }
  return null;
}

function keyNode(document: Document, path: KeyPath, key: string): Node | null {
  const parent = path.length === 0 ? document.contents : document.getIn(path, true);
  if (!isMap(parent)) return nearestNode(document, path);
  const found = parent.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === key);
  return isNode(found?.key) ? found.key : parent;
}

function firstSentence(text: string): string {
  return (text.split("\n")[0] ?? text).replace(/[.:]$/, "");
}
