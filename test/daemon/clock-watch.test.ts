import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ClockWatch, ntpState } from "../../src/daemon/clock-watch.ts";
import { handlersOf } from "../../src/daemon/line-handlers.ts";
import type { Line } from "../../src/line/line.ts";
import { Pending } from "../../src/messaging/outbound/pending.ts";
import type { NtpState } from "../../src/runtime/clock-trust.ts";
import type { NewEvent } from "../../src/runtime/event.ts";
import { silentLog } from "../../src/runtime/log.ts";
import { SteadyClock } from "../../src/runtime/steady-clock.ts";
import type { ClockStep } from "../../src/store/clock-commands.ts";
import { FakeClock } from "../harness/fake-clock.ts";

const HOUR = 3_600_000;
const YEAR = 365 * 24 * HOUR;

function watching(
  options: { newestRowAt?: number; builtAt?: number; startsAt?: number; kept?: string | null } = {},
) {
  let kept = options.kept ?? null;
  const system = new FakeClock(options.startsAt);
  const builtAt = options.builtAt ?? Date.UTC(2025, 0, 1);
  const clock = new SteadyClock(system, builtAt);
  const events: NewEvent[] = [];
  const steps: ClockStep[] = [];
  const rig = { ntp: "unknown" as NtpState };
  const watch = new ClockWatch({
    clock,
    builtAt,
    newestRowAt: options.newestRowAt ?? null,
    ntp: () => Promise.resolve(rig.ntp),
    onEvent: (event) => events.push(event),
    onStep: (step) => steps.push(step),
    memory: {
      get: async () => kept,
      put: async (value) => {
        kept = value;
      },
    },
  });
  const types = () => events.map(({ type }) => type);
  return { system, clock, events, types, steps, rig, watch, kept: () => kept };
}

describe("a wall clock", () => {
  test("that is right is no news", async () => {
    const { watch, events } = watching();
    await watch.look();
    expect(events).toEqual([]);
    expect(watch.whyUntrusted).toBeNull();
  });

  test("that started in the past is told of once, and again when the network's time vouches for it", async () => {
    const { watch, system, events, steps } = watching({ newestRowAt: new FakeClock().now() + YEAR });
    for (let n = 0; n < 3; n++) await watch.look();
    expect(events).toMatchObject([
      { type: "clock.untrusted", level: "warning", text: expect.stringMatching(/newest message/) },
    ]);
    // The network says another day: the clock is still wrong.
    await watch.networkTime(system.now() + YEAR);
    expect(watch.whyUntrusted).toMatch(/newest message/);
    // Somebody sets it, and the network's time, which has gone on meanwhile, agrees.
    system.jump(YEAR);
    await system.advance(HOUR);
    await watch.look();
    expect(watch.whyUntrusted).toBeNull();
    expect(steps).toEqual([{ byMs: YEAR, at: system.now(), judgesOld: true }]);
    expect(events.slice(1)).toMatchObject([
      { type: "clock.set", level: "info", text: expect.stringMatching(/set ahead by 365 days/) },
      { type: "clock.trusted", level: "info" },
    ]);
  });

  test("is vouched for by the operator, until it jumps", async () => {
    const { rig, watch, system, types } = watching();
    rig.ntp = "unsynchronised";
    await watch.start();
    expect(watch.whyUntrusted).toMatch(/NTP service/);
    await watch.vouch("now");
    expect([watch.whyUntrusted, watch.vouched]).toEqual([null, "now"]);
    await system.advance(30 * 24 * HOUR);
    await watch.look();
    expect(watch.whyUntrusted).toBeNull();
    system.jump(HOUR / 2);
    await watch.look();
    expect(watch.whyUntrusted).toMatch(/NTP service/);
    expect(types()).toEqual(["clock.untrusted", "clock.trusted", "clock.set", "clock.untrusted"]);
  });

  test("that was right and leapt is followed at once when the operator vouches for it", async () => {
    const { rig, watch, system, clock } = watching();
    rig.ntp = "synchronised";
    await watch.start();
    system.jump(YEAR);
    await watch.look();
    expect(watch.whyUntrusted).toMatch(/stood for an hour/);
    rig.ntp = "unsynchronised";
    await watch.vouch("now");
    expect(watch.whyUntrusted).toBeNull();
    expect(clock.now()).toBe(system.now());
  });

  test("is vouched for by the operator for good, where it has a battery, and not any more", async () => {
    const first = watching();
    first.rig.ntp = "unsynchronised";
    await first.watch.start();
    await first.watch.vouch("always");
    const second = watching({ kept: first.kept() });
    second.rig.ntp = "unsynchronised";
    await second.watch.start();
    expect([second.watch.whyUntrusted, second.watch.vouched, second.events]).toEqual([null, "always", []]);
    await second.watch.vouch("never");
    expect([second.watch.vouched, second.kept()]).toEqual(["never", ""]);
    expect(second.watch.whyUntrusted).toMatch(/NTP service/);
  });

  test("that the NTP service has not set yet is told of, and when it has", async () => {
    const { rig, watch, types } = watching();
    rig.ntp = "unsynchronised";
    await watch.look();
    rig.ntp = "synchronised";
    await watch.look();
    expect(types()).toEqual(["clock.untrusted", "clock.trusted"]);
  });
});

