import { describe, expect, test } from "vitest";
import { codeOfFault, codeOfReport } from "../../../src/messaging/outbound/twilio-codes.ts";
import { Fault, type FaultCode } from "../../../src/runtime/fault.ts";
import { tpStatus } from "../../../src/sms/tp-status.ts";

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
    [0x14, 30017],
    [0x58, 30017],
    [0x64, 30003],
    [0x65, 30003],
    [0x66, 30007],
    [0xc2, 30019],
    [0xfe, 30003],
    [0xff, 30008],
    [0x0400, 30008],
  ])("command_status %i is %i", (status, code) => {
    expect(codeOfFault(fault("smpp.status", status))).toBe(code);
  });

  test("a number of one vocabulary means nothing in another", () => {
    expect(codeOfFault(fault("at.error", 1))).toBe(30008);
    expect(codeOfFault(fault("at.timeout"))).toBe(30410);
    expect(codeOfFault(fault("smpp.timeout"))).toBe(30410);
    expect(codeOfFault(fault("line.closed"))).toBe(30410);
    expect(codeOfFault(fault("smpp.invalid"))).toBe(30008);
    expect(codeOfFault(fault("sms.undecodable"))).toBe(30008);
  });

  test.each([
    [0x40, 30008],
    [0x41, 30006],
    [0x42, 30004],
    [0x43, 30005],
    [0x46, 30003],
    [0x44, 30008],
    [0x45, 30006],
    [0x47, 30008],
    [0x48, 30007],
    [0x49, 30008],
    [0x4a, 30008],
    [0x50, 30008],
    [0x5f, 30008],
    [0x60, 30017],
    [0x61, 30003],
    [0x62, 30003],
    [0x63, 30003],
    [0x64, 30003],
    [0x65, 30003],
    [0x66, 30003],
    [0x70, 30003],
    [0x7f, 30003],
    [0x80, 30008],
    [0xff, 30008],
  ])("TP-Status %i is %i", (status, code) => {
    expect(codeOfReport("modem", status)).toBe(code);
  });

  test("every TP-Status that fails a message has one of Twilio's delivery codes", () => {
    for (let status = 0x40; status <= 0xff; status++) {
      expect(tpStatus(status).state).toBe("failed");
      expect(codeOfReport("modem", status)).toBeGreaterThanOrEqual(30003);
      expect(codeOfReport("modem", status)).toBeLessThanOrEqual(30017);
    }
  });

  test.each([
    [3, 30003],
    [4, 30008],
    [5, 30003],
    [8, 30007],
    [9, 30008],
    [7, 30008],
  ])("message_state %i is %i", (state, code) => {
    expect(codeOfReport("smpp", state)).toBe(code);
  });
});
