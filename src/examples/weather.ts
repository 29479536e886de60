/**
 * A small app that answers texts, as one would write it for Twilio: text a place, get its weather. Run it with
 * `npm run example:weather` and point a number's SmsUrl at it; the command is printed at start. Its `/forecast` is what a
 * broadcast's BodyUrl asks for in the morning. It needs nothing but Koa and knows nothing of pylone.
 *
 * PORT: where it listens (5000). TWILIO_AUTH_TOKEN and PUBLIC_URL, when both are set, make it refuse requests
 * that pylone has not signed; PUBLIC_URL is then the SmsUrl exactly as it was configured.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { realpathSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import Koa from "koa";

/** Written without ° and other characters that would halve what fits one SMS. */
const FORECASTS: Readonly<Record<string, string>> = {
  Berlin: "cloudy, 16 C, light rain after 18:00",
  Cairo: "clear and hot, 34 C, wind from the north",
  Lagos: "thunderstorms, 29 C, dry by evening",
  London: "drizzle, 15 C, brighter from noon",
  Madrid: "sunny, 27 C, not a cloud",
  Montréal: "snow showers, -4 C, wind 30 km/h",
  Nairobi: "partly cloudy, 23 C, cool tonight",
  Paris: "sunny spells, 19 C, wind from the west",
  Reykjavik: "rain, 7 C, gale at night",
  Tokyo: "clear, 21 C, chance of rain 10 %",
  Zürich: "fog until 10:00, then sun, 14 C",
};

const MAX_BODY_OCTETS = 64 * 1024;

export function forecastFor(text: string): string {
  const wanted = plain(text);
  const place = Object.keys(FORECASTS).find((name) => plain(name) === wanted);
  if (place !== undefined) return `${place}: ${FORECASTS[place]}`;
  return `Text a place to get its weather: ${Object.keys(FORECASTS).join(", ")}.`;
}

/**
 * For a broadcast's `BodyUrl`: the forecast of the query's `town`, or of the member's own where one is asked for (their
 * attributes come as JSON). Null: there is none.
 */
export function tomorrowIn(query: URLSearchParams): string | null {
  const wanted = plain(query.get("town") ?? attributeOf(query.get("Attributes"), "town") ?? "");
  const place = Object.keys(FORECASTS).find((name) => plain(name) === wanted);
  return place === undefined ? null : `Tomorrow in ${place}: ${FORECASTS[place]}`;
}

function attributeOf(json: string | null, name: string): string | null {
  try {
    const attributes: unknown = JSON.parse(json ?? "{}");
    const value: unknown = (attributes as Record<string, unknown> | null)?.[name];
    return typeof value === "string" ? value : null;
  } catch {
    return null;
  }
}

/** What tells Twilio (or pylone) to answer the person who texted. */
export function twiml(message: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Response><Message>${escapeXml(message)}</Message></Response>\n`;
}

/** `check`: refuse what is not signed with this token for this URL. */
export function createWeatherApp(check: { authToken: string; url: string } | null): Koa {
  const app = new Koa();
  app.use(async (context) => {
    if (context.path === "/forecast" && context.method === "GET") {
      const url = check === null ? null : new URL(context.url, check.url).href;
      if (check !== null && url !== null) {
        const { authToken } = check;
        if (!isSigned(context.get("X-Twilio-Signature"), new URLSearchParams(), { authToken, url })) {
          context.status = 403;
          context.body = "The signature does not match.\n";
          return;
        }
      }
      const text = tomorrowIn(context.URL.searchParams);
      context.status = text === null ? 404 : 200;
      context.type = "text/plain; charset=utf-8";
      context.body = text ?? "There is no forecast for this town.\n";
      return;
    }
    if (context.path !== "/sms" || context.method !== "POST") {
      context.status = 404;
      context.body = "POST /sms and GET /forecast are all there is here.\n";
      return;
    }
    const body = await readBody(context.req);
    if (body === null) {
      context.status = 413;
      return;
    }
    const form = new URLSearchParams(body);
    if (check !== null && !isSigned(context.get("X-Twilio-Signature"), form, check)) {
      context.status = 403;
      context.body = "The signature does not match.\n";
      return;
    }
    context.type = "text/xml; charset=utf-8";
    context.body = twiml(forecastFor(form.get("Body") ?? ""));
  });
  return app;
}

/** base64(HMAC-SHA1(token, URL + each parameter's name and value, in order of the names)). */
function isSigned(given: string, form: URLSearchParams, check: { authToken: string; url: string }): boolean {
  const names = [...new Set(form.keys())].sort();
  const signed = names.flatMap((name) => [...new Set(form.getAll(name))].sort().map((value) => name + value));
  const expected = createHmac("sha1", check.authToken)
    .update(check.url + signed.join(""))
    .digest();
  const found = Buffer.from(given, "base64");
  return found.length === expected.length && timingSafeEqual(found, expected);
}

function plain(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").trim().toLowerCase();
}

function escapeXml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
  };
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? character);
}

async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let octets = 0;
  for await (const chunk of request) {
    octets += chunk.length;
    if (octets > MAX_BODY_OCTETS) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function start(environment: NodeJS.ProcessEnv): void {
  const authToken = environment["TWILIO_AUTH_TOKEN"] ?? "";
  const publicUrl = environment["PUBLIC_URL"] ?? "";
  const checked = authToken !== "" && publicUrl !== "";
  const app = createWeatherApp(checked ? { authToken, url: publicUrl } : null);
  const server = app.listen(Number(environment["PORT"] ?? 5000), () => {
    const { port } = server.address() as AddressInfo;
    const smsUrl = publicUrl === "" ? `http://127.0.0.1:${port}/sms` : publicUrl;
    process.stdout.write(`The weather app listens at ${smsUrl}
${checked ? "Requests without a valid X-Twilio-Signature are refused." : "Signatures are not checked: set TWILIO_AUTH_TOKEN and PUBLIC_URL to have them checked."}

To have the texts of pylone's first number answered by it, paste this beside pylone:

  credentials=$(node dist/main.js credentials)
  numbers=${environment["PYLONE_URL"] ?? "http://127.0.0.1:8080"}/2010-04-01/Accounts/\${credentials%%:*}/IncomingPhoneNumbers
  number=$(curl -s -u "$credentials" $numbers.json | grep -o 'PN[0-9a-f]\\{32\\}' | head -n 1)
  curl -u "$credentials" -X POST $numbers/$number.json --data-urlencode SmsUrl=${smsUrl}

`);
  });
}

const program = process.argv[1];
if (program !== undefined && realpathSync(program) === fileURLToPath(import.meta.url)) start(process.env);
