/**
 * Messaging TwiML (contract §11). The only door of `@rgrove/parse-xml`, which expands nothing but the five
 * predefined entities and character references; a document type is refused here all the same, so that no later
 * release can begin to read one. A document that cannot be read gives no verbs and one problem that is `fatal`;
 * anything else that is wrong is a problem that skips what it is about and goes on (contract §11, §12.3).
 *
 * Problems name places and names, never text: the text of a document is what somebody is about to be sent.
 */
import {
  parseXml,
  XmlDeclaration,
  type XmlDocument,
  XmlElement,
  XmlError,
  XmlNode,
  XmlText,
} from "@rgrove/parse-xml";
import type { HttpMethod } from "../../store/store.ts";

export type TwimlVerb =
  | {
      readonly verb: "message";
      readonly body: string;
      readonly to: string | null;
      readonly from: string | null;
      readonly statusCallback: string | null;
    }
  | { readonly verb: "redirect"; readonly url: string; readonly method: HttpMethod };

export type TwimlProblem = {
  /** Twilio's error code. */
  readonly code: number;
  readonly text: string;
  /** True: the document as a whole is not TwiML, and a fallback is asked instead. */
  readonly fatal: boolean;
};

export type Twiml = { readonly verbs: readonly TwimlVerb[]; readonly problems: readonly TwimlProblem[] };

/** Contract §9.1: in octets of UTF-8. */
export const MAX_TWIML_OCTETS = 64 * 1024;
/** A document full of nonsense is told about so many times. */
const MAX_PROBLEMS = 20;
const MAX_NAME = 40;

const MESSAGE_ATTRIBUTES = new Set(["to", "from", "action", "statusCallback", "method"]);
const REDIRECT_ATTRIBUTES = new Set(["method"]);
const NO_ATTRIBUTES: ReadonlySet<string> = new Set();

type Report = (code: number, text: string) => void;

export function parseTwiml(xml: string): Twiml {
  if (Buffer.byteLength(xml) > MAX_TWIML_OCTETS)
    return unreadable(11750, "the document is longer than 64 kB");
  let document: XmlDocument;
  try {
    document = parseXml(xml.trim(), { preserveDocumentType: true });
  } catch (error) {
    return unreadable(12100, `not well-formed XML${placeOf(error)}`);
  }
  const { root } = document;
  if (document.children.some((child) => child.type === XmlNode.TYPE_DOCUMENT_TYPE)) {
    return unreadable(12100, "a document type declaration is not allowed");
  }
  if (root === null || root.name !== "Response") {
    return unreadable(12102, `the root element is <${shown(root?.name ?? "")}>, not <Response>`);
  }
  return readResponse(root);
}

/** What the XML declaration says the octets are in, or null. Its own octets are ASCII in every encoding we know. */
export function declaredEncoding(octets: Uint8Array): string | null {
  const ascii = Buffer.from(octets).toString("latin1").trimStart();
  const end = ascii.indexOf("?>");
  if (!ascii.startsWith("<?xml") || end === -1) return null;
  try {
    const { children } = parseXml(`${ascii.slice(0, end)}?><x/>`, { preserveXmlDeclaration: true });
    const [declaration] = children;
    return declaration instanceof XmlDeclaration ? declaration.encoding : null;
  } catch {
    return null;
  }
}

function readResponse(root: XmlElement): Twiml {
  const problems: TwimlProblem[] = [];
  const report: Report = (code, text) => {
    if (problems.length < MAX_PROBLEMS) problems.push({ code, text, fatal: false });
  };
  refuseAttributes(root, NO_ATTRIBUTES, report);
  if (textOf(root).trim() !== "") report(12200, "text outside of a verb");
  const verbs: TwimlVerb[] = [];
  for (const element of elementsOf(root)) {
    const verb = readVerb(element, report);
    if (verb !== null) verbs.push(verb);
    if (verb?.verb === "redirect") break;
  }
  return { verbs, problems };
}

