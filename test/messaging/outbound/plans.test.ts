import { afterEach, describe, expect, test } from "vitest";
import { createForecast } from "../../../src/messaging/outbound/forecast-facts.ts";
import { nearCaps, type Plan, stopOf, stopText } from "../../../src/messaging/outbound/plans.ts";
import { unknown } from "../../harness/fake-line.ts";
import { NUMBER } from "../numbers.ts";
import { Bench, type BenchOptions } from "./bench.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** The clock starts at 11:15:30 in Paris. */
const NEXT_HOUR = Date.UTC(2026, 0, 4, 11);
const MIDNIGHT = Date.UTC(2026, 0, 4, 23);

const open: Bench[] = [];
function plan(caps: Partial<Plan["segments"]>, more: Partial<Plan> = {}): BenchOptions {
  const segments = { minute: null, hour: null, day: null, month: null, ...caps };
  return { plans: { sim1: { segments, recipients: null, warnAtPercent: 80, monthStartsOn: 1, ...more } } };
}
async function started(options: BenchOptions): Promise<Bench> {
  const bench = await Bench.open(options);
  open.push(bench);
  await bench.start();
  return bench;
}
afterEach(async () => {
  for (const bench of open.splice(0)) await bench.close();
});
async function broadcast(bench: Bench, count: number): Promise<readonly string[]> {
  const bodies = Array.from({ length: count }, (_, at) => `b${at}`);
  const sids = await Promise.all(bodies.map((body) => bench.accept({ body, lane: "broadcast" })));
  await bench.quiet();
  return sids;
}

describe("a line at a cap", () => {
  test("sends alerts, and its broadcasts in the next period, without being nudged", async () => {
    const bench = await started(plan({ hour: 3 }));
    await broadcast(bench, 5);
    expect(bench.line.texts).toEqual(["b0", "b1", "b2"]);
    await bench.send("alert");
    expect(bench.line.texts).toEqual(["b0", "b1", "b2", "alert"]);
    await bench.advance(NEXT_HOUR - bench.clock.now() - 1, 5 * MINUTE);
    expect(bench.line.texts).toHaveLength(4);
    await bench.advance(1);
    expect(bench.line.texts.slice(4)).toEqual(["b3", "b4"]);
  });

  test("paces its broadcasts by the minute", async () => {
    const bench = await started(plan({ minute: 2 }));
    await broadcast(bench, 6);
    await bench.advance(2 * MINUTE, 15_000);
    expect(bench.line.texts).toHaveLength(6);
    const minutes = bench.line.handed.map(({ atMs }) => Math.floor((atMs + 30_000) / MINUTE));
    expect(minutes).toEqual([0, 0, 1, 1, 2, 2]);
  });

  test("of a month asks for no timer that is longer than Node has: it would fire at once, again and again", async () => {
    const bench = await started(plan({ month: 1 }));
    await broadcast(bench, 2);
    expect(bench.line.texts).toEqual(["b0"]);
    expect(bench.clock.longestTimerMs).toBeLessThan(2 ** 31);
  });

  test("says what is used, what waits and until when", async () => {
    const bench = await started(plan({ day: 5, month: 1000 }));
    bench.line.willAnswer(unknown());
    await broadcast(bench, 7);
    const view = await bench.plans.viewOf("sim1");
    if (view === null) throw new Error("sim1 has a plan");
    expect(view.periods.day).toEqual({ cap: 5, used: 5, endsAt: MIDNIGHT });
    expect(view.periods.month).toEqual({ cap: 1000, used: 5, endsAt: Date.UTC(2026, 0, 31, 23) });
    expect(nearCaps(view)).toEqual(["5 of 5 segments a day are used"]);
    const stop = stopOf(view, 1);
    expect(stop).toEqual({ period: "day", cap: 5, until: MIDNIGHT });
    if (stop === null) return;
    expect(stopText("sim1", stop)).toBe(
      "The SIM plan of sim1 allows 5 segments a day, which leaves no room for it: broadcasts go on at 2026-01-04T23:00:00.000Z",
    );
    expect(await bench.eventTypes()).toEqual(["message.unknown", "plan.near", "plan.reached"]);
  });

  test("is at it after a restart in mid-send too", async () => {
    const bench = await started(plan({ day: 4 }));
    bench.line.hold();
    await broadcast(bench, 9);
    const after = await bench.crash();
    open.splice(0, open.length, after);
    await after.start();
    await after.advance(2 * HOUR, 10 * MINUTE);
    // Two were claimed when it ended: nobody knows, so both count, and both are sent again.
    expect(after.line.handed).toHaveLength(2);
    expect((await after.plans.viewOf("sim1"))?.periods.day.used).toBe(4);
  });

  test("has room again for what was given back", async () => {
    const bench = await started(plan({ day: 2 }));
    bench.line.hold();
    await broadcast(bench, 3);
    bench.line.become("starting");
    await bench.quiet();
    expect((await bench.plans.viewOf("sim1"))?.periods.day.used).toBe(1);
  });
});

