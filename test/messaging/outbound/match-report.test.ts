import { describe, expect, test } from "vitest";
import { likenessOf, matchReport } from "../../../src/messaging/outbound/match-report.ts";
import type { OpenSubmission } from "../../../src/store/submission-record.ts";

const NOW = Date.UTC(2026, 0, 4, 10, 0, 0);
const TO = "+33639980011";

const open = (fields: Partial<OpenSubmission> = {}): OpenSubmission => ({
  submissionId: "s",
  messageSid: "SM",
  line: "sim1",
  state: "accepted",
  reference: "44",
  recipient: TO,
  startedAt: NOW - 10_000,
  doubtfulSince: null,
  ...fields,
});
const report = (fields: Partial<{ reference: string; recipient: string; tpScts: string | null }> = {}) => ({
  reference: "44",
  recipient: TO,
  tpScts: new Date(NOW - 9000).toISOString(),
  ...fields,
});
const idOf = (match: OpenSubmission | null) => match?.submissionId ?? null;

describe("the recipient in a report", () => {
  test.each([
    ["+33639980011", "+33639980011", "exact"],
    ["+33639980011", "33639980011", "exact"],
    ["+33639980011", "0639980011", "tail"],
    ["+15017122661", "5017122661", "tail"],
    ["+33639980011", "0639980012", "none"],
    ["+33639980011", "+49639980011", "none"],
    ["36123", "36123", "exact"],
    ["36123", "6123", "none"],
    ["+33639980011", "+#0842", "none"],
    ["+33639980011", "", "none"],
  ])("%s and %s: %s", (one, other, likeness) => {
    expect(likenessOf(one, other)).toBe(likeness);
    expect(likenessOf(other, one)).toBe(likeness);
  });
});

describe("what was in doubt since the same death of the process", () => {
  const ahead = { state: "unknown", reference: null, doubtfulSince: NOW - 5000 } as const;
  const first = open({ ...ahead, submissionId: "on the wire", startedAt: NOW - 20_000 });
  const second = open({ ...ahead, submissionId: "recorded ahead", startedAt: NOW - 9000 });

  test("was handed over in its order: a report is the first one's, though the second is nearer in time", () => {
    expect(idOf(matchReport(report(), [second, first], NOW))).toBe("on the wire");
    const tied = { ...second, startedAt: first.startedAt };
    expect(idOf(matchReport(report(), [tied, first], NOW))).toBe("on the wire");
  });

  test("is what came into doubt within a second, as a bind leaves its window behind", () => {
    const moment = { ...second, doubtfulSince: NOW - 4100 };
    expect(idOf(matchReport(report(), [moment, first], NOW))).toBe("on the wire");
    const later = { ...second, doubtfulSince: NOW - 3000 };
    expect(idOf(matchReport(report(), [later, first], NOW))).toBe("recorded ahead");
  });

  test("was handed over in its order also where a report has no time stamp", () => {
    const undated = report({ tpScts: null });
    expect(idOf(matchReport(undated, [second, first], NOW))).toBe("on the wire");
    const later = { ...second, doubtfulSince: NOW - 3000 };
    expect(matchReport(undated, [later, first], NOW)).toBeNull();
  });

  test("is not told from another death's by a stamp without seconds, as receipts have it", () => {
    const before = { ...first, submissionId: "of the death before", startedAt: NOW - 45_000 };
    const other = { ...before, doubtfulSince: NOW - 40_000 };
    const wholeMinute = report({ tpScts: "2026-01-04T09:59+00:00" });
    expect(matchReport(wholeMinute, [second, first, other], NOW)).toBeNull();
    expect(idOf(matchReport(wholeMinute, [other], NOW))).toBe("of the death before");
    const exact = report({ tpScts: "2026-01-04T09:59:00+00:00" });
    expect(idOf(matchReport(exact, [second, first, other], NOW))).toBe("of the death before");
    const longAgo = { ...other, startedAt: NOW - 150_000, doubtfulSince: NOW - 140_000 };
    expect(
      idOf(matchReport(wholeMinute, [second, { ...first, startedAt: NOW - 58_000 }, longAgo], NOW)),
    ).toBe("on the wire");
  });

  test("is told by time from what was in doubt by itself", () => {
    const alone = open({
      ...ahead,
      doubtfulSince: NOW - 90_000,
      submissionId: "alone",
      startedAt: NOW - 100_000,
    });
    expect(idOf(matchReport(report(), [second, first, alone], NOW))).toBe("on the wire");
  });
});

