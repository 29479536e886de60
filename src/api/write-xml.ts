/**
 * Twilio's XML (contract §1.1), made of the same views as the JSON: `account_sid` becomes `<AccountSid>`, `null`
 * and the empty text an empty element. A page is one element whose attributes are the paging (`firstpageuri`,
 * `pagesize`) around its rows; an error is a `<RestException>`. URIs name the XML of what they point to, so they
 * carry no `.json`.
 *
 * A writer of its own, is not a library's, because the views are plain data and the contract fixes the rest. XML
 * 1.0 has no way to write most control characters, which texts may contain; they become U+FFFD.
 */

/** What one row of a list is called, where it is not the name of the list less its `s`. */
const ROWS: ReadonlyMap<string, string> = new Map([
  ["media_list", "Media"],
  ["addresses", "Address"],
  ["countries", "Country"],
]);

/** What a resource is called, where it is not the last word of its path less its `s`. */
const RESOURCES: ReadonlyMap<string, string> = new Map([
  ["Addresses", "Address"],
  ["AvailablePhoneNumbers", "Country"],
  ["Local", "IncomingPhoneNumber"],
  ["Mobile", "IncomingPhoneNumber"],
  ["TollFree", "IncomingPhoneNumber"],
  ["Records", "UsageRecord"],
  ["Triggers", "UsageTrigger"],
]);

export function xmlOf(body: object, path: string): string {
  return `<?xml version='1.0' encoding='UTF-8'?>\n<TwilioResponse>${contentOf(body, path)}</TwilioResponse>`;
}

function contentOf(body: object, path: string): string {
  const entries = Object.entries(body);
  const list = entries.find(([, value]) => Array.isArray(value));
  if (list === undefined) {
    return element("code" in body && "more_info" in body ? "RestException" : resourceAt(path), body);
  }
  const [key, rows] = list as [string, readonly unknown[]];
  const attributes = entries
    .filter(([name]) => name !== key)
    .map(([name, value]) => ` ${name.replaceAll("_", "")}="${escaped(String(value ?? ""))}"`);
  const name = nameOf(key);
  const row = ROWS.get(key) ?? singular(name);
  return `<${name}${attributes.join("")}>${rows.map((each) => element(row, each)).join("")}</${name}>`;
}

/** The last word of the path that is no SID and no country. */
function resourceAt(path: string): string {
  const words = path
    .split("/")
    .map((word) => word.replace(/\.xml$/, ""))
    .filter((word) => !/^(|[A-Z]{2}|[A-Z]{2}[0-9a-fA-F]{32})$/.test(word));
  const last = words.at(-1) ?? "";
  return RESOURCES.get(last) ?? singular(last);
}

function element(name: string, value: unknown): string {
  const content = contentsOf(name, value);
  return content === "" ? `<${name}/>` : `<${name}>${content}</${name}>`;
}

function contentsOf(name: string, value: unknown): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map((each) => element(singular(name), each)).join("");
  if (typeof value !== "object") return escaped(String(value));
  const isUri = (key: string) => key === "uri" || name === "SubresourceUris";
  return Object.entries(value)
    .map(([key, each]) =>
      element(
        nameOf(key),
        isUri(key) && typeof each === "string" ? each.replace(/\.json(?=$|\?)/, "") : each,
      ),
    )
    .join("");
}

/** `sms_fallback_url` → `SmsFallbackUrl`; capitals stay (`SMS`). */
function nameOf(key: string): string {
  return key.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function singular(name: string): string {
  return name.replace(/s$/, "");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  // As themselves a parser would read them as line feeds and, in attributes, as spaces.
  "\r": "&#13;",
  "\n": "&#10;",
  "\t": "&#9;",
};

/** What XML 1.0 §2.2 does not count as a character, lone surrogates included. */
const NO_CHARACTER = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

function escaped(text: string): string {
  return text
    .replace(NO_CHARACTER, "\uFFFD")
    .replace(/[&<>"\r\n\t]/g, (character) => ENTITIES[character] ?? "");
}
