import { afterEach, describe, expect, test } from "vitest";
import { Fault } from "../../../src/runtime/fault.ts";
import { unknown } from "../../harness/fake-line.ts";
import { Bench, type BenchOptions } from "./bench.ts";

const LONG = "a".repeat(160 + 1);

let bench: Bench;
async function started(options: BenchOptions = {}): Promise<void> {
  bench = await Bench.open(options);
  await bench.start();
}
afterEach(() => bench.close());

describe("an unknown outcome", () => {
  test("is told, waits, and is sent again with an event", async () => {
    await started();
    bench.line.willAnswer(unknown());
    const [sid, next] = await bench.send("perhaps", "next");
    expect(bench.line.texts).toEqual(["perhaps", "next"]);
    expect(await bench.statuses([sid!, next!])).toEqual(["sending", "sent"]);
    await bench.advance(59_999);
    expect(await bench.eventTypes()).toEqual(["message.unknown"]);
    expect(bench.line.texts).toHaveLength(2);
    await bench.advance(1);
    await bench.quiet();
    expect(bench.line.texts).toEqual(["perhaps", "next", "perhaps"]);
    expect(await bench.message(sid)).toMatchObject({ status: "sent" });
    expect(await bench.eventTypes()).toEqual(["message.unknown", "message.resent"]);
  });

  test("is told in an operator's words; those of the wire are beside them", async () => {
    await started();
    const message = 'sim1: the link broke after the PDU: the modem said "RDY"';
    const fault = new Fault({ code: "modem.link-lost", disposition: "unknown", message });
    bench.line.willAnswer({ is: "unknown", fault });
    await bench.send("perhaps");
    const [event] = await bench.store.listEvents({ limit: 1 });
    expect(event?.text).toMatch(
      /on sim1: the modem restarted or was lost before it answered\. A delivery report may still tell\.$/,
    );
    expect(event?.detail).toEqual({ reason: message });
  });

  test("fails with 30008 where the site prefers that", async () => {
    await started({ policy: { onUnknownOutcome: "fail" } });
    bench.line.willAnswer(unknown());
    const [sid] = await bench.send("perhaps");
    await bench.advance(60_000);
    expect(bench.line.texts).toEqual(["perhaps"]);
    expect(await bench.message(sid)).toMatchObject({ status: "failed", errorCode: 30008 });
    expect(await bench.eventTypes()).toEqual(["message.unknown", "message.unknown", "message.failed"]);
  });

  test("is settled by a report within the wait, and nothing is sent twice", async () => {
    await started();
    bench.line.willAnswer(unknown());
    const [sid] = await bench.send("arrived");
    await bench.advance(30_000);
    const submittedAt = new Date(bench.clock.now() - 30_000).toISOString();
    expect(await bench.report({ reference: "173", tpScts: submittedAt })).toBe("kept");
    expect(await bench.message(sid)).toMatchObject({ status: "delivered" });
    await bench.advance(120_000, 10_000);
    expect(bench.line.texts).toEqual(["arrived"]);
    expect(await bench.eventTypes()).toEqual(["message.unknown", "message.settled"]);
    const [event] = await bench.store.listEvents({ limit: 1 });
    expect(event).toMatchObject({ level: "info", messageSid: sid, line: "sim1" });
    expect(event?.text).toMatch(
      /^The delivery report shows that the network had the message to \+33\S+ on sim1\.$/,
    );
  });

  test("is settled by an answer that comes late, and nothing is sent twice", async () => {
    await started();
    bench.line.willAnswer(unknown());
    const [sid] = await bench.send("taken");
    await bench.advance(30_000);
    const [handed] = bench.line.handed;
    bench.dispatcher.acceptedLate("sim1", handed!.submissionId, "44");
    await bench.quiet();
    expect(await bench.message(sid)).toMatchObject({ status: "sent" });
    await bench.advance(120_000, 10_000);
    expect(bench.line.texts).toEqual(["taken"]);
    expect(await bench.eventTypes()).toEqual(["message.unknown", "message.settled"]);
    const [event] = await bench.store.listEvents({ limit: 1 });
    expect(event?.text).toMatch(/^The late answer shows that the network had the message/);
    expect(await bench.report({ reference: "44" })).toBe("kept");
    expect(await bench.message(sid)).toMatchObject({ status: "delivered" });
  });

  test("is judged when its line has been ready for that long, taken together", async () => {
    await started();
    bench.line.hold();
    const [sid] = await bench.send("perhaps");
    bench.line.become("opening");
    bench.line.answer(unknown());
    await bench.advance(600_000, 60_000);
    expect(bench.line.texts).toHaveLength(1);
    bench.line.become("ready");
    await bench.advance(40_000);
    bench.line.become("opening");
    await bench.advance(60_000);
    bench.line.become("ready");
    await bench.advance(19_999);
    expect(bench.line.texts).toHaveLength(1);
    await bench.advance(1);
    await bench.quiet();
    expect(bench.line.texts).toEqual(["perhaps", "perhaps"]);
    expect((await bench.message(sid)).status).toBe("sending");
  });

  test("is not judged within ten seconds of its line's return: what was stored is still coming in", async () => {
    await started();
    bench.line.willAnswer(unknown());
    await bench.send("perhaps");
    await bench.advance(55_000);
    bench.line.become("opening");
    await bench.advance(1000);
    bench.line.become("ready");
    await bench.advance(9000);
    bench.line.become("opening");
    await bench.advance(1000);
    bench.line.become("ready");
    await bench.advance(9999);
    expect(bench.line.texts).toHaveLength(1);
    await bench.advance(1);
    await bench.quiet();
    expect(bench.line.texts).toEqual(["perhaps", "perhaps"]);
  });

  test("that comes again waits twice as long each time, after a restart too, half an hour at most", async () => {
    await started();
    bench.line.carrier = unknown;
    const [sid] = await bench.send("perhaps");
    for (const [minutes, texts] of [
      [1, 2],
      [2, 3],
      [4, 4],
    ] as const) {
      await bench.advance(minutes * 60_000 - 1);
      expect(bench.line.texts).toHaveLength(texts - 1);
      await bench.advance(1);
      await bench.quiet();
      expect(bench.line.texts).toHaveLength(texts);
    }
    bench = await bench.crash();
    bench.line.carrier = unknown;
    await bench.start();
    for (const [minutes, texts] of [
      [8, 1],
      [16, 2],
      [30, 3],
      [30, 4],
    ] as const) {
      await bench.advance(minutes * 60_000 - 1);
      expect(bench.line.texts).toHaveLength(texts - 1);
      await bench.advance(1);
      await bench.quiet();
      expect(bench.line.texts).toHaveLength(texts);
    }
    const resent = (await bench.eventTypes()).filter((type) => type === "message.resent");
    expect(resent).toHaveLength(7);
    await bench.advance(11 * 3_600_000, 600_000);
    expect(await bench.message(sid)).toMatchObject({ status: "failed", errorCode: 30036 });
  });

  test("of a line that never comes back is judged after ten hours", async () => {
    await started({ policy: { onUnknownOutcome: "fail" } });
    bench.line.hold();
    const [sid] = await bench.send("perhaps");
    bench.line.become("opening");
    bench.line.answer(unknown());
    await bench.quiet();
    await bench.advance(36_000_000 - 1, 3_000_000);
    expect((await bench.message(sid)).status).toBe("sending");
    await bench.advance(1);
    expect(await bench.message(sid)).toMatchObject({ status: "failed", errorCode: 30008 });
  });

  test("does not move with the wall clock", async () => {
    await started();
    bench.line.willAnswer(unknown());
    await bench.send("perhaps");
    bench.clock.jump(86_400_000);
    await bench.advance(59_999);
    expect(bench.line.texts).toHaveLength(1);
  });

  test("keeps the other parts of its message back, and they follow", async () => {
    await started();
    bench.line.willAnswer(unknown());
    const [sid] = await bench.send(LONG);
    expect(bench.line.handed).toHaveLength(1);
    await bench.advance(60_000);
    await bench.quiet();
    expect(bench.line.handed.map(({ segment }) => segment.concatenation?.sequence)).toEqual([1, 1, 2]);
    expect((await bench.message(sid)).status).toBe("sent");
  });
});

