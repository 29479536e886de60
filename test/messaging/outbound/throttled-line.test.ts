import { afterEach, describe, expect, test } from "vitest";
import type { SubmitOutcome } from "../../../src/line/line.ts";
import { type Handed, rejected } from "../../harness/fake-line.ts";
import { NUMBER } from "../numbers.ts";
import { Bench, type BenchOptions } from "./bench.ts";

const SECOND = "+33639950002";
const RMSGQFUL = 0x14;
const RTHROTTLED = 0x58;

const open: Bench[] = [];
async function started(options: BenchOptions = {}): Promise<Bench> {
  const bench = await Bench.open({ smpp: ["sim1"], window: 10, ...options });
  open.push(bench);
  await bench.start();
  return bench;
}
afterEach(async () => {
  for (const bench of open.splice(0)) await bench.close();
});

const slower = (status = RTHROTTLED) => rejected({ disposition: "line", code: "smpp.status", status });

/** How carriers count: so many in each second of the clock, in any second, with credit saved up, or evenly spaced. */
type Counting = "clock seconds" | "sliding second" | "token bucket" | "even spacing";

class Carrier {
  readonly acceptedAtMs: number[] = [];
  refusals = 0;
  readonly #bench: Bench;
  readonly #counting: Counting;
  perSecond: number;
  #tokens: number;
  #tokensAtMs = 0;

  constructor(bench: Bench, perSecond: number, counting: Counting) {
    this.#bench = bench;
    this.perSecond = perSecond;
    this.#counting = counting;
    this.#tokens = perSecond;
    bench.line.carrier = (handed) => this.#answer(handed);
  }

  #answer(_handed: Handed): SubmitOutcome {
    const now = this.#bench.clock.monotonicMs();
    if (!this.#takes(now)) {
      this.refusals++;
      return slower();
    }
    this.acceptedAtMs.push(now);
    return this.#bench.line.accepted();
  }

  #takes(now: number): boolean {
    switch (this.#counting) {
      case "clock seconds": {
        const second = Math.floor(now / 1000);
        return this.#acceptedSince(second * 1000) < this.perSecond;
      }
      case "sliding second":
        return this.#acceptedSince(now - 1000 + 1e-6) < this.perSecond;
      case "even spacing":
        return now - (this.acceptedAtMs.at(-1) ?? Number.NEGATIVE_INFINITY) >= 1000 / this.perSecond - 1e-6;
      case "token bucket": {
        const earned = ((now - this.#tokensAtMs) * this.perSecond) / 1000;
        this.#tokens = Math.min(this.perSecond, this.#tokens + earned);
        this.#tokensAtMs = now;
        if (this.#tokens < 1) return false;
        this.#tokens--;
        return true;
      }
    }
  }

  #acceptedSince(since: number): number {
    let count = 0;
    for (let at = this.acceptedAtMs.length - 1; at >= 0 && (this.acceptedAtMs[at] ?? 0) >= since; at--)
      count++;
    return count;
  }
}

async function queueUp(bench: Bench, count: number): Promise<string[]> {
  return Promise.all(Array.from({ length: count }, (_, at) => bench.accept({ body: `m${at}` })));
}

const COUNTINGS: readonly Counting[] = ["clock seconds", "sliding second", "token bucket", "even spacing"];

describe("a carrier that throttles at 40 a second", () => {
  const cases = COUNTINGS.flatMap((counting) => [10, 50].map((window) => [counting, window] as const));

  test.each(cases)(
    "by %s, window %i: gets 38 a second at least, smoothly, and every message",
    async (counting, window) => {
      const bench = await Bench.open({ smpp: ["sim1"], window });
      open.push(bench);
      const carrier = new Carrier(bench, 40, counting);
      bench.line.airMs = 5;
      const sids = await queueUp(bench, 500);
      await bench.start();
      const startMs = bench.clock.monotonicMs();
      while (carrier.acceptedAtMs.length < 500 && bench.clock.monotonicMs() < startMs + 60_000)
        await bench.advance(20);

      const { acceptedAtMs } = carrier;
      expect(acceptedAtMs).toHaveLength(500);
      const [firstMs, lastMs] = [acceptedAtMs[0] ?? 0, acceptedAtMs.at(-1) ?? 0];
      // What a clock-second carrier takes in its first instant would flatter the figure: it is left out.
      const steady = acceptedAtMs.filter((at) => at > firstMs + 5000);
      expect((steady.length - 1) / ((lastMs - (steady[0] ?? 0)) / 1000)).toBeGreaterThanOrEqual(38);
      expect(500 / ((lastMs - firstMs) / 1000)).toBeGreaterThanOrEqual(counting === "even spacing" ? 35 : 38);
      const gaps = acceptedAtMs.slice(1).map((at, index) => at - (acceptedAtMs[index] ?? 0));
      expect(Math.max(...gaps)).toBeLessThan(1200);
      for (let second = firstMs + 3000; second < lastMs - 1000; second += 500) {
        const within = acceptedAtMs.filter((at) => at >= second && at < second + 500).length;
        expect(within).toBeGreaterThanOrEqual(15);
        expect(within).toBeLessThanOrEqual(25);
      }
      expect(carrier.refusals).toBeLessThan(100);
      await bench.quiet();
      for (const sid of sids) expect(await bench.message(sid)).toMatchObject({ status: "sent", attempts: 0 });
      expect((await bench.store.submissionsOf(sids[20]!)).length).toBe(1);
    },
  );
});

