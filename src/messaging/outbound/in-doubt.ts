/** Why nobody knows whether the network took a Segment, in an operator's words: no word of the wire, no line's name. */
import type { Fault, FaultCode } from "../../runtime/fault.ts";

const WHY: Partial<Record<FaultCode, string>> = {
  "modem.link-lost": "the modem restarted or was lost before it answered",
  "line.closed": "the link was lost before the answer came",
  "at.timeout": "no answer came in time",
  "smpp.timeout": "no answer came in time",
};

export function whyInDoubt({ code, status }: Fault): string {
  const error = status === null ? "" : ` (error ${status})`;
  return WHY[code] ?? `the answer leaves it open${error}`;
}
