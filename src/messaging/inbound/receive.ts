/**
 * What comes in is kept first: the Line tells the network that it has a segment only after this promise said
 * `kept`, and that is after the commit (DESIGN §4.1). A message of one part becomes a Message, with its webhook,
 * in that same commit. Parts of a longer one are kept as they come, and the one that completes the set completes
 * the Message. If nothing can be kept the answer is `refused` and the network offers it again.
 *
 * What no Number takes stays kept. `routeKept` is called when a Number appears and at every start: it also
 * completes the sets whose last part was kept just before a power cut.
 */
import type { Kept } from "../../line/line.ts";
import { reasonOf } from "../../runtime/fault.ts";
import type { Log } from "../../runtime/log.ts";
import type { InboundSegment } from "../../sms/message.ts";
import type { KeptSegment, Store } from "../../store/store.ts";
import { type Completer, type CompleterOptions, createCompleter } from "./complete.ts";
import { kindOfContent } from "./content.ts";
import { isConcatenated, reassemble } from "./reassemble.ts";

export type Receiver = {
  (line: string, segment: InboundSegment): Promise<Kept>;
  /** Completes what is kept and can now be routed; returns how many Messages it made. */
  routeKept(): Promise<number>;
};

export type ReceiverOptions = CompleterOptions & { readonly store: Store; readonly log: Log };

export function createReceiver(options: ReceiverOptions): Receiver {
  const { store, clock, log } = options;
  const completer = createCompleter(options);
  const unrouted = new Set<string>();

  const receive = async (line: string, segment: InboundSegment): Promise<void> => {
    const receivedAt = clock.now();
    if (kindOfContent([segment]) === "signal") {
      await keepSignal(store, line, segment, receivedAt);
      return;
    }
    const part: KeptSegment = { keptId: "", line, receivedAt, segment };
    const whole = isConcatenated(part) ? null : completer.complete({ parts: [part], keptIds: [] });
    const result = await store.keepInbound({ line, receivedAt, segment }, whole);
    if (result.is === "duplicate") {
      await store.addEvent({
        type: "inbound.duplicate",
        level: "info",
        at: receivedAt,
        text: `The network delivered a segment to ${line} that is kept already.`,
        line,
      });
    }
    if (result.is !== "kept") return;
    const kept = isConcatenated(part) ? result.siblings : [{ ...part, keptId: result.keptId }];
    const isRouted = await finish(completer, store, kept);
    if (!isRouted && !unrouted.has(line)) {
      unrouted.add(line);
      await store.addEvent({
        type: "inbound.unrouted",
        level: "warning",
        at: receivedAt,
        text: `${line} received a message for a number that nobody has: messages are kept until somebody does. Put \`number:\` under the line in the configuration.`,
        line,
      });
    }
  };

  const handle = async (line: string, segment: InboundSegment): Promise<Kept> => {
    try {
      await receive(line, segment);
      return "kept";
    } catch (error) {
      log.error({ line, reason: reasonOf(error) }, "an inbound segment was not kept");
      return "refused";
    }
  };

  const routeKept = async (): Promise<number> => {
    let made = 0;
    for (const whole of reassemble(await store.unfinishedInbound())) {
      const completion = completer.complete(whole);
      if (completion !== null && (await store.completeInbound(completion))) made++;
    }
    unrouted.clear();
    return made;
  };

  return Object.assign(handle, { routeKept });
}

/** False when what is whole has no Number to go to. */
async function finish(
  completer: Completer,
  store: Store,
  siblings: readonly KeptSegment[],
): Promise<boolean> {
  let isRouted = true;
  for (const whole of reassemble(siblings)) {
    const completion = completer.complete(whole);
    if (completion === null) isRouted = false;
    else await store.completeInbound(completion);
  }
  return isRouted;
}

async function keepSignal(store: Store, line: string, segment: InboundSegment, at: number): Promise<void> {
  const pid = segment.tpPid.toString(16).toUpperCase().padStart(2, "0");
  const why = `TP-PID ${pid}h: meant for the telephone, not for a person`;
  await Promise.all([
    store.quarantine(line, segment.raw, why, at),
    store.addEvent({
      type: "inbound.unrouted",
      level: "info",
      at,
      text: `${line} received a silent message (TP-PID ${pid}h); it is kept raw and shown to no app.`,
      line,
      detail: { tpPid: segment.tpPid },
    }),
  ]);
}
