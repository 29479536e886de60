import { afterEach, describe, expect, test } from "vitest";
import { rejected, unknown } from "../../harness/fake-line.ts";
import { NUMBER } from "../numbers.ts";
import { Bench, type BenchOptions } from "./bench.ts";

const SECOND = "+33639980002";
const LONG = "a".repeat(153 * 2 + 1);
const INVALID_SOURCE = 0x0a;

const open: Bench[] = [];
async function opened(options: BenchOptions = {}): Promise<Bench> {
  const bench = await Bench.open({
    lines: { sim1: [NUMBER, SECOND], carrier: [] },
    smpp: ["carrier"],
    fallbacks: { sim1: { line: "carrier", afterMs: 300_000 } },
    ...options,
  });
  open.push(bench);
  return bench;
}
async function started(options: BenchOptions = {}): Promise<Bench> {
  const bench = await opened(options);
  await bench.start();
  return bench;
}
afterEach(async () => {
  for (const bench of open.splice(0)) await bench.close();
});

async function events(bench: Bench): Promise<string[]> {
  const all = await bench.store.listEvents({ limit: 100 });
  return all
    .filter(({ type }) => type.startsWith("line."))
    .map(({ level, text }) => `${level} ${text}`)
    .reverse();
}

const refusesSender = (status = INVALID_SOURCE) =>
  rejected({ disposition: "reject", code: "smpp.status", status, message: "invalid source address" });

describe("a modem that is down", () => {
  test("leaves its queue to the fallback after the time that is set, and has it back when it is ready", async () => {
    const bench = await started();
    bench.line.become("opening");
    const sids = await bench.send("one", "two");
    await bench.advance(299_000, 30_000);
    expect(bench.lineNamed("carrier").texts).toEqual([]);
    await bench.advance(1000);
    expect(bench.lineNamed("carrier").texts).toEqual(["one", "two"]);
    expect(await bench.statuses(sids)).toEqual(["sent", "sent"]);
    expect((await bench.message(sids[0])).line).toBe("carrier");
    expect(await bench.store.submissionsOf(sids[0]!)).toMatchObject([{ line: "carrier", state: "accepted" }]);

    bench.line.become("ready");
    await bench.send("three");
    expect(bench.line.texts).toEqual(["three"]);
    expect(await events(bench)).toEqual([
      "warning sim1 has not been ready for 300 s (as told): its queue goes over carrier.",
      "info sim1 is ready again: its queue returns to it.",
    ]);
  });

  test("that was never ready since the start leaves its queue as well", async () => {
    const bench = await opened();
    bench.lineNamed("carrier").become("ready");
    await bench.dispatcher.start();
    await bench.send("patience");
    await bench.advance(300_000, 60_000);
    expect(bench.lineNamed("carrier").texts).toEqual(["patience"]);
  });

  test("and back within that time moves nothing, however often", async () => {
    const bench = await started();
    for (let time = 0; time < 5; time++) {
      bench.line.become("opening");
      await bench.advance(200_000, 100_000);
      bench.line.become("ready");
    }
    await bench.send("one");
    expect(bench.line.texts).toEqual(["one"]);
    expect(await events(bench)).toEqual([]);
  });

  test("waits for a fallback that is down too, and leaves its queue when that is ready", async () => {
    const bench = await started();
    bench.line.become("opening");
    bench.lineNamed("carrier").become("opening");
    await bench.send("one");
    await bench.advance(600_000, 60_000);
    expect(await events(bench)).toEqual([]);
    bench.lineNamed("carrier").become("ready");
    await bench.quiet();
    expect(bench.lineNamed("carrier").texts).toEqual(["one"]);
  });

  test("without a fallback keeps its queue", async () => {
    const bench = await started({ fallbacks: {} });
    bench.line.become("opening");
    const [sid] = await bench.send("one");
    await bench.advance(3_000_000, 300_000);
    expect((await bench.message(sid)).status).toBe("queued");
  });

  test("moves nothing while the appliance stops", async () => {
    const bench = await started();
    await bench.dispatcher.stop(0);
    bench.line.become("stopped");
    await bench.advance(600_000, 300_000);
    expect(await events(bench)).toEqual([]);
  });
});

