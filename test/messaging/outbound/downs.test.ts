/** A message that takes its modem down with it must not do so for ever, nor hold up what is behind it. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { SubmitOutcome } from "../../../src/line/line.ts";
import { Downs } from "../../../src/messaging/outbound/downs.ts";
import { Fault } from "../../../src/runtime/fault.ts";
import { rejected } from "../../harness/fake-line.ts";
import { Bench } from "./bench.ts";

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.open();
  await bench.start();
});
afterEach(() => bench.close());

const LOST_AFTER: SubmitOutcome = {
  is: "unknown",
  fault: new Fault({
    code: "modem.link-lost",
    disposition: "unknown",
    message: "the link broke after the PDU",
  }),
};
const LOST_BEFORE = rejected({ code: "line.closed", disposition: "line", message: "unplugged" });

/** The modem goes away while it is sending, and comes back. */
async function goesDown(outcome: SubmitOutcome): Promise<void> {
  bench.line.become("opening");
  bench.line.answer(outcome);
  await bench.quiet();
  bench.line.become("ready");
  await bench.quiet();
}

describe("a message that brings the modem down", () => {
  test("is sent again twice, then set aside as failed with an event, and the next one is sent", async () => {
    bench.line.hold();
    const [sid, next] = await bench.send("poison", "next");
    for (let time = 1; time <= 3; time++) {
      expect(bench.line.texts).toHaveLength(time);
      expect(bench.line.texts.at(-1)).toBe("poison");
      await goesDown(LOST_BEFORE);
    }
    expect(await bench.message(sid)).toMatchObject({ status: "failed", errorCode: 30008 });
    expect((await bench.message(sid)).errorMessage).toContain("went down 3 times");
    expect(await bench.eventTypes()).toEqual(["message.failed"]);
    expect(bench.line.texts).toEqual(["poison", "poison", "poison", "next"]);
    bench.line.answer();
    await bench.quiet();
    expect(await bench.message(next)).toMatchObject({ status: "sent" });
  });

  test("after the point of no return waits for its report each time, and is not sent a fourth time", async () => {
    bench.line.hold();
    const [sid] = await bench.send("poison");
    for (let time = 1; time <= 3; time++) {
      expect(bench.line.texts).toHaveLength(time);
      await goesDown(LOST_AFTER);
      await bench.advance(60_000 * 2 ** (time - 1));
      await bench.quiet();
    }
    expect(bench.line.texts).toHaveLength(3);
    expect(await bench.message(sid)).toMatchObject({ status: "failed", errorCode: 30008 });
    expect((await bench.eventTypes()).slice(-2)).toEqual(["message.unknown", "message.failed"]);
  });

  test("and arrives all the same is delivered when its report comes in the last wait", async () => {
    bench.line.hold();
    const [sid] = await bench.send("poison");
    for (let time = 1; time <= 3; time++) {
      await goesDown(LOST_AFTER);
      if (time < 3) await bench.advance(60_000 * time);
      await bench.quiet();
    }
    await bench.report({ reference: "9" });
    expect(await bench.message(sid)).toMatchObject({ status: "delivered" });
  });

  test("holds up nothing behind it while its outcome is unknown", async () => {
    bench.line.hold();
    const [, next] = await bench.send("poison", "next");
    await goesDown(LOST_AFTER);
    bench.line.answer();
    await bench.quiet();
    expect(await bench.message(next)).toMatchObject({ status: "sent" });
  });
});

describe("what counts", () => {
  const ready = { kind: "modem", status: { state: "ready" } } as const;
  const down = { kind: "modem", status: { state: "opening" } } as const;
  const bind = { kind: "smpp", status: { state: "opening" } } as const;
  const timeout = rejected({ code: "at.timeout", disposition: "line" });

  test.each([
    ["a link that broke before the prompt", LOST_BEFORE, ready, 1],
    ["a link that broke after the PDU", LOST_AFTER, ready, 1],
    ["silence from a modem that is down after it", timeout, down, 1],
    ["silence from a modem that is fine after it", timeout, ready, 0],
    ["a refusal", rejected({ disposition: "reject", status: 21 }), ready, 0],
    ["a bind that closes", LOST_BEFORE, bind, 0],
  ] as const)("%s", (_what, outcome, line, count) => {
    expect(new Downs().count("SM1", outcome, line as Parameters<Downs["count"]>[2])).toBe(count);
  });

  test("begins anew once the network has taken it", () => {
    const downs = new Downs();
    downs.count("SM1", LOST_AFTER, ready as never);
    downs.count("SM1", { is: "accepted", reference: "1" }, ready as never);
    expect(downs.of("SM1")).toBe(0);
  });
});
