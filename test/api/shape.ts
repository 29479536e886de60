/**
 * What a body must look like: exactly these keys, and of each the JSON type that the contract gives it. The same
 * shape is held against the XML of the resource, where every value is a text and a missing one an empty element.
 */
import { parseXml, XmlElement } from "@rgrove/parse-xml";

export type Leaf = {
  readonly what: string;
  readonly fits: (value: unknown) => boolean;
  /** As it is written in XML. */
  readonly fitsText: (text: string) => boolean;
};
export type Shape = Leaf | { readonly [key: string]: Shape } | readonly [Shape] | readonly [];

function leaf(what: string, fits: Leaf["fits"], fitsText: Leaf["fitsText"]): Leaf {
  return { what, fits, fitsText };
}

function matching(what: string, pattern: RegExp): Leaf {
  return leaf(
    what,
    (value) => typeof value === "string" && pattern.test(value),
    (text) => pattern.test(text),
  );
}

export function orNull(inner: Leaf): Leaf {
  return leaf(
    `${inner.what} or null`,
    (value) => value === null || inner.fits(value),
    (text) => text === "" || inner.fitsText(text),
  );
}

export function only(...values: readonly string[]): Leaf {
  return matching(values.join(" or "), new RegExp(`^(?:${values.join("|")})$`));
}

export function sid(prefix: string): Leaf {
  return matching(`a SID ${prefix}…`, new RegExp(`^${prefix}[0-9a-f]{32}$`));
}

export const text = matching("a text", /^.*$/s);
export const someText = matching("a text that is not empty", /^.+$/s);
export const digits = matching("digits as a text", /^\d+$/);
export const decimal = matching("a decimal as a text", /^-?\d+\.\d+$/);
export const rfc2822 = matching(
  "a date as RFC 2822, +0000",
  /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d{2}:\d{2}:\d{2} \+0000$/,
);
export const iso8601 = matching("a date as ISO 8601, Z", /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/);
export const day = matching("a day", /^\d{4}-\d{2}-\d{2}$/);
/** Below the account, or relative to the API: never with a host. The XML of it has no suffix. */
export const uri = matching("a relative URI", /^\/2010-04-01\/Accounts[^ ]*$/);
export const url = matching("an absolute URL", /^http:\/\/127\.0\.0\.1:\d+\/v\d\/[^ ]*$/);
export const integer = leaf(
  "an integer",
  (value) => Number.isInteger(value),
  (written) => /^-?\d+$/.test(written),
);
export const flag = leaf(
  "true or false",
  (value) => typeof value === "boolean",
  (written) => /^(true|false)$/.test(written),
);
export const nothing = leaf(
  "null",
  (value) => value === null,
  (written) => written === "",
);

function isLeaf(shape: Shape): shape is Leaf {
  return "fits" in shape && typeof shape.fits === "function";
}

function isList(shape: Shape): shape is readonly [Shape] | readonly [] {
  return Array.isArray(shape);
}

/** What is wrong with a body; empty when nothing is. */
export function differences(value: unknown, shape: Shape, at = "body"): readonly string[] {
  if (isLeaf(shape)) return shape.fits(value) ? [] : [`${at} is ${JSON.stringify(value)}, not ${shape.what}`];
  if (isList(shape)) {
    if (!Array.isArray(value)) return [`${at} is no list`];
    const [row] = shape;
    if (row === undefined) return value.length === 0 ? [] : [`${at} is not empty`];
    if (value.length === 0) return [`${at} is empty: it shows nothing`];
    return value.flatMap((each, index) => differences(each, row, `${at}[${index}]`));
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [`${at} is no object`];
  return [
    ...keyDifferences(Object.keys(value), Object.keys(shape), at),
    ...Object.entries(shape).flatMap(([key, inner]) =>
      key in value ? differences(Reflect.get(value, key), inner, `${at}.${key}`) : [],
    ),
  ];
}

/**
 * The same of an XML answer: `name` is its one element below `TwilioResponse`, `row` that of a list's rows. With
 * `json`, the body it has in JSON, every value has to be the same; URIs are those of the XML.
 */
export function xmlDifferences(
  answer: string,
  shape: { readonly [key: string]: Shape },
  names: { readonly name: string; readonly row?: string },
  json?: unknown,
): readonly string[] {
  const { root } = parseXml(answer);
  const [element, ...others] = elementsIn(root);
  if (root?.name !== "TwilioResponse" || element === undefined || others.length > 0) {
    return ["the root is not TwilioResponse with one element"];
  }
  if (element.name !== names.name) return [`the element is ${element.name}, not ${names.name}`];
  if (names.row === undefined) return elementDifferences(element, shape, names.name, json);

  const lists = Object.entries(shape).filter(([, inner]) => isList(inner));
  const rowShape = (lists[0]?.[1] as readonly Shape[] | undefined)?.[0];
  const paging = Object.keys(shape).filter((key) => key !== lists[0]?.[0]);
  const rows = elementsIn(element);
  const jsonRows = valueAt(json, lists[0]?.[0] ?? "");
  return [
    ...keyDifferences(
      Object.keys(element.attributes),
      paging.map((key) => key.replaceAll("_", "")),
      names.name,
    ),
    ...(rowShape === undefined && rows.length > 0 ? [`${names.name} is not empty`] : []),
    ...(rowShape !== undefined && rows.length === 0 ? [`${names.name} is empty: it shows nothing`] : []),
    ...rows.flatMap((row, index) => [
      ...(row.name === names.row ? [] : [`a row is ${row.name}, not ${names.row}`]),
      ...(rowShape === undefined
        ? []
        : elementDifferences(row, rowShape, row.name, valueAt(jsonRows, index))),
    ]),
  ];
}

function elementDifferences(element: XmlElement, shape: Shape, at: string, json: unknown): readonly string[] {
  const { text: written } = element;
  if (isLeaf(shape)) {
    if (!shape.fitsText(written)) return [`${at} is "${written}", not ${shape.what}`];
    if (json === undefined) return [];
    const expected = shape === uri ? String(json).replace(".json", "") : String(json ?? "");
    return written === expected ? [] : [`${at} is "${written}" and in JSON "${String(json)}"`];
  }
  if (isList(shape)) return [];
  const children = elementsIn(element);
  return [
    ...keyDifferences(
      children.map(({ name }) => name),
      Object.keys(shape).map(elementName),
      at,
    ),
    ...Object.entries(shape).flatMap(([key, inner]) => {
      const child = children.find(({ name }) => name === elementName(key));
      if (child === undefined) return [];
      return elementDifferences(child, inner, `${at}.${child.name}`, valueAt(json, key));
    }),
  ];
}

function valueAt(value: unknown, key: string | number): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}

function elementsIn(parent: XmlElement | null): readonly XmlElement[] {
  return (parent?.children ?? []).filter((child) => child instanceof XmlElement);
}

/** `sms_fallback_url` → `SmsFallbackUrl`. */
function elementName(key: string): string {
  return key
    .split("_")
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join("");
}

function keyDifferences(there: readonly string[], wanted: readonly string[], at: string): readonly string[] {
  return [
    ...wanted.filter((key) => !there.includes(key)).map((key) => `${at} has no ${key}`),
    ...there.filter((key) => !wanted.includes(key)).map((key) => `${at} has a ${key} that nobody documented`),
    ...there.filter((key, index) => there.indexOf(key) !== index).map((key) => `${at} has ${key} twice`),
  ];
}