describe("what is under way", () => {
  test("a message that is half sent goes on over the fallback, with the reference it began with", async () => {
    const bench = await started();
    bench.line.hold();
    const sid = await bench.accept({ body: LONG });
    await bench.quiet();
    bench.line.answer();
    await bench.quiet();
    bench.line.answer(rejected({ disposition: "line", code: "modem.link-lost" }));
    bench.line.become("opening");
    await bench.advance(300_000, 60_000);
    const [first] = bench.line.handed;
    const over = bench.lineNamed("carrier").handed.map(({ segment }) => segment.concatenation);
    expect(over).toMatchObject([{ sequence: 2 }, { sequence: 3 }]);
    expect(new Set(over.map((part) => part?.reference))).toEqual(
      new Set([first?.segment.concatenation?.reference]),
    );
    expect((await bench.message(sid)).status).toBe("sent");
    const lines = (await bench.store.submissionsOf(sid)).map(({ line }) => line);
    expect(lines).toEqual(["sim1", "carrier", "carrier"]);
  });

  test("what is in doubt on the modem is not sent over the fallback, but what is behind it is", async () => {
    const bench = await started({ policy: { onUnknownOutcome: "fail" } });
    bench.line.hold();
    const [doubtful, behind] = await bench.send("doubtful", "behind");
    bench.line.answer(unknown());
    bench.line.become("opening");
    await bench.advance(300_000, 60_000);
    expect(bench.lineNamed("carrier").texts).toEqual(["behind"]);
    expect((await bench.message(doubtful)).status).toBe("sending");
    expect((await bench.message(behind)).status).toBe("sent");
    bench.line.become("ready");
    await bench.advance(60_000);
    expect((await bench.message(doubtful)).status).toBe("failed");
  });

  test("what the modem had claimed when it went goes out over the fallback, in order", async () => {
    const bench = await started({ rate: 1 });
    await Promise.all(Array.from({ length: 6 }, (_, at) => bench.accept({ body: `m${at}` })));
    await bench.advance(1500, 250);
    bench.line.become("opening");
    await bench.advance(310_000, 1000);
    const texts = [...bench.line.texts, ...bench.lineNamed("carrier").texts];
    expect(texts).toEqual(["m0", "m1", "m2", "m3", "m4", "m5"]);
  });
});

