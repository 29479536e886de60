/** What a daemon that is asked to stop waits for, and what it does not. `test/journey/stop.test.ts` has the process. */
import { beforeEach, describe, expect, test } from "vitest";
import { Endings } from "../../src/daemon/endings.ts";
import { EXIT } from "../../src/daemon/exit-codes.ts";
import { stopCleanly } from "../../src/daemon/stop-cleanly.ts";
import { Fault } from "../../src/runtime/fault.ts";
import { FakeClock } from "../harness/fake-clock.ts";
import { keptLog } from "../harness/kept-log.ts";

let clock: FakeClock;
let endings: Endings;
let lines: string[];
let reasons: string[];
/** The appliance has let go of everything. */
let letGo: () => void;
let failed: (error: Error) => void;
let code: number | null;
beforeEach(() => {
  clock = new FakeClock();
  endings = new Endings(clock);
  reasons = [];
  code = null;
});

/** As `serve` does: once the first ending is there. */
async function stop(): Promise<void> {
  const ending = await endings.next();
  if (ending.is !== "signal") throw new Error("not asked to stop");
  const appliance = {
    stop: (reason: string) => {
      reasons.push(reason);
      return new Promise<void>((resolve, reject) => {
        letGo = resolve;
        failed = reject;
      });
    },
  };
  const kept = keptLog();
  lines = kept.lines;
  void stopCleanly(appliance, ending.signal, { endings, clock, log: kept.log }).then((ended) => {
    code = ended;
  });
  await clock.advance(0);
}

describe("a daemon that is asked to stop", () => {
  test("ends with 0 when everything has let go, and nothing is left of its patience", async () => {
    endings.signal("SIGTERM");
    await stop();
    expect(reasons).toEqual(["The daemon stopped (SIGTERM)."]);
    await clock.advance(9_999);
    expect(code).toBe(null);
    letGo();
    await clock.advance(0);
    expect([code, lines]).toEqual([EXIT.ok, ["info stopped"]]);
    expect(clock.pending, "timers left behind").toBe(0);
  });

  test("waits ten seconds and no longer", async () => {
    endings.signal("SIGTERM");
    await stop();
    await clock.advance(10_000);
    expect(code).toBe(EXIT.forced);
    expect(lines.join()).toContain("not stopped within 10 s");
  });

  test("says what went wrong on the way", async () => {
    endings.signal("SIGTERM");
    await stop();
    failed(new Error("the port is stuck"));
    await clock.advance(0);
    expect(code).toBe(EXIT.software);
    expect(lines.join()).toContain("fatal the port is stuck");
  });

  test("does not wait for anything once the disk has failed", async () => {
    endings.signal("SIGTERM");
    await stop();
    endings.fatal(new Fault({ code: "store.failed", disposition: "line", message: "the sync failed" }));
    await clock.advance(0);
    expect([code, lines]).toEqual([EXIT.ioError, ['fatal the sync failed {"code":"store.failed"}']]);
  });
});

describe("a second signal", () => {
  test("that comes with the first is the same request: `timeout`, npm and terminals send it to a process and its group", async () => {
    endings.signal("SIGTERM");
    endings.signal("SIGTERM");
    await stop();
    expect(code).toBe(null);
    letGo();
    await clock.advance(0);
    expect(code).toBe(EXIT.ok);
  });

  test("that is handled a moment later, or has another name, is the same request", async () => {
    endings.signal("SIGINT");
    await stop();
    await clock.advance(999);
    endings.signal("SIGTERM");
    await clock.advance(0);
    expect(code).toBe(null);
    letGo();
    await clock.advance(0);
    expect(code).toBe(EXIT.ok);
  });

  test("does not wait when it comes a second after the first, whatever came between", async () => {
    endings.signal("SIGTERM");
    await stop();
    for (let more = 0; more < 3; more++) {
      await clock.advance(333);
      endings.signal("SIGTERM");
    }
    await clock.advance(0);
    expect(code).toBe(null);
    await clock.advance(1);
    endings.signal("SIGINT");
    await clock.advance(0);
    expect(code).toBe(EXIT.forced);
    expect(lines).toEqual([
      'warn a second signal: not waiting; what is open is judged at the next start {"signal":"SIGINT"}',
    ]);
  });

  test("does not wait either when both came while the daemon started, a second apart", async () => {
    endings.signal("SIGTERM");
    await clock.advance(1_000);
    endings.signal("SIGTERM");
    await stop();
    expect(code).toBe(EXIT.forced);
  });
});
