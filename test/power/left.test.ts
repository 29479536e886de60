import { describe, expect, it } from "vitest";
import { EMPTY_SETTINGS } from "../../src/store/settings-document.ts";
import type { StoredMessage } from "../../src/store/store.ts";
import { brokenPromises, type Left } from "./left.ts";
import type { Promised } from "./promises.ts";

type Told<T> = T extends unknown ? Omit<T, "position"> : never;

function message(sid: string, body: string, status: StoredMessage["status"]): StoredMessage {
  const direction = status === "received" ? "inbound" : "outbound-api";
  return { sid, body, status, direction, statusCallback: "http://app/status" } as StoredMessage;
}

const OUT = message("SM1", "out 1", "delivered");
const IN = message("SM2", "in 1", "received");

function left(fields: Partial<Left> = {}): Left {
  return {
    settings: EMPTY_SETTINGS,
    messages: [OUT, IN],
    tries: new Map([["SM1", { made: 1, arrived: 1 }]]),
    segments: [],
    waiting: new Set(["SM1 delivered", "SM2 received"]),
    damage: [],
    ...fields,
  };
}

function broken(state: Left, ...promises: readonly Told<Promised>[]): readonly string[] {
  return brokenPromises(
    state,
    promises.map((promise, position) => ({ position, ...promise }) as Promised),
  );
}

describe("what a power cut left", () => {
  it("breaks no promise where everything is there, or still waits to be told", () => {
    const promises: readonly Told<Promised>[] = [
      { is: "tried", text: "out 1" },
      { is: "reported", text: "out 1" },
      { is: "kept", text: "in 1" },
      { is: "told", sid: "SM1", status: "sent" },
      { is: "told", sid: "SM2", status: "received" },
    ];
    expect(broken(left(), ...promises)).toEqual([]);
    const told: readonly Told<Promised>[] = [
      { is: "answered", sid: "SM1", status: "delivered" },
      { is: "answered", sid: "SM2", status: "received" },
    ];
    expect(broken(left({ waiting: new Set() }), ...told)).toEqual([]);
    expect(broken(left({ messages: [OUT], segments: ["in 1 and"] }), { is: "kept", text: "in 1" })).toEqual(
      [],
    );
  });

  it.each<{ state: Partial<Left>; promise: Told<Promised>; says: string }>([
    {
      state: { messages: [IN] },
      promise: { is: "accepted", sid: "SM1", accountSid: "AC1" },
      says: "SM1, answered with 201, is gone",
    },
    {
      state: {},
      promise: { is: "accepted", sid: "SM1", accountSid: "AC1" },
      says: "the account AC1 is gone",
    },
    {
      state: { tries: new Map([["SM1", { made: 0, arrived: 0 }]]) },
      promise: { is: "tried", text: "out 1" },
      says: '"out 1" was on the wire, and nothing says that it was tried',
    },
    {
      state: { tries: new Map([["SM1", { made: 1, arrived: 0 }]]) },
      promise: { is: "reported", text: "out 1" },
      says: 'the report of "out 1", acknowledged, is gone',
    },
    {
      state: { messages: [OUT] },
      promise: { is: "kept", text: "in 1" },
      says: '"in 1", acknowledged to the network, is gone',
    },
    {
      state: { messages: [message("SM1", "out 1", "sending")] },
      promise: { is: "told", sid: "SM1", status: "sent" },
      says: "the app knows SM1 as sent, and it is sending",
    },
    { state: {}, promise: { is: "key", sid: "SK1" }, says: "the key SK1 is gone" },
    {
      state: {},
      promise: { is: "named", number: "+331", name: "name 2" },
      says: "+331 is named undefined, not name 2",
    },
    {
      state: { waiting: new Set(["SM1 delivered"]) },
      promise: { is: "told", sid: "SM2", status: "received" },
      says: "nobody will be told of SM2 received",
    },
    {
      state: { damage: ["a page twice"] },
      promise: { is: "kept", text: "in 1" },
      says: "SQLite finds a page twice",
    },
  ])("breaks one: $says", ({ state, promise, says }) => {
    expect(broken(left(state), promise)).toContainEqual(expect.stringContaining(says));
  });
});
