/**
 * Parameters of a POST. Twilio's resources understand form bodies only: with any other content type the
 * parameters look absent (contract §1.3). The appliance's own also take a JSON object.
 *
 * `URLSearchParams` is the parser: UTF-8, `+` and `%20`, repeated keys, any character in a key, never a throw. A
 * body parser from the registry would bring nested keys, which Twilio does not have.
 */
import type { IncomingMessage } from "node:http";
import { ApiError } from "./api-error.ts";
import type { ApiContext } from "./context.ts";

/** The longest honest request is 1600 emoji and a dozen URLs of 4000 characters, every byte percent-encoded. */
const MAX_BODY_OCTETS = 256 * 1024;

const FORM = "application/x-www-form-urlencoded";

export async function readForm(ctx: ApiContext): Promise<URLSearchParams> {
  const body = await readText(ctx.req);
  const type = ctx.req.headers["content-type"] ?? "";
  // A hand-written client that forgets the header still means a form. The plain case needs no parser of types.
  const isForm = type === FORM || type === "" || ctx.is(FORM);
  return new URLSearchParams(isForm ? body : "");
}

/** `objects`: parameters that are JSON text in a form, and may be written as they are where all is JSON. */
export async function readFormOrJson(
  ctx: ApiContext,
  objects: readonly string[] = [],
): Promise<URLSearchParams> {
  if (!ctx.is("json", "+json")) return readForm(ctx);
  const parsed = parseJson(await readText(ctx.req));
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw new ApiError(20001, 'The JSON body must be an object, such as {"To": "+33639980001"}.');
  }
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(parsed)) {
    if (objects.includes(name) && typeof value === "object" && value !== null) {
      parameters.append(name, JSON.stringify(value));
      continue;
    }
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item === null) continue;
      if (typeof item === "object") throw new ApiError(20001, `The parameter ${name} must be a plain value.`);
      parameters.append(name, String(item));
    }
  }
  return parameters;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiError(20001, "The JSON body cannot be read.");
  }
}

async function readText(request: IncomingMessage): Promise<string> {
  return (await readOctets(request, MAX_BODY_OCTETS)).toString("utf8");
}

/** A longer body is refused, and the connection with it. */
export function readOctets(request: IncomingMessage, maxOctets: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let octets = 0;
    const refuse = () => {
      request.removeAllListeners("data");
      request.resume();
      reject(new ApiError(21658, null, { headers: { Connection: "close" } }));
    };
    if (Number(request.headers["content-length"] ?? 0) > maxOctets) {
      refuse();
      return;
    }
    request.on("data", (chunk: Buffer) => {
      octets += chunk.length;
      if (octets > maxOctets) refuse();
      else chunks.push(chunk);
    });
    // Nobody is left to read this answer; it is a refusal all the same, not a failure of ours.
    const gone = () => reject(new ApiError(20001, "The request ended in the middle."));
    request.once("end", () => {
      request.off("error", gone).off("close", gone);
      resolve(Buffer.concat(chunks));
    });
    request.once("error", gone);
    request.once("close", gone);
  });
}
