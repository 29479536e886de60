/**
 * `+CME ERROR` (27.007 §9.2), as far as it is met on SMS commands. What the queue does about each is the same
 * judgement as for `+CMS ERROR` (`cms-errors.ts`).
 */
import type { Disposition } from "../../runtime/fault.ts";

export type CmeError = { readonly code: number; readonly text: string; readonly disposition: Disposition };

export const CME_ERRORS: readonly CmeError[] = [
  { code: 0, text: "Phone failure", disposition: "unknown" },
  { code: 1, text: "No connection to phone", disposition: "line" },
  { code: 2, text: "Phone-adaptor link reserved", disposition: "line" },
  { code: 3, text: "Operation not allowed", disposition: "line" },
  { code: 4, text: "Operation not supported", disposition: "line" },
  { code: 5, text: "PH-SIM PIN required", disposition: "line" },
  { code: 6, text: "PH-FSIM PIN required", disposition: "line" },
  { code: 7, text: "PH-FSIM PUK required", disposition: "line" },
  { code: 10, text: "SIM not inserted", disposition: "line" },
  { code: 11, text: "SIM PIN required", disposition: "line" },
  { code: 12, text: "SIM PUK required", disposition: "line" },
  { code: 13, text: "SIM failure", disposition: "line" },
  { code: 14, text: "SIM busy", disposition: "line" },
  { code: 15, text: "SIM wrong", disposition: "line" },
  { code: 16, text: "Incorrect password", disposition: "line" },
  { code: 17, text: "SIM PIN2 required", disposition: "line" },
  { code: 18, text: "SIM PUK2 required", disposition: "line" },
  { code: 20, text: "Memory full", disposition: "line" },
  { code: 21, text: "Invalid index", disposition: "reject" },
  { code: 22, text: "Not found", disposition: "reject" },
  { code: 23, text: "Memory failure", disposition: "line" },
  { code: 24, text: "Text string too long", disposition: "reject" },
  { code: 25, text: "Invalid characters in text string", disposition: "reject" },
  { code: 26, text: "Dial string too long", disposition: "reject" },
  { code: 27, text: "Invalid characters in dial string", disposition: "reject" },
  { code: 30, text: "No network service", disposition: "line" },
  { code: 31, text: "Network timeout", disposition: "unknown" },
  { code: 32, text: "Network not allowed - emergency calls only", disposition: "line" },
  { code: 40, text: "Network personalization PIN required", disposition: "line" },
  { code: 50, text: "Incorrect parameters", disposition: "line" },
  { code: 56, text: "Fixed dial number only", disposition: "reject" },
  { code: 100, text: "Unknown error", disposition: "unknown" },
  { code: 515, text: "Please wait", disposition: "line" },
];

/** An unlisted code says nothing about the message, and nothing about what became of it. */
export function cmeErrorOf(code: number): CmeError {
  return (
    CME_ERRORS.find((row) => row.code === code) ?? { code, text: "unlisted error", disposition: "unknown" }
  );
}
