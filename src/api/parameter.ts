/** One named parameter, read the way Twilio does: an empty value is an absent one. */
import { ApiError } from "./api-error.ts";

export function textOf(parameters: URLSearchParams, name: string): string | null {
  const value = parameters.get(name);
  return value === null || value === "" ? null : value;
}

/**
 * A `+` that was not percent-encoded arrives as a space (contract §3.4): ` 33639980001` is `+33639980001`. The
 * classic is `curl -d "To=+33639980001"`.
 */
export function addressOf(parameters: URLSearchParams, name: string): string | null {
  const text = textOf(parameters, name);
  if (text === null) return null;
  const trimmed = text.trim();
  if (trimmed === "") return null;
  return /^ \d/.test(text) ? `+${trimmed}` : trimmed;
}

/**
 * What `new URL` reads as http or https, at most 4000 characters: a raw space in the path too, because what is
 * requested and signed is how `URL` writes it (contract §10). Private addresses and host names with an underscore,
 * which Twilio refuses, are the normal case on a local network.
 */
export function isWebUrl(text: string): boolean {
  return text.length <= 4000 && URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

/** Null when it is absent. An empty one, or one of more than 64 characters, is Twilio's 20002. */
export function friendlyNameOf(form: URLSearchParams): string | null {
  const name = form.get("FriendlyName");
  if (name !== null && (name === "" || name.length > 64)) throw new ApiError(20002);
  return name;
}

/** Throws 20422 for what is neither. */
export function flagOf(form: URLSearchParams, name: string): boolean | null {
  const value = form.get(name)?.trim().toLowerCase();
  if (value === undefined || value === "") return null;
  if (value !== "true" && value !== "false") {
    throw new ApiError(20422, `The '${name}' is not valid: it must be one of true, false.`);
  }
  return value === "true";
}
