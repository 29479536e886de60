import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Answer } from "../../../src/messaging/webhook/exchange.ts";
import type { DocumentResult } from "../../../src/messaging/webhook/request.ts";
import {
  judge,
  LEAST_TRIES,
  LONGEST_DEFERRAL_MS,
  type Situation,
  type Trouble,
  verdictOn,
} from "../../../src/messaging/webhook/verdict.ts";

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 0, 4, 10, 15, 30);

function answered(fields: Partial<Answer> & { readonly text?: string }): DocumentResult {
  const { text = "", ...rest } = fields;
  const answer: Answer = {
    is: "answer",
    status: 200,
    contentType: "text/xml",
    location: null,
    authenticate: null,
    retryAfter: null,
    lastModified: null,
    setCookies: [],
    body: Buffer.from(text),
    chunked: false,
    flaw: null,
    ...rest,
  };
  return { is: "answered", answer, documentUrl: "http://app/sms" };
}

const situation = (fields: Partial<Situation> = {}): Situation => ({
  attempts: 0,
  ageMs: 0,
  now: NOW,
  retryForMs: 48 * HOUR,
  random: 0.5,
  ...fields,
});

const trouble = (remedy: Trouble["remedy"], retryAfterMs: number | null = null): Trouble => ({
  remedy,
  code: 11200,
  why: "because",
  status: 500,
  retryAfterMs,
});

describe("an answer to an inbound webhook", () => {
  it("with TwiML is done, and says what it asks for", () => {
    const judgement = judge("inbound", answered({ text: "<Response><Message>hi</Message></Response>" }));
    expect(judgement).toMatchObject({ is: "understood", verbs: [{ verb: "message", body: "hi" }] });
  });

  it.each([200, 201, 204, 299])("of HTTP %i with no body is done", (status) => {
    const judgement = judge("inbound", answered({ status, contentType: null }));
    expect(judgement).toEqual({ is: "understood", verbs: [], problems: [] });
  });

  it.each([
    [429, "hold"],
    [502, "hold"],
    [503, "hold"],
    [504, "hold"],
    [500, "aside"],
    [501, "aside"],
    [505, "aside"],
    [599, "aside"],
    [400, "fail"],
    [401, "fail"],
    [404, "fail"],
    [410, "fail"],
    [304, "fail"],
    [302, "fail"],
  ])("of HTTP %i is trouble to %s", (status, remedy) => {
    expect(judge("inbound", answered({ status }))).toMatchObject({
      is: "trouble",
      trouble: { remedy, code: 11200, status },
    });
  });

  it.each([
    ["nonsense", { text: "hello" }, 12100],
    ["HTML", { text: "<html/>", contentType: "text/html" }, 12102],
    ["JSON", { text: "{}", contentType: "application/json" }, 12300],
    ["3 MB", { text: "a", flaw: { code: 11750, why: "long", phase: "read" as const } }, 11750],
  ])("that is %s fails with Twilio's code", (_what, fields, code) => {
    expect(judge("inbound", answered(fields))).toMatchObject({
      trouble: { remedy: "fail", code, status: 200 },
    });
  });

  it("that breaks off is no answer", () => {
    const flaw = { code: 11200, why: "broke off", phase: "read" as const };
    expect(judge("inbound", answered({ flaw }))).toMatchObject({ trouble: { remedy: "hold", code: 11200 } });
  });

  it("that does not come holds the queue; a target that may not be called fails", () => {
    expect(judge("inbound", { is: "unanswered", code: 11205, why: "x" })).toMatchObject({
      trouble: { remedy: "hold", code: 11205, status: null },
    });
    expect(judge("inbound", { is: "refused", code: 11215, why: "x" })).toMatchObject({
      trouble: { remedy: "fail", code: 11215 },
    });
  });

  it("is asked to wait by Retry-After, for an hour at most and only in seconds", () => {
    const judged = (retryAfter: string) => judge("inbound", answered({ status: 503, retryAfter }));
    expect(judged("120")).toMatchObject({ trouble: { retryAfterMs: 120_000 } });
    expect(judged("999999")).toMatchObject({ trouble: { retryAfterMs: HOUR } });
    expect(judged("Fri, 31 Dec 1999 23:59:59 GMT")).toMatchObject({ trouble: { retryAfterMs: null } });
  });
});

