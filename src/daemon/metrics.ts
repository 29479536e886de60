/**
 * What Prometheus reads at `GET /metrics`, and the only door of `prom-client`. Counts and durations come through the
 * callbacks below, given at composition; what merely *is* (depths, states, signal) is asked when somebody scrapes.
 *
 * Labels are few and bounded: lines and Numbers of this site, outcomes, error codes. No recipient, no SID, no text.
 */
import { readFileSync } from "node:fs";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { HealthReport } from "../api/deps.ts";
import type { Line, LineState } from "../line/line.ts";
import type { Settled } from "../messaging/outbound/outcomes.ts";
import type { Asked } from "../messaging/webhook/attempt.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Commit } from "../store/client.ts";
import type { Store } from "../store/store.ts";

const STATES: readonly LineState[] = ["opening", "starting", "ready", "refused", "stopped"];
/** Seconds. A modem takes two to five for a Segment and gives up at 180; a bind takes milliseconds. */
const SUBMIT_BUCKETS = [0.005, 0.02, 0.1, 0.5, 1, 2, 3, 5, 10, 30, 60, 180];
/** An SD card stalls for hundreds of milliseconds. */
const COMMIT_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];
const WEBHOOK_BUCKETS = [0.005, 0.02, 0.1, 0.5, 1, 5, 15];

export type MetricsSources = {
  readonly store: Pick<Store, "queueDepths">;
  readonly lines: readonly Line[];
  readonly webhooks: () => Promise<{ readonly waiting: number; readonly oldestMs: number }>;
  readonly health: () => Promise<HealthReport>;
};

export class Metrics {
  readonly #clock: Clock;
  readonly #registry = new Registry();
  readonly #submitted: Histogram<"line">;
  readonly #outcomes: Counter<"line" | "outcome" | "error_code">;
  readonly #asked: Histogram<"kind">;
  readonly #answers: Counter<"kind" | "outcome">;
  readonly #commits: Histogram;
  readonly #commands: Counter;

