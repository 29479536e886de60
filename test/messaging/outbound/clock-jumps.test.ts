import { afterEach, describe, expect, test } from "vitest";
import { Fault } from "../../../src/runtime/fault.ts";
import { SteadyClock } from "../../../src/runtime/steady-clock.ts";
import { FakeClock } from "../../harness/fake-clock.ts";
import { Bench } from "./bench.ts";

const HOUR = 3_600_000;
const YEAR = 365 * 24 * HOUR;

/** The clock as the daemon has it: a step of the system's is followed when the watch says so. */
class BoxClock extends FakeClock {
  readonly #steady = new SteadyClock(
    {
      now: () => super.now(),
      monotonicMs: () => this.monotonicMs(),
      sleep: (ms) => this.sleep(ms),
      timer: (ms, fire) => this.timer(ms, fire),
    },
    Date.UTC(2026, 0, 1),
  );

  override now(): number {
    return this.#steady.now();
  }

  follow(): number {
    return this.#steady.follow();
  }
}

let bench: Bench;
let clock: BoxClock;
afterEach(() => bench.close());

async function opened(options: Parameters<typeof Bench.open>[0] = {}): Promise<void> {
  clock = new BoxClock();
  bench = await Bench.open(options, clock);
}

/** Somebody sets the system's clock; the box sees it within ten seconds, which pass. */
async function set(by: number): Promise<void> {
  clock.jump(by);
  await bench.advance(10_000, 250);
  const byMs = clock.follow();
  await bench.store.clockStepped({ byMs, at: clock.now(), judgesOld: false });
}

describe.each([3 * YEAR, 5 * HOUR, -5 * HOUR, -3 * YEAR])("a wall clock that jumps by %i ms", (jump) => {
  test("fails none of ten messages that wait for their line, and all go when it is there", async () => {
    await opened();
    await bench.dispatcher.start();
    const sids = await bench.send(..."0123456789");
    await set(jump);
    expect(await bench.store.expire(clock.now())).toBe(0);
    bench.line.become("ready");
    await bench.quiet();
    expect(bench.line.texts).toEqual([..."0123456789"]);
    expect(new Set(await bench.statuses(sids))).toEqual(new Set(["sent"]));
  });

  test("neither stalls nor floods a queue that is sent at one a second", async () => {
    await opened({ rate: 1 });
    await bench.start();
    await bench.send(..."012345678901234567890123456789");
    const before = bench.line.texts.length;
    await set(jump);
    await bench.advance(10_000, 250);
    // Ten seconds until it was seen, ten after.
    expect(bench.line.texts.length - before).toBeGreaterThanOrEqual(19);
    expect(bench.line.texts.length - before).toBeLessThanOrEqual(21);
  });

  test("puts a message off no longer, and no shorter, than it was", async () => {
    await opened();
    await bench.start();
    bench.line.willAnswer({ is: "rejected", fault: busy() });
    await bench.send("later");
    expect(bench.line.texts).toEqual(["later"]);
    clock.jump(jump);
    await bench.store.clockStepped({ byMs: clock.follow(), at: clock.now(), judgesOld: false });
    await bench.advance(4_999);
    expect(bench.line.texts).toEqual(["later"]);
    await bench.advance(1);
    expect(bench.line.texts).toEqual(["later", "later"]);
  });

  test("does not end a message whose refusal was under way meanwhile", async () => {
    await opened();
    await bench.start();
    bench.line.hold();
    const [sid] = await bench.send("slow");
    expect(bench.line.texts).toEqual(["slow"]);
    await set(jump);
    bench.line.answer({ is: "rejected", fault: busy() });
    await bench.quiet();
    expect(await bench.message(sid)).toMatchObject({ status: "sending", attempts: 1 });
    await bench.advance(5_000);
    expect(bench.line.texts).toEqual(["slow", "slow"]);
  });
});

function busy(): Fault {
  return new Fault({ code: "modem.cms", disposition: "retry", status: 42, message: "congestion" });
}
