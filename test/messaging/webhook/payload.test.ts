import { describe, expect, it } from "vitest";
import { parametersOf } from "../../../src/messaging/webhook/payload.ts";
import type { WebhookFacts } from "../../../src/store/store.ts";

const SM = `SM${"a".repeat(32)}`;
const AC = `AC${"b".repeat(32)}`;
const MG = `MG${"c".repeat(32)}`;

const inbound: Extract<WebhookFacts, { kind: "inbound" }> = {
  kind: "inbound",
  messageSid: SM,
  accountSid: AC,
  messagingServiceSid: null,
  from: "+33612345678",
  to: "+33639980001",
  body: "Paris",
  numSegments: 1,
};

const status: Extract<WebhookFacts, { kind: "status" }> = {
  kind: "status",
  messageSid: SM,
  accountSid: AC,
  messagingServiceSid: null,
  from: "+33639980001",
  to: "+33612345678",
  status: "delivered",
  errorCode: null,
  doneAt: "2026-01-04T11:15:30+01:00",
};

const names = (facts: WebhookFacts) => parametersOf(facts).map(([name]) => name);

describe("the parameters of an inbound webhook", () => {
  it("come in the order of real requests, without the geography nobody knows", () => {
    expect(parametersOf(inbound)).toEqual([
      ["SmsMessageSid", SM],
      ["NumMedia", "0"],
      ["SmsSid", SM],
      ["SmsStatus", "received"],
      ["Body", "Paris"],
      ["To", "+33639980001"],
      ["NumSegments", "1"],
      ["MessageSid", SM],
      ["AccountSid", AC],
      ["From", "+33612345678"],
      ["ApiVersion", "2010-04-01"],
    ]);
  });

  it("name the messaging service behind To, and the countries where they are known", () => {
    const countryOf = (address: string) => (address === inbound.to ? "FR" : null);
    const parameters = parametersOf({ ...inbound, messagingServiceSid: MG }, countryOf);
    expect(parameters[0]).toEqual(["ToCountry", "FR"]);
    expect(parameters.map(([name]) => name)).not.toContain("FromCountry");
    const to = parameters.findIndex(([name]) => name === "To");
    expect(parameters[to + 1]).toEqual(["MessagingServiceSid", MG]);
  });

  it("have a Body even when there is no text", () => {
    expect(parametersOf({ ...inbound, body: "" })).toContainEqual(["Body", ""]);
  });
});

describe("the parameters of a status callback", () => {
  it("come in the order of real requests, with the carrier's own date", () => {
    expect(parametersOf(status)).toEqual([
      ["RawDlrDoneDate", "2601041115"],
      ["SmsSid", SM],
      ["SmsStatus", "delivered"],
      ["MessageStatus", "delivered"],
      ["To", "+33612345678"],
      ["MessageSid", SM],
      ["AccountSid", AC],
      ["From", "+33639980001"],
      ["ApiVersion", "2010-04-01"],
    ]);
  });

  it.each(["failed", "undelivered"] as const)("begin with the error code when it is %s", (state) => {
    expect(parametersOf({ ...status, status: state, errorCode: 30005 })[0]).toEqual(["ErrorCode", "30005"]);
  });

  it("carry no error code and no date where Twilio sends none", () => {
    expect(names({ ...status, status: "sent", errorCode: 30005 }).slice(0, 2)).toEqual([
      "SmsSid",
      "SmsStatus",
    ]);
    expect(names({ ...status, doneAt: "yesterday" })[0]).toBe("SmsSid");
    expect(names({ ...status, doneAt: null })[0]).toBe("SmsSid");
  });
});
