/**
 * The body of a 2xx answer to an inbound webhook (contract §9.4): TwiML, a plain text that becomes one message,
 * or something that is neither. An empty body asks for nothing, whatever it calls itself.
 *
 * Characters: the charset of `Content-Type`, else UTF-8. Where the octets are not UTF-8, the XML declaration is
 * asked; a document that says nothing is refused, since guessing would put broken text on somebody's phone. A
 * plain text that says nothing is windows-1252, as browsers have it.
 */
import { declaredEncoding, parseTwiml, type Twiml } from "./twiml.ts";

const TWIML_TYPES = new Set(["text/xml", "application/xml", "text/html"]);

export function readAnswer(contentType: string | null, body: Uint8Array): Twiml {
  if (body.every(isSpace)) return { verbs: [], problems: [] };
  const [type = "", ...parameters] = (contentType ?? "").split(";").map((part) => part.trim());
  const charset = charsetOf(parameters);
  if (type.toLowerCase() === "text/plain") return plainText(decode(body, charset ?? "utf-8", "windows-1252"));
  if (!TWIML_TYPES.has(type.toLowerCase())) {
    return refused(
      12300,
      type === "" ? "the answer has no content type" : "the answer is neither XML nor text",
    );
  }
  const xml = decode(body, charset ?? "utf-8", charset === null ? declaredEncoding(body) : null);
  if (xml === null) return refused(12100, "the answer's characters are not in the encoding it declares");
  return parseTwiml(xml);
}

function plainText(text: string | null): Twiml {
  const body = text?.trim() ?? "";
  if (body === "") return { verbs: [], problems: [] };
  return { verbs: [{ verb: "message", body, to: null, from: null, statusCallback: null }], problems: [] };
}

function charsetOf(parameters: readonly string[]): string | null {
  for (const parameter of parameters) {
    const [name = "", value = ""] = parameter.split("=");
    if (name.trim().toLowerCase() === "charset") return value.trim().replaceAll('"', "") || null;
  }
  return null;
}

/** By the first encoding that exists and fits; null when none does. */
function decode(body: Uint8Array, ...encodings: readonly (string | null)[]): string | null {
  for (const encoding of encodings) {
    if (encoding === null) continue;
    try {
      return new TextDecoder(encoding, { fatal: true }).decode(body);
    } catch {
      // Not that one: its name is unknown, or the octets are not in it.
    }
  }
  return null;
}

function isSpace(octet: number): boolean {
  return octet === 0x20 || (octet >= 0x09 && octet <= 0x0d);
}

function refused(code: number, text: string): Twiml {
  return { verbs: [], problems: [{ code, text, fatal: true }] };
}