describe("what waited before the start, when the clock is set", () => {
  const judged = ({ steps }: ReturnType<typeof watching>) => steps.map(({ judgesOld }) => judgesOld);
  const KEEPS = /What waits keeps its time: nothing expires/;
  const JUDGES = /before the start has waited until now, and fails where its validity is over/;

  test.each([12 * HOUR, -12 * HOUR])(
    "by %i ms and nobody vouches for it, moves with the rest",
    async (slip) => {
      const box = watching();
      await box.watch.start();
      box.system.jump(slip);
      await box.watch.look();
      expect(judged(box)).toEqual([false]);
      expect(box.events).toMatchObject([{ type: "clock.set", text: expect.stringMatching(KEEPS) }]);
      // Vouched for later, it is no other step.
      await box.watch.vouch("now");
      expect(judged(box)).toEqual([false]);
    },
  );

  test("by the NTP service, has waited until now: the event says so", async () => {
    const box = watching();
    box.rig.ntp = "unsynchronised";
    await box.watch.start();
    box.system.jump(12 * HOUR);
    box.rig.ntp = "synchronised";
    await box.watch.look();
    expect(judged(box)).toEqual([true]);
    expect(box.events[1]).toMatchObject({ type: "clock.set", text: expect.stringMatching(JUDGES) });
  });

  test("by somebody who vouches for it before it was looked at, has waited until now", async () => {
    const box = watching();
    await box.watch.start();
    box.system.jump(12 * HOUR);
    await box.watch.vouch("now");
    expect(judged(box)).toEqual([true]);
  });

  test("by somebody who takes back what was vouched for, moves with the rest", async () => {
    const box = watching();
    await box.watch.start();
    box.system.jump(12 * HOUR);
    await box.watch.vouch("never");
    expect(judged(box)).toEqual([false]);
  });
});

