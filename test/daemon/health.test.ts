import { describe, expect, it } from "vitest";
import { createHealth } from "../../src/daemon/health.ts";
import type { Line, LineState } from "../../src/line/line.ts";
import { FakeClock } from "../harness/fake-clock.ts";

function line(name: string, state: LineState, reason = "", simulated = false): Line {
  return { name, status: { state, reason, simulated } } as unknown as Line;
}

const nobodyWaits = async () => ({ waiting: 0, oldestMs: 0 });

function healthOf(lines: Line[], ping: () => Promise<void> = async () => {}, clock = new FakeClock()) {
  return createHealth({ store: { ping }, lines, clock, webhooks: nobodyWaits });
}

describe("the health of the appliance", () => {
  it("passes when the store commits and every line can send", async () => {
    const report = await healthOf([line("a", "ready"), line("b", "ready", "", true)])();
    expect(report).toEqual({
      status: "pass",
      checks: {
        store: { status: "pass", text: "commits in 0 ms" },
        webhooks: { status: "pass", text: "no app is still to be told anything" },
        "line:a": { status: "pass", text: "ready" },
        "line:b": { status: "pass", text: "simulated, ready" },
      },
    });
  });

  it("warns while one line of several cannot send, and says why", async () => {
    const report = await healthOf([
      line("a", "ready"),
      line("b", "opening", "/dev/ttyUSB2 does not exist"),
    ])();
    expect(report.status).toBe("warn");
    expect(report.checks["line:b"]).toEqual({ status: "warn", text: "opening: /dev/ttyUSB2 does not exist" });
  });

  it("warns while the wall clock is in doubt, and says why", async () => {
    let why: string | null = "it shows an earlier time than this program was built (2026-11-25)";
    const health = createHealth({
      store: { ping: async () => {} },
      lines: [line("a", "ready")],
      clock: new FakeClock(),
      webhooks: nobodyWaits,
      whyClockUntrusted: () => why,
    });
    expect(await health()).toMatchObject({
      status: "warn",
      checks: { clock: { status: "warn", text: expect.stringMatching(/^not to be trusted: it shows/) } },
    });
    why = null;
    expect((await health()).status).toBe("pass");
  });

  it("shows how it is with the API's certificate, and stays in service when that has expired", async () => {
    let status: "pass" | "fail" = "pass";
    const health = createHealth({
      store: { ping: async () => {} },
      lines: [line("a", "ready")],
      clock: new FakeClock(),
      webhooks: nobodyWaits,
      certificate: () => ({ status, text: "valid until 2026-11-28" }),
    });
    expect(await health()).toMatchObject({ status: "pass", checks: { certificate: { status: "pass" } } });
    status = "fail";
    expect(await health()).toMatchObject({
      status: "warn",
      checks: { certificate: { status: "fail", text: "valid until 2026-11-28" } },
    });
  });

  it("warns while a SIM plan is nearly used up, or is and broadcasts wait", async () => {
    const endsAt = Date.UTC(2026, 0, 4, 23);
    const free = { cap: null, used: 0, endsAt };
    let used = 159;
    const clock = new FakeClock();
    const plans = async () => {
      const periods = { minute: free, hour: free, day: { cap: 200, used, endsAt }, month: free };
      return new Map([["a", { periods, recipients: { cap: null, used: 0 }, warnAtPercent: 80 }]]);
    };
    const health = createHealth({
      store: { ping: async () => {} },
      lines: [line("a", "ready")],
      clock,
      webhooks: nobodyWaits,
      plans,
    });
    const checkOf = async () => {
      await clock.advance(6000);
      return (await health()).checks["plan:a"];
    };
    expect(await checkOf()).toEqual({ status: "pass", text: "no cap is near" });
    used = 160;
    expect(await checkOf()).toEqual({ status: "warn", text: "160 of 200 segments a day are used" });
    used = 200;
    expect(await checkOf()).toEqual({
      status: "warn",
      text: "200 of 200 segments a day are used; broadcasts wait until 2026-01-04T23:00:00.000Z",
    });
  });

  it("fails when no line can send", async () => {
    const report = await healthOf([line("a", "refused", "the PIN is wrong"), line("b", "starting")])();
    expect(report.status).toBe("fail");
    expect(report.checks["line:a"]?.status).toBe("fail");
  });

  it("says what fails when every line is only on its way", async () => {
    const { status, checks } = await healthOf([line("a", "opening"), line("b", "starting")])();
    expect([status, checks["line:a"]?.status]).toEqual(["fail", "warn"]);
    expect(checks["sending"]).toMatchObject({
      status: "fail",
      text: expect.stringContaining("no line can send"),
    });
    expect((await healthOf([line("a", "ready"), line("b", "opening")])()).checks["sending"]).toBeUndefined();
  });

  const carrying = { line: "carrier", afterMs: 0, spill: "carrying" as const, since: 0, inMs: null };

  it.each([
    [
      ["+33639980001"],
      false,
      "fail",
      "refused: the PIN is wrong; carrier does not take its sender, so its queue waits",
    ],
    [
      ["+33639980001"],
      true,
      "warn",
      "refused: the PIN is wrong; its queue goes over carrier, but for 1 of its numbers, which wait",
    ],
  ])(
    "says that the carrier refuses %j as senders (others are carried: %s)",
    async (refuses, isActive, status, text) => {
      const health = createHealth({
        store: { ping: async () => {} },
        lines: [line("sim1", "refused", "the PIN is wrong"), line("carrier", "ready", "bound")],
        fallbacks: { viewOf: (name) => (name === "sim1" ? { ...carrying, isActive, refuses } : null) },
        clock: new FakeClock(),
        webhooks: nobodyWaits,
      });
      expect(await health()).toMatchObject({ status: "warn", checks: { "line:sim1": { status, text } } });
    },
  );

  it("warns, and does not fail, while a line that is down is carried by its fallback", async () => {
    const lines = [line("sim1", "refused", "the PIN is wrong"), line("carrier", "ready", "bound")];
    const viewOf = (name: string) => (name === "sim1" ? { ...carrying, isActive: true, refuses: [] } : null);
    const health = createHealth({
      store: { ping: async () => {} },
      lines,
      fallbacks: { viewOf },
      clock: new FakeClock(),
      webhooks: nobodyWaits,
    });
    expect(await health()).toMatchObject({
      status: "warn",
      checks: {
        "line:sim1": {
          status: "warn",
          text: "refused: the PIN is wrong; its queue goes over carrier",
        },
        "line:carrier": { status: "pass" },
      },
    });
    lines[1] = line("carrier", "opening", "connecting");
    expect(await health()).toMatchObject({ status: "fail", checks: { "line:sim1": { status: "fail" } } });
  });

  it("warns of an SMPP line that is ready and whose SMSC answers nothing", async () => {
    const reason = "bound, but it answers nothing";
    const mute = { state: "ready", reason, simulated: false, recovery: { trouble: "mute", reason } };
    const carrier = { name: "carrier", kind: "smpp", status: mute } as unknown as Line;
    expect(await healthOf([carrier])()).toMatchObject({
      status: "warn",
      checks: { "line:carrier": { status: "warn", text: `ready: ${reason}` } },
    });
  });

  it("fails when all that is ready can only receive", async () => {
    const health = createHealth({
      store: { ping: async () => {} },
      lines: [line("modem", "opening"), line("receiver", "ready")],
      receiveOnly: new Set(["receiver"]),
      clock: new FakeClock(),
      webhooks: nobodyWaits,
    });
    expect((await health()).status).toBe("fail");
  });

  it("fails when the store refuses to commit", async () => {
    const report = await healthOf([line("a", "ready")], () =>
      Promise.reject(new Error("the disk is full")),
    )();
    expect(report.status).toBe("fail");
    expect(report.checks["store"]).toEqual({ status: "fail", text: "the disk is full" });
  });

  it("fails when the store does not answer at all", async () => {
    const clock = new FakeClock();
    const report = healthOf([line("a", "ready")], () => new Promise(() => {}), clock)();
    await clock.advance(3_000);
    expect((await report).checks["store"]).toEqual({ status: "fail", text: "no commit within 3 s" });
  });

  it.each([
    [12, 1_400, "pass", "12 to be told to apps, the oldest for 2 s"],
    [1, 4 * 60_000, "pass", "1 to be told to apps, the oldest for 4 min"],
    [
      3,
      3_600_000,
      "warn",
      "3 to be told to apps, the oldest for 60 min: an app does not answer (/appliance/v1/Events says which)",
    ],
  ])("says of %i waiting webhooks, the oldest %i ms old: %s", async (waiting, oldestMs, status, text) => {
    const report = await createHealth({
      store: { ping: async () => {} },
      lines: [line("a", "ready")],
      clock: new FakeClock(),
      webhooks: async () => ({ waiting, oldestMs }),
    })();
    expect(report).toMatchObject({ status, checks: { webhooks: { status, text } } });
  });

  it("says nothing of webhooks that cannot be counted", async () => {
    const report = await createHealth({
      store: { ping: async () => {} },
      lines: [line("a", "ready")],
      clock: new FakeClock(),
      webhooks: () => Promise.reject(new Error("no")),
    })();
    expect(report).toMatchObject({ status: "pass" });
    expect(report.checks).not.toHaveProperty("webhooks");
  });

  it("commits once for everybody who asks within some seconds", async () => {
    const clock = new FakeClock();
    let commits = 0;
    const health = healthOf([line("a", "ready")], async () => void commits++, clock);
    await Promise.all([health(), health(), health()]);
    expect(commits).toBe(1);
    await clock.advance(5_001);
    await health();
    expect(commits).toBe(2);
    expect(clock.pending).toBe(0);
  });
});
