/** Why is it not sent: the sentences, and what the forecast is made of. */
import { describe, expect, it } from "vitest";
import { explain, type WaitingFacts } from "../../src/api/explain.ts";
import { MESSAGE_STATUSES, type MessageStatus } from "../../src/sms/message.ts";
import type { Standing } from "../../src/store/reading.ts";
import type { StoredMessage } from "../../src/store/store.ts";

const NOW = Date.UTC(2026, 0, 4, 10, 15, 30);

function message(fields: Partial<StoredMessage> = {}): StoredMessage {
  return {
    sid: `SM${"a".repeat(32)}`,
    accountSid: "AC1",
    direction: "outbound-api",
    from: "+33639980001",
    to: "+33639980002",
    body: "x",
    status: "queued",
    numSegments: 1,
    messagingServiceSid: null,
    statusCallback: null,
    errorCode: null,
    errorMessage: null,
    createdAt: NOW,
    updatedAt: NOW,
    sentAt: null,
    line: null,
    attempts: 0,
    retryAt: null,
    waitingFor: null,
    ...fields,
  };
}

function facts(fields: Partial<WaitingFacts> = {}, standing: Partial<Standing> | null = {}): WaitingFacts {
  const next: Standing = {
    queue: "+33639980001",
    isBroadcast: false,
    hasBegun: false,
    expiresAt: NOW + 36_000_000,
    waitingSegments: 1,
    messagesAhead: 0,
    segmentsAhead: 0,
    sendAt: null,
    isOptedOut: false,
  };
  return {
    standing: standing === null ? null : { ...next, ...standing },
    isAccountActive: true,
    line: { name: "sim1", state: "ready", reason: "registered", sends: true },
    fallback: null,
    planStop: null,
    segmentsPerSecond: 1,
    webhook: { standing: null, untold: null },
    now: NOW,
    ...fields,
  };
}

describe("a message that waits", () => {
  it("is next, and goes within a second at one segment a second", () => {
    expect(explain(message(), facts())).toEqual({
      reason: "It is next in its queue.",
      nextAttemptAt: null,
      forecastAt: NOW + 1000,
    });
  });

  it("has others before it, whose segments its forecast counts", () => {
    const explained = explain(message(), facts({}, { messagesAhead: 3, segmentsAhead: 7 }));
    expect(explained.reason).toBe("3 messages are before it with 7 segments, which go out 1 a second.");
    expect(explained.forecastAt).toBe(NOW + 8000);
    const fast = facts({ segmentsPerSecond: "unlimited" }, { messagesAhead: 1, segmentsAhead: 1 });
    expect(explain(message(), fast).reason).toBe(
      "1 message is before it with 1 segments, which go out as fast as its line takes them.",
    );
    expect(explain(message(), fast).forecastAt).toBe(NOW);
  });

  it("failed before, and says when it is tried again and why", () => {
    const waiting = message({ attempts: 2, retryAt: NOW + 90_000, waitingFor: "+CMS ERROR: 38" });
    expect(explain(waiting, facts())).toEqual({
      reason: "2 attempts failed (+CMS ERROR: 38); it is tried again at 2026-01-04T10:17:00.000Z.",
      nextAttemptAt: NOW + 90_000,
      forecastAt: NOW + 90_000,
    });
  });

  it.each([
    [{ isAccountActive: false }, "Its account is not active: it will fail with 30002."],
    [{ line: null }, "No line serves +33639980001: it waits until one does."],
    [
      { line: { name: "sim1", state: "starting", reason: "not registered", sends: true } },
      "Its line sim1 is starting: not registered.",
    ],
  ])("is held up by %j, and nobody can say until when", (obstacle, reason) => {
    const waiting = message({ attempts: 1, retryAt: NOW + 5 });
    expect(explain(waiting, facts(obstacle))).toEqual({ reason, nextAttemptAt: NOW + 5, forecastAt: null });
  });

  it("is held by a SIM plan, and says until when; a line that is down is the stronger reason", () => {
    const planStop = { text: "The SIM plan of sim1 allows 200 segments a day", until: NOW + 60_000 };
    expect(explain(message(), facts({ planStop }))).toEqual({
      reason: "The SIM plan of sim1 allows 200 segments a day.",
      nextAttemptAt: NOW + 60_000,
      forecastAt: null,
    });
    const line = { name: "sim1", state: "starting", reason: "not registered", sends: true };
    expect(explain(message(), facts({ planStop, line }))).toMatchObject({
      reason: "Its line sim1 is starting: not registered.",
      nextAttemptAt: null,
    });
  });

  it("waits for a plan that has no room for its recipient, and no attempt has failed", () => {
    const waiting = message({ retryAt: NOW + 90_000, waitingFor: "the SIM plan allows 500 recipients" });
    expect(explain(waiting, facts()).reason).toBe(
      "It waits (the SIM plan allows 500 recipients); it is looked at again at 2026-01-04T10:17:00.000Z.",
    );
  });

  const down = { name: "sim1", state: "opening", reason: "no such device", sends: true };
  const fallback = { name: "carrier", state: "ready", reason: "bound", isRefused: false, inMs: null };

  it("goes over the fallback while its line is down, with a forecast like any other", () => {
    const carried = facts({ line: down, fallback: { ...fallback, spill: "carrying" } });
    expect(explain(message(), carried)).toEqual({
      reason: "Its line sim1 is opening, so it goes over carrier. It is next in its queue.",
      nextAttemptAt: null,
      forecastAt: NOW + 1000,
    });
  });

  it.each([
    [
      { ...fallback, spill: "waiting" as const, inMs: 12_345 },
      "Its line sim1 is opening: no such device; should that last, it goes over carrier in 13 s.",
    ],
    [
      { ...fallback, spill: "blocked" as const, state: "refused", reason: "the password is wrong" },
      "Its line sim1 is opening: no such device; its fallback carrier is refused: the password is wrong.",
    ],
    [
      { ...fallback, spill: "carrying" as const, state: "opening", reason: "connecting" },
      "Its line sim1 is opening: no such device; its fallback carrier is opening: connecting.",
    ],
    [
      { ...fallback, spill: "carrying" as const, isRefused: true },
      "Its line sim1 is opening: no such device; its fallback carrier does not take its sender, so it waits.",
    ],
  ])("says why the fallback does not take it: %j", (standIn, reason) => {
    const held = facts({ line: down, fallback: standIn });
    expect(explain(message(), held)).toMatchObject({ reason, forecastAt: null });
  });

  it("says nothing of a fallback while its own line is ready", () => {
    const idle = facts({ fallback: { ...fallback, spill: "unused" } });
    expect(explain(message(), idle).reason).toBe("It is next in its queue.");
  });

  it("waits for a line that sends when its own only receives", () => {
    const line = { name: "inbox", state: "ready", reason: "bound", sends: false };
    expect(explain(message(), facts({ line }, { queue: "36205" }))).toMatchObject({
      reason: "No line sends from 36205: inbox only receives (`bind: receiver`). It waits until one does.",
      forecastAt: null,
    });
  });

  it.each([
    [1, "Part of it is with the network; 1 segment follows."],
    [2, "Part of it is with the network; 2 segments follow."],
  ])("is half sent, with %i to come", (waitingSegments, reason) => {
    expect(explain(message({ status: "sending" }), facts({}, { waitingSegments }))).toMatchObject({ reason });
  });

  it("is told when it will expire first", () => {
    const { reason } = explain(
      message(),
      facts({}, { messagesAhead: 9, segmentsAhead: 9, expiresAt: NOW + 5000 }),
    );
    expect(reason).toContain("it would fail with 30036");
  });
});

