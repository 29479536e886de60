/**
 * From what an app asks to a Message on disk. The text is cut here, once: everything behind hands over the Segments as
 * they were cut. A line that takes texts whole (`message_payload`) gets one Segment of any length, and the app is told
 * what it is worth on the air all the same (contract §4.2). The promise of `accept` settles when the row is synced,
 * and only then may a 201 be answered (DESIGN §4.1).
 */
import type { Clock } from "../../runtime/clock.ts";
import type { KeySequence } from "../../runtime/ids.ts";
import { cut } from "../../sms/cut.ts";
import type { AcceptResult, Lane, NewOutbound, Store } from "../../store/store.ts";

/** `ValidityPeriod`, contract §3.1: one second to ten hours, ten hours when nothing is said. */
export const DEFAULT_VALIDITY_SECONDS = 36_000;

/** A queue holds ten hours of Segments at its Number's rate (contract §4.4). */
const QUEUE_SECONDS = 36_000;

/** Segments per second of one Number. */
export type Rate = number | "unlimited";

export type OutboundRequest = {
  readonly accountSid: string;
  readonly direction: "outbound-api" | "outbound-reply";
  readonly from: string;
  readonly to: string;
  readonly body: string;
  readonly messagingServiceSid: string | null;
  readonly statusCallback: string | null;
  /** The Number whose queue it joins. */
  readonly queue: string;
  readonly lane: Lane;
  /** Null: the default. */
  readonly validitySeconds: number | null;
  readonly segmentsPerSecond: Rate;
  /** The messaging service the sender is in. */
  readonly optOutScope?: string | null;
  /** The appliance's own answer to a keyword. */
  readonly automatic?: boolean;
  /** Not before this instant; null or absent: now. */
  readonly sendAt?: number | null;
  /** The recipient meets this sender of the service from now on. */
  readonly sticky?: boolean;
  /** Why it fails at once. */
  readonly refusal?: NewOutbound["refusal"];
};

export type Accept = {
  /** Everything but the disk: for callers who put the row into a transaction of their own. */
  readonly prepare: (request: OutboundRequest) => NewOutbound;
  readonly accept: (request: OutboundRequest) => Promise<AcceptResult>;
};

export function createAccept(options: {
  readonly store: Pick<Store, "accept">;
  readonly keys: KeySequence;
  readonly clock: Clock;
  readonly limits: { readonly maxQueued: number };
  /** Whether the line of a queue takes a text of any length whole; none does when it is not given. */
  readonly isWhole?: (queue: string) => boolean;
  /** A Message was refused because its queue is full. */
  readonly onFull?: (queue: string, queuedSegments: number) => void;
}): Accept {
  const { store, keys, clock, limits, isWhole = () => false, onFull } = options;

  const prepare = (request: OutboundRequest): NewOutbound => {
    const { alphabet, parts } = cut(request.body);
    const whole = parts.length > 1 && isWhole(request.queue);
    const createdAt = clock.now();
    return {
      sid: keys.sid("SM"),
      accountSid: request.accountSid,
      direction: request.direction,
      from: request.from,
      to: request.to,
      body: request.body,
      alphabet,
      ...(whole ? { parts: [request.body], numSegments: parts.length } : { parts }),
      messagingServiceSid: request.messagingServiceSid,
      statusCallback: request.statusCallback,
      queue: request.queue,
      lane: request.lane,
      createdAt,
      expiresAt: (request.sendAt ?? createdAt) + (request.validitySeconds ?? DEFAULT_VALIDITY_SECONDS) * 1000,
      maxQueuedSegments: queueBound(request.segmentsPerSecond, limits.maxQueued),
      optOutScope: request.optOutScope ?? null,
      automatic: request.automatic ?? false,
      sendAt: request.sendAt ?? null,
      sticky: request.sticky ?? false,
      refusal: request.refusal ?? null,
    };
  };

  const accept: Accept["accept"] = async (request) => {
    const result = await store.accept(prepare(request));
    // Too many for later is not the queue's.
    if (result.is === "queue-full" && (request.sendAt ?? null) === null)
      onFull?.(request.queue, result.queuedSegments);
    return result;
  };
  return { prepare, accept };
}

/** How many Segments a queue may hold. Never above `maxQueued`: the disk is finite, whatever the rate. */
export function queueBound(rate: Rate, maxQueued: number): number {
  if (rate === "unlimited") return maxQueued;
  return Math.min(maxQueued, Math.max(1, Math.floor(rate * QUEUE_SECONDS)));
}
