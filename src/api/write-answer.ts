/**
 * How an answer is written (contract §1.1): Twilio's `2010-04-01` paths name their representation in a suffix, and
 * without one it is XML. Everything else, and every suffix nobody serves, is JSON.
 */
import { xmlOf } from "./write-xml.ts";

export type Written = {
  readonly path: string;
  status: number;
  body: unknown;
  set(name: string, value: string): void;
};

export function writeAnswer(ctx: Written, status: number, body: object): void {
  ctx.status = status;
  // The type goes first: Koa guesses one for a body that has none.
  if (isXml(ctx.path)) {
    ctx.set("Content-Type", "application/xml");
    ctx.body = xmlOf(body, ctx.path);
  } else {
    ctx.set("Content-Type", "application/json");
    ctx.body = JSON.stringify(body);
  }
}

/** The path without its representation. */
export function resourcePathOf(path: string): string {
  return path.startsWith("/2010-04-01/") ? path.replace(/\.(?:json|xml)$/, "") : path;
}

function isXml(path: string): boolean {
  if (!path.startsWith("/2010-04-01/")) return false;
  const asked = path.endsWith("/") ? path.slice(0, -1) : path;
  return asked.endsWith(".xml") || !asked.includes(".", asked.lastIndexOf("/"));
}
