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
import { FakeClock } from "../harness/fake-clock.ts";

const YEAR = 365 * 24 * 3_600_000;

function watching(options: { newestRowAt?: number; builtAt?: number; kept?: string | null } = {}) {
  let kept = options.kept ?? null;
  const clock = new FakeClock();
  const events: NewEvent[] = [];
  const rig = { clock, events, ntp: "unknown" as NtpState };
  const watch = new ClockWatch({
    clock,
    builtAt: options.builtAt ?? 0,
    newestRowAt: options.newestRowAt ?? null,
    ntp: () => Promise.resolve(rig.ntp),
    onEvent: (event) => events.push(event),
    memory: {
      get: async () => kept,
      put: async (value) => {
        kept = value;
      },
    },
  });
  return { ...rig, rig, watch, kept: () => kept };
}

describe("a wall clock", () => {
  test("that is right is no news", async () => {
    const { watch, events } = watching();
    await watch.look();
    expect(events).toEqual([]);
    expect(watch.whyUntrusted).toBeNull();
  });

  test("that started in the past is told of once, and again when the network's time vouches for it", async () => {
    const clock = new FakeClock();
    const { watch, events, clock: own } = watching({ newestRowAt: clock.now() + YEAR });
    for (let n = 0; n < 3; n++) await watch.look();
    expect(events).toMatchObject([
      { type: "clock.untrusted", level: "warning", text: expect.stringMatching(/newest message/) },
    ]);
    // The network says another day: the clock is still wrong.
    await watch.networkTime(own.now() + YEAR);
    expect(watch.whyUntrusted).toMatch(/newest message/);
    // Somebody sets it, and the network's time, which has gone on meanwhile, agrees.
    own.jump(YEAR);
    await own.advance(3_600_000);
    await watch.look();
    expect(watch.whyUntrusted).toBeNull();
    expect(events.slice(1)).toMatchObject([{ type: "clock.trusted", level: "info" }]);
  });

  test("is vouched for by the operator, until it jumps", async () => {
    const { rig, watch, clock, events } = watching();
    rig.ntp = "unsynchronised";
    await watch.start();
    expect(watch.whyUntrusted).toMatch(/NTP service/);
    await watch.vouch("now");
    expect([watch.whyUntrusted, watch.vouched]).toEqual([null, "now"]);
    await clock.advance(30 * 24 * 3_600_000);
    expect(watch.whyUntrusted).toBeNull();
    clock.jump(3_600_000);
    await watch.look();
    expect(watch.whyUntrusted).toMatch(/NTP service/);
    expect(events.map(({ type }) => type)).toEqual(["clock.untrusted", "clock.trusted", "clock.untrusted"]);
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
    const { rig, watch, events } = watching();
    rig.ntp = "unsynchronised";
    await watch.look();
    rig.ntp = "synchronised";
    await watch.look();
    expect(events.map(({ type }) => type)).toEqual(["clock.untrusted", "clock.trusted"]);
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
