import { KeySequence } from "../../src/runtime/ids.ts";
import type { NewOutbound } from "../../src/store/store.ts";
import { FakeClock } from "../harness/fake-clock.ts";

export const ACCOUNT = `AC${"a".repeat(32)}`;
export const FROM = "+33639980001";
export const TO = "+33639980002";
export const T0 = Date.UTC(2026, 0, 4, 10, 15, 30);

/** One sequence for a whole test file: SIDs are unique and grow in the order they are made. */
const keys = new KeySequence(new FakeClock(T0));

export function newSid(): string {
  return keys.sid("SM");
}

/** A Message an app wants sent, with what the test is about in `given`. */
export function newOutbound(given: Partial<NewOutbound> = {}): NewOutbound {
  const parts = given.parts ?? ["Bonjour"];
  return {
    sid: newSid(),
    accountSid: ACCOUNT,
    direction: "outbound-api",
    from: FROM,
    to: TO,
    body: parts.join(""),
    alphabet: "gsm7",
    parts,
    messagingServiceSid: null,
    statusCallback: null,
    queue: given.from ?? FROM,
    lane: "single",
    createdAt: T0,
    expiresAt: T0 + 36_000_000,
    maxQueuedSegments: 1000,
    ...given,
  };
}
