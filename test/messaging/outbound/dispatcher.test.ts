import { afterEach, describe, expect, test } from "vitest";
import { rejected, unknown } from "../../harness/fake-line.ts";
import { NUMBER } from "../numbers.ts";
import { Bench, type BenchOptions } from "./bench.ts";

const SECOND = "+33639980002";
const LONG = "a".repeat(160 + 1);

const open: Bench[] = [];
async function started(options: BenchOptions = {}): Promise<Bench> {
  const bench = await opened(options);
  await bench.start();
  return bench;
}
async function opened(options: BenchOptions = {}): Promise<Bench> {
  const bench = await Bench.open(options);
  open.push(bench);
  return bench;
}
afterEach(async () => {
  for (const bench of open.splice(0)) await bench.close();
});

describe("its pulse", () => {
  /** How late it was after each of so many half minutes. */
  const lateness = async (bench: Bench, times: number) => {
    const late: number[] = [];
    for (let time = 0; time < times; time++) {
      await bench.advance(30_000);
      late.push(bench.clock.monotonicMs() - (bench.dispatcher.pulse.dueBy ?? Number.NaN));
    }
    return late;
  };

  test("keeps coming with nothing to do, with a Line that is not ready, and with a disk that is full", async () => {
    const bench = await started();
    expect(Math.max(...(await lateness(bench, 20))), "idle").toBeLessThan(0);
    bench.line.become("opening");
    await bench.send("waits");
    expect(Math.max(...(await lateness(bench, 20))), "not ready").toBeLessThan(0);
    const { store } = bench;
    Object.assign(store, { expire: () => Promise.reject(new Error("the store has no room left")) });
    expect(Math.max(...(await lateness(bench, 20))), "no room").toBeLessThan(0);
  });

  test("stops when a look does not come to its end", async () => {
    const bench = await started();
    bench.line.become("opening");
    await bench.send("waits");
    const stuck: ((expired: number) => void)[] = [];
    Object.assign(bench.store, { expire: () => new Promise<number>((resolve) => stuck.push(resolve)) });
    expect((await lateness(bench, 6)).at(-1)).toBeGreaterThan(0);
    for (const release of stuck) release(0);
  });

  test("is no promise before the start and after the stop", async () => {
    const bench = await opened();
    expect(bench.dispatcher.pulse.dueBy).toBeNull();
    await bench.start();
    await bench.dispatcher.stop(0);
    expect(bench.dispatcher.pulse.dueBy).toBeNull();
  });
});

describe("a queue", () => {
  test("is first in, first out", async () => {
    const bench = await started();
    const bodies = Array.from({ length: 20 }, (_, at) => `m${at}`);
    const sids = await bench.send(...bodies);
    await bench.quiet();
    expect(bench.line.texts).toEqual(bodies);
    expect(new Set(await bench.statuses(sids))).toEqual(new Set(["sent"]));
  });

  test("puts single messages before broadcasts", async () => {
    const bench = await opened();
    await bench.accept({ body: "broadcast", lane: "broadcast" });
    await bench.accept({ body: "single" });
    await bench.start();
    expect(bench.line.texts).toEqual(["single", "broadcast"]);
  });

  test("that is found at start is sent", async () => {
    const bench = await opened();
    await bench.accept({ body: "left behind" });
    await bench.start();
    expect(bench.line.texts).toEqual(["left behind"]);
  });

  test("waits for its Line and goes on when it is ready, without a poll", async () => {
    const bench = await opened();
    await bench.dispatcher.start();
    const [sid] = await bench.send("patience");
    expect(bench.line.handed).toEqual([]);
    expect((await bench.message(sid)).status).toBe("queued");
    bench.line.become("ready");
    await bench.quiet();
    expect(bench.line.texts).toEqual(["patience"]);
  });

  test("fails what outlived its validity behind a Line that is not ready", async () => {
    const bench = await opened();
    await bench.dispatcher.start();
    const sid = await bench.accept({ validitySeconds: 60 });
    await bench.advance(90_000, 30_000);
    expect(await bench.message(sid)).toMatchObject({ status: "failed", errorCode: 30036 });
  });
});