describe("matching a report", () => {
  test("reference and recipient together name the Submission", () => {
    const others = [
      open({ submissionId: "x", reference: "45" }),
      open({ submissionId: "y", recipient: "+33639980099" }),
    ];
    expect(idOf(matchReport(report(), [...others, open()], NOW))).toBe("s");
    expect(matchReport(report(), others, NOW)).toBeNull();
  });

  test("reference 0 is a reference like any other", () => {
    expect(idOf(matchReport(report({ reference: "0" }), [open({ reference: "0" })], NOW))).toBe("s");
  });

  test("of several with the same reference the newest sent before the report is meant", () => {
    const old = open({ submissionId: "old", startedAt: NOW - 7_200_000 });
    const later = open({ submissionId: "later", startedAt: NOW - 3_600_000 });
    const fresh = open({ submissionId: "fresh", startedAt: NOW - 1000 });
    const stamped = report({ tpScts: new Date(NOW - 3_590_000).toISOString() });
    expect(idOf(matchReport(stamped, [fresh, later, old], NOW))).toBe("later");
    expect(idOf(matchReport(report({ tpScts: null }), [old, fresh, later], NOW))).toBe("fresh");
  });

  test("a full match goes before a national one", () => {
    const national = open({ submissionId: "national", recipient: "0639980011", startedAt: NOW - 5000 });
    expect(idOf(matchReport(report(), [national, open()], NOW))).toBe("s");
    expect(idOf(matchReport(report(), [national], NOW))).toBe("national");
  });

  test("the only candidate is taken however wrong our clock is", () => {
    const ahead = open({ startedAt: NOW + 86_400_000 });
    expect(idOf(matchReport(report(), [ahead], NOW + 86_401_000))).toBe("s");
  });

  test("a masked recipient leaves the reference, when it is the only one", () => {
    const masked = report({ recipient: "+#0842" });
    expect(idOf(matchReport(masked, [open()], NOW))).toBe("s");
    expect(matchReport(masked, [open(), open({ submissionId: "t" })], NOW)).toBeNull();
    expect(matchReport(report({ recipient: "+33639980012" }), [open()], NOW)).toBeNull();
  });

  const nobodyKnows = (fields: Partial<OpenSubmission> = {}) =>
    open({ state: "unknown", reference: null, ...fields });

  test("an unknown Submission adopts a report for its recipient within two minutes", () => {
    expect(idOf(matchReport(report(), [nobodyKnows()], NOW))).toBe("s");
    expect(matchReport(report(), [nobodyKnows({ startedAt: NOW - 9000 - 120_001 })], NOW)).toBeNull();
    expect(matchReport(report(), [nobodyKnows({ recipient: "+33639980099" })], NOW)).toBeNull();
  });

  test("of several unknown ones the nearest in time adopts it", () => {
    const near = nobodyKnows({ submissionId: "near", startedAt: NOW - 9500 });
    const far = nobodyKnows({ submissionId: "far", startedAt: NOW - 60_000 });
    expect(idOf(matchReport(report(), [far, near], NOW))).toBe("near");
  });

  test("a report without a time stamp is adopted only where one Submission can be meant", () => {
    const undated = report({ tpScts: null });
    expect(idOf(matchReport(undated, [nobodyKnows()], NOW))).toBe("s");
    expect(matchReport(undated, [nobodyKnows(), nobodyKnows({ submissionId: "t" })], NOW)).toBeNull();
  });

  test("a named Submission goes before an unknown one", () => {
    expect(idOf(matchReport(report(), [nobodyKnows({ submissionId: "u" }), open()], NOW))).toBe("s");
  });

  test("nothing is adopted while another Submission to that recipient waits for its answer", () => {
    const trying = open({ submissionId: "t", state: "trying", reference: null, startedAt: NOW - 9000 });
    expect(matchReport(report(), [nobodyKnows(), trying], NOW)).toBeNull();
  });
});
