import { describe, expect, it } from "vitest";
import { systemClock } from "../../src/runtime/clock.ts";
import { FakeClock, settle } from "../harness/fake-clock.ts";

describe.each([
  ["the system clock", () => systemClock],
  ["the fake clock", () => new FakeClock()],
])("%s", (_name, make) => {
  it("rejects a sleep with the signal's own reason when it was aborted before", async () => {
    const reason = new Error("stopping");
    await expect(make().sleep(60_000, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it("rejects a sleep with the signal's own reason when it is aborted during it", async () => {
    const abort = new AbortController();
    const reason = new Error("stopping");
    const sleeping = make().sleep(60_000, { signal: abort.signal });
    abort.abort(reason);
    await expect(sleeping).rejects.toBe(reason);
  });
});

describe("the system clock", () => {
  it("fires a timer, and does not fire one that was cancelled", async () => {
    const fired: string[] = [];
    systemClock.timer(0, () => fired.push("cancelled")).cancel();
    await new Promise<void>((resolve) => {
      systemClock.timer(1, () => {
        fired.push("kept");
        resolve();
      });
    });
    expect(fired).toEqual(["kept"]);
  });
});

describe("the fake clock", () => {
  it("fires what falls due in order, and lets a timer set another within the same advance", async () => {
    const clock = new FakeClock();
    const seen: string[] = [];
    clock.timer(20, () => seen.push(`b@${clock.monotonicMs()}`));
    clock.timer(10, () => {
      seen.push(`a@${clock.monotonicMs()}`);
      clock.timer(5, () => seen.push(`c@${clock.monotonicMs()}`));
    });
    await clock.advance(30);
    expect(seen).toEqual(["a@10", "c@15", "b@20"]);
    expect(clock.pending).toBe(0);
  });

  it("moves only the wall when it jumps", async () => {
    const clock = new FakeClock(1_000_000);
    let fired = false;
    clock.timer(10, () => {
      fired = true;
    });
    clock.jump(86_400_000);
    await settle();
    expect([clock.now(), clock.monotonicMs(), fired]).toEqual([87_400_000, 0, false]);
  });
});
