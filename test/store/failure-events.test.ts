/** The debugger's other half: a Message that ends badly is an event with Twilio's code, in words, and its SID. */
import { afterEach, beforeEach, expect, it } from "vitest";
import type { NewOutbound, Settlement, Store } from "../../src/store/store.ts";
import { openTestStore, type TestStore } from "../harness/open-test-store.ts";
import { ACCOUNT, FROM, newOutbound, T0, TO } from "./new-outbound.ts";

let opened: TestStore;
let store: Store;
beforeEach(async () => {
  opened = await openTestStore();
  store = opened.store;
});
afterEach(() => opened.remove());

const LATER = T0 + 36_000_001;
const end = (errorCode: number, why: string) => ({ errorCode, why, at: T0 + 1 });

async function claimed() {
  const [claim] = (await store.claim(FROM, { line: "sim1", limit: 1, now: T0 })).claims;
  if (claim === undefined) throw new Error("nothing to claim");
  return claim.submissionId;
}

const settled = async (settlement: Settlement) =>
  void (await store.settle(await claimed(), settlement, T0 + 1));

async function saysStop(): Promise<void> {
  const message = {
    sid: newOutbound().sid,
    accountSid: ACCOUNT,
    from: TO,
    to: FROM,
    body: "STOP",
    numSegments: 1,
    messagingServiceSid: null,
    line: "sim1",
    receivedAt: T0,
  };
  const change = { is: "stop", recipient: TO, scopes: [FROM], at: T0 } as const;
  const keyword = { change, reply: null, event: null };
  await store.completeInbound({ keptIds: [], message, webhook: null, event: null, keyword });
}

async function reportedAs(errorCode: number): Promise<void> {
  const submissionId = await claimed();
  await store.settle(submissionId, { is: "accepted", reference: "1" }, T0 + 1);
  const record = {
    state: "failed",
    status: 70,
    errorCode,
    reference: "1",
    doneAt: null,
    at: T0 + 2,
  } as const;
  await store.recordReport(submissionId, record);
}

type Case = readonly [
  code: number,
  what: string,
  given: Partial<NewOutbound>,
  happens: () => Promise<unknown>,
];

const SERVICE = `MG${"0".repeat(32)}`;
const nothing = async () => {};
const CASES: readonly Case[] = [
  [14107, "a reply that goes round", { refusal: { errorCode: 14107, why: "it goes round" } }, nothing],
  [
    21610,
    "a STOP that came before its turn",
    {},
    async () => saysStop().then(() => store.claim(FROM, { line: "sim1", limit: 1, now: T0 })),
  ],
  [
    21703,
    "a service nobody of which can send",
    { messagingServiceSid: SERVICE, from: "", refusal: { errorCode: 21703, why: "nobody can" } },
    nothing,
  ],
  [30001, "a queue that was full", { messagingServiceSid: SERVICE, maxQueuedSegments: 0 }, nothing],
  [30002, "an account that was suspended", {}, () => store.endQueued(ACCOUNT, end(30002, "suspended"))],
  [30003, "a handset the network did not reach", {}, () => reportedAs(30003)],
  [30008, "a line that refused it", {}, () => settled({ is: "failed", errorCode: 30008, why: "refused" })],
  [30036, "a validity that ran out", {}, () => store.expire(LATER)],
];

it.each(CASES)("%i: %s", async (code, _what, given, happens) => {
  const message = newOutbound(given);
  await store.accept(message);
  await happens();
  expect(await store.listEvents({ limit: 5, messageSid: message.sid })).toMatchObject([
    {
      type: "message.failed",
      level: "warning",
      errorCode: code,
      accountSid: ACCOUNT,
      text: expect.stringMatching(/ is (failed|undelivered): \w/),
    },
  ]);
});