describe("the wire", () => {
  test("takes one Submission at a time where the window is one, and the next is recorded meanwhile", async () => {
    const bench = await started();
    bench.line.hold();
    const [first, second, third] = await bench.send("one", "two", "three");
    expect(bench.line.texts).toEqual(["one"]);
    expect(await bench.statuses([first!, second!, third!])).toEqual(["sending", "sending", "queued"]);
    bench.line.answer();
    // In the very tick of the answer: nothing was committed in between.
    await Promise.resolve()
      .then(() => Promise.resolve())
      .then(() => Promise.resolve());
    expect(bench.line.texts).toEqual(["one", "two"]);
    await bench.quiet();
    expect(await bench.statuses([first!, second!, third!])).toEqual(["sent", "sending", "sending"]);
  });

  test("takes as many as the window allows", async () => {
    const bench = await started({ window: 5 });
    bench.line.hold();
    await bench.send(...Array.from({ length: 12 }, (_, at) => `m${at}`));
    expect(bench.line.onAir).toHaveLength(5);
    for (let at = 0; at < 12; at++) {
      bench.line.answer();
      await bench.quiet();
    }
    expect(bench.line.mostOnAir).toBe(5);
    expect(bench.line.handed).toHaveLength(12);
  });

  test("of a slow line delays no other line", async () => {
    const bench = await started({ lines: { sim1: [NUMBER], sim2: [SECOND] } });
    bench.line.hold();
    await bench.send("stuck", "behind");
    await bench.accept({ from: SECOND, body: "free" });
    await bench.accept({ from: SECOND, body: "as air" });
    await bench.quiet();
    expect(bench.lineNamed("sim2").texts).toEqual(["free", "as air"]);
    expect(bench.line.texts).toEqual(["stuck"]);
  });

  test("is shared in turn by the Numbers of one line", async () => {
    const bench = await opened({ lines: { sim1: [NUMBER, SECOND] } });
    for (let at = 0; at < 4; at++) await bench.accept({ body: `a${at}` });
    for (let at = 0; at < 2; at++) await bench.accept({ from: SECOND, body: `b${at}` });
    await bench.start();
    await bench.quiet();
    const texts = [...bench.line.texts];
    expect(texts.filter((text) => text.startsWith("a"))).toEqual(["a0", "a1", "a2", "a3"]);
    expect(Math.max(texts.indexOf("b0"), texts.indexOf("b1"))).toBeLessThan(5);
    expect(texts.indexOf("b0")).toBeLessThan(texts.indexOf("a2"));
    expect(bench.line.mostOnAir).toBe(1);
  });
});

describe("the rate", () => {
  test("spaces the Segments of a Number", async () => {
    const bench = await started({ rate: 1 });
    await bench.send("one", "two", "three", LONG);
    await bench.advance(6000, 100);
    expect(bench.line.handed.map(({ atMs }) => atMs)).toEqual([0, 1000, 2000, 3000, 4000]);
  });

  test("is each Number's own", async () => {
    const bench = await opened({ rate: 2, lines: { sim1: [NUMBER, SECOND] }, window: 4 });
    for (const body of ["a1", "a2"]) await bench.accept({ body });
    for (const body of ["b1", "b2"]) await bench.accept({ from: SECOND, body });
    await bench.start();
    expect([...bench.line.texts].sort()).toEqual(["a1", "b1"]);
    await bench.advance(500, 100);
    expect([...bench.line.texts].sort()).toEqual(["a1", "a2", "b1", "b2"]);
  });

  test("does not claim what it will not send for a while", async () => {
    const bench = await started({ rate: 0.1 });
    const sids = await bench.send("one", "two");
    expect(await bench.statuses(sids)).toEqual(["sent", "queued"]);
    await bench.advance(10_000, 500);
    expect(bench.line.handed.map(({ atMs }) => atMs)).toEqual([0, 10_000]);
  });
});

describe("a temporary refusal", () => {
  test("leaves its place: what is behind goes on", async () => {
    const bench = await started();
    bench.line.willAnswer(rejected({ disposition: "retry", status: 41 }));
    const [busy, next] = await bench.send("busy", "next");
    expect(bench.line.texts).toEqual(["busy", "next"]);
    expect(await bench.message(busy)).toMatchObject({ status: "sending", attempts: 1 });
    expect(await bench.message(next)).toMatchObject({ status: "sent" });
    await bench.advance(4999);
    expect(bench.line.texts).toHaveLength(2);
    await bench.advance(1);
    expect(bench.line.texts).toEqual(["busy", "next", "busy"]);
    expect(await bench.message(busy)).toMatchObject({ status: "sent" });
  });

  test("ends with the network's code when the next try would come after the validity", async () => {
    const bench = await started();
    bench.line.willAnswer(...Array.from({ length: 3 }, () => rejected({ disposition: "retry", status: 27 })));
    const sid = await bench.accept({ validitySeconds: 120 });
    await bench.advance(61_000, 1000);
    expect(bench.line.handed).toHaveLength(2);
    expect(await bench.message(sid)).toMatchObject({ status: "failed", errorCode: 30003 });
    expect(await bench.eventTypes()).toEqual(["message.failed"]);
  });
});

