import { beforeEach, describe, expect, it } from "vitest";
import { maySend, readParties } from "../../src/accounts/may-send.ts";
import { Numbers } from "../../src/accounts/numbers.ts";
import type { AccountRecord } from "../../src/store/settings-document.ts";
import { FakeClock } from "../harness/fake-clock.ts";
import { MemorySettings } from "./memory-settings.ts";

const account: AccountRecord = {
  sid: `AC${"b".repeat(32)}`,
  friendlyName: "pylone",
  authToken: "0".repeat(32),
  status: "active",
  ownerAccountSid: null,
  createdAt: 0,
  updatedAt: 0,
};
const OTHER = `AC${"c".repeat(32)}`;

let numbers: Numbers;

beforeEach(async () => {
  numbers = new Numbers(new MemorySettings(), new FakeClock());
  const own = { accountSid: account.sid, line: "sim1" };
  await numbers.provision({ ...own, phoneNumber: "+33639980001", kind: "mobile", country: "FR" });
  await numbers.provision({ ...own, phoneNumber: "+15017122661", kind: "local", country: "US" });
  await numbers.provision({ ...own, phoneNumber: "36123", kind: "short-code", country: "FR" });
  await numbers.provision({ ...own, phoneNumber: "PYLONE", kind: "alphanumeric", country: "FR" });
  await numbers.provision({
    ...own,
    accountSid: OTHER,
    phoneNumber: "+33639980077",
    kind: "mobile",
    country: "FR",
  });
});

/** `from → to` when it may; Twilio's code when not. */
function verdict(from: string, to: string): string | number {
  const parties = readParties({ from, to }, { numbers, siteCountry: "FR" });
  if (parties.is === "no") return parties.code;
  if (parties.from === null) throw new Error("a sender was given");
  const allowed = maySend(account, parties.from, parties.to);
  return allowed.is === "no" ? allowed.code : `${allowed.number.phoneNumber} → ${parties.to.address}`;
}

describe("an account", () => {
  it.each([
    ["+33639980001", "+33639980002", "+33639980001 → +33639980002"],
    ["06 39 98 00 01", "06 39 98 00 02", "+33639980001 → +33639980002"],
    // A national destination is one of the sender's country.
    ["+15017122661", "(415) 555-1212", "+15017122661 → +14155551212"],
    ["36123", "0639980002", "36123 → +33639980002"],
    ["PYLONE", "+33639980002", "PYLONE → +33639980002"],
    // A destination of no known country is not refused for its country.
    ["36123", "+88210012345", "36123 → +88210012345"],
    ["PYLONE", "+88210012345", "PYLONE → +88210012345"],
  ])("may send from %s to %s: %s", (from, to, expected) => {
    expect(verdict(from, to)).toBe(expected);
  });

  it.each([
    ["+33639980001", "x", 21211],
    ["!", "x", 21211],
    ["!", "+33639980002", 21212],
    ["+33639980042", "+33639980002", 21606],
    ["+33639980042", "+33639980042", 21606],
    ["+33639980077", "+33639980002", 21606],
    ["36124", "+33639980002", 21606],
    ["pylone", "+33639980002", 21606],
    ["36123", "+14155551212", 21606],
    ["+33639980001", "0639980001", 21266],
    ["36123", "36123", 21266],
    ["+33639980001", "36123", 21265],
    ["PYLONE", "+14155551212", 21612],
    ["PYLONE", "+15142865555", 21612],
  ])("may not send from %s to %s: %d", (from, to, code) => {
    expect(verdict(from, to)).toBe(code);
  });

  it("may leave the sender out, for a service to choose", () => {
    expect(readParties({ from: null, to: "0639980002" }, { numbers, siteCountry: "FR" })).toMatchObject({
      is: "yes",
      from: null,
      to: { address: "+33639980002" },
    });
  });
});