test("a line without a plan counts nothing", async () => {
  const bench = await started({});
  await broadcast(bench, 3);
  expect(await bench.plans.viewOf("sim1")).toBeNull();
  expect(await bench.store.planUse("sim1")).toBeNull();
});

describe("a forecast of the queues as they stand", () => {
  const forecastOf = (bench: Bench) =>
    createForecast({
      store: bench.store,
      clock: bench.clock,
      lineOf: (number) => bench.roster.lineOf(number),
      rateOf: () => "unlimited",
      maxRateOf: () => "unlimited",
      throttledTo: () => null,
      secondsPerSegment: (line) => bench.dispatcher.secondsPerSegment(line),
      capsOf: (line) => bench.plans.capsOf(line),
      recipientsOf: async (line) => (await bench.plans.viewOf(line))?.recipients ?? null,
    });
  const ask = (bench: Bench, number: string, segments: number, people = 1) =>
    forecastOf(bench)({
      segments: new Map([[number, segments]]),
      people: new Map([[number, people]]),
      startAt: 0,
      deadlineAt: null,
      quiet: [],
      timeText: String,
    });

  test("names the cap on different recipients, where there are more people than it leaves", async () => {
    const bench = await started(plan({}, { recipients: 5 }));
    await broadcast(bench, 2);
    await bench.advance(40_000, 4000);
    expect((await bench.plans.viewOf("sim1"))?.recipients).toEqual({ cap: 5, used: 1 });
    expect((await ask(bench, NUMBER, 4, 4)).warnings).toEqual([]);
    expect((await ask(bench, NUMBER, 5, 5)).warnings).toEqual([
      {
        is: "recipients",
        line: "sim1",
        text: "The SIM plan of sim1 allows 5 different recipients a month, of which 1 is used: of 5 people those who are new, beyond that, are not sent to this month.",
      },
    ]);
  });

  test("goes by what the line was measured to take, after a restart too", async () => {
    const bench = await started({});
    expect(bench.dispatcher.secondsPerSegment("sim1")).toBeNull();
    bench.line.airMs = 4000;
    await bench.send("one", "two");
    await bench.advance(40_000, 4000);
    expect(bench.dispatcher.secondsPerSegment("sim1")).toBe(4);
    const { doneAt } = await ask(bench, NUMBER, 10);
    expect(doneAt).toBe(bench.clock.now() + 40_000);
    const after = await bench.crash();
    open.splice(0, open.length, after);
    await after.start();
    expect(after.dispatcher.secondsPerSegment("sim1")).toBe(4);
  });

  test("counts what waits already and what its plan has left", async () => {
    const bench = await started(plan({ hour: 10 }));
    bench.line.airMs = 1000;
    await bench.send("one");
    await bench.advance(1000);
    bench.line.hold();
    await broadcast(bench, 6);
    const { doneAt, warnings } = await ask(bench, NUMBER, 10);
    expect(warnings).toMatchObject([{ is: "cap", cap: "segmentsPerHour", until: NEXT_HOUR }]);
    // One is with the network and two are claimed; of the four that wait and the ten, seven go in this hour.
    expect(doneAt).toBe(NEXT_HOUR + 7000);
  });

  test("names numbers that no line sends for, and then knows no end", async () => {
    const bench = await started({});
    expect(await ask(bench, "+33639980099", 1)).toMatchObject({ doneAt: null, unserved: ["+33639980099"] });
  });
});