describe("a throttled line", () => {
  test("is said to be one for a quarter of a minute at most after the carrier last said so, though it is idle", async () => {
    const bench = await started();
    const carrier = new Carrier(bench, 5, "sliding second");
    await queueUp(bench, 60);
    while (carrier.acceptedAtMs.length < 60) await bench.advance(250);
    expect(bench.dispatcher.throttledTo("sim1")).toBeLessThan(10);
    await bench.advance(15_000, 1000);
    expect(bench.dispatcher.throttledTo("sim1")).toBeNull();
  });

  test("is said to be one no longer than that either when its carrier accepted nothing at all", async () => {
    const bench = await started();
    let isOver = false;
    bench.line.carrier = () => (isOver ? bench.line.accepted() : slower());
    await queueUp(bench, 3);
    await bench.advance(20_000, 500);
    expect(bench.dispatcher.throttledTo("sim1")).not.toBeNull();
    isOver = true;
    await bench.advance(15_000, 500);
    expect(bench.line.texts.length).toBeGreaterThan(0);
    expect(bench.dispatcher.throttledTo("sim1")).toBeNull();
  });

  test("keeps the order of its Number: what was refused goes out before what follows it", async () => {
    const bench = await started();
    bench.line.hold();
    await bench.send(...Array.from({ length: 30 }, (_, at) => `m${at}`));
    expect(bench.line.onAir).toHaveLength(10);
    // The carrier takes the first three, refuses the next five, and takes two more.
    for (let at = 0; at < 3; at++) bench.line.answer();
    for (let at = 0; at < 5; at++) bench.line.answer(slower());
    while (bench.line.onAir.length > 0) bench.line.answer();
    await bench.quiet();
    for (let step = 0; step < 40; step++) {
      await bench.advance(250);
      while (bench.line.onAir.length > 0) bench.line.answer();
      await bench.quiet();
    }
    const again = bench.line.texts.slice(bench.line.texts.lastIndexOf("m3"));
    expect(again.slice(0, 5)).toEqual(["m3", "m4", "m5", "m6", "m7"]);
    const last = new Map(bench.line.texts.map((text, at) => [text, at]));
    expect([...last.keys()]).toHaveLength(30);
    const afterwards = Array.from({ length: 16 }, (_, at) => last.get(`m${14 + at}`) ?? -1);
    expect(afterwards).toEqual([...afterwards].sort((a, b) => a - b));
    expect(Math.min(...afterwards)).toBeGreaterThan(last.get("m7") ?? 0);
  });

  test("is back at full speed when the carrier takes everything again", async () => {
    const bench = await started({ window: 50 });
    const carrier = new Carrier(bench, 40, "sliding second");
    bench.line.airMs = 5;
    await queueUp(bench, 400);
    await bench.advance(5000, 20);
    expect(bench.dispatcher.throttledTo("sim1")).toBeGreaterThan(35);
    carrier.perSecond = Number.POSITIVE_INFINITY;
    await bench.advance(11_000, 20);
    expect(bench.line.handed.length).toBeGreaterThanOrEqual(400);
    const before = carrier.acceptedAtMs.length;
    await queueUp(bench, 500);
    await bench.advance(500, 20);
    expect(carrier.acceptedAtMs.length - before).toBe(500);
    await bench.advance(5000, 1000);
    expect(bench.dispatcher.throttledTo("sim1")).toBeNull();
  });

  test("follows a limit that falls, and one that rises", async () => {
    const bench = await started({ window: 20 });
    const carrier = new Carrier(bench, 100, "sliding second");
    bench.line.airMs = 5;
    await queueUp(bench, 2500);
    const rates: number[] = [];
    for (const perSecond of [100, 10, 60]) {
      carrier.perSecond = perSecond;
      await bench.advance(12_000, 40);
      const { length } = carrier.acceptedAtMs;
      await bench.advance(3000, 40);
      rates.push((carrier.acceptedAtMs.length - length) / 3);
    }
    expect(rates[0]).toBeGreaterThan(95);
    expect(rates[1]).toBeGreaterThanOrEqual(9);
    expect(rates[2]).toBeGreaterThan(56);
  });

  test("asks a carrier whose queue is full about once a second, and goes on when there is room", async () => {
    const bench = await started({ window: 10 });
    bench.line.carrier = () => slower(RMSGQFUL);
    const sids = await queueUp(bench, 60);
    await bench.advance(60_000, 500);
    expect(bench.line.handed.length).toBeLessThan(90);
    expect(bench.line.handed.length).toBeGreaterThan(50);
    bench.line.carrier = () => bench.line.accepted();
    await bench.advance(6000, 100);
    expect(new Set(await bench.statuses(sids))).toEqual(new Set(["sent"]));
    expect((await bench.message(sids[0])).attempts).toBe(0);
  });

  test("fails what outlives its validity meanwhile, and nothing else", async () => {
    const bench = await started({ window: 10 });
    bench.line.carrier = () => slower(RMSGQFUL);
    const short = await bench.accept({ validitySeconds: 20 });
    const long = await bench.accept();
    await bench.advance(60_000, 1000);
    expect(await bench.message(short)).toMatchObject({ status: "failed", errorCode: 30036 });
    expect((await bench.message(long)).status).toBe("sending");
  });

  test("tells the operator once an hour", async () => {
    const bench = await started({ window: 10 });
    bench.line.carrier = () => slower();
    await bench.send("one");
    await bench.advance(600_000, 60_000);
    expect((await bench.eventTypes()).filter((type) => type === "line.throttled")).toHaveLength(1);
  });

  test("claims no more than goes out soon, and gives the rest back", async () => {
    const bench = await started({ window: 50 });
    bench.line.carrier = () => slower(RMSGQFUL);
    await queueUp(bench, 300);
    await bench.advance(20_000, 500);
    const [{ segments } = { segments: 0 }] = await bench.store.queueDepths();
    expect(segments).toBeGreaterThanOrEqual(290);
  });

  test("rests as before after any other fault of the line", async () => {
    const bench = await started({ window: 1 });
    bench.line.willAnswer(rejected({ disposition: "line", code: "smpp.status", status: 0x08 }));
    await bench.send("one");
    await bench.advance(900);
    expect(bench.line.handed).toHaveLength(1);
    await bench.advance(200);
    expect(bench.line.handed).toHaveLength(2);
    expect(bench.dispatcher.throttledTo("sim1")).toBeNull();
  });

  test("rests once for a window of refusals, and tells the operator", async () => {
    const bench = await started({ window: 5 });
    bench.line.airMs = 50;
    const refusal = rejected({ disposition: "line", code: "smpp.status", status: 0x15 });
    bench.line.willAnswer(refusal, refusal, refusal, refusal, refusal);
    const sids = await bench.send("1", "2", "3", "4", "5");
    await bench.advance(50);
    expect(await bench.eventTypes()).toEqual(["line.refused"]);
    expect(bench.line.handed).toHaveLength(5);
    await bench.advance(1000);
    expect(bench.line.handed).toHaveLength(10);
    await bench.advance(50);
    expect(await bench.statuses(sids)).toEqual(sids.map(() => "sent"));
  });

  test("leaves to its queue what is refused while the appliance stops", async () => {
    const bench = await started({ window: 5 });
    bench.line.hold();
    const sids = await bench.send("one", "two");
    const stopping = bench.dispatcher.stop(8000);
    bench.line.answer(slower());
    bench.line.answer(slower());
    await stopping;
    expect(await bench.statuses(sids)).toEqual(["sending", "sending"]);
    expect(await bench.store.unknownSubmissions()).toEqual([]);
  });
});