  constructor(options: { readonly clock: Clock; readonly version: string }) {
    this.#clock = options.clock;
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: 20 });
    // Gauges with the name of a counter: Prometheus' own check refuses them.
    for (const kind of ["handles", "requests", "resources"])
      this.#registry.removeSingleMetric(`nodejs_active_${kind}_total`);
    new Gauge({ name: "pylone_info", help: "Always 1", labelNames: ["version"], registers }).set(
      { version: options.version },
      1,
    );
    this.#submitted = new Histogram({
      name: "pylone_submission_seconds",
      help: "From handing a segment to its line until the line's answer",
      labelNames: ["line"],
      buckets: SUBMIT_BUCKETS,
      registers,
    });
    this.#outcomes = new Counter({
      name: "pylone_submissions_total",
      help: "Segments handed to a line, by what became of them; error_code is Twilio's, of those that failed",
      labelNames: ["line", "outcome", "error_code"],
      registers,
    });
    this.#asked = new Histogram({
      name: "pylone_webhook_seconds",
      help: "From asking an app until its answer, fallback and redirects included",
      labelNames: ["kind"],
      buckets: WEBHOOK_BUCKETS,
      registers,
    });
    this.#answers = new Counter({
      name: "pylone_webhooks_total",
      help: "Tries of webhooks, by what became of them",
      labelNames: ["kind", "outcome"],
      registers,
    });
    this.#commits = new Histogram({
      name: "pylone_store_commit_seconds",
      help: "From handing a batch of commands to the store until it is synced",
      buckets: COMMIT_BUCKETS,
      registers,
    });
    this.#commands = new Counter({
      name: "pylone_store_commands_total",
      help: "Commands in those batches",
      registers,
    });
  }

  readonly settled = ({ line, settlement, startedAtMs }: Settled): void => {
    const errorCode = settlement.is === "failed" ? String(settlement.errorCode) : "";
    this.#outcomes.inc({ line, outcome: settlement.is, error_code: errorCode });
    this.#submitted.observe({ line }, (this.#clock.monotonicMs() - startedAtMs) / 1000);
  };

  readonly asked = ({ kind, outcome, tookMs }: Asked): void => {
    this.#answers.inc({ kind, outcome });
    this.#asked.observe({ kind }, tookMs / 1000);
  };

  readonly committed = ({ commands, tookMs }: Commit): void => {
    this.#commits.observe(tookMs / 1000);
    this.#commands.inc(commands);
  };

  /** What is asked at each scrape. Once. */
  observe(sources: MetricsSources): void {
    this.#observeQueues(sources);
    this.#observeLines(sources.lines);
    this.#observeHouse(sources);
  }

  /** The text Prometheus reads, and its media type. */
  async render(): Promise<{ readonly type: string; readonly text: string }> {
    return { type: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  /** `collect` runs at each scrape, before its own gauge is read: it may set others that stand behind it. */
  #gauge<Label extends string>(
    name: string,
    help: string,
    labelNames: Label[],
    collect?: () => unknown,
  ): Gauge<Label> {
    const registers = [this.#registry];
    if (collect === undefined) return new Gauge({ name, help, labelNames, registers });
    return new Gauge({
      name,
      help,
      labelNames,
      registers,
      collect: async () => {
        await collect();
      },
    });
  }

  #observeQueues({ store, webhooks }: MetricsSources): void {
    const segments = this.#gauge(
      "pylone_queue_segments",
      "Segments that wait to be sent",
      ["number"],
      async () => {
        const depths = await store.queueDepths();
        for (const gauge of [segments, messages, ages]) gauge.reset();
        for (const { queue: number, ...depth } of depths) {
          segments.set({ number }, depth.segments);
          messages.set({ number }, depth.messages);
          const age = depth.oldestAt === null ? 0 : this.#clock.now() - depth.oldestAt;
          ages.set({ number }, Math.max(0, age) / 1000);
        }
      },
    );
    const messages = this.#gauge("pylone_queue_messages", "Messages that wait to be sent", ["number"]);
    const ages = this.#gauge("pylone_queue_oldest_age_seconds", "Age of the oldest of them", ["number"]);
    const waiting = this.#gauge(
      "pylone_webhooks_waiting",
      "Webhooks no app has answered yet",
      [],
      async () => {
        const backlog = await webhooks();
        waiting.set(backlog.waiting);
        oldest.set(backlog.waiting === 0 ? 0 : backlog.oldestMs / 1000);
      },
    );
    const oldest = this.#gauge("pylone_webhooks_oldest_age_seconds", "Age of the oldest of them", []);
  }

  #observeLines(lines: readonly Line[]): void {
    const states = this.#gauge(
      "pylone_line_state",
      "1 for the state a line is in, 0 for the others",
      ["line", "state"],
      () => {
        signals.reset();
        for (const line of lines) {
          const { state, facts, simulated } = line.status;
          for (const each of STATES) states.set({ line: line.name, state: each }, each === state ? 1 : 0);
          if (facts.signalDbm !== null) signals.set({ line: line.name }, facts.signalDbm);
          rehearsed.set({ line: line.name }, simulated ? 1 : 0);
        }
      },
    );
    const signals = this.#gauge("pylone_line_signal_dbm", "Signal of a modem, where it tells", ["line"]);
    const rehearsed = this.#gauge("pylone_line_simulated", "1 for a line no radio is behind", ["line"]);
    const registers = [this.#registry];
    const counted: Counter<"line" | "event"> = new Counter({
      name: "pylone_line_events_total",
      help: "What lines count: sent, received, reports, noise, …",
      labelNames: ["line", "event"],
      registers,
      collect: () => {
        counted.reset();
        steps.reset();
        for (const { name: line, status } of lines) {
          for (const [event, count] of Object.entries(status.counters)) {
            const step = /^recovery\.(.+)\.climbed$/.exec(event)?.[1];
            if (step !== undefined) steps.inc({ line, step }, count);
            else if (!event.startsWith("recovery.")) counted.inc({ line, event }, count);
          }
        }
      },
    });
    const steps = new Counter({
      name: "pylone_line_recovery_steps_total",
      help: "Steps of the recovery ladder that were taken",
      labelNames: ["line", "step"],
      registers,
    });
  }

  #observeHouse({ health }: MetricsSources): void {
    const checks = this.#gauge(
      "pylone_health",
      "Checks of /health: 1 pass, 0.5 warn, 0 fail",
      ["check"],
      async () => {
        checks.reset();
        const report = await health();
        const values = { pass: 1, warn: 0.5, fail: 0 } as const;
        checks.set({ check: "all" }, values[report.status]);
        for (const [check, { status }] of Object.entries(report.checks))
          checks.set({ check }, values[status]);
      },
    );
    const written: Counter = new Counter({
      name: "pylone_written_bytes_total",
      help: "Bytes this process has written to storage since it started, of /proc/self/io",
      registers: [this.#registry],
      collect: () => {
        written.reset();
        written.inc(writtenBytes());
      },
    });
  }
}

function writtenBytes(): number {
  const found = /^write_bytes: (\d+)$/m.exec(readFileSync("/proc/self/io", "utf8"));
  return Number(found?.[1] ?? 0);
}
