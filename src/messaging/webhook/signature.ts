/**
 * `X-Twilio-Signature` (contract §10). What is signed is what is requested: the URL as `URL` writes it, without
 * userinfo and fragment, for GET with the parameters in its query. An app rebuilds that text from its request
 * line and `Host`, so any other spelling of the same URL (no slash after the host, `'` unescaped) would be
 * refused by some of them.
 */
import { createHmac } from "node:crypto";
import type { HttpMethod } from "../../store/store.ts";

export type Parameters = readonly (readonly [name: string, value: string])[];

export type Signable = {
  /** The account's primary auth token, whatever key the app itself signs in with. */
  readonly authToken: string;
  /** The URL as it is requested. */
  readonly requested: string;
  /** What is in the body; nothing for GET. */
  readonly form: Parameters;
};

export function signature({ authToken, requested, form }: Signable): string {
  return createHmac("sha1", authToken)
    .update(requested + sorted(form), "utf8")
    .digest("base64");
}

/** What is requested, of a URL as it is configured. */
export function requestTarget(url: URL, method: HttpMethod, params: Parameters): URL {
  const target = new URL(url);
  target.username = "";
  target.password = "";
  target.hash = "";
  if (method === "GET" && params.length > 0) {
    target.search += (target.search === "" ? "?" : "&") + formOf(params);
  }
  return target;
}

/** `application/x-www-form-urlencoded`, in the order given. */
export function formOf(params: Parameters): string {
  const form = new URLSearchParams();
  for (const [name, value] of params) form.append(name, value);
  return form.toString();
}

/** Names by byte order; a repeated name gives each of its different values once, sorted. */
function sorted(params: Parameters): string {
  const values = new Map<string, Set<string>>();
  for (const [name, value] of params) values.set(name, (values.get(name) ?? new Set()).add(value));
  return [...values.keys()]
    .sort()
    .map((name) =>
      [...(values.get(name) ?? [])]
        .sort()
        .map((value) => name + value)
        .join(""),
    )
    .join("");
}