function readVerb(element: XmlElement, report: Report): TwimlVerb | null {
  if (element.name === "Message" || element.name === "Sms") return readMessage(element, report);
  if (element.name === "Redirect") return readRedirect(element, report);
  report(14110, `<${shown(element.name)}> is not a verb`);
  return null;
}

function readMessage(element: XmlElement, report: Report): TwimlVerb | null {
  refuseAttributes(element, MESSAGE_ATTRIBUTES, report);
  if (methodOf(element) === null) {
    report(14104, `the method of <${element.name}> is neither GET nor POST`);
    return null;
  }
  const body = readBody(element, report);
  if (body === "") {
    report(14103, `<${element.name}> has no text`);
    return null;
  }
  // Both mean the status callback of this reply; Twilio reads `action` for an SMS (contract §11).
  const statusCallback = attributeOf(element, "action") ?? attributeOf(element, "statusCallback");
  return {
    verb: "message",
    body,
    to: attributeOf(element, "to"),
    from: attributeOf(element, "from"),
    statusCallback,
  };
}

function readBody(element: XmlElement, report: Report): string {
  const bodies: string[] = [];
  for (const child of elementsOf(element)) {
    if (child.name === "Body") {
      refuseAttributes(child, NO_ATTRIBUTES, report);
      refuseElements(child, report);
      bodies.push(child.text);
    } else if (child.name === "Media") report(12200, "<Media> is not sent: this appliance sends text only");
    else report(14110, `<${shown(child.name)}> has no place in <${element.name}>`);
  }
  const plain = textOf(element).trim();
  if (bodies.length === 0) return plain;
  if (plain !== "") report(12200, `text beside <Body> in <${element.name}>`);
  return bodies.join("").trim();
}

function readRedirect(element: XmlElement, report: Report): TwimlVerb | null {
  refuseAttributes(element, REDIRECT_ATTRIBUTES, report);
  refuseElements(element, report);
  const method = methodOf(element);
  const url = element.text.trim();
  if (method === null) report(14104, "the method of <Redirect> is neither GET nor POST");
  else if (url === "") report(11100, "<Redirect> has no URL");
  else return { verb: "redirect", url, method };
  return null;
}

function methodOf(element: XmlElement): HttpMethod | null {
  const method = (attributeOf(element, "method") ?? "POST").toUpperCase();
  return method === "GET" || method === "POST" ? method : null;
}

/** An empty attribute is as good as none: templates leave them behind. */
function attributeOf(element: XmlElement, name: string): string | null {
  if (!Object.hasOwn(element.attributes, name)) return null;
  return element.attributes[name]?.trim() || null;
}

function refuseAttributes(element: XmlElement, allowed: ReadonlySet<string>, report: Report): void {
  for (const name of Object.keys(element.attributes)) {
    // Namespace and schema declarations are what XML tools add, not what the app asks for.
    if (allowed.has(name) || name.startsWith("xml")) continue;
    report(12200, `<${shown(element.name)}> has no attribute ${shown(name)}`);
  }
}

/** Of text alone: what is in the elements is read as if their tags were not there. */
function refuseElements(element: XmlElement, report: Report): void {
  for (const { name } of elementsOf(element)) {
    report(12200, `<${shown(name)}> has no place in <${element.name}>, which holds text`);
  }
}

function elementsOf(element: XmlElement): readonly XmlElement[] {
  return element.children.filter((child) => child instanceof XmlElement);
}

/** Its own text, without that of the elements in it. */
function textOf(element: XmlElement): string {
  return element.children.map((child) => (child instanceof XmlText ? child.text : "")).join("");
}

function shown(name: string): string {
  return name.length > MAX_NAME ? `${name.slice(0, MAX_NAME)}…` : name;
}

/** The parser's own message quotes the document, so only the place is taken from it. A document nested so deep
 *  that the parser runs out of stack ends here too. */
function placeOf(error: unknown): string {
  return error instanceof XmlError ? ` (line ${error.line}, column ${error.column})` : "";
}

function unreadable(code: number, text: string): Twiml {
  return { verbs: [], problems: [{ code, text, fatal: true }] };
}