describe("the rate of a line as a whole", () => {
  test("bounds what its Numbers send together", async () => {
    const bench = await started({ lines: { sim1: [NUMBER, SECOND] }, window: 10, maxRate: 20 });
    for (let at = 0; at < 100; at++) {
      await bench.accept({ body: `a${at}` });
      await bench.accept({ from: SECOND, body: `b${at}` });
    }
    await bench.advance(5000, 50);
    expect(bench.line.handed.length).toBeGreaterThanOrEqual(99);
    expect(bench.line.handed.length).toBeLessThanOrEqual(102);
    const first = bench.line.texts.slice(0, 100);
    expect(first.filter((text) => text.startsWith("b")).length).toBeGreaterThan(40);
  });

  test("stands on top of each Number's own", async () => {
    const bench = await started({ lines: { sim1: [NUMBER, SECOND] }, window: 10, maxRate: 20, rate: 1 });
    for (let at = 0; at < 20; at++) {
      await bench.accept({ body: `a${at}` });
      await bench.accept({ from: SECOND, body: `b${at}` });
    }
    await bench.advance(5000, 50);
    expect(bench.line.handed.length).toBeLessThanOrEqual(12);
    expect(bench.line.handed.length).toBeGreaterThanOrEqual(10);
  });

  test("keeps no timer busy while more Numbers wait than there is room for", async () => {
    const numbers = Array.from({ length: 30 }, (_, at) => `+336399801${String(at).padStart(2, "0")}`);
    const bench = await started({ lines: { sim1: numbers }, window: 1 });
    bench.line.hold();
    for (const from of numbers) await bench.accept({ from });
    await bench.quiet();
    let fired = 0;
    const { timer } = bench.clock;
    bench.clock.timer = (ms, fire) => {
      fired++;
      return timer.call(bench.clock, ms, fire);
    };
    await bench.advance(1000);
    expect(fired).toBeLessThan(5);
  });
});
