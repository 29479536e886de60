/** What a Line's words lead to: the handlers that let news travel up without the floors below knowing who listens. */
import type { Kept, Line, LineHandlers, LineState } from "../line/line.ts";
import type { Pending } from "../messaging/outbound/pending.ts";
import type { Clock } from "../runtime/clock.ts";
import type { NewEvent } from "../runtime/event.ts";
import { reasonOf } from "../runtime/fault.ts";
import type { Log } from "../runtime/log.ts";
import type { InboundSegment, Report } from "../sms/message.ts";
import type { Store } from "../store/store.ts";

export type LineHandlerDeps = {
  readonly store: Pick<Store, "quarantine" | "addEvent">;
  readonly clock: Clock;
  readonly log: Log;
  /** The network's time, epoch milliseconds. */
  readonly networkTime: (epochMs: number) => Promise<void>;
  readonly pending: Pending;
  readonly receive: (line: string, segment: InboundSegment) => Promise<Kept>;
  readonly report: (line: string, report: Report) => Promise<Kept>;
  /** A Submission whose outcome was unknown was accepted after all. */
  readonly acceptedLate: (line: string, submissionId: string, reference: string) => void;
  /** The line's state has changed. */
  readonly onState: (line: Line, reason: string) => void;
};

export function handlersOf(line: Line, deps: LineHandlerDeps): LineHandlers {
  const { store, clock, pending } = deps;
  const { name } = line;
  const log = deps.log.child({ line: name });
  const record = (event: NewEvent) => pending.own("keep an event", store.addEvent(event));
  let last: LineState | null = null;
  /** Steps between states, in this outage. */
  const told = new Set<string>();
  return {
    onInbound: (segment) => deps.receive(name, segment),
    onReport: (report) => deps.report(name, report),
    onUndecodable: async (raw, why) => {
      try {
        await store.quarantine(name, raw, why, clock.now());
        return "kept";
      } catch (error) {
        log.error({ reason: reasonOf(error) }, "an unreadable PDU was not kept; the modem keeps it");
        return "refused";
      }
    },
    onLateAcceptance: (submissionId, reference) => deps.acceptedLate(name, submissionId, reference),
    onState: (state, reason) => {
      deps.onState(line, reason);
      if (state === last) return;
      // What is found at start is no news: the lines open then, as they should. Nor is each further attempt of an
      // outage: it goes from opening to starting and back until it is over.
      const step = `${last} ${state}`;
      const isAttempt = state === "opening" || state === "starting";
      if (!isAttempt) told.clear();
      if (last !== null && !told.has(step))
        record({
          type: "line.state",
          level: state === "refused" ? "error" : state === "opening" ? "warning" : "info",
          at: clock.now(),
          text: `${name} went from ${last} to ${state}: ${reason}`,
          line: name,
        });
      if (isAttempt) told.add(step);
      last = state;
    },
    onEvent: (event) => {
      const level = event.level === "warning" ? "warn" : event.level;
      // `detail` may hold a raw PDU, and with it what people write to each other: kept, never logged.
      log[level]({ event: event.type }, event.text);
      record(event);
    },
    onNetworkTime: (epochMs) => {
      log.debug({ aheadMs: epochMs - clock.now() }, "the network's time");
      // A network in memory has our own clock.
      if (!line.status.simulated) pending.own("look at the clock", deps.networkTime(epochMs));
    },
  };
}