describe("a wall clock that is set", () => {
  test("in one tick with what the store keeps: nobody sees the one without the other", async () => {
    const { watch, system, clock, steps } = watching({ startsAt: 0 });
    const begun = clock.now();
    system.jump(YEAR * 56);
    expect(clock.now()).toBe(begun);
    await watch.look();
    expect(steps).toEqual([{ byMs: YEAR * 56, at: clock.now(), judgesOld: false }]);
    expect(clock.now()).toBe(system.now());
  });

  test.each([YEAR, -5 * HOUR])(
    "by %i ms though NTP had vouched for it is believed after an hour",
    async (leap) => {
      const { watch, rig, system, clock, steps, types } = watching();
      rig.ntp = "synchronised";
      await watch.look();
      const before = clock.now();
      system.jump(leap);
      await watch.look();
      expect(watch.whyUntrusted).toMatch(/followed when it has stood for an hour/);
      await system.advance(HOUR - 1);
      await watch.look();
      expect(steps).toEqual([]);
      expect(clock.now()).toBe(before + HOUR - 1);
      await system.advance(1);
      await watch.look();
      expect(steps).toEqual([{ byMs: leap, at: system.now(), judgesOld: false }]);
      expect(types()).toEqual(["clock.untrusted", "clock.set", "clock.trusted"]);
    },
  );

  test("and set right again within the hour is as if nothing had been", async () => {
    const { watch, rig, system, steps, types } = watching();
    rig.ntp = "synchronised";
    await watch.look();
    system.jump(YEAR);
    await watch.look();
    await system.advance(HOUR / 2);
    system.jump(-YEAR);
    await watch.look();
    await system.advance(HOUR);
    await watch.look();
    expect(steps).toEqual([]);
    expect(types()).toEqual(["clock.untrusted", "clock.trusted"]);
  });

  test("to 2099 is not followed, and neither is a start there", async () => {
    const { watch, system, clock, steps } = watching();
    const before = clock.now();
    system.jump(Date.UTC(2099, 0, 1) - before);
    await watch.look();
    expect(clock.now()).toBe(before);
    expect(steps).toEqual([]);
    expect(watch.whyUntrusted).toMatch(/shows 2099-01-01 00:00, which cannot be/);
    const started = watching({ startsAt: Date.UTC(2099, 0, 1) });
    expect(started.watch.whyUntrusted).toMatch(/2099/);
    expect(started.clock.now()).toBe(Date.UTC(2025, 0, 1));
  });

  test("deletes nothing for its age on that day", async () => {
    const { watch, system } = watching();
    expect(watch.isSettled).toBe(true);
    system.jump(YEAR);
    await watch.look();
    expect(watch.isSettled).toBe(false);
    await system.advance(24 * HOUR);
    expect(watch.isSettled).toBe(true);
  });

  test("nor on the day of a start long after the newest message", async () => {
    const { watch, system } = watching({ newestRowAt: new FakeClock().now() - 8 * 24 * HOUR });
    expect(watch.isSettled).toBe(false);
    await system.advance(24 * HOUR);
    expect(watch.isSettled).toBe(true);
  });
});

describe("the network's time that a line tells", () => {
  const heard = (simulated: boolean) => {
    const times: number[] = [];
    const handlers = handlersOf({ name: "gsm1", status: { simulated } } as unknown as Line, {
      store: { quarantine: () => Promise.reject(new Error()), addEvent: () => Promise.reject(new Error()) },
      clock: new FakeClock(),
      log: silentLog(),
      pending: new Pending(silentLog()),
      networkTime: (epochMs) => {
        times.push(epochMs);
        return Promise.resolve();
      },
      receive: () => Promise.resolve("kept"),
      report: () => Promise.resolve("kept"),
      acceptedLate: () => undefined,
      onState: () => undefined,
    });
    handlers.onNetworkTime(1234);
    return times;
  };

  test("vouches for the clock", () => expect(heard(false)).toEqual([1234]));
  test("does not where it is our own, of a simulated network", () => expect(heard(true)).toEqual([]));
});

test("systemd-timesyncd shows by its files whether it runs and has synchronised", async () => {
  const folder = await mkdtemp(join(tmpdir(), "pylone-ntp-"));
  const run = join(folder, "timesync");
  expect(await ntpState(run)).toBe("unknown");
  await mkdir(run);
  expect(await ntpState(run)).toBe("unsynchronised");
  await writeFile(join(run, "synchronized"), "");
  expect(await ntpState(run)).toBe("synchronised");
  await rm(folder, { recursive: true });
});