describe("a message to somebody who has said STOP since", () => {
  it("will fail, whatever goes before it, and has no forecast", () => {
    const waiting = facts({}, { isOptedOut: true, messagesAhead: 3, segmentsAhead: 7 });
    expect(explain(message({ attempts: 1, retryAt: NOW + 5 }), waiting)).toEqual({
      reason: "The recipient has opted out of messages from its sender: it will fail with 21610.",
      nextAttemptAt: null,
      forecastAt: null,
    });
  });

  it("will fail at its instant where it is scheduled", () => {
    const later = facts({}, { isOptedOut: true, sendAt: NOW + 3_600_000 });
    expect(explain(message({ status: "scheduled" }), later)).toEqual({
      reason:
        "It is scheduled for 2026-01-04T11:15:30.000Z. " +
        "The recipient has opted out of messages from its sender: it will fail with 21610.",
      nextAttemptAt: null,
      forecastAt: null,
    });
  });
});

describe("a scheduled message", () => {
  const sendAt = NOW + 3_600_000;
  const scheduled = message({ status: "scheduled", numSegments: 2 });

  it("says when, and is forecast from then on", () => {
    const later = facts({}, { sendAt, waitingSegments: 2, expiresAt: sendAt + 36_000_000 });
    expect(explain(scheduled, later)).toEqual({
      reason: "It is scheduled for 2026-01-04T11:15:30.000Z.",
      nextAttemptAt: sendAt,
      forecastAt: sendAt + 2000,
    });
  });

  it("counts a queue that will not be empty by then", () => {
    const later = facts({}, { sendAt, segmentsAhead: 7200, messagesAhead: 7200 });
    expect(explain(scheduled, later).forecastAt).toBe(NOW + 7_201_000);
  });

  it.each([
    [{ line: null }, "No line serves +33639980001: it waits until one does."],
    [{ isAccountActive: false }, "Its account is not active: it will fail with 30002."],
  ])("says what would hold it up, and is not forecast: %j", (obstacle, held) => {
    expect(explain(scheduled, facts(obstacle, { sendAt }))).toEqual({
      reason: `It is scheduled for 2026-01-04T11:15:30.000Z. ${held}`,
      nextAttemptAt: sendAt,
      forecastAt: null,
    });
  });
});

describe("a message that does not wait", () => {
  it.each<[MessageStatus, Partial<StoredMessage>, string]>([
    ["failed", { errorCode: 30036, errorMessage: "too late" }, "It failed with 30036: too late."],
    [
      "undelivered",
      { errorCode: 30005, errorMessage: "status 65" },
      "The network did not deliver it with 30005: status 65.",
    ],
    ["sending", {}, "It is with its line, whose answer has not come yet."],
    ["sending", { waitingFor: "its outcome is unknown" }, "It waits: its outcome is unknown."],
  ])("is %s: %j", (status, fields, reason) => {
    expect(explain(message({ status, ...fields }), facts({}, null)).reason).toBe(reason);
  });

  it.each(MESSAGE_STATUSES)("has a sentence for %s, and no forecast", (status) => {
    const explained = explain(message({ status }), facts({}, null));
    expect(explained.reason).toMatch(/^It .*\.$|^The network .*\.$/);
    expect(explained).toMatchObject({ nextAttemptAt: null, forecastAt: null });
  });
});
