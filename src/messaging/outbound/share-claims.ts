/**
 * Which queues of a Line claim how much now. Pure: what each holds and may send, and the room there is.
 *
 * - Behind the window as many Segments again may be claimed, but no more than its rate lets go within the time that
 *   claims are made ahead.
 * - A Number whose own rate makes it wait takes no room from the others: one on the wire and one ready, or two ready.
 * - A wide window is refilled half at a time: one claim for many Segments costs the disk what one for one does.
 * - Broadcasts that are ready take no room from single messages: those are claimed beside them, and go before them.
 */
import type { NumberQueue } from "./number-queue.ts";

/** What is recorded and not sent costs a wait after a power cut, so a slow Number does not hold claims for minutes. */
export const CLAIM_AHEAD_MS = 2000;
/** A slot this near counts as now. */
const SOON_MS = 50;

/** `lane`: only that one is claimed; absent: whatever comes first. */
export type Share = { readonly queue: NumberQueue; readonly limit: number; readonly lane?: "single" };
type Room = {
  readonly window: number;
  readonly onWire: number;
  /** How many Segments the Line as a whole lets go within the time that claims are made ahead. */
  readonly slots: number;
  /** Which queue comes first. */
  readonly turn: number;
};

export function shareClaims(queues: readonly NumberQueue[], line: Room): readonly Share[] {
  const first = line.turn % Math.max(1, queues.length);
  const inTurn = [...queues.slice(first), ...queues.slice(0, first)];
  const shares = shareRoom(inTurn, line);
  return [...shares, ...shareBesideBroadcasts(inTurn, line, shares)];
}

function shareRoom(queues: readonly NumberQueue[], line: Room): readonly Share[] {
  const wanting = queues.filter(wants);
  if (wanting.length === 0) return [];
  const isPaced = (queue: NumberQueue) => queue.pace.delayMs() > SOON_MS;
  let held = 0;
  let heldByUnpaced = 0;
  for (const queue of queues) {
    held += queue.held;
    if (!isPaced(queue)) heldByUnpaced += queue.held;
  }
  let slots = line.slots - held;
  let budget = Math.min(2 * line.window - line.onWire - heldByUnpaced, slots);
  const shares: Share[] = [];
  const due = wanting.filter((queue) => !isPaced(queue));
  const isLow = heldByUnpaced <= line.window / 2;
  due.forEach((queue, at) => {
    const share = Math.max(1, Math.floor(budget / (due.length - at)));
    const limit = Math.min(budget, share, queue.pace.slotsWithin(CLAIM_AHEAD_MS) - queue.held);
    if (limit < 1 || !(isLow || queue.held === 0)) return;
    budget -= limit;
    slots -= limit;
    shares.push({ queue, limit });
  });
  for (const queue of wanting) {
    if (slots < 1) break;
    if (!isPaced(queue) || queue.held + queue.onWire >= 2) continue;
    slots--;
    shares.push({ queue, limit: 1 });
  }
  return shares;
}

/** Nothing, where no broadcast is ready: then what is held are single messages, and each waits its turn. */
function shareBesideBroadcasts(
  queues: readonly NumberQueue[],
  line: Room,
  given: readonly Share[],
): readonly Share[] {
  const broadcasts = queues.reduce((sum, queue) => sum + queue.readyBroadcasts, 0);
  if (broadcasts === 0) return [];
  let singles = given.reduce((sum, { limit }) => sum + limit, 0) - broadcasts;
  for (const queue of queues) singles += queue.held;
  const shares: Share[] = [];
  for (const queue of queues) {
    if (!queue.mayHaveSingle || queue.claiming > 0 || given.some((share) => share.queue === queue)) continue;
    const room = Math.min(2 * line.window - line.onWire, line.slots) - singles;
    const held = queue.ready - queue.readyBroadcasts;
    const limit = Math.min(room, queue.pace.slotsWithin(CLAIM_AHEAD_MS) - held);
    if (limit < 1) continue;
    singles += limit;
    shares.push({ queue, limit, lane: "single" });
  }
  return shares;
}

function wants(queue: NumberQueue): boolean {
  return queue.mayHaveWork && queue.claiming === 0 && queue.pace.slotsWithin(CLAIM_AHEAD_MS) > queue.held;
}
