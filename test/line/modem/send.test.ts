import { describe, expect, test } from "vitest";
import type { CommandResult, Phase } from "../../../src/line/modem/at/command.ts";
import { finalResultOf } from "../../../src/line/modem/at/final-result.ts";
import { outcomeOf, referenceOf } from "../../../src/line/modem/send.ts";

const CONTEXT = { line: "sim1", manufacturer: null };

function failed(line: string, phase: Phase): CommandResult {
  const final = finalResultOf(line);
  if (final?.is !== "error") throw new Error(`${line} is no error`);
  return { is: "error", phase, error: final.error, lines: [] };
}

function lines(...texts: string[]) {
  return texts.map((text) => ({ text, pdu: null }));
}

describe("what became of a segment", () => {
  test.each<{ name: string; result: CommandResult; outcome: object }>([
    {
      name: "+CMGS and OK",
      result: { is: "ok", phase: "result", lines: lines("+CMGS: 44") },
      outcome: { is: "accepted", reference: "44" },
    },
    {
      name: "+CMGS, and the final result never came",
      result: { is: "timeout", phase: "result", lines: lines("+CMGS: 0"), late: [] },
      outcome: { is: "accepted", reference: "0" },
    },
    {
      name: "+CMGS while the dialogue found its place again",
      result: { is: "timeout", phase: "result", lines: [], late: ["+CMGS: 255"] },
      outcome: { is: "accepted", reference: "255" },
    },
    {
      name: "+CMGS, then the port closed",
      result: { is: "lost", phase: "result", reason: "unplugged", lines: lines("+CMGS: 7") },
      outcome: { is: "accepted", reference: "7" },
    },
    {
      name: "OK without +CMGS",
      result: { is: "ok", phase: "result", lines: [] },
      outcome: { is: "unknown", fault: { code: "at.error", disposition: "unknown" } },
    },
    {
      name: "OK without a prompt",
      result: { is: "ok", phase: "prompt", lines: [] },
      outcome: { is: "rejected", fault: { code: "at.error", disposition: "line" } },
    },
    {
      name: "no prompt in time",
      result: { is: "timeout", phase: "prompt", lines: [], late: [] },
      outcome: { is: "rejected", fault: { code: "at.timeout", disposition: "line" } },
    },
    {
      name: "no answer to the PDU",
      result: { is: "timeout", phase: "result", lines: [], late: [] },
      outcome: { is: "unknown", fault: { code: "at.timeout" } },
    },
    {
      name: "closed before the prompt",
      result: { is: "lost", phase: "prompt", reason: "unplugged", lines: [] },
      outcome: { is: "rejected", fault: { code: "line.closed", disposition: "line" } },
    },
    {
      name: "closed after the PDU",
      result: { is: "lost", phase: "result", reason: "unplugged", lines: [] },
      outcome: { is: "unknown", fault: { code: "modem.link-lost" } },
    },
    {
      name: "withdrawn",
      result: { is: "aborted", phase: "prompt" },
      outcome: { is: "rejected", fault: { code: "line.stopped", disposition: "line" } },
    },
  ])("$name", ({ result, outcome }) => {
    expect(outcomeOf(result, CONTEXT)).toMatchObject(outcome);
  });

  test.each<{ line: string; before: string; after: string }>([
    { line: "+CMS ERROR: 1", before: "rejected reject", after: "rejected reject" },
    { line: "+CMS ERROR: 41", before: "rejected retry", after: "rejected retry" },
    { line: "+CMS ERROR: 8", before: "rejected line", after: "rejected line" },
    { line: "+CMS ERROR: 322", before: "rejected line", after: "rejected line" },
    { line: "+CMS ERROR: 331", before: "rejected line", after: "rejected line" },
    // Nothing leaves before the prompt, whatever the code says of the network.
    { line: "+CMS ERROR: 332", before: "rejected line", after: "unknown unknown" },
    { line: "+CMS ERROR: 500", before: "rejected line", after: "unknown unknown" },
    { line: "+CMS ERROR: 513", before: "rejected line", after: "unknown unknown" },
    { line: "+CMS ERROR: 521", before: "rejected line", after: "unknown unknown" },
    { line: "+CMS ERROR: 399", before: "rejected line", after: "unknown unknown" },
    { line: "+CMS ERROR: network timeout", before: "rejected line", after: "unknown unknown" },
    { line: "+CMS ERROR: Congestion", before: "rejected retry", after: "rejected retry" },
    { line: "+CMS ERROR: gibberish", before: "rejected line", after: "unknown unknown" },
    { line: "ERROR", before: "rejected line", after: "unknown unknown" },
    { line: "+CME ERROR: 10", before: "rejected line", after: "rejected line" },
    { line: "+CME ERROR: 30", before: "rejected line", after: "rejected line" },
    { line: "+CME ERROR: 31", before: "rejected line", after: "unknown unknown" },
    { line: "+CME ERROR: 0", before: "rejected line", after: "unknown unknown" },
    { line: "+CME ERROR: 100", before: "rejected line", after: "unknown unknown" },
  ])("$line: before the prompt $before, after the PDU $after", ({ line, before, after }) => {
    const verdict = (phase: Phase) => {
      const outcome = outcomeOf(failed(line, phase), CONTEXT);
      return outcome.is === "accepted" ? outcome.is : `${outcome.is} ${outcome.fault.disposition}`;
    };
    expect(verdict("prompt")).toBe(before);
    expect(verdict("result")).toBe(after);
  });

  test("a duplicate the service centre still holds has been accepted", () => {
    expect(outcomeOf(failed("+CMS ERROR: 197", "result"), CONTEXT)).toEqual({
      is: "accepted",
      reference: "",
    });
  });

  test("the fault carries the number, and names the line", () => {
    const outcome = outcomeOf(failed("+CMS ERROR: 38", "result"), CONTEXT);
    expect(outcome).toMatchObject({
      fault: { code: "modem.cms", status: 38, message: "sim1: +CMS ERROR 38 Network out of order" },
    });
  });

  test("the maker decides what a number from 512 up means", () => {
    const verdict = (manufacturer: string | null) => {
      const outcome = outcomeOf(failed("+CMS ERROR: 513", "result"), { line: "sim1", manufacturer });
      return outcome.is === "accepted" ? outcome.is : `${outcome.is} ${outcome.fault.disposition}`;
    };
    expect(verdict("WAVECOM MODEM")).toBe("unknown unknown");
    expect(verdict("SIMCOM_Ltd")).toBe("rejected line");
    expect(verdict(null)).toBe("unknown unknown");
  });
});

test.each([
  ["+CMGS: 44", "44"],
  ["+CMGS:44", "44"],
  ['+CMGS: 44,"25/05/05,10:00:00+08"', "44"],
  ["+CMGS: 007", "7"],
  ["+CMGS: ", null],
])("the reference of %s is %s", (line, reference) => {
  expect(referenceOf(line)).toBe(reference);
});