describe("an answer to a status callback", () => {
  it.each([
    ["HTML", { text: "<html>", contentType: "text/html" }],
    ["TwiML, which is ignored", { text: "<Response><Message>x</Message></Response>" }],
    ["a body too long", { flaw: { code: 11750, why: "long", phase: "read" as const } }],
    ["a body that breaks off", { flaw: { code: 11200, why: "broke off", phase: "read" as const } }],
  ])("of 2xx is done whatever its body: %s", (_what, fields) => {
    expect(judge("status", answered(fields))).toEqual({ is: "understood", verbs: [], problems: [] });
  });
});

describe("the verdict", () => {
  it("on no answer is to wait in place", () => {
    expect(verdictOn(trouble("hold"), situation())).toEqual({
      is: "retry",
      aside: false,
      attempts: 1,
      notBefore: NOW + 1000,
    });
  });

  it("on a 500 is to wait aside", () => {
    expect(verdictOn(trouble("aside"), situation())).toMatchObject({ is: "retry", aside: true });
  });

  it("on a 404 is to give up", () => {
    expect(verdictOn(trouble("fail"), situation())).toEqual({ is: "failed", code: 11200 });
  });

  it("after two days is to give up", () => {
    for (const remedy of ["hold", "aside"] as const) {
      const old = situation({ attempts: 99, ageMs: 48 * HOUR });
      expect(verdictOn(trouble(remedy), old)).toMatchObject({ is: "failed" });
    }
  });

  it("does not give up on what waited for a week in a box without power", () => {
    const old = { ageMs: 168 * HOUR };
    for (let attempts = 0; attempts < LEAST_TRIES - 1; attempts++) {
      expect(verdictOn(trouble("hold"), situation({ ...old, attempts }))).toMatchObject({ is: "retry" });
    }
    expect(verdictOn(trouble("hold"), situation({ ...old, attempts: LEAST_TRIES - 1 }))).toMatchObject({
      is: "failed",
    });
  });

  it("waits longer each time, to a minute in place", () => {
    const waits = [0, 1, 2, 3, 4, 5, 6, 7, 500].map((attempts) => {
      const verdict = verdictOn(trouble("hold"), situation({ attempts }));
      return verdict.is === "retry" ? verdict.notBefore - NOW : null;
    });
    expect(waits).toEqual([1000, 2000, 5000, 10_000, 20_000, 30_000, 60_000, 60_000, 60_000]);
  });

  it("waits no less than Retry-After asks for", () => {
    expect(verdictOn(trouble("hold", 300_000), situation())).toMatchObject({ notBefore: NOW + 300_000 });
    expect(verdictOn(trouble("hold", 10), situation())).toMatchObject({ notBefore: NOW + 1000 });
  });

  it("never puts anything off for longer than it says, nor into the past", () => {
    const any = fc.record({
      attempts: fc.nat(10_000),
      ageMs: fc.nat(500 * HOUR),
      random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      remedy: fc.constantFrom("hold" as const, "aside" as const),
      retryAfterMs: fc.option(fc.nat(HOUR)),
    });
    fc.assert(
      fc.property(any, ({ attempts, ageMs, random, remedy, retryAfterMs }) => {
        const verdict = verdictOn(trouble(remedy, retryAfterMs), situation({ attempts, ageMs, random }));
        if (verdict.is !== "retry") return ageMs >= 48 * HOUR && attempts + 1 >= LEAST_TRIES;
        return verdict.notBefore > NOW && verdict.notBefore - NOW <= LONGEST_DEFERRAL_MS;
      }),
    );
  });
});
