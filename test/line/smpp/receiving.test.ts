/** deliver_sm at speed: many at once, each answered when it is kept, and no more in memory than is configured. */
import { afterEach, describe, expect, test } from "vitest";
import type { Kept } from "../../../src/line/line.ts";
import type { SmppLineOptions } from "../../../src/line/smpp/smpp-line-options.ts";
import { settle } from "../../harness/fake-clock.ts";
import { DELIVER_SM, ENQUIRE_LINK, pduOf, RESPONSE, smBody } from "../../harness/smpp-octets.ts";
import { segmentTo, textOf } from "../line-contract.ts";
import { Conversation } from "./rig.ts";

let conversation: Conversation;
afterEach(async () => {
  await conversation.end();
  expect(conversation.clock.pending, "timers left behind").toBe(0);
});

const begin = async (options: Partial<SmppLineOptions> = {}) => {
  conversation = new Conversation(options);
  await conversation.ready();
};
const texts = (count: number) => Array.from({ length: count }, (_, index) => `text ${index}`);

/** The handler keeps nothing until told. */
function holdKeeping(): { readonly waiting: ((kept: Kept) => void)[] } {
  const waiting: ((kept: Kept) => void)[] = [];
  conversation.seen.answer = () => new Promise((resolve) => waiting.push(resolve));
  return { waiting };
}

describe("what comes in", () => {
  test("is handed over in its order, many at once, and each is answered by itself", async () => {
    await begin();
    const { waiting } = holdKeeping();
    for (const text of texts(5)) conversation.smsc.delivers({ shortMessage: Buffer.from(text) });
    await conversation.clock.advance(0);
    expect(conversation.seen.inbound.map(textOf)).toEqual(texts(5));
    const answers = () =>
      conversation.smsc.last
        .heardOf(DELIVER_SM + RESPONSE)
        .map(({ status, sequenceNumber }) => [sequenceNumber, status]);
    waiting[3]?.("kept");
    waiting[1]?.("refused");
    await conversation.clock.advance(0);
    expect(answers()).toEqual([
      [4, 0],
      [2, 0x64],
    ]);
    for (const keep of waiting) keep("kept");
    await conversation.clock.advance(0);
    expect(answers()).toHaveLength(5);
  });

  test("is refused when the handler fails", async () => {
    await begin();
    conversation.seen.answer = () => Promise.reject(new Error("the disk is full"));
    conversation.smsc.delivers({ shortMessage: Buffer.from("x") });
    await conversation.clock.advance(0);
    expect(conversation.smsc.last.heardOf(DELIVER_SM + RESPONSE)).toMatchObject([{ status: 0x64 }]);
    conversation.seen.answer = () => Promise.resolve("kept");
  });

  test("is waited for when the line stops", async () => {
    await begin();
    const { waiting } = holdKeeping();
    conversation.smsc.delivers({ shortMessage: Buffer.from("x") });
    await conversation.clock.advance(0);
    const stopping = conversation.line.stop(8000);
    await conversation.clock.advance(1000);
    expect(conversation.line.status.state).not.toBe("stopped");
    waiting[0]?.("kept");
    await conversation.clock.advance(0);
    await stopping;
    expect(conversation.smsc.last.heardOf(DELIVER_SM + RESPONSE)).toMatchObject([{ status: 0 }]);
  });

  test("keeps the line from being ready no longer than ten seconds", async () => {
    conversation = new Conversation();
    const { smsc, line, clock } = conversation;
    conversation.start();
    await conversation.until(() => smsc.connections.length === 1 && smsc.last.bound !== null);
    for (let tenth = 0; tenth < 95; tenth++) {
      smsc.delivers({ shortMessage: Buffer.from(`${tenth}`) });
      await clock.advance(100);
      expect(line.status.state).toBe("starting");
    }
    for (let tenth = 0; tenth < 10; tenth++) {
      smsc.delivers({ shortMessage: Buffer.from(`${tenth}`) });
      await clock.advance(100);
    }
    expect(line.status.state).toBe("ready");
  });
});

describe("more than can be kept at once", () => {
  test("stays at the SMSC: no more is handed over than the window, and no more is read than a buffer", async () => {
    await begin({ inboundWindow: 10 });
    const { waiting } = holdKeeping();
    const { last } = conversation.smsc;
    const pdu = pduOf(DELIVER_SM, 0, 1, smBody({ shortMessage: Buffer.alloc(200, 0x61) }));
    let offered = 0;
    const flood = () => {
      while (offered < 50_000) {
        offered++;
        if (!last.stream.write(pdu)) return;
      }
    };
    last.stream.on("drain", flood);
    flood();
    await settle(200);
    expect(conversation.seen.inbound).toHaveLength(10);
    // What both ends of the stream hold, and not one PDU more.
    expect(offered * pdu.length).toBeLessThan(200_000);

    for (let turn = 0; turn < 20; turn++) {
      for (const keep of waiting.splice(0)) keep("kept");
      await settle();
    }
    expect(conversation.seen.inbound.length).toBeGreaterThan(100);
    expect(conversation.seen.mostAtOnce).toBe(10);
    last.stream.removeListener("drain", flood);
    conversation.seen.answer = () => Promise.resolve("kept");
    for (const keep of waiting.splice(0)) keep("kept");
    await settle(200);
    expect(conversation.seen.inbound).toHaveLength(offered);
    expect(conversation.line.status.counters["received"]).toBe(offered);
  });

  test("does not make the line think that the SMSC is gone, nor its responses late", async () => {
    await begin({ inboundWindow: 1 });
    const { waiting } = holdKeeping();
    conversation.smsc.delivers({ shortMessage: Buffer.from("x") });
    await conversation.clock.advance(0);
    const outcome = conversation.line.submit(segmentTo("+33612345678", "y"), {
      submissionId: "y",
      signal: new AbortController().signal,
    });
    await conversation.clock.advance(45_000);
    expect(conversation.line.status.state).toBe("ready");
    expect(conversation.smsc.last.heardOf(ENQUIRE_LINK)).toEqual([]);
    conversation.seen.answer = () => Promise.resolve("kept");
    waiting[0]?.("kept");
    await conversation.clock.advance(0);
    expect(await outcome).toMatchObject({ is: "accepted" });
  });
});
