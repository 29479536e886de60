/** Which refusals the driver mends by itself, and with what. */
import { describe, expect, test } from "vitest";
import { prepareSecondTry, secondTryOf } from "../../../src/line/modem/second-try.ts";
import { Fault, type FaultFields } from "../../../src/runtime/fault.ts";
import { segmentTo, until } from "../line-contract.ts";
import { posing } from "./posing-modem.ts";

function refused(
  status: number,
  disposition: FaultFields["disposition"],
  code: FaultFields["code"] = "modem.cms",
) {
  return { is: "rejected", fault: new Fault({ code, disposition, message: "no", status }) } as const;
}

test.each([
  { outcome: refused(330, "line"), is: "with-smsc" },
  { outcome: refused(198, "reject"), is: "without-validity" },
  { outcome: refused(199, "reject"), is: "without-validity" },
  { outcome: refused(515, "reject"), is: "again" },
])("$outcome.fault.status is tried $is", ({ outcome, is }) => {
  expect(secondTryOf(outcome)?.is).toBe(is);
});

test.each([
  refused(515, "line"),
  refused(330, "line", "at.error"),
  refused(21, "retry"),
  refused(41, "retry"),
  { is: "accepted", reference: "1" } as const,
  { is: "unknown", fault: new Fault({ code: "at.timeout", disposition: "unknown", message: "?" }) } as const,
])("%j is left to the queue", (outcome) => {
  expect(secondTryOf(outcome)).toBeNull();
});

describe("there is no second try", () => {
  const tools = { recallSmsc: () => Promise.resolve(false), sleep: () => Promise.resolve() };
  const segment = segmentTo("+33612345678", "hello");

  test("without a service centre anybody knows", async () => {
    expect(await prepareSecondTry(segment, { is: "with-smsc" }, tools)).toBeNull();
  });

  test("without a validity period to leave out", async () => {
    const lasting = { ...segment, validityMinutes: null };
    expect(await prepareSecondTry(lasting, { is: "without-validity" }, tools)).toBeNull();
  });
});

test("a SIMCom that says 515 because it is busy is asked again after a second", async () => {
  const stage = posing({ manufacturer: "SIMCOM_Ltd", model: "SIM800" });
  await stage.ready();
  let tries = 0;
  stage.modem.behave({
    name: "busy once",
    onSubmit: (answer) => {
      if (++tries > 1) return false;
      answer({ is: "cms", code: 515 });
      return true;
    },
  });
  const outcomes: string[] = [];
  const { signal } = new AbortController();
  stage.line
    .submit(segmentTo("+33612345678", "hello"), { submissionId: "s1", signal })
    .then((outcome) => outcomes.push(outcome.is))
    .catch((error: unknown) => {
      throw error;
    });
  await until(stage.clock, () => outcomes.length > 0);
  expect(outcomes).toEqual(["accepted"]);
  expect(tries).toBe(2);
  await stage.stop();
});
