/**
 * All services, started and stopped in order. Start: the address first, since it may be taken and then no modem
 * should have been touched; the lines last, when everything they will call stands. Stop: what brings work in
 * first, then what carries it out, the disk at the very end.
 */
import type { Line, LineHandlers } from "../line/line.ts";
import type { Dispatcher } from "../messaging/outbound/dispatcher.ts";
import type { Pending } from "../messaging/outbound/pending.ts";
import type { WebhookDeliverer } from "../messaging/webhook/deliverer.ts";
import type { Clock } from "../runtime/clock.ts";
import { Fault } from "../runtime/fault.ts";
import type { Store } from "../store/store.ts";
import type { Announcement } from "./announce.ts";
import type { Backups } from "./backups.ts";
import type { Chores } from "./chores.ts";
import type { ClockWatch } from "./clock-watch.ts";
import type { ComposedBroadcasts } from "./compose-broadcasts.ts";
import type { HttpServer } from "./http-server.ts";
import type { LineNumbers } from "./line-numbers.ts";
import type { SimulatedLines } from "./simulated-lines.ts";
import type { Vitals } from "./watchdog.ts";

/** What is on the wire is waited for this long (DESIGN §3), then recorded as unknown. */
const WIRE_GRACE_MS = 8_000;
/** The dispatcher has waited already: a line only has to let go of its port. */
const LINE_GRACE_MS = 500;
const WEBHOOK_GRACE_MS = 3_000;

export type ApplianceParts = {
  readonly lines: readonly { readonly line: Line; readonly handlers: LineHandlers }[];
  readonly store: Store;
  readonly server: HttpServer;
  /** Null: its name is not announced. */
  readonly announcement: Announcement | null;
  readonly dispatcher: Dispatcher;
  readonly deliverer: WebhookDeliverer;
  readonly chores: Chores;
  readonly backups: Backups;
  readonly lineNumbers: LineNumbers;
  readonly broadcasts: ComposedBroadcasts;
  readonly clockWatch: ClockWatch;
  readonly simulated: SimulatedLines | null;
  readonly pending: Pending;
  readonly clock: Clock;
};

export class Appliance {
  readonly #parts: ApplianceParts;

  constructor(parts: ApplianceParts) {
    this.#parts = parts;
  }

  get lines(): readonly Line[] {
    return this.#parts.lines.map(({ line }) => line);
  }

  /** What the watchdog looks at. */
  get vitals(): Vitals {
    const { store, dispatcher } = this.#parts;
    return { store, dispatcher, lines: this.lines };
  }

  /** The port it listens on. */
  async start(): Promise<number> {
    const { server, lineNumbers, dispatcher, deliverer, chores, lines, store, clock } = this.#parts;
    const { announcement, broadcasts, clockWatch } = this.#parts;
    await lineNumbers.start();
    const port = await server.start();
    await dispatcher.start();
    deliverer.start();
    chores.start();
    await clockWatch.start();
    // Before a line takes anything: what is queued of a run may be in its quiet hours by now.
    broadcasts.broadcaster.start();
    for (const { line, handlers } of lines) line.start(handlers);
    announcement?.start(port);
    await store
      .addEvent({ type: "daemon.started", level: "info", at: clock.now(), text: "The daemon started." })
      .catch(unlessRefused);
    return port;
  }

  /** `reason` is for the event. Safe without `start`. */
  async stop(reason: string): Promise<void> {
    const {
      announcement,
      server,
      dispatcher,
      deliverer,
      chores,
      backups,
      lines,
      simulated,
      pending,
      store,
      clock,
    } = this.#parts;
    await Promise.all([
      announcement?.stop(),
      server.stop(),
      backups.stop(),
      this.#parts.broadcasts.stop(),
      chores.stop(),
      deliverer.stop(WEBHOOK_GRACE_MS),
      dispatcher.stop(WIRE_GRACE_MS),
    ]);
    await Promise.all(lines.map(({ line }) => line.stop(LINE_GRACE_MS)));
    simulated?.stop();
    await pending.drain();
    try {
      // Whoever stops a box with a full disk gets what was asked for: all that was acknowledged is on it.
      await store
        .addEvent({ type: "daemon.stopped", level: "info", at: clock.now(), text: reason })
        .catch(unlessRefused);
    } finally {
      await store.close();
    }
  }
}

/** A full disk keeps no event; what it has can be read and sent all the same. */
function unlessRefused(error: unknown): void {
  if (!(error instanceof Fault) || error.disposition !== "retry") throw error;
}
