import { describe, expect, it } from "vitest";
import { Fault, reasonOf } from "../../src/runtime/fault.ts";

describe("a fault", () => {
  it("keeps its code, disposition, number and cause", () => {
    const cause = new Error("EIO");
    const fault = new Fault({
      code: "modem.cms",
      disposition: "retry",
      message: "the network is congested (+CMS ERROR: 42)",
      status: 42,
      cause,
    });
    expect([fault.code, fault.disposition, fault.status, fault.cause]).toEqual([
      "modem.cms",
      "retry",
      42,
      cause,
    ]);
    expect(reasonOf(fault)).toBe("the network is congested (+CMS ERROR: 42)");
  });

  it("gives a reason for whatever was thrown", () => {
    expect(reasonOf("plain text")).toBe("plain text");
  });
});
