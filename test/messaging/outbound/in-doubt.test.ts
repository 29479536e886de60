import { expect, test } from "vitest";
import { whyInDoubt } from "../../../src/messaging/outbound/in-doubt.ts";
import { Fault, type FaultCode } from "../../../src/runtime/fault.ts";

const fault = (code: FaultCode, status?: number) =>
  new Fault({
    code,
    disposition: "unknown",
    message: 'gsm3: after the PDU: "RDY"',
    ...(status === undefined ? {} : { status }),
  });

test.each([
  ["modem.link-lost", undefined, "the modem restarted or was lost before it answered"],
  ["line.closed", undefined, "the link was lost before the answer came"],
  ["at.timeout", undefined, "no answer came in time"],
  ["smpp.timeout", undefined, "no answer came in time"],
  ["modem.cms", 332, "the answer leaves it open (error 332)"],
  ["at.error", undefined, "the answer leaves it open"],
] as const)("%s is told in an operator's words", (code, status, words) => {
  expect(whyInDoubt(fault(code, status))).toBe(words);
});
