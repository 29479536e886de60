import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { InboundSegment } from "../../src/sms/message.ts";
import type { OptOutChange } from "../../src/store/recipient.ts";
import type { KeywordEffect, Store } from "../../src/store/store.ts";
import { openTestStore, type TestStore } from "../harness/open-test-store.ts";
import { ACCOUNT, FROM, newOutbound, newSid, T0, TO } from "./new-outbound.ts";

const SERVICE = `MG${"0".repeat(32)}`;
const OTHER = "+33639980003";

let opened: TestStore;
let store: Store;
let heard = 0;

beforeEach(async () => {
  opened = await openTestStore();
  store = opened.store;
});

afterEach(() => opened.remove());

function change(is: OptOutChange["is"], scopes: readonly string[] = [FROM]): OptOutChange {
  return { is, recipient: TO, scopes, at: T0 };
}

/** A message from the recipient that is a keyword. */
async function says(effect: Partial<KeywordEffect>): Promise<void> {
  const segment: InboundSegment = {
    from: TO,
    to: FROM,
    userData: { alphabet: "gsm7", septets: Uint8Array.of(), lockingShift: 0, singleShift: 0 },
    concatenation: null,
    tpScts: null,
    tpPid: 0,
    tpDcs: 0,
    messageClass: null,
    destinationPort: null,
    fingerprint: String(heard++),
    raw: "",
  };
  const message = {
    sid: newSid(),
    accountSid: ACCOUNT,
    from: TO,
    to: FROM,
    body: "STOP",
    numSegments: 1,
    messagingServiceSid: null,
    line: "sim1",
    receivedAt: T0,
  };
  const keyword = { change: null, reply: null, event: null, ...effect };
  const kept = { line: "sim1", receivedAt: T0, segment };
  const result = await store.keepInbound(kept, { keptIds: [], message, webhook: null, event: null, keyword });
  expect(result.is).toBe("completed");
}

async function send(given: Parameters<typeof newOutbound>[0] = {}): Promise<string> {
  return (await store.accept(newOutbound(given))).is;
}

function claim(queue = FROM) {
  return store.claim(queue, { line: "sim1", limit: 10, now: T0 });
}

describe("a recipient who said STOP", () => {
  it("is sent nothing more from that number, and everything from another", async () => {
    await says({ change: change("stop") });
    expect(await send()).toBe("opted-out");
    expect(await send({ from: OTHER })).toBe("accepted");
    expect(await send({ to: OTHER })).toBe("accepted");
    expect(await store.listMessages({ accountSid: ACCOUNT, to: TO, limit: 5 })).toHaveLength(1);
  });

  it("stays unsubscribed when the plug is pulled", async () => {
    await says({ change: change("stop") });
    const after = await opened.powerCut();
    expect((await after.store.accept(newOutbound())).is).toBe("opted-out");
    await after.remove();
  });

  it("is sent nothing from any number of the service it was said to", async () => {
    await says({ change: change("stop", [FROM, SERVICE]) });
    expect(await send({ from: OTHER, optOutScope: SERVICE })).toBe("opted-out");
    expect(await send({ from: OTHER, optOutScope: `MG${"1".repeat(32)}` })).toBe("accepted");
  });

  it("is told of where a message to them waits, until START", async () => {
    const message = newOutbound({ optOutScope: SERVICE });
    await store.accept(message);
    const isOptedOut = async () => (await store.standingOf(message.sid))?.isOptedOut;
    expect(await isOptedOut()).toBe(false);
    await says({ change: change("stop", [OTHER, SERVICE]) });
    expect(await isOptedOut()).toBe(true);
    await says({ change: change("start", [SERVICE]) });
    expect(await isOptedOut()).toBe(false);
  });

  it("is sent messages again after START", async () => {
    await says({ change: change("stop", [FROM, SERVICE]) });
    await says({ change: change("start", [FROM, SERVICE, OTHER]) });
    expect(await send({ optOutScope: SERVICE })).toBe("accepted");
  });

  it("after the message was accepted is not sent it: it fails with 21610, and the app is told", async () => {
    const message = newOutbound({ statusCallback: "http://app.lan/status" });
    await store.accept(message);
    await says({ change: change("stop") });
    expect((await claim()).claims).toEqual([]);
    expect(await store.getMessage(message.sid)).toMatchObject({ status: "failed", errorCode: 21610 });
    const [queue] = await store.webhookQueues();
    expect((await store.nextWebhook(queue ?? ""))?.facts).toMatchObject({
      status: "failed",
      errorCode: 21610,
    });
  });

  it("gets the rest of a message the network has begun with", async () => {
    const message = newOutbound({ parts: ["one", "two"] });
    await store.accept(message);
    const begun = await store.claim(FROM, { line: "sim1", limit: 1, now: T0 });
    expect(begun.claims).toHaveLength(1);
    await says({ change: change("stop") });
    expect((await claim()).claims).toMatchObject([{ messageSid: message.sid, index: 1 }]);
  });

  it("holds up nobody behind the message that fails", async () => {
    await store.accept(newOutbound());
    const next = newOutbound({ to: OTHER });
    await store.accept(next);
    await says({ change: change("stop") });
    expect((await claim()).claims).toMatchObject([{ messageSid: next.sid }]);
  });
});

describe("the answer to a keyword", () => {
  const reply = () => newOutbound({ direction: "outbound-reply", automatic: true, parts: ["Bye."] });

  it("is sent to the one who has just unsubscribed, and shown in no list", async () => {
    const answer = reply();
    await says({ change: change("stop"), reply: answer });
    const { claims } = await claim();
    expect(claims).toMatchObject([{ messageSid: answer.sid, segment: { text: "Bye." } }]);
    await store.settle(claims[0]?.submissionId ?? "", { is: "accepted", reference: "1" }, T0);
    const listed = await store.listMessages({ accountSid: ACCOUNT, limit: 10 });
    expect(listed.map(({ direction }) => direction)).toEqual(["inbound"]);
    await store.retire({ sentBefore: T0 + 1, limit: 10 });
    expect(await store.listMessages({ accountSid: ACCOUNT, limit: 10 })).toHaveLength(1);
    expect(await store.getMessage(answer.sid)).toMatchObject({ status: "sent" });
  });

  it("is given once to who says STOP twice, and to nobody who says START without a block", async () => {
    await says({ change: change("start"), reply: reply() });
    await says({ change: change("stop"), reply: reply() });
    await says({ change: change("stop"), reply: reply() });
    expect((await claim()).claims).toHaveLength(1);
  });

  it("is given without a block too where the word asks for it", async () => {
    await says({ change: change("start"), reply: reply(), repliesAlways: true });
    expect((await claim()).claims).toHaveLength(1);
  });

  it("to HELP is always given", async () => {
    await says({ reply: reply() });
    await says({ reply: reply() });
    expect((await claim()).claims).toHaveLength(2);
  });

  it("that finds its queue full is not sent, and the block holds all the same", async () => {
    await says({ change: change("stop"), reply: newOutbound({ automatic: true, maxQueuedSegments: 0 }) });
    expect((await claim()).claims).toEqual([]);
    expect(await send()).toBe("opted-out");
  });
});
