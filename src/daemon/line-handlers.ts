/** What a Line's words lead to: the handlers that let news travel up without the floors below knowing who listens. */
import type { Kept, Line, LineHandlers } from "../line/line.ts";
import type { Pending } from "../messaging/outbound/pending.ts";
import type { Clock } from "../runtime/clock.ts";
import { reasonOf } from "../runtime/fault.ts";
import type { Log } from "../runtime/log.ts";
import type { InboundSegment, Report } from "../sms/message.ts";
import type { Store } from "../store/store.ts";

export type LineHandlerDeps = {
  readonly store: Pick<Store, "quarantine" | "addEvent">;
  readonly clock: Clock;
  readonly log: Log;
  readonly pending: Pending;
  readonly receive: (line: string, segment: InboundSegment) => Promise<Kept>;
  readonly report: (line: string, report: Report) => Promise<Kept>;
  /** The line's state has changed. */
  readonly onState: (line: Line, reason: string) => void;
};

export function handlersOf(line: Line, deps: LineHandlerDeps): LineHandlers {
  const { store, clock, pending } = deps;
  const { name } = line;
  const log = deps.log.child({ line: name });
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
    onState: (state, reason) => {
      log[state === "refused" ? "warn" : "info"]({ state, reason }, "line state");
      deps.onState(line, reason);
    },
    onEvent: (event) => {
      const level = event.level === "warning" ? "warn" : event.level;
      // `detail` may hold a raw PDU, and with it what people write to each other: kept, never logged.
      log[level]({ event: event.type }, event.text);
      pending.own("keep an event", store.addEvent(event));
    },
    onNetworkTime: (epochMs) => {
      log.debug({ aheadMs: epochMs - clock.now() }, "the network's time");
    },
  };
}