describe("a carrier that does not take the sender", () => {
  test("fails nothing: the queue waits for its modem, other numbers go on, and one event says so", async () => {
    const bench = await started();
    const carrier = bench.lineNamed("carrier");
    carrier.carrier = ({ segment }) => (segment.from === NUMBER ? refusesSender() : carrier.accepted());
    bench.line.become("opening");
    const sids = await bench.send("one", "two", "three");
    const other = await bench.accept({ from: SECOND, body: "other" });
    await bench.advance(400_000, 20_000);
    expect(await bench.statuses(sids)).not.toContain("failed");
    expect((await bench.message(other)).status).toBe("sent");
    expect(await bench.message(sids[0])).toMatchObject({
      attempts: 0,
      waitingFor: "its sender is not allowed on carrier: invalid source address",
    });
    expect(carrier.texts.filter((text) => text !== "other")).toHaveLength(1);
    const some = { spill: "carrying", isActive: true, refuses: [NUMBER] };
    expect(bench.fallbacks.viewOf("sim1")).toMatchObject(some);
    expect(await events(bench)).toEqual([
      "warning sim1 has not been ready for 300 s (as told): its queue goes over carrier.",
      "warning carrier does not take +33•••••0001 as a sender (invalid source address): its messages wait for sim1. It is asked again in a day.",
    ]);

    bench.line.become("ready");
    await bench.quiet();
    expect(bench.line.texts).toEqual(["one", "two", "three"]);
    expect(await bench.statuses(sids)).toEqual(["sent", "sent", "sent"]);
  });

  test("is asked again after a day", async () => {
    const bench = await started();
    const carrier = bench.lineNamed("carrier");
    carrier.carrier = () => refusesSender();
    bench.line.become("opening");
    await bench.accept({ body: "first" });
    await bench.advance(300_000, 60_000);
    expect(bench.fallbacks.isRefused("carrier", NUMBER)).toBe(true);
    carrier.carrier = () => carrier.accepted();
    await bench.advance(86_400_000, 43_200_000);
    await bench.advance(30_000);
    expect(bench.fallbacks.isRefused("carrier", NUMBER)).toBe(false);
    await bench.send("a day later");
    expect(carrier.texts).toContain("a day later");
  });

  test.each([
    ["source address", 0x0a],
    ["source TON", 0x48],
    ["source NPI", 0x49],
  ])("may say so by %s", async (_what, status) => {
    const bench = await started();
    bench.lineNamed("carrier").carrier = () => refusesSender(status);
    bench.line.become("opening");
    const [sid] = await bench.send("one");
    await bench.advance(300_000, 60_000);
    expect((await bench.message(sid)).status).toBe("sending");
    expect(bench.fallbacks.isRefused("carrier", NUMBER)).toBe(true);
  });

  test("carries nothing when it takes none of the line's numbers", async () => {
    const bench = await started({ lines: { sim1: [NUMBER], carrier: [] } });
    bench.lineNamed("carrier").carrier = () => refusesSender();
    bench.line.become("opening");
    await bench.send("one");
    await bench.advance(300_000, 60_000);
    const none = { spill: "carrying", isActive: false, refuses: [NUMBER], since: null };
    expect(bench.fallbacks.viewOf("sim1")).toMatchObject(none);
    expect(bench.fallbacks.carriedBy("carrier")).toEqual([]);
  });

  test("is not what only says that it failed: that message is tried again, and the next one goes", async () => {
    const bench = await started();
    const failed = rejected({ disposition: "retry", code: "smpp.status", status: 0x45 });
    bench.lineNamed("carrier").willAnswer(failed);
    bench.line.become("opening");
    const sids = await bench.send("later", "now");
    await bench.advance(300_000, 60_000);
    expect(bench.fallbacks.isRefused("carrier", NUMBER)).toBe(false);
    expect(await bench.statuses(sids)).toEqual(["sending", "sent"]);
    await bench.advance(5000);
    expect(await bench.statuses(sids)).toEqual(["sent", "sent"]);
  });

  test("is not what refuses the recipient: that message fails, and the next one goes", async () => {
    const bench = await started();
    bench.lineNamed("carrier").willAnswer(refusesSender(0x0b));
    bench.line.become("opening");
    const sids = await bench.send("nobody", "somebody");
    await bench.advance(300_000, 60_000);
    expect(await bench.statuses(sids)).toEqual(["failed", "sent"]);
  });

  test("fails the messages of a number of its own", async () => {
    const bench = await started({ lines: { carrier: [NUMBER] }, fallbacks: {} });
    bench.lineNamed("carrier").willAnswer(refusesSender());
    const [sid] = await bench.send("one");
    expect(await bench.message(sid)).toMatchObject({ status: "failed", errorCode: 30018 });
  });
});

describe("what can be asked about a fallback", () => {
  test("is told while it waits, carries, and after", async () => {
    const bench = await started();
    expect(bench.fallbacks.viewOf("sim1")).toMatchObject({ line: "carrier", spill: "unused", inMs: null });
    expect(bench.fallbacks.viewOf("carrier")).toBeNull();
    bench.line.become("opening");
    await bench.advance(100_000);
    expect(bench.fallbacks.viewOf("sim1")).toMatchObject({ spill: "waiting", inMs: 200_000, since: null });
    await bench.advance(200_000);
    expect(bench.fallbacks.viewOf("sim1")).toMatchObject({ spill: "carrying", since: bench.clock.now() });
    expect(bench.fallbacks.carriedBy("carrier")).toEqual(["sim1"]);
    bench.line.become("ready");
    expect(bench.fallbacks.viewOf("sim1")).toMatchObject({ spill: "unused", since: null });
    expect(bench.fallbacks.carriedBy("carrier")).toEqual([]);
  });
});
