import { describe, expect, test } from "vitest";
import { holdMs, isAccountFault, judge, retryDelayMs } from "../../../src/messaging/outbound/retry.ts";
import { Fault, type FaultFields } from "../../../src/runtime/fault.ts";
import { rejected, unknown } from "../../harness/fake-line.ts";

const NOW = 1_000_000;
const facts = { attempts: 0, expiresAt: NOW + 36_000_000, now: NOW };
const cms = (status: number, disposition: FaultFields["disposition"] = "retry") =>
  new Fault({ code: "modem.cms", disposition, message: `+CMS ERROR: ${status}`, status });

describe("the verdict on a Line's answer", () => {
  test("an accepted Segment is settled with its reference", () => {
    expect(judge({ is: "accepted", reference: "0" }, facts).settlement).toEqual({
      is: "accepted",
      reference: "0",
    });
  });

  test("a Message that can never go fails with Twilio's code", () => {
    const { settlement } = judge({ is: "rejected", fault: cms(1, "reject") }, facts);
    expect(settlement).toEqual({ is: "failed", errorCode: 30005, why: "+CMS ERROR: 1" });
  });

  test.each([
    [0, 5],
    [1, 15],
    [2, 60],
    [3, 300],
    [4, 900],
    [5, 900],
    [40, 900],
  ])("after %i failed tries a Message backs off %i seconds", (attempts, seconds) => {
    expect(retryDelayMs(attempts, cms(41))).toBe(seconds * 1000);
    const { settlement } = judge({ is: "rejected", fault: cms(41) }, { ...facts, attempts });
    expect(settlement).toEqual({ is: "retry", retryAt: NOW + seconds * 1000, why: "+CMS ERROR: 41" });
  });

  test.each([27, 38])("cause %i starts at a minute", (cause) => {
    expect([0, 1, 2, 3].map((attempts) => retryDelayMs(attempts, cms(cause)))).toEqual([
      60_000, 300_000, 900_000, 900_000,
    ]);
  });

  test("cause 21, a transfer that was rejected, is tried once more after ten minutes", () => {
    const fault = cms(21);
    const verdict = (attempts: number, expiresAt = facts.expiresAt) =>
      judge({ is: "rejected", fault }, { attempts, expiresAt, now: NOW }).settlement;
    expect(verdict(0)).toEqual({ is: "retry", retryAt: NOW + 600_000, why: "+CMS ERROR: 21" });
    expect(verdict(1)).toEqual({ is: "failed", errorCode: 30004, why: "+CMS ERROR: 21" });
    expect(verdict(0, NOW + 600_000).is).toBe("failed");
  });

  test("a next try that would come after the Message's validity is not waited for", () => {
    const fault = cms(42);
    const at = (expiresAt: number) => judge({ is: "rejected", fault }, { attempts: 0, now: NOW, expiresAt });
    expect(at(NOW + 5001).settlement.is).toBe("retry");
    expect(at(NOW + 5000).settlement).toEqual({ is: "failed", errorCode: 30017, why: "+CMS ERROR: 42" });
  });

  test("a fault of the Line burns no attempt and holds the Line", () => {
    const fault = cms(331, "line");
    expect(judge({ is: "rejected", fault }, facts)).toEqual({
      settlement: { is: "released", why: "+CMS ERROR: 331" },
      lineFault: fault,
    });
  });

  test("our own shutdown accuses nobody", () => {
    const { settlement, lineFault } = judge(rejected({ disposition: "line", code: "line.stopped" }), facts);
    expect(settlement.is).toBe("released");
    expect(lineFault).toBeNull();
  });

  test("what happened after the point of no return is unknown, whoever says so", () => {
    expect(judge(unknown(), facts).settlement.is).toBe("unknown");
    expect(judge(rejected({ disposition: "unknown" }), facts).settlement.is).toBe("unknown");
  });
});

describe("how long a Line rests", () => {
  test("seconds, at most half a minute, for what passes by itself", () => {
    const rests = [1, 2, 3, 4, 5, 6, 50].map((faults) => holdMs(faults, cms(331, "line")));
    expect(rests).toEqual([1000, 2000, 5000, 10_000, 30_000, 30_000, 30_000]);
  });

  test("up to a quarter of an hour for a subscription that refuses", () => {
    expect([1, 2, 3, 4].map((faults) => holdMs(faults, cms(10, "line")))).toEqual([
      60_000, 300_000, 900_000, 900_000,
    ]);
    expect(isAccountFault(cms(10, "line"))).toBe(true);
    expect(isAccountFault(cms(331, "line"))).toBe(false);
  });
});