describe("a process that dies between recording and settling", () => {
  test("leaves an unknown, judged after the wait by the next one", async () => {
    await started();
    bench.line.hold();
    const [sid] = await bench.send("on the air");
    bench = await bench.crash();
    await bench.dispatcher.start();
    await bench.advance(600_000, 60_000);
    expect(bench.line.handed).toEqual([]);
    bench.line.become("ready");
    await bench.advance(59_999);
    expect(bench.line.handed).toEqual([]);
    await bench.advance(1);
    await bench.quiet();
    expect(bench.line.texts).toEqual(["on the air"]);
    expect((await bench.message(sid)).status).toBe("sent");
    expect(await bench.eventTypes()).toEqual(["message.unknown", "message.resent"]);
  });

  test("loses and doubles nothing when the report is there", async () => {
    await started();
    bench.line.hold();
    const [sid] = await bench.send("on the air");
    bench = await bench.crash();
    await bench.start();
    await bench.report({ reference: "9" });
    await bench.advance(120_000, 30_000);
    expect(bench.line.handed).toEqual([]);
    expect((await bench.message(sid)).status).toBe("delivered");
  });

  test("holds up nothing that is behind", async () => {
    await started();
    bench.line.hold();
    await bench.send("on the air");
    bench = await bench.crash();
    await bench.start();
    const [sid] = await bench.send("behind");
    expect(bench.line.texts).toEqual(["behind"]);
    expect((await bench.message(sid)).status).toBe("sent");
  });
});
