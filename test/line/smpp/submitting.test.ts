/** submit_sm: the window, the order, what is written and what is not, and answers that come late. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { SubmitOutcome } from "../../../src/line/line.ts";
import type { SmppLineOptions } from "../../../src/line/smpp/smpp-line-options.ts";
import { readSmBody, SUBMIT_SM } from "../../harness/smpp-octets.ts";
import { segmentTo } from "../line-contract.ts";
import { Conversation } from "./rig.ts";

let conversation: Conversation;
const begin = async (options: Partial<SmppLineOptions> = {}) => {
  conversation = new Conversation({ window: 3, ...options });
  await conversation.ready();
};
beforeEach(() => begin());
afterEach(async () => {
  await conversation.end();
  expect(conversation.clock.pending, "timers left behind").toBe(0);
});

const submit = (text: string, signal = new AbortController().signal) =>
  conversation.line.submit(segmentTo("+33612345678", text), { submissionId: text, signal });
const written = () =>
  conversation.smsc.connections.flatMap((connection) =>
    connection.heardOf(SUBMIT_SM).map(({ body }) => readSmBody(body).shortMessage.toString("latin1")),
  );
const counters = () => conversation.line.status.counters;

describe("the window", () => {
  test("holds back what is beyond it, and lets it go in order", async () => {
    const release = conversation.smsc.hold();
    const pending = ["1", "2", "3", "4", "5", "6", "7"].map((text) => submit(text));
    await conversation.clock.advance(1000);
    expect(written()).toEqual(["1", "2", "3"]);
    release();
    await Promise.all(pending);
    expect(written()).toEqual(["1", "2", "3", "4", "5", "6", "7"]);
    expect(counters()).toMatchObject({ sent: 7, waited: 4 });
  });

  test("is not held up by one that is slow", async () => {
    const release = conversation.smsc.hold();
    const slow = submit("slow");
    await conversation.clock.advance(0);
    conversation.smsc.stopHolding();
    for (const text of ["a", "b", "c", "d", "e"])
      expect(await submit(text)).toMatchObject({ is: "accepted" });
    release();
    expect(await slow).toMatchObject({ is: "accepted" });
  });

  test("what is withdrawn while it waits was never written", async () => {
    const release = conversation.smsc.hold();
    const pending = ["1", "2", "3"].map((text) => submit(text));
    const caller = new AbortController();
    const withdrawn = submit("never", caller.signal);
    const last = submit("4");
    await conversation.clock.advance(0);
    caller.abort();
    expect(await withdrawn).toMatchObject({
      is: "rejected",
      fault: { code: "line.stopped", disposition: "line" },
    });
    release();
    await Promise.all([...pending, last]);
    expect(written()).toEqual(["1", "2", "3", "4"]);
  });

  test("what waits when the line stops was never written", async () => {
    const release = conversation.smsc.hold();
    const pending = ["1", "2", "3", "never"].map((text) => submit(text));
    await conversation.clock.advance(0);
    const stopping = conversation.line.stop(8000);
    await conversation.clock.advance(0);
    release();
    await conversation.clock.advance(0);
    await stopping;
    const outcomes = await Promise.all(pending);
    expect(outcomes.map(({ is }) => is)).toEqual(["accepted", "accepted", "accepted", "rejected"]);
    expect(outcomes[3]).toMatchObject({ fault: { code: "line.stopped" } });
    expect(written()).toEqual(["1", "2", "3"]);
  });

  test("what waits when the bind is lost was never written; what was written is unknown", async () => {
    conversation.smsc.hold();
    const pending = ["1", "2", "3", "4", "5"].map((text) => submit(text));
    await conversation.clock.advance(0);
    conversation.smsc.last.cut();
    await conversation.clock.advance(0);
    const outcomes = await Promise.all(pending);
    expect(outcomes.map(({ is }) => is)).toEqual(["unknown", "unknown", "unknown", "rejected", "rejected"]);
    expect(outcomes[0]).toMatchObject({ fault: { code: "line.closed", disposition: "unknown" } });
    expect(outcomes[4]).toMatchObject({ fault: { code: "line.not-ready", disposition: "line" } });
  });
});

describe("an SMSC that has enough", () => {
  test.each([0x58, 0x14])("status %i is the line's trouble, and counted", async (status) => {
    conversation.smsc.submitStatus = () => status;
    expect(await submit("x")).toMatchObject({
      is: "rejected",
      fault: { code: "smpp.status", status, disposition: "line" },
    });
    expect(counters()).toMatchObject({ throttled: 1, rejected: 1 });
    expect(conversation.line.status.state).toBe("ready");
  });
});

describe("a response that does not come", () => {
  test("leaves the outcome unknown, frees its place, and is told when it comes late", async () => {
    const release = conversation.smsc.hold();
    const lost: Promise<SubmitOutcome>[] = ["1", "2", "3"].map((text) => submit(text));
    await conversation.clock.advance(30_000);
    expect(await Promise.all(lost)).toMatchObject(
      lost.map(() => ({ is: "unknown", fault: { code: "smpp.timeout", disposition: "unknown" } })),
    );
    expect(counters()).toMatchObject({ timeouts: 3, unknown: 3 });
    release();
    await conversation.clock.advance(0);
    expect(conversation.seen.late).toEqual([
      ["1", "m1"],
      ["2", "m2"],
      ["3", "m3"],
    ]);
    expect(await submit("4")).toMatchObject({ is: "accepted" });
  });

  test("and then refuses, says nothing", async () => {
    conversation.smsc.submitStatus = () => 0x0b;
    const release = conversation.smsc.hold();
    const lost = submit("1");
    await conversation.clock.advance(30_000);
    expect(await lost).toMatchObject({ is: "unknown" });
    release();
    await conversation.clock.advance(0);
    expect(conversation.seen.late).toEqual([]);
  });
});

test("an SMSC that gives no message_id has taken the message all the same", async () => {
  conversation.smsc.nextId = () => "";
  expect(await submit("x")).toEqual({ is: "accepted", reference: "" });
});
