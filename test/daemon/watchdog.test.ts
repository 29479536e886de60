/** When systemd's watchdog is fed, part by part. `test/system/notify.test.ts` has the real socket. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Watchdog } from "../../src/daemon/watchdog.ts";
import type { LineState } from "../../src/line/line.ts";
import { silentLog } from "../../src/runtime/log.ts";
import { Pulse } from "../../src/runtime/pulse.ts";
import { FakeClock } from "../harness/fake-clock.ts";
import { FakeLine } from "../harness/fake-line.ts";

const INTERVAL_MS = 90_000;

let clock: FakeClock;
let told: string[];
let modem: FakeLine;
let carrier: FakeLine;
let dispatcher: Pulse;
let turn: () => Promise<void>;
let takes: string | null;
let watchdog: Watchdog;
beforeEach(() => {
  clock = new FakeClock();
  told = [];
  modem = new FakeLine({ clock, name: "gsm1" });
  carrier = new FakeLine({ clock, name: "carrier", kind: "smpp" });
  dispatcher = new Pulse(clock, 120_000);
  turn = () => Promise.resolve();
  takes = null;
  watchdog = new Watchdog({
    vitals: { store: { turn: () => turn() }, dispatcher: { pulse: dispatcher }, lines: [modem, carrier] },
    notify: {
      watchdogMs: INTERVAL_MS,
      tell: (...assignments) => {
        told.push(assignments.join(" "));
        return Promise.resolve(takes);
      },
    },
    clock,
    log: silentLog(),
  });
});
afterEach(async () => {
  const stopping = watchdog.stop();
  await clock.advance(INTERVAL_MS);
  await stopping;
  expect(clock.pending, "timers left behind").toBe(0);
});

const never = () => new Promise<void>(() => undefined);
const started = async () => {
  watchdog.start();
  await clock.advance(0);
  told = [];
};
const feeds = () => told.filter((words) => words.includes("WATCHDOG=1")).length;
/** How often it is fed in the next ten intervals. */
const feedsFrom = async () => {
  told = [];
  await clock.advance(10 * INTERVAL_MS);
  return feeds();
};

describe("a program that is alive", () => {
  test("says READY once, and feeds three times in each interval", async () => {
    watchdog.start();
    await clock.advance(0);
    expect(told).toEqual(["READY=1 STATUS=0 of 2 lines ready"]);
    await clock.advance(INTERVAL_MS);
    expect(told.slice(1)).toEqual(["WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1"]);
  });

  test("tells how many lines are ready when that is another number", async () => {
    await started();
    modem.become("ready");
    await clock.advance(INTERVAL_MS);
    expect(told).toEqual(["WATCHDOG=1 STATUS=1 of 2 lines ready", "WATCHDOG=1", "WATCHDOG=1"]);
  });

  test("says a status again that did not arrive, and goes on feeding", async () => {
    takes = "Failed to connect";
    await started();
    await clock.advance(INTERVAL_MS);
    expect(told).toEqual(Array(3).fill("WATCHDOG=1 STATUS=0 of 2 lines ready"));
  });

  test("says STOPPING when it stops, and nothing more", async () => {
    await started();
    await watchdog.stop();
    await clock.advance(INTERVAL_MS);
    expect(told).toEqual(["STOPPING=1 STATUS=Stopping"]);
  });
});

describe("what is not fed", () => {
  test("a store whose worker does not come around", async () => {
    await started();
    turn = never;
    expect(await feedsFrom()).toBe(0);
    expect(told[0]).toBe("STATUS=Hung: the store's worker");
    turn = () => Promise.resolve();
    await clock.advance(INTERVAL_MS);
    expect(feeds()).toBeGreaterThan(0);
  });

  test("a dispatcher that has stopped looking at its queues", async () => {
    dispatcher.beat();
    await started();
    await clock.advance(INTERVAL_MS);
    expect(feeds()).toBe(3);
    await clock.advance(INTERVAL_MS);
    expect(await feedsFrom()).toBe(0);
    expect(told[0]).toBe("STATUS=Hung: the dispatcher");
    dispatcher.beat();
    await clock.advance(INTERVAL_MS);
    expect(feeds()).toBeGreaterThan(0);
  });

  test("a line whose supervisor does not come around, the other one being well", async () => {
    await started();
    carrier.pulse = { dueBy: clock.monotonicMs() + 600_000 };
    modem.pulse = { dueBy: clock.monotonicMs() - 1 };
    expect(await feedsFrom()).toBe(0);
    expect(told[0]).toBe("STATUS=Hung: the supervisor of line gsm1");
  });
});

describe("what does not count", () => {
  test.each<LineState>(["opening", "starting", "refused", "stopped"])("a line that is %s", async (state) => {
    await started();
    modem.become(state);
    carrier.become(state);
    expect(await feedsFrom()).toBe(30);
  });

  test("a store that refuses or has failed: that has an exit status of its own", async () => {
    await started();
    turn = () => Promise.reject(new Error("the store cannot keep its word any more"));
    expect(await feedsFrom()).toBe(30);
  });

  test("a disk that takes nearly as long as the feeds are apart", async () => {
    await started();
    turn = () => clock.sleep(INTERVAL_MS / 3 - 1);
    expect(await feedsFrom()).toBe(15);
  });
});
