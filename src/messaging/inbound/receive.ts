/**
 * What comes in is kept first: the Line tells the network that it has a segment only after this promise said
 * `kept`, and that is after the commit (DESIGN §4.1). A message of one part becomes a Message, with its webhook,
 * in that same commit. Parts of a longer one are kept as they come, and the one that completes the set completes
 * the Message. If nothing can be kept the answer is `refused` and the network offers it again.
 *
 * A set that lacks parts is shown with gaps once no part of it has come for `incompleteAfterHours`, and mended by
 * those that come after all (`complete.ts`). Each step is one transaction on what is on disk, so it makes no
 * difference whether the process ended in between.
 *
 * What no Number takes stays kept. `routeKept` is called when a Number appears and at every start: it also
 * completes the sets whose last part was kept just before a power cut.
 */
import type { Kept } from "../../line/line.ts";
import type { NewEvent } from "../../runtime/event.ts";
import { reasonOf } from "../../runtime/fault.ts";
import type { Log } from "../../runtime/log.ts";
import type { InboundSegment } from "../../sms/message.ts";
import type { KeptSegment, Store } from "../../store/store.ts";
import { type Completer, type CompleterOptions, createCompleter, mendOf } from "./complete.ts";
import { kindOfContent, signalTextOf } from "./content.ts";
import { Duplicates } from "./duplicates.ts";
import { type Assembled, assemble, INCOMPLETE_AFTER_HOURS, isConcatenated, newestAt } from "./reassemble.ts";

const HOUR_MS = 3_600_000;

export type Receiver = {
  (line: string, segment: InboundSegment): Promise<Kept>;
  /** Completes what is kept and can now be routed; returns how many Messages it made. */
  routeKept(): Promise<number>;
  /** Shows what waited too long for its other parts; returns how many Messages it made. Tells of held-back news. */
  publishIncomplete(): Promise<number>;
};

export type ReceiverOptions = CompleterOptions & {
  readonly store: Store;
  readonly log: Log;
  /** How long a message waits for its next part before it is shown without it. */
  readonly incompleteAfterHours?: number;
};

export function createReceiver(options: ReceiverOptions): Receiver {
  const { store, clock, log, incompleteAfterHours = INCOMPLETE_AFTER_HOURS } = options;
  const completer = createCompleter(options);
  const assembledOf = (kept: readonly KeptSegment[]) => assemble(kept, incompleteAfterHours);
  const finishAll = async (kept: readonly KeptSegment[]): Promise<boolean> => {
    let isRouted = true;
    for (const assembled of assembledOf(kept)) {
      if ((await finish(completer, store, assembled, clock.now())) === "no number") isRouted = false;
    }
    return isRouted;
  };
  const unrouted = new Set<string>();
  const duplicates = new Duplicates(clock);

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
      const news = duplicates.again(line, segment.fingerprint);
      if (news !== null) await store.addEvent(news);
      return;
    }
    duplicates.kept(line, segment.fingerprint);
    if (result.is !== "kept") return;
    const kept = isConcatenated(part) ? result.siblings : [{ ...part, keptId: result.keptId }];
    const isRouted = await finishAll(kept);
    if (!isRouted && !unrouted.has(line)) {
      unrouted.add(line);
      await store.addEvent({
        type: "inbound.unrouted",
        level: "warning",
        at: receivedAt,
        text: `${line} received a message for a number that nobody has: messages are kept until somebody does. Put \`number:\` under the modem in the configuration, or buy the number of an SMPP line (POST IncomingPhoneNumbers).`,
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
    for (const assembled of assembledOf(await store.unfinishedInbound())) {
      if ((await finish(completer, store, assembled, clock.now())) === "made") made++;
    }
    unrouted.clear();
    return made;
  };

  const publishIncomplete = async (): Promise<number> => {
    const before = clock.now() - incompleteAfterHours * HOUR_MS;
    let made = 0;
    for (const news of duplicates.due()) await store.addEvent(news);
    for (const assembled of assembledOf(await store.unfinishedInbound())) {
      if (assembled.shownIn !== null) await finish(completer, store, assembled, clock.now());
      if (assembled.shownIn !== null || !assembled.parts.includes(null)) continue;
      if (newestAt(assembled) > before) continue;
      const completion = completer.complete(assembled);
      if (completion === null) continue;
      const result = await store.publishIncomplete(completion);
      if (result === "published") made++;
      if (result === "copies") await store.addEvent(copiesEvent(completion.message.line, clock.now()));
    }
    return made;
  };

  return Object.assign(handle, { routeKept, publishIncomplete });
}

/** Makes the Message that is whole, or mends the one that these parts belong to. */
async function finish(
  completer: Completer,
  store: Store,
  assembled: Assembled,
  at: number,
): Promise<"made" | "mended" | "waiting" | "no number"> {
  const { parts, shownIn: sid } = assembled;
  const line = parts.find((part) => part !== null)?.line;
  if (sid !== null && line !== undefined) {
    return (await store.mendInbound(mendOf(assembled, { sid, line, at }))) ? "mended" : "waiting";
  }
  if (parts.includes(null)) return "waiting";
  const completion = completer.complete(assembled);
  if (completion === null) return "no number";
  return (await store.completeInbound(completion)) ? "made" : "waiting";
}

function copiesEvent(line: string, at: number): NewEvent {
  const text = `Parts that came to ${line} twice, the second time without the rest of their message, are dropped.`;
  return { type: "inbound.duplicate", level: "info", at, text, line };
}

async function keepSignal(store: Store, line: string, segment: InboundSegment, at: number): Promise<void> {
  const why = signalTextOf(segment);
  await Promise.all([
    store.quarantine(line, segment.raw, why, at),
    store.addEvent({
      type: segment.waiting ? "inbound.special" : "inbound.unrouted",
      level: "info",
      at,
      text: `${line} received a message without text (${why}); it is kept raw and shown to no app.`,
      line,
      detail: { tpPid: segment.tpPid, tpDcs: segment.tpDcs },
    }),
  ]);
}