describe("a final refusal", () => {
  test("fails the message with Twilio's code and an event", async () => {
    const bench = await started();
    bench.line.willAnswer(rejected({ disposition: "reject", status: 1 }));
    const [sid] = await bench.send("to nobody");
    expect(await bench.message(sid)).toMatchObject({ status: "failed", errorCode: 30005 });
    const [event] = await bench.store.listEvents({ limit: 1 });
    expect(event).toMatchObject({ type: "message.failed", messageSid: sid, errorCode: 30005 });
    expect(event?.text).not.toContain("to nobody");
  });

  test("keeps the message's other parts off the wire, recorded or not", async () => {
    const bench = await started();
    bench.line.hold();
    const [long] = await bench.send(LONG, "next");
    expect(bench.line.handed).toHaveLength(1);
    bench.line.answer(rejected({ disposition: "reject", status: 1 }));
    await bench.quiet();
    expect(bench.line.texts.slice(1)).toEqual(["next"]);
    bench.line.answer();
    await bench.quiet();
    expect(await bench.message(long)).toMatchObject({ status: "failed" });
    const submissions = await bench.store.submissionsOf(long!);
    expect(submissions.filter(({ state }) => state === "trying")).toEqual([]);
  });
});

describe("a fault of the line", () => {
  test("burns no attempt and holds the line", async () => {
    const bench = await started();
    bench.line.willAnswer(rejected({ disposition: "line", status: 331 }));
    const [first, second] = await bench.send("first", "second");
    expect(bench.line.texts).toEqual(["first"]);
    expect(await bench.message(first)).toMatchObject({ attempts: 0, status: "sending" });
    expect(await bench.store.submissionsOf(second!)).toEqual([]);
    await bench.advance(999);
    expect(bench.line.texts).toEqual(["first"]);
    await bench.advance(1);
    expect(bench.line.texts).toEqual(["first", "first", "second"]);
    expect(await bench.statuses([first!, second!])).toEqual(["sent", "sent"]);
  });

  test("that repeats is asked less and less often", async () => {
    const bench = await started();
    bench.line.willAnswer(...Array.from({ length: 6 }, () => rejected({ disposition: "line", status: 331 })));
    await bench.send("again");
    await bench.advance(80_000, 500);
    expect(bench.line.handed.map(({ atMs }) => atMs)).toEqual([0, 1000, 3000, 8000, 18_000, 48_000, 78_000]);
  });

  test("is over when the line becomes ready anew", async () => {
    const bench = await started();
    bench.line.willAnswer(rejected({ disposition: "line", status: 10 }));
    await bench.send("barred");
    expect(await bench.eventTypes()).toEqual(["line.refused"]);
    bench.line.become("starting");
    bench.line.become("ready");
    await bench.quiet();
    expect(bench.line.texts).toEqual(["barred", "barred"]);
  });

  test("gives back what was recorded ahead when the line is gone", async () => {
    const bench = await started();
    bench.line.hold();
    const [, second] = await bench.send("on the air", "recorded");
    expect(await bench.store.submissionsOf(second!)).toHaveLength(1);
    bench.line.become("opening");
    await bench.quiet();
    expect(await bench.store.submissionsOf(second!)).toEqual([]);
    bench.line.answer(unknown());
    await bench.quiet();
    expect(bench.line.texts).toEqual(["on the air"]);
  });
});

describe("stopping", () => {
  test("before the point of no return burns nothing", async () => {
    const bench = await started();
    bench.line.hold();
    bench.line.beforePrompt = true;
    const sids = await bench.send("one", "two", "three");
    await bench.dispatcher.stop(8000);
    for (const sid of sids) {
      expect((await bench.message(sid)).attempts).toBe(0);
      expect(await bench.store.submissionsOf(sid)).toEqual([]);
    }
    expect(await bench.eventTypes()).toEqual([]);
    const next = await bench.crash();
    open.splice(0, 1, next);
    await next.start();
    expect(next.line.texts).toEqual(["one", "two", "three"]);
  });

  test("waits for what is on the wire", async () => {
    const bench = await started();
    bench.line.hold();
    const [sid] = await bench.send("nearly there");
    const stopping = bench.dispatcher.stop(8000);
    await bench.clock.advance(7999);
    bench.line.answer();
    await stopping;
    expect((await bench.message(sid)).status).toBe("sent");
  });

  test("records as unknown what has no answer in time, and never hands over anything more", async () => {
    const bench = await started();
    bench.line.hold();
    const [first, second] = await bench.send("gone", "never went");
    const stopping = bench.dispatcher.stop(8000);
    await bench.clock.advance(8000);
    await stopping;
    expect(await bench.store.submissionsOf(first!)).toMatchObject([{ state: "unknown" }]);
    expect(await bench.store.submissionsOf(second!)).toEqual([]);
    expect(await bench.eventTypes()).toEqual(["message.unknown"]);
    bench.line.answer();
    await bench.quiet();
    expect(await bench.store.submissionsOf(first!)).toMatchObject([{ state: "unknown" }]);
    expect(bench.line.texts).toEqual(["gone"]);
  });

  test("twice, or without a start, is stopping", async () => {
    const bench = await opened();
    await bench.dispatcher.stop(0);
    await bench.dispatcher.stop(0);
    expect(bench.line.handed).toEqual([]);
  });
});
