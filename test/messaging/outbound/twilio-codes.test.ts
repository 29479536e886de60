import { describe, expect, test } from "vitest";
import { codeOfFault, codeOfReport } from "../../../src/messaging/outbound/twilio-codes.ts";
import { Fault, type FaultCode } from "../../../src/runtime/fault.ts";

const fault = (code: FaultCode, status?: number) =>
  new Fault({ code, disposition: "reject", message: "", ...(status === undefined ? {} : { status }) });

describe("what an app is told", () => {
  test.each([
    [1, 30005],
    [8, 30004],
    [17, 30017],
    [27, 30003],
    [42, 30017],
    [192, 30017],
    [195, 30005],
    [332, 30410],
    [512, 30008],
  ])("+CMS ERROR: %i is %i", (status, code) => {
    expect(codeOfFault(fault("modem.cms", status))).toBe(code);
  });

  test.each([
    [0x01, 30019],
    [0x0a, 30018],
    [0x0b, 30005],
    [0x58, 30017],
    [0xff, 30008],
  ])("command_status %i is %i", (status, code) => {
    expect(codeOfFault(fault("smpp.status", status))).toBe(code);
  });

  test("a number of one vocabulary means nothing in another", () => {
    expect(codeOfFault(fault("at.error", 1))).toBe(30008);
    expect(codeOfFault(fault("at.timeout"))).toBe(30410);
    expect(codeOfFault(fault("sms.undecodable"))).toBe(30008);
  });

  test.each([
    [0x40, 30008],
    [0x41, 30006],
    [0x42, 30004],
    [0x43, 30005],
    [0x46, 30003],
    [0x60, 30003],
    [0x7f, 30003],
    [0x80, 30008],
  ])("TP-Status %i is %i", (status, code) => {
    expect(codeOfReport("modem", status)).toBe(code);
  });

  test.each([
    [3, 30003],
    [5, 30003],
    [8, 30007],
    [7, 30008],
  ])("message_state %i is %i", (state, code) => {
    expect(codeOfReport("smpp", state)).toBe(code);
  });
});
