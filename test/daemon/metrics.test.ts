/** What Prometheus is told, of facts given by hand; the running daemon's page is read by `promtool` in test/system. */
import { beforeEach, describe, expect, it } from "vitest";
import { Metrics, type MetricsSources } from "../../src/daemon/metrics.ts";
import type { Line } from "../../src/line/line.ts";
import { FakeClock } from "../harness/fake-clock.ts";

const NUMBER = "+33639980001";

let clock: FakeClock;
let metrics: Metrics;
beforeEach(() => {
  clock = new FakeClock();
  metrics = new Metrics({ clock, version: "1.2.3" });
});

function line(name: string, status: object): Line {
  return { name, status: { simulated: false, facts: { signalDbm: null }, counters: {}, ...status } } as Line;
}

function sources(facts: Partial<MetricsSources> = {}): MetricsSources {
  return {
    store: { queueDepths: async () => [] },
    lines: [],
    webhooks: async () => ({ waiting: 0, oldestMs: 0 }),
    health: async () => ({ status: "pass", checks: {} }),
    ...facts,
  };
}

/** The samples of one metric, as `{labels}` → value. */
async function samples(name: string): Promise<Record<string, number>> {
  const { text } = await metrics.render();
  const found = [...text.matchAll(new RegExp(`^${name}(\\{[^}]*\\})? (\\S+)$`, "gm"))];
  return Object.fromEntries(found.map(([, labels = "", value]) => [labels, Number(value)]));
}

describe("counts", () => {
  it("tells submissions by line, outcome and Twilio's code, and how long the line took", async () => {
    const startedAtMs = clock.monotonicMs();
    await clock.advance(2500);
    metrics.settled({ line: "sim1", settlement: { is: "accepted", reference: "7" }, startedAtMs });
    metrics.settled({
      line: "sim1",
      settlement: { is: "failed", errorCode: 30003, why: "absent" },
      startedAtMs,
    });
    expect(await samples("pylone_submissions_total")).toEqual({
      '{line="sim1",outcome="accepted",error_code=""}': 1,
      '{line="sim1",outcome="failed",error_code="30003"}': 1,
    });
    expect(await samples("pylone_submission_seconds_sum")).toEqual({ '{line="sim1"}': 5 });
    expect((await samples("pylone_submission_seconds_bucket"))['{le="2",line="sim1"}']).toBe(0);
    expect((await samples("pylone_submission_seconds_bucket"))['{le="3",line="sim1"}']).toBe(2);
  });

  it("tells tries of webhooks by kind and outcome", async () => {
    metrics.asked({ kind: "inbound", outcome: "taken", tookMs: 40 });
    metrics.asked({ kind: "status", outcome: "retry", tookMs: 15_000 });
    expect(await samples("pylone_webhooks_total")).toEqual({
      '{kind="inbound",outcome="taken"}': 1,
      '{kind="status",outcome="retry"}': 1,
    });
    expect(await samples("pylone_webhook_seconds_sum")).toEqual({
      '{kind="inbound"}': 0.04,
      '{kind="status"}': 15,
    });
  });

  it("tells commits and the commands in them", async () => {
    metrics.committed({ commands: 60, tookMs: 20 });
    metrics.committed({ commands: 2, tookMs: 300 });
    expect(await samples("pylone_store_commit_seconds_sum")).toEqual({ "": 0.32 });
    expect(await samples("pylone_store_commands_total")).toEqual({ "": 62 });
  });
});

describe("what is asked at each scrape", () => {
  it("is the depth of each queue and the age of its oldest message; a queue that is empty again is gone", async () => {
    let depths = [{ queue: NUMBER, messages: 2, segments: 3, oldestAt: clock.now() - 90_000 }];
    metrics.observe(sources({ store: { queueDepths: async () => depths } }));
    expect(await samples("pylone_queue_segments")).toEqual({ [`{number="${NUMBER}"}`]: 3 });
    expect(await samples("pylone_queue_messages")).toEqual({ [`{number="${NUMBER}"}`]: 2 });
    expect(await samples("pylone_queue_oldest_age_seconds")).toEqual({ [`{number="${NUMBER}"}`]: 90 });
    depths = [];
    await metrics.render();
    expect(await samples("pylone_queue_segments")).toEqual({});
    expect(await samples("pylone_queue_oldest_age_seconds")).toEqual({});
  });

  it("is each line's state, signal and counters, the steps of its recovery apart", async () => {
    const counters = { sent: 4, noise: 1, "recovery.reopen.climbed": 2, "recovery.reopen.cured": 1 };
    metrics.observe(
      sources({
        lines: [
          line("sim1", { state: "ready", facts: { signalDbm: -71 }, counters }),
          line("carrier", { state: "refused", simulated: true }),
        ],
      }),
    );
    const states = await samples("pylone_line_state");
    expect(Object.entries(states).filter(([, value]) => value === 1)).toEqual([
      ['{line="sim1",state="ready"}', 1],
      ['{line="carrier",state="refused"}', 1],
    ]);
    expect(Object.keys(states)).toHaveLength(10);
    expect(await samples("pylone_line_signal_dbm")).toEqual({ '{line="sim1"}': -71 });
    expect(await samples("pylone_line_simulated")).toEqual({ '{line="sim1"}': 0, '{line="carrier"}': 1 });
    const events = { '{line="sim1",event="sent"}': 4, '{line="sim1",event="noise"}': 1 };
    expect(await samples("pylone_line_events_total")).toEqual(events);
    // A second scrape tells the same: what a line has counted is not added up again.
    expect(await samples("pylone_line_events_total")).toEqual(events);
    expect(await samples("pylone_line_recovery_steps_total")).toEqual({ '{line="sim1",step="reopen"}': 2 });
  });

  it("is what waits for apps, and every check of /health", async () => {
    metrics.observe(
      sources({
        webhooks: async () => ({ waiting: 12, oldestMs: 4500 }),
        health: async () => ({
          status: "warn",
          checks: { store: { status: "pass", text: "" }, "line:sim1": { status: "fail", text: "" } },
        }),
      }),
    );
    expect(await samples("pylone_webhooks_waiting")).toEqual({ "": 12 });
    expect(await samples("pylone_webhooks_oldest_age_seconds")).toEqual({ "": 4.5 });
    expect(await samples("pylone_health")).toEqual({
      '{check="all"}': 0.5,
      '{check="store"}': 1,
      '{check="line:sim1"}': 0,
    });
  });

  it("is what the process has written, and its own vital signs", async () => {
    metrics.observe(sources());
    expect((await samples("pylone_written_bytes_total"))[""]).toBeGreaterThanOrEqual(0);
    expect((await samples("nodejs_eventloop_lag_p99_seconds"))[""]).toBeGreaterThanOrEqual(0);
    expect((await samples("process_resident_memory_bytes"))[""]).toBeGreaterThan(10_000_000);
    expect(await samples("pylone_info")).toEqual({ '{version="1.2.3"}': 1 });
  });
});
